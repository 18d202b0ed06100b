"""One known worker-day in a database, and somebody who asks the API about it."""

import asyncio
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx
import psycopg
from fastapi import FastAPI

from api.app import make_app
from api.auth import TokenFile
from api.identity.settings import IdentitySettings
from api.settings import ApiSettings
from api.views import Views

TOKEN = "patrol_of-somebody-who-asks-in-tests-and-nowhere-else"  # noqa: S105 - it opens nothing
NO_DATABASE = "host=/nonexistent dbname=none"

DAY = "2026-11-20"
DAY_OF_LI = f"/v1/workers/W1/days/{DAY}"

# Li carries T1 all along, and T2 until it is handed to Wang at six; nobody carries T3.
KNOWN_DAY = """
insert into grid values
    ('G1', 'East Gate', '{"type": "Polygon", "coordinates":
        [[[116.4, 39.9], [116.41, 39.9], [116.41, 39.91], [116.4, 39.91], [116.4, 39.9]]]}'),
    ('G2', 'West Gate', '{"type": "Polygon", "coordinates":
        [[[116.3, 39.9], [116.31, 39.9], [116.31, 39.91], [116.3, 39.91], [116.3, 39.9]]]}');
insert into premises values
    ('P1', 'G1', 'Garden Lane 4', 6, '{"type": "Point", "coordinates": [116.4, 39.9]}', 10),
    ('P2', 'G1', 'Garden Lane 6', 40, '{"type": "Point", "coordinates": [116.4, 39.9]}', 10),
    ('P3', 'G2', 'Mill Street 1', 12, '{"type": "Point", "coordinates": [116.3, 39.9]}', 10);
insert into worker values ('W1', 'Li Na'), ('W2', 'Wang Wei'), ('W3', 'Zhao Min');
insert into terminal values ('T1', 'agent'), ('T2', 'agent'), ('T3', '');
insert into assignment values
    ('T1', 'W1', '2026-11-01Z', null),
    ('T2', 'W1', '2026-11-01Z', '2026-11-20 06:00Z'),
    ('T2', 'W2', '2026-11-20 06:00Z', null);
insert into duty_window values
    ('W1', 'G1', '2026-11-20', '2026-11-20 00:30Z', '2026-11-20 04:30Z'),
    ('W1', 'G2', '2026-11-20', '2026-11-20 05:30Z', '2026-11-20 08:30Z'),
    ('W1', 'G1', '2026-11-21', '2026-11-21 00:30Z', '2026-11-21 04:30Z'),
    ('W2', 'G2', '2026-11-20', '2026-11-20 06:00Z', '2026-11-20 08:00Z');
insert into position values
    ('T1', '2026-11-20 00:30:00Z', 399042110, 1164073940, 441, 120, 1975, 12, 48, 9, 1, 81, 4,
     '2026-11-20 09:00Z');
insert into position (terminal_id, epoch, lat_e7, lon_e7, received_at)
select terminal_id, epoch::timestamptz, lat_e7, lon_e7, '2026-11-20 09:00Z' from (values
    ('T1', '2026-11-20 00:29:59.999Z', 399000001, 1164000001),
    ('T1', '2026-11-20 00:30:10Z', 399042197, 1164073900),
    ('T1', '2026-11-20 00:40:00Z', 399050000, 1164080000),
    ('T1', '2026-11-20 04:30:00Z', 399000002, 1164000002),
    ('T1', '2026-11-20 05:00:00Z', 399000003, 1164000003),
    ('T1', '2026-11-20 05:30:00Z', 399010000, 1163010000),
    ('T1', '2026-11-20 08:29:59.5Z', 399010001, 1163010001),
    ('T2', '2026-11-20 05:59:50Z', 399020000, 1163020000),
    ('T2', '2026-11-20 06:00:00Z', 399020001, 1163020001),
    ('T3', '2026-11-20 01:00:00Z', 399000004, 1164000004)
) given (terminal_id, epoch, lat_e7, lon_e7);
insert into latest_position values
    ('T1', '2026-11-20 08:29:59.5Z', 399010001, 1163010001, 120, 48, 81, 4, '2026-11-20 08:30Z'),
    ('T2', '2026-11-20 06:00:00Z', 399020001, 1163020001, null, null, null, 0, '2026-11-20 06:01Z'),
    ('T3', '2026-11-20 01:00:00Z', 399000004, 1164000004, null, null, null, 0, '2026-11-20 01:01Z');
insert into terminal_status values ('T1', 'online', 'o1', 100, 2, '2026-11-20 00:20Z');
insert into daily_compliance
    (worker_id, day, grid_ids, duty_s, inside_s, outside_s, unknown_s, inside_low_s, inside_high_s,
     visit_s, visit_low_s, visit_high_s, presence_verdict, presence_reason, visit_verdict,
     visit_reason, fixes, rules_version, parameters_version, assessed_at)
values
    ('W1', '2026-11-20', '{G1,G2}', 25200, 20000, 200, 5000, 19400, 25200, 9000, 8000, 11500,
     'undetermined', 'why presence is so', 'met', 'why visits are so',
     8, 'chain-2', 'builtin-1', '2026-11-20 09:00Z'),
    ('W2', '2026-11-20', '{G2}', 7200, 10, 0, 7190, 0, 7200, 0, 0, 60,
     'undetermined', 'why presence is so', 'not_met', 'why visits are so',
     1, 'chain-2', 'builtin-1', '2026-11-20 09:00Z');
update daily_compliance set visit_b_s = visit_s;
update daily_compliance
   set presence_code = 'presence_undetermined',
       presence_values = '{"low_s": 0, "high_s": 7200, "required_s": 6480}',
       visit_code = 'visits_not_met',
       visit_values = '{"low_s": 0, "high_s": 60, "required_s": 10800}'
 where worker_id = 'W2';
insert into presence_interval values
    ('W1', '2026-11-20', '2026-11-20 00:30:00Z', '2026-11-20 03:00:00Z', 'G1', 'inside'),
    ('W1', '2026-11-20', '2026-11-20 03:00:00Z', '2026-11-20 03:03:20Z', 'G1', 'outside'),
    ('W1', '2026-11-20', '2026-11-20 03:03:20Z', '2026-11-20 04:26:40Z', 'G1', 'unknown'),
    ('W1', '2026-11-20', '2026-11-20 04:26:40Z', '2026-11-20 04:30:00Z', 'G1', 'inside'),
    ('W1', '2026-11-20', '2026-11-20 05:30:00Z', '2026-11-20 08:30:00Z', 'G2', 'inside');
insert into home_visit values
    ('W1', '2026-11-20', '2026-11-20 00:40Z', '2026-11-20 01:40Z', 'P1', 3000, 600, 'B', 0.98, 0.75),
    ('W1', '2026-11-20', '2026-11-20 06:00Z', '2026-11-20 07:30Z', 'P3', 5000, 400, 'B', 0.97, 0.81);
"""


