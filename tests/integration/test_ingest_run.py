"""`patrol ingest run` as a process, between a real broker and a real database."""

import signal
import subprocess
import time
import zlib
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from patrol.fix import epoch_of
from patrol.ids import TerminalId
from patrol.messages import (
    Position,
    PositionBatch,
    State,
    Status,
    decode_stored,
    encode_position,
    encode_status,
)
from patrol.notices.checkins import CheckIn, CheckInKind, Phase, encode_checkin
from patrol.topics import UP, Kind, Topics
from runtime.mqtt import Manner, Session
from tests.district import rows
from tests.processes import eventually, patrol

# One worker on duty for a day and a half, with the terminal that speaks here.
ON_DUTY = """
insert into terminal values ('T01', 'test') on conflict do nothing;
insert into worker values ('W01', 'Worker 01') on conflict do nothing;
insert into grid values ('G01', 'North', '{}') on conflict do nothing;
insert into assignment values ('T01', 'W01', '2025-01-01Z') on conflict do nothing;
insert into duty_window values ('W01', 'G01', '2025-10-09', '2025-10-09Z', '2025-10-10 12:00Z')
    on conflict do nothing;
"""
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
        self.forgotten_ids: set[str] = set()

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
            stored = decode_stored(message.payload)
            self.forgotten_ids |= set(stored.ids)
            for first, last in stored.fixes:
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
        conn.execute(ON_DUTY)
    return {
        "PATROL_DATABASE_DSN": dsn,
        "PATROL_BROKER_PORT": str(broker.port),
        "PATROL_INGEST_FUTURE_S": "600",
    }


def wait_until_subscribed(log: Path, times: int = 1) -> None:
    """Wait until all kinds are subscribed to; a broker keeps nothing for those it never saw."""
    eventually(lambda: log.read_text().count("mqtt.subscribed") >= len(UP) * times, within_s=40)


def count(dsn: str, table: str) -> int:
    with psycopg.connect(dsn) as conn:
        return conn.execute(f"select count(*) from {table}").fetchone()[0]  # noqa: S608 - our word


def peak_kib(process: subprocess.Popen[bytes]) -> int:
    status = Path(f"/proc/{process.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))


def test_what_is_stored_may_be_forgotten_and_nothing_else(database, broker, terminal, tmp_path):
    with patrol("ingest", "run", environment=environment(database, broker), log=tmp_path / "log"):
        wait_until_subscribed(tmp_path / "log")
        terminal.publish(1, 200)

        eventually(lambda: terminal.may_forget() == set(range(1, 201)))

    assert count(database, "position") == 200


def test_a_check_in_may_be_forgotten_by_its_id_once_it_is_stored(
    database, broker, terminal, tmp_path
):
    checkin = CheckIn(
        checkin_id="019aa9f2-6c1e-7d3a-9b52-0a1b2c3d4e5f",
        at=epoch_of(1_760_000_000_000),
        kind=CheckInKind.DECLARED,
        phase=Phase.BEGIN,
    )
    with patrol("ingest", "run", environment=environment(database, broker), log=tmp_path / "log"):
        wait_until_subscribed(tmp_path / "log")
        for _ in range(2):
            topic = TOPICS.of(T01, Kind.CHECKIN)
            assert terminal.session.publish(topic, encode_checkin(checkin))

        eventually(lambda: terminal.may_forget() or terminal.forgotten_ids)

    assert terminal.forgotten_ids == {checkin.checkin_id}
    assert count(database, "checkin") == 1


def test_it_ends_when_asked_and_within_seconds(database, broker, tmp_path):
    env = environment(database, broker)
    with patrol("ingest", "run", environment=env, log=tmp_path / "log") as process:
        eventually(lambda: "mqtt.connected" in (tmp_path / "log").read_text())
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)

        assert process.wait(timeout=60) == 0
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
        assert peak_kib(process) < 250_000

    assert count(database, "quarantine where reason like '%inflates to more than%'") == 1


def test_a_message_that_nobody_may_acknowledge_does_not_break_the_line(
    database, broker, terminal, tmp_path
):
    """An acknowledgement of QoS 0 is an error, for which a broker closes the connection."""
    env = environment(database, broker)
    with patrol("ingest", "run", environment=env, log=tmp_path / "log"):
        wait_until_subscribed(tmp_path / "log")
        terminal.session._client.publish(TOPICS.of(T01, Kind.POSITION), b"junk", qos=0)
        eventually(lambda: count(database, "quarantine") == 1)
        terminal.publish(1, 10)
        eventually(lambda: len(terminal.may_forget()) == 10)
        time.sleep(0.5)

    assert (tmp_path / "log").read_text().count("mqtt.connected") == 1


