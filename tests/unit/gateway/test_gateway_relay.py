"""The relay, turn by turn, over a line that takes only so much."""

import sqlite3
from dataclasses import dataclass, field

import pytest

from gateway.custody.flight import Flight
from gateway.custody.relay import Relay, gathering_s
from gateway.custody.spool import Kept, Letter, Spool
from patrol.ids import TerminalId
from patrol.messages import Position, Stored, decode_position, encode_stored
from patrol.topics import Kind, Topics
from runtime.mqtt import Message

TOPICS = Topics("gp")


@dataclass
class Narrow:
    """The broker's end: it answers `answered` messages a turn, and says what a test has it say."""

    most: int = 10_000
    answered: int = 100
    connections: int = 1
    is_connected: bool = True
    room: int = 10_000
    seen: list[tuple[str, int]] = field(default_factory=list)
    says: list[Message] = field(default_factory=list)

    def publish(self, topic, payload, *, retain=False):
        assert not retain
        if not self.room:
            return False
        self.room -= 1
        terminal, kind = TOPICS.read(topic)
        if kind is Kind.EVENT:
            self.seen.append((terminal, int(payload)))
            return True
        batch = decode_position(payload)
        self.seen += [(terminal, batch.seq + at) for at in range(len(batch.positions))]
        return True

    def receive(self, *, timeout_s):
        if timeout_s:
            self.room = min(self.most, self.room + self.answered)
        return self.says.pop() if self.says else None

    def acknowledge_all(self, _heard):
        """Nobody waits for it."""


@pytest.fixture
def spool(tmp_path):
    """Return a spool with one fix of each of many terminals."""
    with Spool(tmp_path / "s.sqlite", answers=False) as opened:
        opened.begin()
        names = [TerminalId(f"T{number}") for number in range(12_000)]
        opened.put([Kept(name, "gateway-jt808", Position(10**12, 1, 2)) for name in names])
        opened.commit()
        yield opened


def relay_over(line: Narrow, *, resend_s: float = 1_000.0) -> Relay:
    return Relay(session=line, topics=TOPICS, window=50_000, flight=Flight(resend_s))  # type: ignore[arg-type] # the other end of it


def test_a_line_that_takes_less_than_waits_is_sent_each_fix_once(spool):
    line = Narrow(room=8_000, answered=1_000)
    relay = relay_over(line)
    for _ in range(40):
        relay._gather_until_s = 0.0
        relay._turn(spool)

    assert len(line.seen) == len(set(line.seen)) == relay.flight.fixes == 12_000


@pytest.mark.parametrize(
    ("fixes", "since_s", "waited_s"),
    [(249, 0.5, 0.0), (400, 0.01, 0.5), (2_500, 1.0, 1.0), (10_000, 2.0, 2.0), (9_000, 0.1, 2.0)],
)
def test_the_faster_fixes_come_the_longer_the_next_ones_gather(fixes, since_s, waited_s):
    assert gathering_s(fixes, since_s) == waited_s


def test_nothing_that_is_due_is_lost_when_the_line_takes_no_more(spool):
    line = Narrow()
    relay = relay_over(line)
    relay._turn(spool)
    assert len(line.seen) == 10_000

    relay.flight._due = [(0.0, run) for _, run in relay.flight._due]
    line.room = 700
    relay._send_again(spool)

    assert len(line.seen) == 10_200
    assert relay.flight.fixes == 10_000


def test_what_is_stored_is_forgotten_when_the_disk_takes_writing_again(spool):
    line = Narrow()
    relay = relay_over(line)
    relay._turn(spool)
    topic = TOPICS.of(TerminalId("T0"), Kind.STORED)
    told = encode_stored(Stored(outbox=spool.id, fixes=((1, 1),)))
    with sqlite3.connect(spool._path) as other:
        spool._connection.execute("pragma busy_timeout = 0")
        other.execute("begin immediate")
        line.says.append(Message(topic, told, 1, 1))
        relay._hear(spool, timeout_s=0)
        assert (relay.forgotten, relay.flight.fixes) == (0, 9_999)
    other.close()

    relay._forget_after_s = 1e-9
    relay._hear(spool, timeout_s=0)
    assert (relay.forgotten, spool.count()) == (1, (11_999, 0))


def test_letters_that_are_never_stored_do_not_keep_others_waiting(tmp_path):
    line = Narrow()
    relay = relay_over(line, resend_s=0.0)
    relay._gather_until_s = float("inf")
    with Spool(tmp_path / "letters.sqlite", answers=False) as spool:
        spool.begin()
        spool.put_letters(
            [Letter(TerminalId("T"), "event", f"e{n}", str(n).encode()) for n in range(4_500)]
        )
        spool.commit()
        for _ in range(4):
            relay._connection = line.connections
            relay._turn(spool)

    assert [n for _, n in line.seen[:4_500]] == list(range(4_500))
    assert [n for _, n in line.seen[4_500:]][:2_000] == list(range(2_000))
