"""Every route, asked by everybody: what each is answered, and what each is shown.

A route of the document that is in no table of tests/matrix fails; so does a row without a route.
"""

import asyncio
import importlib
import pkgutil
from collections.abc import Iterator, MutableMapping
from pathlib import Path
from typing import Any

import httpx
import pytest

import tests.matrix
from tests.asking import TOKEN, Asker, asking, bearer, write_tokens
from tests.matrix.cast import MAY, STRANGERS, Row, make_world

METHODS = {"get", "put", "post", "patch", "delete"}


def table() -> dict[tuple[str, str], Row]:
    """Return the rows of all tables."""
    rows: dict[tuple[str, str], Row] = {}
    for one in pkgutil.iter_modules(tests.matrix.__path__):
        module = importlib.import_module(f"tests.matrix.{one.name}")
        rows.update(getattr(module, "ROWS", {}))
    return rows


TABLE = table()


@pytest.fixture(scope="module")
def cast(shared_database: str) -> dict[str, str | None]:
    return make_world(shared_database)


@pytest.fixture(scope="module")
def ask(
    shared_database: str,
    cast: dict[str, str | None],  # noqa: ARG001 - it fills the database
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Asker]:
    folder: Path = tmp_path_factory.mktemp("roles")
    with asking(shared_database, write_tokens(folder / "tokens", TOKEN)) as asker:
        yield asker


def status_of_stream(ask: Asker, path: str, token: str | None) -> int:
    """Return with which status a stream begins, and leave."""

    async def begin() -> int:
        status: asyncio.Future[int] = asyncio.get_running_loop().create_future()

        async def receive() -> dict[str, Any]:
            await asyncio.shield(status)
            return {"type": "http.disconnect"}

        async def send(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                status.set_result(message["status"])

        headers = [(k.lower().encode(), v.encode()) for k, v in bearer(token).items()]
        scope = {"type": "http", "method": "GET", "path": path, "raw_path": path.encode()}
        scope |= {"headers": headers, "query_string": b"", "http_version": "1.1", "root_path": ""}
        scope |= {"scheme": "http", "server": ("patrol.test", 80), "client": ("127.0.0.1", 1)}
        await asyncio.wait_for(ask.app(scope, receive, send), 10)
        return await status

    return ask._runner.run(begin())


def answer_to(ask: Asker, who: str, row: Row, method: str, token: str | None) -> tuple[int, str]:
    """Return what one of the cast is answered; nothing for a change that is permitted."""
    if row.changes and (row.needs is None or row.needs in MAY[who]) and who != "nobody":
        return 0, ""
    if row.streams:
        return status_of_stream(ask, row.path, token), ""
    if method == "get":
        answer: httpx.Response = ask.get(row.path, token=token)
    else:
        body = None if method == "delete" else {}
        answer = ask.send(method.upper(), row.path, body, token=token)
    return answer.status_code, answer.text


def expected(who: str, row: Row) -> int:
    if who == "nobody":
        return row.unknown
    if row.needs is not None and row.needs not in MAY[who]:
        return 403
    if row.changes:
        return 0
    return row.to_strangers if who in STRANGERS else row.answers


@pytest.mark.parametrize(("method", "route"), sorted(TABLE, key=str))
def test_a_route_answers_each_of_the_cast_as_the_table_says(
    ask: Asker, cast: dict[str, str | None], method: str, route: str
) -> None:
    row = TABLE[method, route]
    found = {who: answer_to(ask, who, row, method, token) for who, token in cast.items()}

    assert {who: status for who, (status, _) in found.items()} == {
        who: expected(who, row) for who in cast
    }
    if row.shows:
        seen = {who for who, (status, text) in found.items() if status == 200 and row.shows in text}
        strangers = STRANGERS - row.known_to
        assert seen == {who for who in cast if row.needs in MAY[who] and who not in strangers}


def test_the_table_has_every_route_and_no_other(ask: Asker) -> None:
    paths = ask.app.openapi()["paths"]
    routes = {(method, path) for path, of in paths.items() for method in METHODS & of.keys()}

    assert routes - TABLE.keys() == set(), "add them to a table in tests/matrix"
    assert TABLE.keys() - routes == set()
