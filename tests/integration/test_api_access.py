"""Who may read what, and what every answer has around it."""

import importlib
import pkgutil
import re
import uuid
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import ClientCursor, sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from structlog.testing import capture_logs

import api
from api import statements
from api.routes.readiness import every_statement
from ingest.granting import RIGHTS, grant_api
from patrol.errors import InputError
from tests.asking import (
    TOKEN,
    Asker,
    asking,
    execute,
    fill,
    write_tokens,
)
from tests.matrix.cast import MAY
from tests.matrix.reading import ROWS

OTHER = "patrol_of-somebody-else-who-asks-in-tests-as-well"


@pytest.fixture
def tokens(tmp_path: Path) -> Path:
    return write_tokens(tmp_path / "tokens", TOKEN, OTHER)


@pytest.fixture
def ask(database: str, tokens: Path) -> Iterator[Asker]:
    fill(database)
    with asking(database, tokens) as asker:
        yield asker


def routes() -> list[str]:
    """Return what a token of the file may read, about the known day."""
    permitted = MAY["token of the file"]
    rows = [one for one in ROWS.values() if one.needs in permitted and not one.streams]
    return [one.path for one in rows]


def test_every_reading_needs_a_token(ask: Asker) -> None:
    assert len(routes()) >= 10
    assert {ask.get(path, token=None).status_code for path in routes()} == {401}


def test_every_reading_is_answered_with_a_token(ask: Asker) -> None:
    assert {ask.get(path).status_code for path in routes()} == {200}


def test_a_token_withdrawn_is_refused_without_a_restart(ask: Asker, tokens: Path) -> None:
    before = ask.get("/v1/workers", token=OTHER).status_code
    write_tokens(tokens, TOKEN)
    after = ask.get("/v1/workers", token=OTHER).status_code

    assert (before, after) == (200, 401)
    assert ask.get("/v1/workers").status_code == 200


@pytest.mark.parametrize("harm", ["gone", "open to others", "garbled", "empty"])
def test_a_tokens_file_that_cannot_be_used_lets_nobody_in(
    ask: Asker, tokens: Path, harm: str
) -> None:
    assert ask.get("/v1/workers").status_code == 200
    {
        "gone": tokens.unlink,
        "open to others": lambda: tokens.chmod(0o644),
        "garbled": lambda: tokens.write_text("reader\n"),
        "empty": lambda: tokens.write_text(""),
    }[harm]()

    assert ask.get("/v1/workers").status_code == 503
    readiness = ask.get("/v1/health", token=None)
    assert (readiness.status_code, readiness.json()["tokens"]) == (503, "unusable")
    write_tokens(tokens, TOKEN)
    assert ask.get("/v1/workers").status_code == 200


def test_a_fault_of_ours_shows_no_traceback(ask: Asker, database: str) -> None:
    execute(
        database,
        "create or replace view v1_worker as "
        "select worker_id, (1 / (length(name) - length(name)))::text as name from worker",
    )

    with capture_logs() as logged:
        answer = ask.get("/v1/workers")
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert [one["event"] for one in logged] == ["api.failed", "api.read"]
    assert not re.search(r"zero|division|select|Traceback|psycopg", answer.text)


def test_a_database_without_the_views_is_said(ask: Asker, database: str) -> None:
    execute(database, "drop view v1_compliance, v1_finding cascade")

    assert ask.get("/v1/health").json()["database"] == "not_migrated"
    answer = ask.get("/v1/compliance")
    assert answer.status_code == 503
    assert "patrol ingest migrate" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("view", "column", "path"),
    [
        ("v1_worker", "name", "/v1/workers"),
        ("v1_compliance", "visit_a_s", "/v1/compliance"),
        ("v1_finding", "is_found", "/v1/findings"),
    ],
)
def test_a_database_that_lacks_a_column_is_to_be_migrated(
    ask: Asker, database: str, view: str, column: str, path: str
) -> None:
    execute(database, f"alter view {view} rename column {column} to older")

    assert ask.get("/v1/health").json()["database"] == "not_migrated"
    answer = ask.get(path)
    assert (answer.status_code, answer.json()["type"][-12:]) == (503, ":unavailable")
    assert "patrol ingest migrate" in answer.json()["detail"]


def test_readiness_asks_for_every_statement() -> None:
    """Whoever adds a question adds it to those by which it is told what the database lacks."""
    modules = [
        importlib.import_module(f"api.{one.name}") for one in pkgutil.iter_modules(api.__path__)
    ]
    asked = {
        text
        for module in modules
        for name, text in vars(module).items()
        if isinstance(text, str) and re.search(r"\bfrom v1_", text) and not name.startswith("_")
    }

    assert len(asked) >= 15
    assert asked == set(statements.ALL)


