"""The document and the application say the same, whatever is asked, and nothing makes it fail.

Requests are made up from the document: fitting ones, those at its bounds, and those beyond.
"""

import os
from collections.abc import Iterator
from itertools import cycle

import httpx
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.config import SchemathesisConfig
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from api.app import make_app
from api.auth import TokenFile
from api.identity.settings import IdentitySettings
from api.settings import ApiSettings
from api.views import Views
from tests.asking import DAY, NO_DATABASE, Asker, asking, bearer
from tests.matrix.cast import ORDER, make_world

# More of them by hand, made up anew each time: SCHEMA_EXAMPLES=200.
EXAMPLES = int(os.environ.get("SCHEMA_EXAMPLES", "0"))
# Without an end; tests of their own follow them.
STREAMS = r"^/v1/(live|notices/live|orders/live)$"
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
ROLES = ("administrator", "supervisor of the district", "the worker", "auditor")
# Of those that are made up, hardly one is there.
KNOWN = {
    "worker_id": "W2",
    "day": DAY,
    "from": DAY,
    "to": DAY,
    "grid_id": "G2",
    "terminal_id": "T2",
    "month": "2026-10",
    "account_id": "d2",
    "area_id": "D2",
    "finding_id": 1,
    "order_id": ORDER,
    "department_id": "ROADS",
}

schema = schemathesis.openapi.from_dict(
    make_app(Views(NO_DATABASE, ApiSettings()), TokenFile(None)).openapi(),
    config=SchemathesisConfig.from_dict({"phases": {"coverage": {"enabled": bool(EXAMPLES)}}}),
).exclude(path_regex=STREAMS)
turns = cycle((who, is_known) for is_known in (True, False) for who in ROLES)


@pytest.fixture(scope="module")
def cast(shared_database: str) -> dict[str, str | None]:
    return make_world(shared_database)


@pytest.fixture(scope="module")
def ask(shared_database: str, cast: dict[str, str | None]) -> Iterator[Asker]:  # noqa: ARG001 - fills it
    identity = IdentitySettings(rate_per_s=0)
    with asking(shared_database, None, identity=identity) as asker:
        yield asker


def answer_to(ask: Asker, case: schemathesis.Case, token: str | None) -> httpx.Response:
    """Return the answer to a request as `case` has made it up, byte for byte."""
    made = case.as_transport_kwargs(base_url="http://patrol.test", headers=bearer(token))
    made.pop("cookies", None)
    prepared = requests.Request(**made).prepare()
    headers = [(_bytes(name), _bytes(value)) for name, value in prepared.headers.items()]
    request = httpx.Request(prepared.method, prepared.url, headers=headers, content=prepared.body)
    return ask.request(request)


def _bytes(text: str | bytes) -> bytes:
    # As clients write headers, of whatever is in them.
    return text.encode("latin-1") if isinstance(text, str) else text


def put_known(case: schemathesis.Case) -> None:
    """Let a request ask for what is there."""
    for given in (case.path_parameters, case.query):
        for name in KNOWN.keys() & given.keys():
            given[name] = KNOWN[name]


@pytest.mark.filterwarnings("ignore:Skipped test cases with unsupported payload")
@schema.parametrize()
@settings(
    max_examples=EXAMPLES or 3,
    derandomize=not EXAMPLES,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
def test_an_answer_is_one_that_is_documented(
    case: schemathesis.Case, ask: Asker, cast: dict[str, str | None]
) -> None:
    who, is_known = next(turns)
    if (case.method.upper(), case.path) == ("DELETE", "/v1/session"):
        # Nobody else is to be signed out.
        who = "another worker"
    if is_known:
        put_known(case)

    answer = answer_to(ask, case, cast[who])

    case.validate_response(answer, checks=CHECKS)
