"""`patrol ingest run` as a process, between a real broker and a real database."""

import signal
import time
import zlib
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from patrol.ids import TerminalId
from patrol.messages import (
    Position,
    PositionBatch,
    decode_stored,
    encode_position,
)
from patrol.topics import Kind, Topics
from runtime.mqtt import Manner, Session
from tests.processes import eventually, patrol

TOPICS = Topics("gp/1")
T01 = TerminalId("T01")


class Terminal:
    """The wire's other end: publishes positions and remembers what it may forget."""

    def __init__(self, broker) -> None:
        self.session = Session(
            broker.settings,
            Manner(client_id="terminal-T01", subscriptions=[TOPICS.of(T01, Kind.STORED)]),
        )
        self.session.start()
        eventually(lambda: self.session.is_connected, what="terminal connected")
        self.forgotten: set[int] = set()

    def publish(self, first: int, count: int) -> None:
        """Publish `count` positions numbered from `first`, ten a message."""
        for seq in range(first, first + count, 10):
            positions = tuple(
                Position(1_760_000_000_000 + 1000 * n, 306_600_000, 1_040_600_000)
                for n in range(seq, seq + 10)
            )
            batch = PositionBatch(seq=seq, source="agent", outbox="a", positions=positions)
            self.send(encode_position(batch))

    def send(self, payload: bytes) -> None:
        """Publish any payload as a position, waiting for the broker if it is away."""
        topic = TOPICS.of(T01, Kind.POSITION)
        eventually(lambda: self.session.publish(topic, payload), what="published")

    def may_forget(self) -> set[int]:
        """Return the numbers that the server has reported as stored so far."""
        while (message := self.session.receive(timeout_s=0)) is not None:
            self.session.acknowledge(message)
            for first, last in decode_stored(message.payload).fixes:
                self.forgotten |= set(range(first, last + 1))
        return self.forgotten


@pytest.fixture
def terminal(broker) -> Iterator[Terminal]:
    """Return a terminal that is connected."""
    made = Terminal(broker)
    yield made
    made.session.stop()


def environment(dsn: str, broker) -> dict[str, str]:
    """Return the settings of an ingest between these two."""
    with psycopg.connect(dsn, autocommit=True) as conn:
        conn.execute("insert into terminal values ('T01', 'test') on conflict do nothing")
    return {
        "PATROL_DATABASE_DSN": dsn,
        "PATROL_BROKER_PORT": str(broker.port),
        "PATROL_INGEST_FUTURE_S": "600",
    }


def wait_until_subscribed(log: Path, times: int = 1) -> None:
    """Wait until both kinds are subscribed to; a broker keeps nothing for those it never saw."""
    eventually(lambda: log.read_text().count("mqtt.subscribed") >= 2 * times, within_s=40)


def count(dsn: str, table: str) -> int:
    with psycopg.connect(dsn) as conn:
        return conn.execute(f"select count(*) from {table}").fetchone()[0]  # noqa: S608 - our word


def test_what_is_stored_may_be_forgotten_and_nothing_else(database, broker, terminal, tmp_path):
    with patrol("ingest", "run", environment=environment(database, broker), log=tmp_path / "log"):
        wait_until_subscribed(tmp_path / "log")
        terminal.publish(1, 200)

        eventually(lambda: terminal.may_forget() == set(range(1, 201)))

    assert count(database, "position") == 200


def test_it_ends_when_asked_and_within_seconds(database, broker, tmp_path):
    env = environment(database, broker)
    with patrol("ingest", "run", environment=env, log=tmp_path / "log") as process:
        eventually(lambda: "mqtt.connected" in (tmp_path / "log").read_text())
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)

        assert process.wait(timeout=10) == 0
        assert time.monotonic() - began < 5


def test_a_database_away_holds_everything_back_and_loses_nothing(
    own_postgres, broker, terminal, tmp_path
):
    dsn = own_postgres.dsn
    env = environment(dsn, broker)
    with patrol("ingest", "run", environment=env, log=tmp_path / "log"):
        wait_until_subscribed(tmp_path / "log")
        terminal.publish(1, 50)
        eventually(lambda: len(terminal.may_forget()) == 50)
        own_postgres.kill()
        terminal.publish(51, 500)
        eventually(lambda: "ingest.database_away" in (tmp_path / "log").read_text())
        assert len(terminal.may_forget()) == 50
        own_postgres.start()

        eventually(lambda: terminal.may_forget() == set(range(1, 551)), within_s=40)

    assert count(dsn, "position") == 550


def test_a_broker_away_is_waited_for(database, broker, terminal, tmp_path):
    env = environment(database, broker)
    with patrol("ingest", "run", environment=env, log=tmp_path / "log"):
        wait_until_subscribed(tmp_path / "log")
        terminal.publish(1, 50)
        eventually(lambda: len(terminal.may_forget()) == 50)
        broker.stop()
        broker.start()
        wait_until_subscribed(tmp_path / "log", times=2)
        eventually(lambda: terminal.session.is_connected, within_s=40)
        terminal.publish(51, 50)

        eventually(lambda: terminal.may_forget() >= set(range(51, 101)))

    assert count(database, "position") == 100


def test_killed_at_any_moment_it_loses_nothing(database, broker, terminal, tmp_path):
    """What was not acknowledged comes again to the next one, which has the same session."""
    env = environment(database, broker)
    for round_number in range(3):
        log = tmp_path / f"log{round_number}"
        with patrol("ingest", "run", environment=env, log=log) as process:
            wait_until_subscribed(log)
            before = count(database, "position")
            terminal.publish(1 + 1000 * round_number, 1000)
            eventually(lambda before=before: count(database, "position") > before)
            process.kill()
            process.wait()
    with patrol("ingest", "run", environment=env, log=tmp_path / "log"):
        eventually(lambda: count(database, "position") == 3000)


def test_a_zip_bomb_is_put_aside_and_the_line_goes_on(database, broker, terminal, tmp_path):
    env = environment(database, broker)
    with patrol("ingest", "run", environment=env, log=tmp_path / "log") as process:
        wait_until_subscribed(tmp_path / "log")
        terminal.send(zlib.compress(b" " * 200_000_000, 9))
        terminal.publish(1, 10)

        eventually(lambda: len(terminal.may_forget()) == 10)
        peak_kib = next(
            int(line.split()[1])
            for line in Path(f"/proc/{process.pid}/status").read_text().splitlines()
            if line.startswith("VmHWM")
        )

    assert count(database, "quarantine where reason like '%inflates to more than%'") == 1
    assert peak_kib < 250_000


def test_without_a_schema_it_says_what_to_do(postgres, broker, tmp_path):
    env = {"PATROL_DATABASE_DSN": postgres.dsn, "PATROL_BROKER_PORT": str(broker.port)}
    with patrol("ingest", "run", environment=env, log=tmp_path / "log") as process:
        assert process.wait(timeout=10) == 70

    assert "run `patrol ingest migrate` first" in (tmp_path / "log").read_text()


def test_without_a_setting_it_says_which(tmp_path):
    with patrol(
        "ingest", "run", environment={"PATROL_BROKER_PORT": "x"}, log=tmp_path / "log"
    ) as process:
        assert process.wait(timeout=10) == 65

    assert "PATROL_BROKER_PORT is 'x', which is no int" in (tmp_path / "log").read_text()