def execute(dsn: str, statements: str) -> None:
    """Run SQL of the test's own."""
    with psycopg.connect(dsn) as conn:
        conn.execute(statements.encode())


def fill(dsn: str) -> None:
    """Put the known worker-day into the database."""
    execute(dsn, KNOWN_DAY)


def write_tokens(path: Path, *tokens: str) -> Path:
    """Make a tokens file that accepts `tokens`, and those alone."""
    lines = [
        f"reader-{number} {hashlib.sha256(token.encode()).hexdigest()}\n"
        for number, token in enumerate(tokens)
    ]
    path.write_text("".join(lines), encoding="utf-8")
    path.chmod(0o600)
    return path


class Asker:
    """Asks an application in this process, through a loop of its own."""

    def __init__(self, app: FastAPI, runner: asyncio.Runner) -> None:
        self.app = app
        self._runner = runner
        self._client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="http://patrol.test"
        )

    def get(self, path: str, *, token: str | None = TOKEN, accept: str = "*/*") -> httpx.Response:
        """Return the answer to GET."""
        return self.ask("GET", path, {"Accept": accept, **bearer(token)})

    def ask(self, method: str, path: str, headers: Mapping[str, str]) -> httpx.Response:
        """Return the answer to any request."""
        return self._runner.run(self._client.request(method, path, headers=dict(headers)))

    def send(
        self, method: str, path: str, body: object = None, *, token: str | None = TOKEN
    ) -> httpx.Response:
        """Return the answer to a request whose body is JSON, or that has none."""
        return self._runner.run(
            self._client.request(method, path, headers=bearer(token), json=body)
        )

    def request(self, request: httpx.Request) -> httpx.Response:
        """Return the answer to a request that is made already."""
        return self._runner.run(self._client.send(request))

    def raw(self, method: str, path: str, body: bytes) -> httpx.Response:
        """Return the answer to a request that says it is JSON, whatever it is."""
        headers = {"Content-Type": "application/json"}
        return self._runner.run(self._client.request(method, path, headers=headers, content=body))

    def together(
        self, requests: Sequence[tuple[str, str, object]], *, token: str | None = TOKEN
    ) -> list[int]:
        """Return the status codes of requests that are made at the same time."""

        async def all_of_them() -> list[httpx.Response]:
            headers = bearer(token)
            return await asyncio.gather(
                *(
                    self._client.request(method, path, headers=headers, json=body)
                    for method, path, body in requests
                )
            )

        return [one.status_code for one in self._runner.run(all_of_them())]

    def json(self, path: str) -> dict:
        """Return the document at `path`, which must be there."""
        answer = self.get(path)
        assert answer.status_code == 200, answer.text
        return answer.json()


def bearer(token: str | None) -> dict[str, str]:
    """Return the header that carries `token`."""
    return {} if token is None else {"Authorization": f"Bearer {token}"}


@contextmanager
def known_day(dsn: str, folder: Path, more: str = "") -> Iterator[Asker]:
    """Give somebody who asks about the known worker-day and what the SQL in `more` adds to it."""
    execute(dsn, KNOWN_DAY + more)
    with asking(dsn, write_tokens(folder / "tokens", TOKEN)) as asker:
        yield asker


@contextmanager
def asking(
    dsn: str, tokens: Path | None, *, wait_s: float = 5, identity: IdentitySettings | None = None
) -> Iterator[Asker]:
    """Give somebody who asks the API over `dsn`; the tokens are those in the file."""
    settings = ApiSettings(tokens_file=tokens, wait_s=wait_s)
    app = make_app(Views(dsn, settings), TokenFile(tokens), identity=identity)
    with asyncio.Runner() as runner:
        life = app.router.lifespan_context(app)
        runner.run(life.__aenter__())
        yield Asker(app, runner)
        runner.run(life.__aexit__(None, None, None))
