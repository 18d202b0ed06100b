"""The OpenAPI document: whoever reads it alone can use the API."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from api import features, findings, problems, results, shapes
from api.app import make_app
from api.auth import TokenFile
from api.documentation import example_of
from api.settings import ApiSettings
from api.views import Views
from tests.asking import NO_DATABASE

PROBLEM = "application/problem+json"
# Verdicts and totals of people: no parameter may put these in an order.
RESULTS = re.compile(r"(?:_s|verdict|fixes)$")
# Who asks these has no token yet, or shows another one; all others want one.
OPEN = {"/v1/health", "/v1/session", "/v1/session/refresh", "/v1/oidc/login", "/v1/oidc/callback"}


@pytest.fixture(scope="module")
def document() -> dict:
    settings = ApiSettings(tokens_file=Path("tokens"))
    return make_app(Views(NO_DATABASE, settings), TokenFile(settings.tokens_file)).openapi()


def operations(document: dict) -> Iterator[tuple[str, dict]]:
    for path, methods in document["paths"].items():
        for operation in methods.values():
            yield path, operation


def guarded(document: dict) -> list[tuple[str, dict]]:
    found = [(path, one) for path, one in operations(document) if path not in OPEN]
    assert len(found) >= 9
    return found


def successes(operation: dict) -> dict[str, dict]:
    """Return what the operation answers where nothing goes wrong, by status."""
    found = {status: one for status, one in operation["responses"].items() if status < "4"}
    assert found
    return found


def test_it_lists_the_routes(document: dict) -> None:
    day = "/v1/workers/{worker_id}/days/{day}"

    assert set(document["paths"]) >= {
        "/v1/health",
        "/v1/workers",
        "/v1/grids",
        "/v1/terminals",
        "/v1/positions/latest",
        "/v1/compliance",
        "/v1/findings",
        "/v1/coverage",
        "/v1/checkpoint-passes",
        day,
        f"{day}/track",
        f"{day}/presence",
        f"{day}/visits",
    }


def test_names_are_what_programs_made_of_the_document_can_use(document: dict) -> None:
    routes = [one["operationId"] for _, one in operations(document)]

    assert len(set(routes)) == len(routes)
    # Two shapes of one name would get longer ones, with a hyphen or the modules.
    for name in [*routes, *document["components"]["schemas"]]:
        assert name.isidentifier(), name
        assert "__" not in name or name in routes, name


def test_every_route_has_an_example_and_a_schema_of_every_form(document: dict) -> None:
    for path, operation in operations(document):
        for status, answer in successes(operation).items():
            assert ("content" in answer) == (status not in {"204", "302", "303", "304"}), path
            for form, content in answer.get("content", {}).items():
                # A stream and a file are what their form says.
                assert content.get("example") or not form.endswith("json"), (path, form)
                assert "schema" in content, (path, form)


def test_every_route_has_a_summary_and_a_text(document: dict) -> None:
    for path, operation in operations(document):
        assert operation["summary"], path
        assert operation["description"], path


def test_every_route_but_one_wants_a_bearer_token(document: dict) -> None:
    (scheme,) = document["components"]["securitySchemes"]

    assert document["components"]["securitySchemes"][scheme]["scheme"] == "bearer"
    assert {path: one.get("security") for path, one in guarded(document)} == {
        path: [{scheme: []}] for path, _ in guarded(document)
    }
    assert "security" not in document["paths"]["/v1/health"]["get"]


def test_every_route_documents_its_problems_with_examples(document: dict) -> None:
    for path, operation in guarded(document):
        answers = {
            status: one
            for status, one in operation["responses"].items()
            if status not in successes(operation)
        }
        assert {"401", "500", "503"} <= answers.keys(), path
        for status, answer in answers.items():
            assert list(answer["content"]) == [PROBLEM], path
            for example in answer["content"][PROBLEM]["examples"].values():
                assert str(example["value"]["status"]) == status


def test_every_route_documents_what_it_refuses(document: dict) -> None:
    assert all("422" in one["responses"] for _, one in operations(document))


@pytest.mark.parametrize(
    "shape",
    [
        *(shapes.LatestPosition, shapes.LatestProperties, shapes.Fix, shapes.DutyWindow),
        *(results.Compliance, results.PresenceInterval, results.Visit, results.Excused),
        *(results.DayPresence, results.DayVisits, findings.Finding),
    ],
)
def test_every_figure_of_a_result_is_described(shape: type[shapes.Shape]) -> None:
    """Lists of other shapes are described by these."""
    described = {
        name: field.description
        for name, field in shape.model_fields.items()
        if not re.search(r"list\[(?:api|.*\.)", str(field.annotation))
    }

    assert len(described) >= 4
    assert sorted(name for name, text in described.items() if not text) == []


def test_every_reference_leads_somewhere(document: dict) -> None:
    named = set(re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(document)))

    assert named
    assert named <= set(document["components"]["schemas"])


def test_no_parameter_names_a_result(document: dict) -> None:
    names = {
        parameter["name"]
        for _, operation in operations(document)
        for parameter in operation.get("parameters", [])
    }

    assert {name for name in names if RESULTS.search(name)} == {"max_gap_s"}


@pytest.mark.parametrize(
    "shape",
    [
        shapes.Readiness,
        shapes.Workers,
        shapes.Terminals,
        shapes.LatestPositions,
        results.WorkerDay,
        results.DayPresence,
        results.DayVisits,
        features.Grids,
        features.Track,
        features.LatestCollection,
    ],
)
def test_examples_are_of_their_shape(shape: type[shapes.Shape]) -> None:
    example = example_of(shape)

    assert shape.model_validate(example).model_dump(mode="json") == json.loads(json.dumps(example))


def test_numbers_have_units_in_their_names() -> None:
    """A time, a length or a speed is no bare number."""
    counts = {"written", "waiting", "satellites", "quality", "flags", "premises", "households"}
    counts |= {"fixes", "hdop", "coordinates", "thinned", "corrections", "pending_corrections"}
    # Probabilities, parts of 1, and values that carry their units themselves.
    counts |= {"p", "p_any", "p_premises", "provisional_inside_p"}
    counts |= {"share", "share_low", "share_high", "weight"}
    counts |= {"presence_reason_values", "visit_reason_values"}
    unit = re.compile(r"_(?:s|m|mps|deg|pct)$")
    modules = (shapes, results)
    everything = [one for name in modules for one in vars(name).values() if isinstance(one, type)]
    numbers = {
        name
        for shape in everything
        if issubclass(shape, shapes.Shape)
        for name, field in shape.model_fields.items()
        if re.search(r"\b(?:int|float)\b", str(field.annotation))
    }

    assert {name for name in numbers if not unit.search(name)} <= counts


def test_the_reference_names_every_route_parameter_and_kind_of_problem(document: dict) -> None:
    pages = (Path(__file__).parents[3] / "docs/reference").glob("api*.md")
    page = "".join(one.read_text(encoding="utf-8") for one in pages)
    kinds = [one.slug for one in vars(problems).values() if isinstance(one, problems.Kind)]
    parameters = {
        parameter["name"]
        for _, operation in operations(document)
        for parameter in operation.get("parameters", [])
        if parameter["in"] == "query"
    }

    named = {*document["paths"], *kinds, *parameters}
    assert len(named) >= 26
    assert sorted(one for one in named if f"`{one}`" not in page) == []
