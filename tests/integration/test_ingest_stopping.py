"""Long-running processes end within seconds of being asked, whatever they are doing."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from patrol.ids import TerminalId
from patrol.topics import Kind, Topics
from runtime.mqtt import Manner, Session
from runtime.registers.load import load
from tests.district import SHANGHAI, WALK, count, letters, store, write_registers
from tests.processes import eventually, patrol

# Five seconds are promised; whatever held it up here would do so for ever, on a busy machine too.
MOST_S = 15.0
SUBSCRIBED = "mqtt.subscribed"


@pytest.fixture
def district(database, tmp_path):
    """Return the DSN of a database with the registers of a small district."""
    load(database, write_registers(tmp_path), zone=SHANGHAI)
    return database


def settings_of(dsn: str, port: int = 1) -> dict[str, str]:
    """Return the environment of a process between this database and a broker on `port`."""
    return {"PATROL_DATABASE_DSN": dsn, "PATROL_BROKER_PORT": str(port)}


def ends_in_time(process: subprocess.Popen[bytes]) -> None:
    """Ask a process to end, and fail unless it does so in time and in good order."""
    began = time.monotonic()
    process.send_signal(signal.SIGTERM)
    code = process.wait(timeout=40)
    took_s = time.monotonic() - began

    assert (code, took_s < MOST_S) == (0, True), f"exit code {code} after {took_s:.1f} s"


@contextmanager
def publishing(broker, messages) -> Iterator[Session]:
    """Publish messages as a terminal does, and go on hearing what is stored."""
    stored = Topics("gp/1").of(TerminalId("T01"), Kind.STORED)
    session = Session(broker.settings, Manner(client_id="t", subscriptions=[stored]))
    session.start()
    eventually(lambda: session.is_connected)
    for one in messages:
        session.publish(one.topic, one.payload)
    yield session
    session.stop()


@contextmanager
def frozen(pid: int) -> Iterator[None]:
    """Let a server and all of its processes stand still, as on a disk that hangs."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    everybody = [pid, *map(int, children)]
    for one in everybody:
        os.kill(one, signal.SIGSTOP)
    try:
        yield
    finally:
        for one in everybody:
            os.kill(one, signal.SIGCONT)


def test_amid_a_flood_it_ends_and_what_it_told_to_forget_is_stored(district, broker, tmp_path):
    log = tmp_path / "log"
    with patrol("ingest", "run", environment=settings_of(district, broker.port), log=log) as run:
        eventually(lambda: log.read_text().count(SUBSCRIBED) >= 3)
        with publishing(broker, letters(WALK, at_once=1)):
            eventually(lambda: count(district, "position") > 0)
            ends_in_time(run)

    assert count(district, "position") <= len(WALK)


def test_a_database_that_holds_it_up_does_not_keep_it(district, broker, tmp_path):
    log = tmp_path / "log"
    with (
        patrol("ingest", "run", environment=settings_of(district, broker.port), log=log) as run,
        psycopg.connect(district) as other,
    ):
        eventually(lambda: log.read_text().count(SUBSCRIBED) >= 3)
        other.execute("lock table position in access exclusive mode")
        with publishing(broker, letters(WALK[:10])) as terminal:
            waiting = "pg_locks where not granted"
            eventually(lambda: count(district, waiting) > 0)
            ends_in_time(run)
            assert terminal.receive(timeout_s=0) is None

    assert "ingest.cut_short" in log.read_text()


def test_a_database_that_hangs_does_not_keep_it(own_postgres, broker, tmp_path):
    log = tmp_path / "log"
    load(own_postgres.dsn, write_registers(tmp_path), zone=SHANGHAI)
    given = settings_of(own_postgres.dsn, broker.port)
    with patrol("ingest", "run", environment=given, log=log) as run:
        eventually(lambda: log.read_text().count(SUBSCRIBED) >= 3)
        with publishing(broker, letters(WALK[:10])):
            eventually(lambda: "ingest.batch_committed" in log.read_text())
        with frozen(own_postgres.pid), publishing(broker, letters(WALK[10:20])) as terminal:
            eventually(lambda: terminal.flush(timeout_s=1))
            ends_in_time(run)


def test_a_database_that_takes_connections_and_says_nothing_does_not_keep_it(broker, tmp_path):
    log = tmp_path / "log"
    with socket.create_server(("127.0.0.1", 0)) as mute:
        dsn = f"host=127.0.0.1 port={mute.getsockname()[1]} connect_timeout=2"
        with patrol("ingest", "run", environment=settings_of(dsn, broker.port), log=log) as run:
            eventually(lambda: log.read_text().count(SUBSCRIBED) >= 3)
            ends_in_time(run)


def test_a_broker_that_is_away_does_not_keep_it(district, broker, tmp_path):
    log = tmp_path / "log"
    with patrol("ingest", "run", environment=settings_of(district, broker.port), log=log) as run:
        eventually(lambda: log.read_text().count(SUBSCRIBED) >= 3)
        broker.kill()
        eventually(lambda: "mqtt.disconnected" in log.read_text())
        ends_in_time(run)


def test_a_broker_that_takes_connections_and_says_nothing_does_not_keep_it(district, tmp_path):
    log = tmp_path / "log"
    with socket.create_server(("127.0.0.1", 0)) as mute:
        given = settings_of(district, mute.getsockname()[1])
        with patrol("ingest", "run", environment=given, log=log) as run:
            connection, _ = mute.accept()
            ends_in_time(run)
            connection.close()


def test_a_judge_with_days_in_hand_ends(district, tmp_path):
    log = tmp_path / "log"
    store(district, letters(WALK))
    with patrol("ingest", "assess", environment=settings_of(district), log=log) as judge:
        eventually(lambda: "ingest.day_assessed" in log.read_text(), within_s=40)
        store(district, letters([one._replace(epoch_ms=one.epoch_ms + 1) for one in WALK]))
        ends_in_time(judge)


def test_a_database_that_holds_a_judge_up_does_not_keep_it(district, tmp_path):
    log = tmp_path / "log"
    store(district, letters(WALK))
    with psycopg.connect(district) as other:
        other.execute("lock table daily_compliance in access exclusive mode")
        with patrol("ingest", "assess", environment=settings_of(district), log=log) as judge:
            eventually(lambda: count(district, "pg_locks where not granted") > 0, within_s=40)
            ends_in_time(judge)

    assert count(district, "dirty_day") > 0
