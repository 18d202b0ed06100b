"""Several `patrol ingest run` that take turns on one shared subscription."""

import random
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from subprocess import Popen

import psycopg
import pytest

from ingest.operations.replicas import manner_of
from ingest.settings import IngestSettings
from patrol.errors import InputError
from patrol.ids import TerminalId
from patrol.messages import Position, PositionBatch, decode_stored, encode_position
from patrol.topics import UP, Kind, Topics
from runtime.mqtt import BrokerSettings, Manner, Session
from tests.district import rows
from tests.processes import eventually, patrol

TOPICS = Topics("gp/1")
TERMINALS = [TerminalId(f"T{number:02}") for number in range(20)]
BATCH_FIXES = 10
BATCHES = 40
RESEND_S = 1.0

ON_DUTY = """
insert into grid values ('G', 'North', '{}');
insert into worker select 'W' || n, 'Worker' from generate_series(0, 19) n;
insert into terminal select 'T' || lpad(n::text, 2, '0'), 'test' from generate_series(0, 19) n;
insert into assignment select 'T' || lpad(n::text, 2, '0'), 'W' || n, '2025-01-01Z'
  from generate_series(0, 19) n;
insert into duty_window select 'W' || n, 'G', '2025-10-09', '2025-10-09Z', '2025-10-10 12:00Z'
  from generate_series(0, 19) n;
"""
STORED = "select terminal_id, extract(epoch from epoch)::bigint from position"


class Fleet:
    """Terminals that send again, each second, what was not reported as stored."""

    def __init__(self, broker) -> None:
        manner = Manner(client_id="fleet", subscriptions=[TOPICS.of_all(Kind.STORED)])
        self.session = Session(broker.settings, manner)
        self.session.start()
        eventually(lambda: self.session.is_connected)
        self.waiting: dict[tuple[TerminalId, int], float] = {}
        self.sent: set[tuple[str, int]] = set()

    def send(self, terminal: TerminalId, seq: int) -> None:
        """Publish the batch of `terminal` that begins with number `seq`."""
        positions = tuple(
            Position(1_760_000_000_000 + 1000 * n, 306_600_000, 1_040_600_000)
            for n in range(seq, seq + BATCH_FIXES)
        )
        batch = PositionBatch(seq=seq, source="agent", outbox="a", positions=positions)
        topic = TOPICS.of(terminal, Kind.POSITION)
        eventually(lambda: self.session.publish(topic, encode_position(batch)))
        self.waiting[terminal, seq] = time.monotonic()
        self.sent |= {(terminal, one.epoch_ms // 1000) for one in positions}

    def listen(self) -> None:
        """Forget what may be forgotten."""
        while (message := self.session.receive(timeout_s=0)) is not None:
            self.session.acknowledge(message)
            terminal, _ = TOPICS.read(message.topic)
            for first, last in decode_stored(message.payload).fixes:
                for seq in range(first, last + 1, BATCH_FIXES):
                    self.waiting.pop((terminal, seq), None)

    def all_is_forgotten(self) -> bool:
        """Listen, send again what has waited for long, and say whether nothing waits."""
        self.listen()
        late = [
            key for key, sent_at in self.waiting.items() if sent_at < time.monotonic() - RESEND_S
        ]
        for terminal, seq in late:
            self.send(terminal, seq)
        return not self.waiting


@pytest.fixture
def fleet(broker) -> Iterator[Fleet]:
    made = Fleet(broker)
    yield made
    made.session.stop()


@contextmanager
def replicas(environment: Mapping[str, str], folder: Path) -> Iterator[list[Popen[bytes]]]:
    with ExitStack() as stack:
        started = []
        for number in range(3):
            named = {**environment, "PATROL_INGEST_CLIENT_ID": f"replica-{number}"}
            log = folder / f"log{number}"
            run = patrol("ingest", "run", environment=named, log=log)
            started.append(stack.enter_context(run))
        for number in range(3):
            log = folder / f"log{number}"
            eventually(
                lambda log=log: log.read_text().count("mqtt.subscribed") >= len(UP), within_s=40
            )
        yield started


def working(folder: Path) -> list[Path]:
    """Return the logs of replicas that have committed something."""
    return [log for log in folder.glob("log*") if "ingest.batch_committed" in log.read_text()]


def test_one_of_three_killed_under_load_loses_and_doubles_nothing(
    database, broker, fleet, tmp_path
):
    with psycopg.connect(database, autocommit=True) as conn:
        conn.execute(ON_DUTY)
    environment = {
        "PATROL_DATABASE_DSN": database,
        "PATROL_BROKER_PORT": str(broker.port),
        "PATROL_INGEST_SHARED_GROUP": "ingest",
    }
    with replicas(environment, tmp_path) as started:
        for number in range(BATCHES):
            for terminal in TERMINALS:
                fleet.send(terminal, 1 + BATCH_FIXES * number)
            fleet.listen()
            if number == BATCHES // 2:
                # Whoever is killed has had a turn, and is amid others.
                eventually(lambda: len(working(tmp_path)) == 3, within_s=40)
                victim = random.choice(started)  # noqa: S311 - any of them must do
                victim.kill()
                victim.wait()
        eventually(fleet.all_is_forgotten, within_s=40)

    stored = rows(database, STORED)
    assert len(stored) == len(set(stored))
    assert set(stored) == fleet.sent


def test_replicas_of_one_name_are_refused():
    with pytest.raises(InputError, match="give each replica a name of its own"):
        IngestSettings(shared_group="ingest")


def test_a_group_that_can_be_no_name_is_refused():
    with pytest.raises(InputError, match="shared_group 'a/b' is not an id"):
        IngestSettings(shared_group="a/b", client_id="one")


def test_a_broker_without_shared_subscriptions_is_refused():
    own = IngestSettings(shared_group="ingest", client_id="one")

    with pytest.raises(InputError, match="no shared subscriptions: use a broker with MQTT 5"):
        manner_of(own, BrokerSettings(protocol="3.1.1"))