def test_what_the_api_changes_is_to_be_there_too(ask: Asker, database: str) -> None:
    execute(database, "alter table correction rename to older")

    assert ask.get("/v1/health").json()["database"] == "not_migrated"


def test_every_statement_of_the_api_can_be_planned(database: str) -> None:
    found = set(every_statement())
    with psycopg.connect(database, autocommit=True, cursor_factory=ClientCursor) as conn:
        conn.execute("set default_transaction_read_only = on")
        for statement in found:
            conn.execute("explain " + statement, defaultdict(lambda: None))

    assert found > set(statements.ALL)
    assert len(found) > 200


def test_what_is_planned_once_has_no_filter_that_may_be_missing() -> None:
    assert set(statements.ALL) >= statements.STEADY
    assert [one for one in statements.STEADY if " is null or " in one] == []


def test_a_question_that_takes_too_long_is_given_up(ask: Asker, database: str) -> None:
    execute(
        database,
        "create or replace view v1_worker as select worker_id, name from worker, pg_sleep(60)",
    )

    ask.app.state.views._query_ms = 50
    answer = ask.get("/v1/workers")
    assert answer.status_code == 503
    assert "too long" in answer.json()["detail"]


def test_no_answer_is_kept_on_the_way(ask: Asker) -> None:
    for path in (*routes(), "/v1/nothing"):
        headers = ask.get(path).headers
        assert headers["cache-control"] == "no-store"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["content-security-policy"].startswith("default-src 'none'")


@pytest.fixture
def reader(database: str) -> Iterator[str]:
    """Return the DSN of a database user who may do what the API does and nothing else."""
    role = f"reader_{uuid.uuid4().hex}"
    name = sql.Identifier(role)
    with psycopg.connect(database, autocommit=True) as conn:
        conn.execute(sql.SQL("create role {}").format(name))
    grant_api(database, role)
    yield make_conninfo(database, options=f"-c role={role}")
    with psycopg.connect(database, autocommit=True) as conn:
        conn.execute(sql.SQL("drop owned by {}").format(name))
        conn.execute(sql.SQL("drop role {}").format(name))


def test_the_views_alone_are_read(database: str, reader: str, tokens: Path) -> None:
    fill(database)
    with psycopg.connect(reader) as conn, pytest.raises(psycopg.errors.InsufficientPrivilege):
        conn.execute("select * from position")
    with asking(reader, tokens) as ask:
        answered = {path: ask.get(path).status_code for path in routes()}

    assert set(answered.values()) == {200}


def test_a_view_that_may_not_be_read_is_said(database: str, reader: str, tokens: Path) -> None:
    role = sql.Identifier(conninfo_to_dict(reader)["options"].removeprefix("-c role="))
    with psycopg.connect(database) as conn:
        conn.execute(sql.SQL("revoke select on v1_finding from {}").format(role))
    with asking(reader, tokens) as ask:
        readiness = ask.get("/v1/health")
        answer = ask.get("/v1/findings")

    assert (readiness.status_code, answer.status_code) == (503, 503)
    assert "grant select" in answer.json()["detail"]


def test_every_table_that_the_api_touches_is_granted(database: str) -> None:
    with psycopg.connect(database) as conn:
        tables = {
            row[0] for row in conn.execute("select relname from pg_class where relkind = 'r'")
        }
    verbs = {
        "from": "select",
        "join": "select",
        "using": "select",
        "insert into": "insert",
        "update": "update",
        "delete from": "delete",
    }
    touched = {
        (name, verbs[re.sub(r"\s+", " ", verb)])
        for folder in ("api", "runtime/registers")
        for path in (Path(__file__).parents[2] / folder).rglob("*.py")
        for verb, name in re.findall(
            r"\b(insert\s+into|delete\s+from|from|join|using|update)\s+(\w+)",
            path.read_text(encoding="utf-8"),
        )
        if name in tables
    }
    granted = {(table, one) for table, rights in RIGHTS.items() for one in rights.split(", ")}

    assert len(touched) > 50
    assert touched - granted == set()
    assert set(RIGHTS) - tables == set()


def test_a_role_that_does_not_exist_is_named(database: str) -> None:
    with pytest.raises(InputError, match="there is no role 'nobody'"):
        grant_api(database, "nobody")


def test_nothing_can_be_written(ask: Asker) -> None:
    async def write() -> None:
        async with ask.app.state.views._pool.connection() as conn:
            await conn.execute("delete from home_visit")

    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        ask._runner.run(write())
