"""What the process does with requests that are larger than any request is."""

import json
import socket
from collections.abc import Iterator

import httpx
import pytest

from tests.asking import NO_DATABASE, bearer
from tests.processes import eventually, patrol


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, int]]:
    """Run the API, without a database and without a tokens file."""
    log = tmp_path_factory.mktemp("api") / "log"
    log.touch()
    environment = {
        "PATROL_DATABASE_DSN": NO_DATABASE,
        "PATROL_API_PORT": "0",
        "PATROL_API_WAIT_S": "0.2",
    }

    def listening() -> list[dict]:
        lines = map(json.loads, log.read_text(encoding="utf-8").splitlines())
        return [one for one in lines if one["event"] == "api.listening"]

    with patrol("api", "run", environment=environment, log=log):
        (said,) = eventually(listening, what="listening")
        yield said["host"], said["port"]


def send(address: tuple[str, int], *parts: bytes) -> bytes:
    """Return how the answer to a request in these parts begins; nothing if the line is cut."""
    with socket.create_connection(address, timeout=10) as line:
        try:
            for part in parts:
                line.sendall(part)
            return line.recv(200)
        except ConnectionError:
            return b""


def test_a_token_without_an_end_is_refused_and_the_next_one_asked(
    address: tuple[str, int],
) -> None:
    endless = [b"GET /v1/me HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ", *[b"x" * 65_536] * 64]

    answer = send(address, *endless)

    assert not answer or answer.startswith((b"HTTP/1.1 4", b"HTTP/1.0 4"))
    url = "http://{}:{}/v1/me".format(*address)
    assert httpx.get(url, headers=bearer("x" * 8000)).status_code == 401


def test_a_body_that_says_it_is_too_long_is_refused_before_it_comes(
    address: tuple[str, int],
) -> None:
    head = b"POST /v1/session HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999\r\n\r\n"

    assert send(address, head).startswith(b"HTTP/1.1 413")


def test_without_the_database_nobody_is_let_in(address: tuple[str, int]) -> None:
    url = "http://{}:{}/v1/session".format(*address)

    answer = httpx.post(url, json={"account_id": "li", "password": "x" * 20})

    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
