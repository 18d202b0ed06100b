"""What is sent to do harm: in ids, in paths, in bodies. It is refused, and nothing has changed."""

import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import httpx
import psycopg
import pytest

from tests.asking import DAY, TOKEN, Asker, asking, bearer, write_tokens
from tests.matrix.cast import make_world

INJECTIONS = (
    "W2' or '1'='1",
    "W2'; drop table worker; --",
    "W2') union select password_hash from account --",
    "W2\\'; select pg_sleep(5); --",
    "%(worker_id)s",
    "{0.__class__}",
    "$1",
)
TRAVERSALS = (
    "..%2f..%2fetc%2fpasswd",
    "%2e%2e/%2e%2e/etc/passwd",
    "..%5c..%5cwindows",
    "W2%00",
    "W2%2f..%2fW1",
    "%c0%ae%c0%ae%c0%af",
    "%ff",
    "file:%2f%2f%2fetc%2fpasswd",
)
# What JSON has room for and columns have not.
ODD_VALUES = (
    10**400,
    -(2**63),
    2**63,
    1.5e308,
    "\x00",
    "\ud800",
    "a" * 70_000,
    "\u202e\u0000\uffff",
    [],
    {},
    True,
    None,
)
# Of each kind of change, where it goes and what is good for it.
CHANGES = (
    ("POST", "/v1/accounts", {"account_id": "chen", "name": "Chen", "area_id": "D1"}),
    ("PATCH", "/v1/accounts/d2", {"revision": 1, "name": "Chen"}),
    (
        "POST",
        "/v1/accounts/d2/roles",
        {"role": "grid_supervisor", "area_id": None, "grid_id": "G2", "valid_to": None},
    ),
    ("PUT", "/v1/workers/W9", {"name": "Chen", "revision": None}),
    ("PUT", "/v1/areas/D9", {"name": "Nine", "kind": "district", "parent_id": "C"}),
    ("PUT", "/v1/grids/G9", {"name": "Nine", "area_id": "D2", "outline": {}}),
    ("PUT", "/v1/purposes/duty", {"name": "Duty", "text": "why", "legal_basis": "law"}),
    ("POST", "/v1/holds", {"worker_id": "W2", "reason": "a claim"}),
)
COUNTS = """
select (select count(*) from worker), (select count(*) from grid), (select count(*) from account),
       (select count(*) from position), (select count(*) from daily_compliance)
"""


@pytest.fixture(scope="module")
def cast(shared_database: str) -> dict[str, str | None]:
    return make_world(shared_database)


@pytest.fixture(scope="module")
def ask(
    shared_database: str,
    cast: dict[str, str | None],  # noqa: ARG001 - it fills the database
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Asker]:
    folder: Path = tmp_path_factory.mktemp("attacks")
    with asking(shared_database, write_tokens(folder / "tokens", TOKEN)) as asker:
        yield asker


def counts(dsn: str) -> tuple[int, ...]:
    with psycopg.connect(dsn) as conn:
        return conn.execute(COUNTS).fetchone() or ()


def texts_of(operation: dict) -> list[str]:
    """Return the query parameters of an operation that are texts."""
    return [one["name"] for one in operation.get("parameters", ()) if one["in"] == "query"]


@pytest.mark.parametrize("value", INJECTIONS)
def test_sql_in_a_parameter_is_a_value_or_refused(
    ask: Asker, cast: dict[str, str | None], shared_database: str, value: str
) -> None:
    """Every parameter of every route that only reads."""
    before = counts(shared_database)
    asked = 0
    for path, of in ask.app.openapi()["paths"].items():
        for name in texts_of(of.get("get", {})) if "live" not in path else ():
            filled = path.format_map(
                defaultdict(
                    lambda: "1",
                    worker_id="W2", day=DAY, terminal_id="T2", month="2026-10", grid_id="G2",
                    rule_id="r", account_id="d2", key="G2",
                )
            ) if path.count("{") <= 2 and not path.startswith("/v1/oidc") else ""  # fmt: skip
            answer = ask.ask(
                "GET",
                str(httpx.URL(filled or "/v1/oidc/callback", params={name: value})),
                bearer(cast["administrator" if asked % 2 else "supervisor of the district"]),
            )
            assert answer.status_code < 500, (path, name, answer.text)
            assert "password_hash" not in answer.text
            asked += 1

    assert asked > 50
    assert counts(shared_database) == before


