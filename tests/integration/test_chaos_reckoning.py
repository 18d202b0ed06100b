"""What a chaos run finds at the end: nothing where all is well, and each thing that is not."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psycopg
import pytest

from patrol.fix import epoch_of
from patrol.registers.files import FILES
from patrol.topics import Kind, Topics
from runtime.mqtt import Message
from runtime.registers.load import load
from simulator.chaos.database import Database
from simulator.chaos.reckoning import Reckoner, Reckoning, missing_poison
from simulator.chaos.terminals.fleet import Fleet, Manners
from simulator.chaos.terminals.outboxes import Outboxes
from simulator.chaos.terminals.poison import poison
from simulator.chaos.terminals.registers import write_registers
from simulator.chaos.terminals.walks import Clock, Walks, terminal_name
from tests.district import SHANGHAI, WRITER

NOW_MS = 1_790_000_000_000
WALKS = Walks(terminals=2, fixes=200, now_ms=NOW_MS)
MANNERS = Manners(resend_after_s=1.0, unanswered_batches=4, poison_share=0.0)
POISONS = 24
STRAY = """
insert into position (terminal_id, epoch, lat_e7, lon_e7, received_at)
values ('T99', now(), 1, 1, now())
"""


@dataclass
class Ended:
    """A run that has ended: what terminals were told, and where it is stored."""

    dsn: str
    outboxes: Outboxes

    def reckon(self) -> Reckoning:
        return Reckoner(WALKS, self.outboxes, Database(self.dsn)).reckon()

    def spoil(self, statement: str) -> None:
        with psycopg.connect(self.dsn) as conn:
            assert conn.execute(statement).rowcount > 0


@pytest.fixture
def ended(database: str, tmp_path: Path) -> Ended:
    """Store all fixes of two terminals whose clocks go wrong, poison, and all of it again."""
    write_registers(tmp_path, WALKS)
    paths = {kind: tmp_path / name for kind, name in FILES.items() if (tmp_path / name).exists()}
    load(database, paths, zone=SHANGHAI, dry_run=False)
    outboxes = Outboxes(WALKS, size=30)
    letters = []
    for terminal, clock in ((0, None), (0, Clock.AHEAD), (0, Clock.BACK), (1, Clock.WEEKS)):
        for _ in range(2):
            batch = next(
                one for one in outboxes.new(most=99, limit=200) if one.terminal == terminal
            )
            if clock is not None:
                outboxes.set_clock(terminal, clock, length=20)
            outboxes.note_sent(batch, now_s=1.0)
    while new := outboxes.new(most=99, limit=200):
        for batch in new:
            outboxes.note_sent(batch, now_s=1.0)
    fleet = Fleet(WALKS, outboxes, MANNERS, seed=1)
    for batch in outboxes.due(before_s=2.0):
        topic = Topics().of(terminal_name(batch.terminal), Kind.POSITION)
        letters.append(Message(topic, fleet._payload(batch), 1, 1))
        outboxes.hear(batch.terminal, batch.first + 1, batch.end)
    bad = [poison(one, Topics(), terminals=2) for one in range(POISONS)]
    with psycopg.connect(database, autocommit=True) as conn:
        for sent in (letters, letters[::-1], [Message(*one, 1, 1) for one in bad]):
            WRITER.write(conn, sent, now=epoch_of(NOW_MS))
    return Ended(database, outboxes)


def test_nothing_is_found_where_all_is_well(ended: Ended):
    found = ended.reckon()

    assert found.differences == dict.fromkeys(found.differences, 0), found.examples
    assert found.told == WALKS.total
    assert found.stored + found.set_aside + found.off_duty == found.told
    assert found.set_aside > 2
    assert found.off_duty > 2


@pytest.mark.parametrize(
    ("statement", "name"),
    [
        ("delete from position where ctid = (select min(ctid) from position)", "missing"),
        ("delete from set_aside_fix where seq = (select min(seq) from set_aside_fix)", "missing"),
        ("update position set lat_e7 = lat_e7 + 1", "extra"),
        (STRAY, "extra"),
        ("update set_aside_fix set seq = seq + 1000", "extra"),
        ("update set_aside_fix set kind = 'hours'", "extra"),
        ("update outbox_seq set heard = heard - '{[7,8)}'", "wrong_numbers"),
        ("update outbox_seq set off_duty = '{}'", "wrong_numbers"),
    ],
)
def test_what_is_not_as_it_must_be_is_found(ended: Ended, statement: str, name: str):
    ended.spoil(statement)
    found = ended.reckon()

    assert found.differences[name] >= 1
    assert found.examples


def test_a_fix_that_is_stored_twice_is_found(ended: Ended):
    with psycopg.connect(ended.dsn) as conn:
        conn.execute("alter table position drop constraint position_once")
    ended.spoil("insert into position select * from position limit 1")

    assert ended.reckon().differences["twice"] == 1


def test_a_fix_off_duty_that_is_stored_is_found(ended: Ended):
    index = np.arange(WALKS.fixes)
    epochs_ms = WALKS.epochs_ms(index, np.zeros(WALKS.fixes, dtype=np.uint8))
    off = int(np.flatnonzero(~WALKS.is_on_duty(epochs_ms) & (ended.outboxes.clocks[0] == 0))[-1])
    lat_e7, lon_e7 = (int(one[0]) for one in WALKS.places_e7(0, np.array([off])))
    ended.spoil(
        "insert into position (terminal_id, epoch, lat_e7, lon_e7, received_at) values "  # noqa: S608 - our own numbers
        f"('C0000', to_timestamp({epochs_ms[off] // 1000}), {lat_e7}, {lon_e7}, now())"
    )

    assert ended.reckon().differences["extra"] == 1


def test_poison_that_is_in_the_quarantine_is_found_there_and_what_is_not_is_named(ended: Ended):
    database = Database(ended.dsn)

    assert missing_poison(database, sent=POISONS, terminals=2) == ([], [])
    assert missing_poison(database, sent=POISONS + 2, terminals=2)[0] == [POISONS, POISONS + 1]


def test_a_sound_message_in_the_quarantine_is_named(ended: Ended):
    ended.spoil("update quarantine set payload = 'x' where quarantine_id = 1")
    missing, others = missing_poison(Database(ended.dsn), sent=POISONS, terminals=2)

    assert len(missing) == len(others) == 1
