"""What is done to the process itself over a line: slowly, with too much, or with two ends."""

import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest

from api.cli import _listen
from api.settings import ApiSettings
from tests.asking import DAY, TOKEN, bearer, execute, fill, write_tokens
from tests.processes import eventually, patrol

# A day with a fix a second: far more than the kernel keeps of an answer for one line.
FULL_DAY = """
insert into position (terminal_id, epoch, lat_e7, lon_e7, received_at)
select 'T1', '2026-11-21 00:30:00Z'::timestamptz + n * interval '1 s', 399042110, 1164073940, now()
  from generate_series(0, 14399) n
"""
TRACK = "/v1/workers/W1/days/2026-11-21/track"
ASKING = f"Host: a\r\nAuthorization: Bearer {TOKEN}\r\n"
QUICK_S = 2.0


class Api(NamedTuple):
    """A process that answers."""

    host: str
    port: int

    def line(self) -> socket.socket:
        """Return a new line to it."""
        return socket.create_connection((self.host, self.port), timeout=15)

    def get(self, path: str) -> httpx.Response:
        """Return the answer to somebody who asks as one should."""
        return httpx.get(f"http://{self.host}:{self.port}{path}", headers=bearer(TOKEN), timeout=15)


@pytest.fixture(scope="module")
def api(shared_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    folder: Path = tmp_path_factory.mktemp("api")
    log = folder / "log"
    log.touch()
    fill(shared_database)
    execute(shared_database, FULL_DAY)
    environment = {
        "PATROL_DATABASE_DSN": shared_database,
        "PATROL_API_PORT": "0",
        "PATROL_API_TOKENS_FILE": str(write_tokens(folder / "tokens", TOKEN)),
        "PATROL_API_POOL_SIZE": "2",
    }

    def listening() -> list[dict]:
        lines = map(json.loads, log.read_text(encoding="utf-8").splitlines())
        return [one for one in lines if one["event"] == "api.listening"]

    with patrol("api", "run", environment=environment, log=log):
        (said,) = eventually(listening, what="listening")
        yield Api(said["host"], said["port"])


def took_s(api: Api, path: str = "/v1/workers") -> float:
    """Return how long somebody waits who asks as one should."""
    began = time.monotonic()
    assert api.get(path).status_code == 200
    return time.monotonic() - began


def all_of(line: socket.socket) -> bytes:
    """Return what comes until the line is closed; what comes until it is cut."""
    parts = []
    try:
        while part := line.recv(65_536):
            parts.append(part)
    except ConnectionError:
        pass
    return b"".join(parts)


def statuses(answers: bytes) -> list[int]:
    """Return the status of each answer in what has come."""
    return [int(one[:3]) for one in answers.split(b"HTTP/1.1 ")[1:]]


def test_who_sends_byte_by_byte_holds_nobody_up(api: Api) -> None:
    lines = [api.line() for _ in range(50)]
    for line in lines:
        line.sendall(b"POST /v1/session HTTP/1.1\r\nHost: a\r\nContent-Le")
    waited = [took_s(api)]
    for line in lines:
        line.sendall(b"ngth: 1000\r\n\r\n{")
    waited.append(took_s(api))
    for line in lines:
        line.close()

    assert max(waited) < QUICK_S


def test_who_reads_nothing_of_a_large_answer_holds_nobody_up(api: Api) -> None:
    """More of them than there are connections to the database."""
    assert len(api.get(TRACK).content) > 4_000_000
    lines = [api.line() for _ in range(6)]
    for line in lines:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        line.sendall(f"GET {TRACK} HTTP/1.1\r\n{ASKING}\r\n".encode())
    for line in lines:
        # Its answer has begun, and goes no further.
        assert line.recv(12) == b"HTTP/1.1 200"

    waited = took_s(api, f"/v1/workers/W1/days/{DAY}/track")
    for line in lines:
        line.close()

    assert waited < QUICK_S


@pytest.mark.parametrize(
    "framing",
    [
        "Content-Length: 6\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 6\r\n",
        "Transfer-Encoding: xchunked\r\n",
        "Transfer-Encoding: chunked, identity\r\n",
        "Transfer-Encoding : chunked\r\n",
        "Transfer-Encoding:\x0bchunked\r\n",
        "Content-Length: 6\r\nContent-Length: 5\r\n",
        "Content-Length: +6\r\n",
        "Content-Length: 0x6\r\n",
        "Content-Length: -1\r\n",
        "X: y\nContent-Length: 99\r\n",
    ],
)
def test_a_request_within_the_body_of_another_is_never_answered(api: Api, framing: str) -> None:
    """Whichever way a proxy in front may have counted the body."""
    within = f"GET /v1/workers HTTP/1.1\r\n{ASKING}\r\n"
    head = (
        f"POST /v1/session HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n{framing}\r\n"
    )
    with api.line() as line:
        line.sendall(f"{head}0\r\n\r\n{within}".encode("latin-1"))
        line.shutdown(socket.SHUT_WR)
        found = statuses(all_of(line))

    assert 200 not in found
    assert all(400 <= one < 500 for one in found)


@pytest.mark.parametrize(
    "request_line",
    [
        b"GET /v1/workers HTTP/9.9\r\n",
        b"GET  /v1/workers HTTP/1.1\r\n",
        b"GET /v1/workers\xff HTTP/1.1\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET http://elsewhere/v1/workers HTTP/1.1\r\n",
        b"CONNECT elsewhere:443 HTTP/1.1\r\n",
        b"TRACE /v1/workers HTTP/1.1\r\n",
    ],
)
def test_a_line_that_is_no_request_is_refused(api: Api, request_line: bytes) -> None:
    with api.line() as line:
        line.sendall(request_line + f"{ASKING}\r\n".encode())
        line.shutdown(socket.SHUT_WR)
        found = statuses(all_of(line))

    assert all(400 <= one < 500 for one in found)


def test_many_headers_are_refused_or_passed_over(api: Api) -> None:
    many = "".join(f"X-{number}: {'y' * 1000}\r\n" for number in range(2000))
    with api.line() as line:
        try:
            line.sendall(f"GET /v1/workers HTTP/1.1\r\n{ASKING}{many}\r\n".encode())
            line.shutdown(socket.SHUT_WR)
            found = statuses(all_of(line))
        except OSError:
            found = []

    assert all(400 <= one < 500 for one in found)
    assert took_s(api) < QUICK_S


def test_answers_are_not_held_back_for_an_acknowledgement() -> None:
    """Head and body go in two pieces; a line that waits between them costs 40 ms an answer."""
    with _listen(ApiSettings(port=0)) as listener, socket.create_connection(listener.getsockname()):
        line, _ = listener.accept()
        with line:
            assert line.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
