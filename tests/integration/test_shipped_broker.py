"""The configuration of the broker that is shipped in deploy/mosquitto, on a real Mosquitto."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from patrol.ids import TerminalId
from patrol.topics import Kind, Topics
from runtime.mqtt import BrokerSettings, Manner, Message, Session
from simulator.services import Mosquitto, find_mosquitto
from tests.processes import eventually

pytestmark = pytest.mark.skipif(find_mosquitto() is None, reason="Mosquitto is not here")

TOPICS = Topics("gp/1")
T01, T02 = TerminalId("T01"), TerminalId("T02")
NAMES = ("T01", "T02", "ingest", "gateway", "ann", "bob", "gateway-phones")
DOWN = [Kind.STORED, Kind.DUTY, Kind.DAY, Kind.LIST]
UP = [kind for kind in Kind if kind not in DOWN]
OUTAGE = 21_000


@pytest.fixture
def guarded() -> Iterator[Mosquitto]:
    """Start a broker that knows everybody by name and password."""
    with tempfile.TemporaryDirectory(prefix="patrol-test-") as name:
        made = Mosquitto(Path(name), accounts={one: f"secret of {one}" for one in NAMES})
        made.start()
        yield made
        made.stop()


@pytest.fixture
def sessions() -> Iterator[list[Session]]:
    """Return a list of sessions that are stopped in the end."""
    started: list[Session] = []
    yield started
    for session in started:
        session.stop()


def connect(broker: Mosquitto, sessions: list[Session], manner: Manner) -> Session:
    session = Session(broker.settings, manner)
    sessions.append(session)
    session.start()
    eventually(lambda: session.is_connected)
    return session


def log_in(
    broker: Mosquitto, sessions: list[Session], folder: Path, who: str, *filters: str
) -> Session:
    secret = folder / who
    secret.write_text(f"secret of {who}\n")
    settings = BrokerSettings(port=broker.port, username=who, password_file=secret)
    session = Session(settings, Manner(client_id=who, subscriptions=filters))
    sessions.append(session)
    session.start()
    eventually(lambda: session.is_connected)
    return session


def take(session: Session, count: int, *, acknowledged: bool) -> list[Message]:
    taken: list[Message] = []
    while len(taken) < count and (message := session.receive(timeout_s=10.0)) is not None:
        taken.append(message)
        if acknowledged:
            session.acknowledge(message)
    return taken


def publish(session: Session, count: int) -> None:
    for number in range(count):
        eventually(lambda n=number: session.publish("gp/1/T01/position", b"%d" % n))
    assert session.flush(timeout_s=30.0)


def test_an_outage_of_the_ingest_drops_nothing(broker, sessions):
    """Mosquitto drops what is above 1,000 unless told otherwise."""
    manner = Manner(client_id="in", subscriptions=["gp/1/+/position"], persistent=True)
    connect(broker, sessions, manner).stop()
    sender = connect(broker, sessions, Manner(client_id="out", receive_maximum=500))
    publish(sender, OUTAGE)

    taken = take(connect(broker, sessions, manner), OUTAGE, acknowledged=True)
    assert [int(message.payload) for message in taken] == list(range(OUTAGE))


def test_a_batch_may_be_as_large_as_the_ingest_asks(broker, sessions):
    """Mosquitto sends 20 unacknowledged messages unless told otherwise."""
    manner = Manner(client_id="in", subscriptions=["gp/1/+/position"], receive_maximum=2_000)
    reader = connect(broker, sessions, manner)
    publish(connect(broker, sessions, Manner(client_id="out", receive_maximum=500)), 2_100)

    assert len(take(reader, 2_000, acknowledged=False)) == 2_000
    assert reader.receive(timeout_s=0.5) is None


def test_messages_that_wait_outlive_a_clean_restart_of_the_broker(broker, sessions):
    manner = Manner(client_id="in", subscriptions=["gp/1/+/position"], persistent=True)
    connect(broker, sessions, manner).stop()
    sender = connect(broker, sessions, Manner(client_id="out"))
    publish(sender, 1_500)
    broker.stop()
    broker.start()

    assert len(take(connect(broker, sessions, manner), 1_500, acknowledged=True)) == 1_500


@pytest.mark.parametrize("kind", UP)
def test_a_terminal_speaks_for_itself(guarded, sessions, tmp_path, kind):
    ingest = log_in(guarded, sessions, tmp_path, "ingest", TOPICS.of_all(kind))
    terminal = log_in(guarded, sessions, tmp_path, "T01")
    own = TOPICS.of(T01, kind)

    assert eventually(lambda: terminal.publish(own, b"x") and ingest.receive(timeout_s=0.2))


@pytest.mark.parametrize("kind", UP)
def test_a_terminal_does_not_speak_for_another(guarded, sessions, tmp_path, kind):
    ingest = log_in(guarded, sessions, tmp_path, "ingest", TOPICS.of_all(kind))
    terminal = log_in(guarded, sessions, tmp_path, "T01")
    assert eventually(
        lambda: terminal.publish(TOPICS.of(T01, kind), b"") and ingest.receive(timeout_s=0.2)
    )
    assert terminal.publish(TOPICS.of(T02, kind), b"another's")
    assert terminal.publish(TOPICS.of(T01, kind), b"the last")

    topics = set()
    while (message := ingest.receive(timeout_s=5.0)) and message.payload != b"the last":
        topics.add(message.topic)
    assert topics <= {TOPICS.of(T01, kind)}
    assert message is not None


@pytest.mark.parametrize("kind", DOWN)
def test_a_terminal_says_nothing_for_the_server_and_hears_its_own_alone(
    guarded, sessions, tmp_path, kind
):
    terminal = log_in(guarded, sessions, tmp_path, "T01", TOPICS.of_all(kind))
    other = log_in(guarded, sessions, tmp_path, "T02")
    ingest = log_in(guarded, sessions, tmp_path, "ingest")
    assert eventually(
        lambda: ingest.publish(TOPICS.of(T01, kind), b"") and terminal.receive(timeout_s=0.2)
    )
    for speaker in (terminal, other):
        assert speaker.publish(TOPICS.of(T01, kind), b"forged")
        assert speaker.flush(timeout_s=5.0)
    assert ingest.publish(TOPICS.of(T02, kind), b"another's")
    assert ingest.publish(TOPICS.of(T01, kind), b"the last")

    payloads = set()
    while (message := terminal.receive(timeout_s=5.0)) and message.payload != b"the last":
        payloads.add(message.payload)
    assert payloads <= {b""}
    assert message is not None


def test_a_gateway_speaks_for_the_terminals_that_it_serves(guarded, sessions, tmp_path):
    ingest = log_in(guarded, sessions, tmp_path, "ingest", TOPICS.of_all(Kind.POSITION))
    gateway = log_in(guarded, sessions, tmp_path, "gateway")
    topic = TOPICS.of(T02, Kind.POSITION)

    assert eventually(lambda: gateway.publish(topic, b"x") and ingest.receive(timeout_s=0.2))


def test_phones_speak_for_themselves_and_hear_what_they_alone_are_told(guarded, sessions, tmp_path):
    filters = ("owntracks/+/+", "owntracks/+/+/event")
    gateway = log_in(guarded, sessions, tmp_path, "gateway-phones", *filters)
    ann = log_in(guarded, sessions, tmp_path, "ann", "owntracks/ann/p1/cmd", "owntracks/bob/p1/cmd")
    bob = log_in(guarded, sessions, tmp_path, "bob", "owntracks/bob/p1/cmd")
    own, told = "owntracks/ann/p1", "owntracks/bob/p1/cmd"
    assert eventually(lambda: ann.publish(own, b"") and gateway.receive(timeout_s=0.2))
    assert eventually(lambda: gateway.publish(told, b"for bob") and bob.receive(timeout_s=0.2))
    assert ann.publish("owntracks/bob/p1", b"another's")
    assert ann.publish(f"{own}/event", b"the last")

    topics = set()
    while (message := gateway.receive(timeout_s=5.0)) and message.payload != b"the last":
        topics.add(message.topic)
    assert topics <= {own}
    assert message is not None
    assert ann.receive(timeout_s=0.2) is None


def test_nobody_enters_without_a_password(guarded, sessions):
    stranger = Session(guarded.settings, Manner(client_id="stranger"))
    sessions.append(stranger)
    stranger.start()

    eventually(lambda: "not authorised" in guarded.log.read_text())
    assert stranger.connections == 0
