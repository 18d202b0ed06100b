"""What systemd is told: that the agent is ready, lives while its parts go round, and stops."""

import os
import socket
import time
from collections.abc import Iterator

import pytest
from structlog.testing import capture_logs

from device.watchdog import watched
from tests.unit.device.terminal import Agent


@pytest.fixture
def systemd(tmp_path) -> Iterator[socket.socket]:
    """Give the socket on which systemd listens."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
        line.bind(str(tmp_path / "notify"))
        line.settimeout(60)
        yield line


def environment(line: socket.socket, **more: str) -> dict[str, str]:
    return {"NOTIFY_SOCKET": line.getsockname(), **more}


def heard(line: socket.socket) -> list[bytes]:
    """Return all that was said so far."""
    line.settimeout(0)
    said = []
    while True:
        try:
            said.append(line.recv(100))
        except BlockingIOError:
            return said


def test_systemd_hears_of_begin_and_end(systemd):
    with watched(time.monotonic, environment(systemd)):
        begin = heard(systemd)

    assert (begin, heard(systemd)) == ([b"READY=1"], [b"STOPPING=1"])


def test_an_agent_that_goes_round_is_vouched_for_again_and_again(systemd):
    with watched(time.monotonic, environment(systemd, WATCHDOG_USEC="30000")):
        said = [systemd.recv(100) for _ in range(5)]

    assert said.count(b"WATCHDOG=1") == 4


def test_an_agent_that_stands_is_not_vouched_for(systemd):
    stood_s = time.monotonic() - 60

    with (
        capture_logs() as logs,
        watched(lambda: stood_s, environment(systemd, WATCHDOG_USEC="10000")),
    ):
        until_s = time.monotonic() + 10
        while not logs and time.monotonic() < until_s:
            time.sleep(0.005)

    assert heard(systemd) == [b"READY=1", b"STOPPING=1"]
    assert [one["event"] for one in logs] == ["agent.stands"]


@pytest.mark.parametrize(
    "more",
    [{"WATCHDOG_USEC": "0"}, {"WATCHDOG_USEC": "x"}, {"WATCHDOG_USEC": "9", "WATCHDOG_PID": "1"}],
)
def test_nobody_is_vouched_for_who_is_not_watched(systemd, more):
    with watched(time.monotonic, environment(systemd, **more)):
        pass

    assert heard(systemd) == [b"READY=1", b"STOPPING=1"]


def test_this_process_is_watched_where_its_number_is_named(systemd):
    more = {"WATCHDOG_USEC": "30000", "WATCHDOG_PID": str(os.getpid())}
    with watched(time.monotonic, environment(systemd, **more)):
        said = {systemd.recv(100) for _ in range(2)}

    assert said == {b"READY=1", b"WATCHDOG=1"}


def test_a_name_in_the_abstract_namespace_is_found():
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
        name = f"gridpatrol-test-{os.getpid()}"
        line.bind(f"\0{name}")
        with watched(time.monotonic, {"NOTIFY_SOCKET": f"@{name}"}):
            assert line.recv(100) == b"READY=1"


def test_without_systemd_nothing_is_said():
    with watched(time.monotonic, {}):
        pass


def test_a_systemd_that_is_gone_stops_nobody(tmp_path):
    with capture_logs() as logs, watched(time.monotonic, {"NOTIFY_SOCKET": str(tmp_path / "no")}):
        pass

    assert [one["event"] for one in logs] == ["agent.systemd_unreachable"] * 2


def test_the_agent_itself_is_ready_and_vouched_for(systemd, tmp_path, monkeypatch):
    for name, value in environment(systemd, WATCHDOG_USEC="3000000").items():
        monkeypatch.setenv(name, value)
    agent = Agent(
        tmp_path, {"device": {"terminal_id": "T01", "page_port": 0}, "broker": {"port": 9}}
    )
    agent.start()
    try:
        said = {systemd.recv(100) for _ in range(2)}
    finally:
        code = agent.stop()

    assert said == {b"READY=1", b"WATCHDOG=1"}
    assert (code, heard(systemd)[-1]) == (0, b"STOPPING=1")