@pytest.mark.parametrize("value", INJECTIONS)
def test_sql_in_the_cursor_of_a_list_is_refused(ask: Asker, value: str) -> None:
    for path in ("/v1/compliance", "/v1/findings", "/v1/coverage", "/v1/compliance/summary"):
        answer = ask.get(str(httpx.URL(path, params={"cursor": value})))

        assert answer.status_code == 422


@pytest.mark.parametrize("value", TRAVERSALS)
@pytest.mark.parametrize(
    "route",
    [
        "/v1/terminals/{}",
        "/v1/workers/{}/days/2026-11-20/track",
        "/v1/workers/W2/days/{}/file",
        "/v1/months/{}/compliance.xlsx",
        "/v1/photos/T2/{}",
        "/v1/photos/{}/{}",
        "/static-offline-docs/{}",
        "/{}",
    ],
)
def test_a_path_leads_nowhere_else(ask: Asker, route: str, value: str) -> None:
    answer = ask.get(route.format(value, value))

    assert 400 <= answer.status_code < 500
    assert "root:" not in answer.text


@pytest.mark.parametrize(("method", "path", "body"), CHANGES)
def test_an_odd_value_in_a_field_is_refused_or_kept_as_it_is(
    ask: Asker, cast: dict[str, str | None], method: str, path: str, body: dict
) -> None:
    """Huge numbers, nulls within texts, half characters, other types: none is a fault of ours."""
    headers = bearer(cast["administrator"]) | {"Content-Type": "application/json"}
    for field in body:
        for odd in ODD_VALUES:
            sent = json.dumps(body | {field: odd}).encode()
            request = httpx.Request(
                method, f"http://patrol.test{path}", headers=headers, content=sent
            )

            answer = ask.request(request)

            assert answer.status_code < 500, (field, str(odd)[:20], answer.text)


@pytest.mark.parametrize(("method", "path", "body"), CHANGES)
@pytest.mark.parametrize(
    "raw",
    [
        b"[" * 100_000,
        b'{"name":' * 50_000,
        b'{"revision": NaN, "name": Infinity}',
        b'{"revision": 1e999}',
        b"\xff\xfe\x00",
        b'{"name": "\xed\xa0\x80"}',
        b'{"name": "a", "name": "b"',
        b"",
    ],
    ids=["deep", "deep objects", "NaN", "1e999", "no text", "surrogate", "cut", "nothing"],
)
def test_a_body_that_is_no_json_is_refused(
    ask: Asker, cast: dict[str, str | None], method: str, path: str, body: dict, raw: bytes
) -> None:
    del body
    headers = bearer(cast["administrator"]) | {"Content-Type": "application/json"}
    request = httpx.Request(method, f"http://patrol.test{path}", headers=headers, content=raw)

    answer = ask.request(request)

    assert answer.status_code in {404, 413, 422}, answer.text


def test_of_many_who_change_a_worker_at_once_one_does(
    ask: Asker, cast: dict[str, str | None]
) -> None:
    token = cast["administrator"]
    there = ask.get("/v1/workers/W3", token=token).json()
    change = {"name": "Zhao", "revision": there["revision"]}

    codes = ask.together(
        [("PUT", "/v1/workers/W3", change | {"name": f"Zhao {n}"}) for n in range(8)], token=token
    )

    assert sorted(codes) == [200] + [409] * 7


def test_of_many_who_change_a_rule_at_once_one_does(
    ask: Asker, cast: dict[str, str | None]
) -> None:
    token = cast["administrator"]
    rule = {"kind": "silent", "channel": "webhook", "target": "https://desk.example/notices"}
    made = ask.send("PUT", "/v1/notice-rules/desk", rule, token=token)
    assert made.status_code == 200, made.text
    change = rule | {"revision": made.json()["revision"]}

    codes = ask.together(
        [("PUT", "/v1/notice-rules/desk", change | {"delay_s": n + 1}) for n in range(8)],
        token=token,
    )

    assert sorted(codes) == [200] + [409] * 7


@pytest.mark.parametrize("month", ["0000-01", "0000-12", "9999-12", "1000-01"])
def test_a_month_at_the_ends_of_the_calendar_is_no_fault(
    ask: Asker, cast: dict[str, str | None], month: str
) -> None:
    token = cast["supervisor of the district"]
    for form in ("xlsx", "pdf"):
        answer = ask.get(f"/v1/months/{month}/compliance.{form}", token=token)

        assert answer.status_code in {200, 422}
