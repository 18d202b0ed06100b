"""`patrol api` as a process: it starts, answers, outlives its database, and ends."""

import json
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import httpx
import psycopg
import pytest

from tests.asking import DAY_OF_LI, NO_DATABASE, TOKEN, bearer, execute, fill, write_tokens
from tests.plugins.services import OwnPostgres
from tests.processes import PATROL, eventually, patrol

CONFIG = """
[database]
dsn = "{dsn}"
[api]
tokens_file = "{tokens}"
port = 0
wait_s = 0.5
"""


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "log"


@pytest.fixture
def tokens(tmp_path: Path) -> Path:
    return write_tokens(tmp_path / "tokens", TOKEN)


def write_config(folder: Path, tokens: Path, *, dsn: str = NO_DATABASE) -> Path:
    path = folder / "patrol.toml"
    path.write_text(CONFIG.format(dsn=dsn, tokens=tokens), encoding="utf-8")
    return path


def events(log: Path, name: str) -> list[dict]:
    lines = log.read_text(encoding="utf-8").splitlines()
    return [one for one in map(json.loads, lines) if one["event"] == name]


class Served(NamedTuple):
    """A process that answers from the known worker-day, who asks it, its tokens and its log."""

    client: httpx.Client
    tokens: Path
    log: Path

    def noted(self, name: str, *, since: int) -> list[dict]:
        """Return the events of this name behind the first so many lines of the log."""
        lines = self.log.read_text(encoding="utf-8").splitlines()[since:]
        return [one for one in map(json.loads, lines) if one["event"] == name]

    def lines(self) -> int:
        """Return how many lines the log has."""
        return len(self.log.read_text(encoding="utf-8").splitlines())


@pytest.fixture(scope="module")
def served(shared_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("api")
    fill(shared_database)
    tokens, log = write_tokens(folder / "tokens", TOKEN), folder / "log"
    with running(write_config(folder, tokens, dsn=shared_database), log) as (_, client):
        yield Served(client, tokens, log)


@pytest.fixture(scope="module")
def of_own_server(
    shared_own_postgres: OwnPostgres, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[httpx.Client]:
    """Ask a process whose database may be stopped."""
    folder = tmp_path_factory.mktemp("api")
    tokens = write_tokens(folder / "tokens", TOKEN)
    config = write_config(folder, tokens, dsn=shared_own_postgres.dsn)
    with running(config, folder / "log") as (_, client):
        yield client


@contextmanager
def running(config: Path, log: Path) -> Iterator[tuple[subprocess.Popen[bytes], httpx.Client]]:
    """Run the API and give it with somebody who asks it."""
    log.touch()
    with patrol("api", "run", "--config", str(config), environment={}, log=log) as process:
        (said,) = eventually(lambda: events(log, "api.listening"), what="listening")
        url = f"http://{said['host']}:{said['port']}"
        with httpx.Client(base_url=url, headers=bearer(TOKEN), timeout=20) as client:
            yield process, client


def test_it_answers_and_ends_when_asked(
    database: str, tmp_path: Path, tokens: Path, log: Path
) -> None:
    fill(database)
    with running(write_config(tmp_path, tokens, dsn=database), log) as (process, client):
        answer = client.get(f"{DAY_OF_LI}/track")
        process.terminate()
        # The line that the client keeps open does not hold it up.
        assert process.wait(timeout=5) == 0

    assert len(answer.json()["features"]) == 6
    assert events(log, "api.stopped")


def test_a_question_without_an_end_does_not_hold_it_up(
    database: str, tmp_path: Path, tokens: Path, log: Path
) -> None:
    execute(
        database,
        "create or replace view v1_worker as select worker_id, name from worker, pg_sleep(60)",
    )
    execute(database, "insert into worker values ('W1', '')")
    config = write_config(tmp_path, tokens, dsn=database)
    with running(config, log) as (process, client), ThreadPoolExecutor() as threads:
        asked = threads.submit(client.get, "/v1/workers")
        eventually(lambda: is_asking(database), what="the question arrives")
        process.terminate()

        assert process.wait(timeout=5) == 0
        assert isinstance(asked.exception(), httpx.TransportError) or asked.result().is_error


def is_asking(dsn: str) -> bool:
    with psycopg.connect(dsn) as conn:
        found = conn.execute(
            "select from pg_stat_activity "
            "where application_name = 'patrol api' and wait_event = 'PgSleep'"
        )
        return found.fetchone() is not None


def test_reading_is_written_down_without_places(served: Served) -> None:
    before = served.lines()
    served.client.get(f"{DAY_OF_LI}/track")
    served.client.get("/v1/compliance?worker_id=W2")
    served.client.get("/v1/workers", headers=bearer("x" * 50))
    served.client.get("/v1/health")

    first, second = served.noted("api.read", since=before)
    assert (first["token"], first["worker_id"]) == ("reader-0", "W1")
    assert first["route"] == "/v1/workers/{worker_id}/days/{day}/track"
    assert second["worker_id"] == "W2"
    (refused,) = served.noted("api.refused", since=before)
    assert (refused["status"], refused["token"]) == (401, None)
    assert "116.4" not in served.log.read_text(encoding="utf-8")


def test_it_outlives_its_database(
    of_own_server: httpx.Client, shared_own_postgres: OwnPostgres
) -> None:
    before = of_own_server.get("/v1/workers").status_code
    shared_own_postgres.stop()
    during = of_own_server.get("/v1/workers")
    readiness = of_own_server.get("/v1/health")
    shared_own_postgres.start()
    after = eventually(lambda: of_own_server.get("/v1/workers").is_success, what="answers again")

    assert (before, after) == (200, True)
    assert during.status_code == 503
    assert int(during.headers["retry-after"]) > 0
    assert during.headers["content-type"] == "application/problem+json"
    assert (readiness.status_code, readiness.json()["status"]) == (503, "degraded")


def test_after_a_crash_of_the_database_between_two_questions_it_answers_by_itself(
    of_own_server: httpx.Client, shared_own_postgres: OwnPostgres
) -> None:
    assert of_own_server.get("/v1/workers").status_code == 200
    shared_own_postgres.kill()
    shared_own_postgres.start()

    eventually(lambda: of_own_server.get("/v1/workers").is_success, what="answers again")


def test_it_starts_before_its_database(tmp_path: Path, tokens: Path, log: Path) -> None:
    with running(write_config(tmp_path, tokens), log) as (_, client):
        assert client.get("/v1/health").json()["database"] == "down"


def test_a_token_made_by_the_command_is_accepted(served: Served) -> None:
    before = served.lines()
    made = make_token(served.tokens)
    answer = served.client.get("/v1/workers", headers=bearer(made))

    assert answer.status_code == 200
    assert made not in served.tokens.read_text(encoding="utf-8")
    assert [one["token"] for one in served.noted("api.read", since=before)] == ["map"]


def make_token(tokens: Path) -> str:
    """Return what the command prints: the token and nothing else."""
    command = [PATROL, "api", "token", "map", "--file", tokens]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
