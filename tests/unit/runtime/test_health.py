"""What a process says of itself over HTTP."""

import http.client
import socket
from collections.abc import Iterator

import pytest

from patrol.errors import InputError
from runtime import health
from runtime.health import Exposition, Vitals, served


def free_port() -> int:
    """Return a port that nobody has just now."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


def ask(port: int, path: str) -> tuple[int, str]:
    """Return status and body of one request."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    connection.request("GET", path)
    answer = connection.getresponse()
    return answer.status, answer.read().decode()


@pytest.fixture
def vitals() -> Vitals:
    """Return vitals of a process that needs a database and a broker, and has both."""
    made = Vitals()
    made.note("database", is_up=True)
    made.ask("broker", lambda: True)
    return made


@pytest.fixture
def port(vitals: Vitals) -> Iterator[int]:
    """Serve `vitals`, and return where."""
    with served(free_port(), vitals, lambda: Exposition("text/plain", b"up 1\n")) as taken:
        yield taken


def test_a_process_that_goes_round_and_has_what_it_needs_is_ready(port):
    assert ask(port, "/live") == (200, "ok\n")
    assert ask(port, "/ready") == (200, "ok\n")


def test_without_a_need_it_is_live_and_not_ready(port, vitals):
    vitals.note("database", is_up=False)

    assert ask(port, "/live") == (200, "ok\n")
    assert ask(port, "/ready") == (503, "no database\n")


def test_what_stands_for_long_is_not_ready_and_then_not_live(port, monkeypatch):
    now_s = health.time.monotonic()
    for later_s, ready, live in ((14, 200, 200), (20, 503, 200), (70, 503, 503)):
        monkeypatch.setattr(health.time, "monotonic", lambda later_s=later_s: now_s + later_s)

        assert (ask(port, "/ready")[0], ask(port, "/live")[0]) == (ready, live)


def test_metrics_are_what_the_room_exposes(port):
    assert ask(port, "/metrics?x=1") == (200, "up 1\n")


def test_another_path_names_those_that_there_are(port):
    assert ask(port, "/") == (404, "/live, /ready or /metrics\n")


def test_nobody_listens_unless_asked_to(vitals):
    with served(0, vitals, lambda: Exposition("text/plain", b"")) as taken:
        assert taken == 0


def test_a_port_that_is_taken_is_said(port, vitals):
    with (
        pytest.raises(InputError, match=f"health_port {port} cannot be had: Address already"),
        served(port, vitals, lambda: Exposition("text/plain", b"")),
    ):
        pass


def test_a_client_that_says_nothing_holds_up_no_other(port):
    with socket.create_connection(("127.0.0.1", port)):
        assert ask(port, "/live") == (200, "ok\n")
