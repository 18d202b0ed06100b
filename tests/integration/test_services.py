"""The services that the demo and the tests start for themselves."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from patrol.errors import StateError
from runtime.mqtt import Manner, Session
from simulator.services import (
    EmbeddedBroker,
    EmbeddedPostgres,
    Mosquitto,
    free_port,
    start_child,
)
from tests.plugins.services import OwnPostgres, Server

# The kernel's path of a socket ends at 107 bytes.
DEEP = "a-folder-with-a-name-of-forty-characters/" * 4

OWNER = """
import sys, time
from pathlib import Path
from simulator.services import start_child
child = start_child(["sleep", "600"], log=Path(sys.argv[1]))
print(child.pid, flush=True)
time.sleep(600)
"""


def wait_until(is_so: Callable[[], bool], *, within_s: float = 10.0) -> None:
    until = time.monotonic() + within_s
    while not is_so():
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.01)


def tables(dsn: str) -> set[str]:
    with psycopg.connect(dsn) as conn:
        found = conn.execute("select tablename from pg_tables where schemaname = 'public'")
        return {name for (name,) in found}


def is_running(pid: int) -> bool:
    # A process that has ended may stay in the table until whoever adopted it looks.
    status = Path(f"/proc/{pid}/stat")
    return status.exists() and status.read_text().rpartition(")")[2].split()[0] != "Z"


def test_a_killed_database_comes_back_with_what_was_committed(own_postgres: OwnPostgres) -> None:
    with psycopg.connect(own_postgres.dsn) as conn:
        conn.execute("create table kept (n integer)")
    own_postgres.kill()
    own_postgres.start()

    assert "kept" in tables(own_postgres.dsn)


def test_a_stopped_database_refuses_and_its_address_stays(own_postgres: OwnPostgres) -> None:
    dsn = own_postgres.dsn
    own_postgres.stop()

    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(dsn)
    own_postgres.start()
    assert tables(dsn)


def test_a_database_works_in_a_folder_too_deep_for_a_socket(tmp_path: Path) -> None:
    server = EmbeddedPostgres(tmp_path / DEEP)
    server.start()
    found = tables(server.dsn)
    server.stop()

    assert found == set()


def test_a_second_server_on_the_same_data_is_refused(own_postgres: OwnPostgres) -> None:
    second = EmbeddedPostgres(own_postgres.log.parent)

    with pytest.raises(StateError, match=r"postmaster\.pid"):
        second.start()


def test_each_test_has_a_database_of_its_own(database: str, postgres: Server) -> None:
    assert "position" in tables(database)
    assert database != postgres.dsn


@pytest.mark.parametrize("which", ["broker", "embedded_broker"])
def test_a_broker_delivers_what_was_published(which: str, request: pytest.FixtureRequest) -> None:
    broker: Mosquitto | EmbeddedBroker = request.getfixturevalue(which)
    reader = Session(broker.settings, Manner(client_id="r", subscriptions=["gp/1/+/position"]))
    writer = Session(broker.settings, Manner(client_id="w"))
    for session in (reader, writer):
        session.start()
    wait_until(lambda: reader.is_connected and writer.is_connected)
    received = None
    while received is None:
        # Until the subscription stands, a message may pass by.
        assert writer.publish("gp/1/t1/position", b"here")
        received = reader.receive(timeout_s=0.5)
    for session in (reader, writer):
        session.stop()

    assert (received.topic, received.payload) == ("gp/1/t1/position", b"here")


def test_a_broker_comes_back_on_its_port(broker: Mosquitto) -> None:
    port = broker.port
    broker.kill()
    broker.start()

    assert broker.settings.port == port


def test_a_port_in_use_is_said(broker: Mosquitto, tmp_path: Path) -> None:
    second = Mosquitto(tmp_path)
    second.port = broker.port

    with pytest.raises(StateError, match="somebody listens there"):
        second.start()


def test_a_free_port_is_none_that_an_outgoing_connection_may_get() -> None:
    lowest = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])

    assert free_port() < lowest


@pytest.mark.parametrize("_try", range(5))
def test_no_child_outlives_a_killed_parent(tmp_path: Path, _try: int) -> None:
    command = [sys.executable, "-c", OWNER, str(tmp_path / "log")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        child = int(owner.stdout.readline())
        assert is_running(child)
        owner.kill()

    wait_until(lambda: not is_running(child))


def test_a_child_is_out_of_reach_of_the_terminal(tmp_path: Path) -> None:
    child = start_child(
        [sys.executable, "-c", "import os; print(os.getsid(0))"], log=tmp_path / "l"
    )
    child.wait()

    assert (tmp_path / "l").read_text().strip() == str(child.pid)
    assert child.returncode != -signal.SIGINT