def test_a_message_too_large_for_anybody_does_not_reach_the_memory(
    database, broker, terminal, tmp_path
):
    env = environment(database, broker)
    with patrol("ingest", "run", environment=env, log=tmp_path / "log") as process:
        wait_until_subscribed(tmp_path / "log")
        hostile = Session(broker.settings, Manner(client_id="hostile"))
        hostile.start()
        eventually(lambda: hostile.publish(TOPICS.of(T01, Kind.POSITION), b" " * 100_000_000))
        # The broker hangs up on whoever sends that.
        eventually(lambda: hostile.connections > 1)
        hostile.stop()
        terminal.send(b" " * 2_000_000)
        terminal.publish(1, 600)

        eventually(lambda: len(terminal.may_forget()) == 600)
        assert peak_kib(process) < 250_000

    assert count(database, "quarantine where reason like '%is larger than 1048576'") == 1


def test_what_the_broker_retains_is_not_taken_for_news_after_a_restart(
    database, broker, terminal, tmp_path
):
    env = environment(database, broker)
    state = "select received_at from terminal_status"
    for round_number in range(2):
        log = tmp_path / f"log{round_number}"
        with patrol("ingest", "run", environment=env, log=log):
            wait_until_subscribed(log)
            if round_number == 0:
                lost = encode_status(Status(state=State.LOST))
                assert terminal.session.publish(TOPICS.of(T01, Kind.STATUS), lost, retain=True)
                (first,) = eventually(lambda: rows(database, state))
            terminal.publish(1 + 10 * round_number, 10)
            eventually(lambda n=round_number: len(terminal.may_forget()) == 10 * (n + 1))

    assert rows(database, state) == [first]


def test_without_a_schema_it_says_what_to_do(postgres, broker, tmp_path):
    env = {"PATROL_DATABASE_DSN": postgres.dsn, "PATROL_BROKER_PORT": str(broker.port)}
    with patrol("ingest", "run", environment=env, log=tmp_path / "log") as process:
        assert process.wait(timeout=60) == 70

    assert "run `patrol ingest migrate` first" in (tmp_path / "log").read_text()


def test_without_a_setting_it_says_which(tmp_path):
    with patrol(
        "ingest", "run", environment={"PATROL_BROKER_PORT": "x"}, log=tmp_path / "log"
    ) as process:
        assert process.wait(timeout=60) == 65

    assert "PATROL_BROKER_PORT is 'x', which is no int" in (tmp_path / "log").read_text()


@pytest.mark.parametrize(
    "arguments", [("migrate",), ("load", "--workers", "workers.csv"), ("assess", "--once")]
)
def test_a_command_that_needs_the_database_says_that_it_is_away(tmp_path, arguments):
    (tmp_path / "workers.csv").write_text("worker_id,name\nW1,A\n")
    given = [str(tmp_path / word) if word.endswith(".csv") else word for word in arguments]
    env = {"PATROL_DATABASE_DSN": "host=127.0.0.1 port=1"}
    with patrol("ingest", *given, environment=env, log=tmp_path / "log") as process:
        assert process.wait(timeout=20) == 70

    assert (tmp_path / "log").read_text().startswith("patrol: the database cannot be used: ")


@pytest.mark.parametrize(
    ("variable", "value", "reason"),
    [
        ("PATROL_DATABASE_DSN", "nonsense", "[database] dsn is no connection string"),
        ("PATROL_BROKER_PORT", "70000", "port is 70000: give 1 to 65535"),
        ("PATROL_BROKER_KEEPALIVE_S", "0", "keepalive_s is 0: give 1 to 65535"),
        ("PATROL_BROKER_HOST", "a..b", "host is 'a..b', which is no host name or address"),
        ("PATROL_INGEST_FUTURE_S", "999999999999", "future_s is 999999999999: give 0 to 86400"),
        ("PATROL_INGEST_ASSESS_EVERY_S", "nan", "assess_every_s is nan: give more than 0"),
        ("PATROL_INGEST_CLIENT_ID", "", "client_id is empty"),
    ],
)
def test_a_setting_that_cannot_be_used_is_said(tmp_path, variable, value, reason):
    env = {"PATROL_DATABASE_DSN": "host=127.0.0.1 port=1", variable: value}
    with patrol("ingest", "run", environment=env, log=tmp_path / "log") as process:
        assert process.wait(timeout=60) == 65

    assert reason in (tmp_path / "log").read_text()
