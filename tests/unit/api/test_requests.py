"""What is refused before any question reaches the database: here there is none."""

import re
from collections.abc import Iterator

import pytest

from tests.asking import DAY_OF_LI, NO_DATABASE, TOKEN, Asker, asking, bearer, write_tokens


@pytest.fixture(scope="module")
def ask(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asker]:
    tokens = write_tokens(tmp_path_factory.mktemp("api") / "tokens", TOKEN)
    with asking(NO_DATABASE, tokens, wait_s=0.1) as asker:
        yield asker


@pytest.mark.parametrize(
    "value",
    [
        None,
        b"Bearer",
        b"Basic " + TOKEN.encode(),
        TOKEN.encode(),
        b"Bearer " + b"x" * 5000,
    ],
)
def test_what_is_no_token_of_ours_is_refused(ask: Asker, value: bytes | None) -> None:
    answer = ask.ask("GET", "/v1/workers", {} if value is None else {"Authorization": value})

    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith('Bearer realm="gridpatrol"')
    assert answer.json()["type"].endswith(":token-required")


def test_a_token_in_the_query_is_none(ask: Asker) -> None:
    assert ask.get(f"/v1/workers?access_token={TOKEN}", token=None).status_code == 401


def test_who_has_no_token_learns_nothing_of_parameters(ask: Asker) -> None:
    assert ask.get("/v1/compliance?limit=0", token=None).status_code == 401


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/workers/W1/days/20-11-2026", 422),
        ("GET", f"{DAY_OF_LI}/track?form=circles", 422),
        ("GET", f"{DAY_OF_LI}/", 404),
        ("GET", "/v1/nothing", 404),
        ("GET", "/nothing", 404),
        ("POST", "/v1/workers", 405),
        ("DELETE", DAY_OF_LI, 405),
    ],
)
def test_what_goes_wrong_is_a_problem_document(
    ask: Asker, method: str, path: str, status: int
) -> None:
    answer = ask.ask(method, path, bearer(TOKEN))

    document = answer.json()
    assert (answer.status_code, document["status"]) == (status, status)
    assert answer.headers["content-type"] == "application/problem+json"
    assert document["instance"] == path.partition("?")[0]
    assert {"type", "title", "detail"} <= document.keys()


def test_a_wrong_method_is_told_the_right_one(ask: Asker) -> None:
    answer = ask.ask("PUT", "/v1/grids", bearer(TOKEN))

    assert answer.headers["allow"] == "GET"
    assert "GET" in answer.json()["detail"]


def test_a_form_that_there_is_not_is_said(ask: Asker) -> None:
    answer = ask.get("/v1/positions/latest", accept="text/html")

    assert answer.status_code == 406
    assert "application/geo+json" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/v1/compliance?from=2026-10-02&to=2026-10-01", "from"),
        ("/v1/compliance?from=yesterday", "from"),
        ("/v1/compliance?from=20261001", "from"),
        ("/v1/compliance?to=2026-02-30", "to"),
        ("/v1/compliance?to=1760000000", "to"),
        ("/v1/compliance?limit=0", "limit"),
        ("/v1/compliance?limit=501", "limit"),
        ("/v1/compliance?limit=ten", "limit"),
        ("/v1/compliance?cursor=x", "cursor"),
        (f"/v1/compliance?cursor={'W' * 201}", "cursor"),
        ("/v1/compliance?worker_id=W%201", "worker_id"),
        ("/v1/compliance?grid=G1", "grid"),
        ("/v1/positions/latest?worker_id=W1", "worker_id"),
        (f"{DAY_OF_LI}/track?max_gap_s=0", "max_gap_s"),
        (f"{DAY_OF_LI}/track?from=2026-10-01", "from"),
        (f"{DAY_OF_LI}?lnag=zh", "lnag"),
        (f"{DAY_OF_LI}/visits?lang=zh", "lang"),
        ("/v1/workers?x", "x"),
    ],
)
def test_a_parameter_that_cannot_be_used_is_named(ask: Asker, path: str, name: str) -> None:
    answer = ask.get(path)

    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert (error["name"], error["place"]) == (name, "query")
    assert error["detail"]


def test_every_route_refuses_what_it_does_not_have(ask: Asker) -> None:
    paths = [
        path.format(worker_id="W1", day="2026-11-20")
        for path, methods in ask.app.openapi()["paths"].items()
        if "get" in methods and set(re.findall(r"{(\w+)}", path)) <= {"worker_id", "day"}
        # Who has only a token of the file has no account to tell of, and none to sign in with.
        if not path.startswith(("/v1/me", "/v1/oidc", "/v1/keys"))
    ]

    refused = {path: ask.get(f"{path}?lnag=zh&foo=1&foo=2") for path in paths}
    assert len(refused) >= 11
    assert {path: one.status_code for path, one in refused.items()} == dict.fromkeys(paths, 422)
    for answer in refused.values():
        assert [one["name"] for one in answer.json()["errors"]] == ["lnag", "foo"]


@pytest.mark.parametrize("name", ["order", "order_by", "sort", "rank", "top"])
def test_no_order_can_be_asked_for(ask: Asker, name: str) -> None:
    assert ask.get(f"/v1/compliance?{name}=visit_s").status_code == 422


@pytest.mark.parametrize(
    "text",
    [
        "W1' or '1'='1",
        "W1'; drop table worker; --",
        'W1"',
        "W1%00",
        "W1%0A",
        "..%2f..%2fetc%2fpasswd",
        "%F0%9F%98%80",
        "W" * 65,
    ],
)
@pytest.mark.parametrize(
    "path", ["/v1/workers/{}/days/2026-11-20", "/v1/positions/latest?grid_id={}"]
)
def test_what_is_no_id_finds_nothing(ask: Asker, path: str, text: str) -> None:
    answer = ask.get(path.format(text))

    assert answer.status_code in {404, 422}
    assert answer.headers["content-type"] == "application/problem+json"


def test_every_answer_has_safe_headers(ask: Asker) -> None:
    for path in ("/v1/nothing", "/v1/workers?x", "/docs", "/openapi.json"):
        headers = ask.get(path, token=None).headers
        assert headers["cache-control"] == "no-store"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["content-security-policy"].startswith("default-src 'none'")


def test_the_pages_load_what_is_here_and_nothing_else(ask: Asker) -> None:
    page = ask.get("/docs", token=None)

    named = [part.partition('"')[0] for part in page.text.split('src="')[1:]]
    named += [part.partition('"')[0] for part in page.text.split('href="')[1:]]
    assert len(named) == 5
    assert {ask.get(f"/{one}", token=None).status_code for one in named} == {200}
    assert "'unsafe-eval'" not in page.headers["content-security-policy"]
    assert "://" not in page.text + page.headers["content-security-policy"]


def test_readiness_needs_no_token_and_says_what_is_missing(ask: Asker) -> None:
    answer = ask.get("/v1/health", token=None)

    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0
    assert answer.json()["database"] == "down"
