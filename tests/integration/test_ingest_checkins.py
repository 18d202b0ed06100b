"""Check-ins in a real PostgreSQL: stored once, resolved by tags, judged with the day."""

import json

import pytest

from ingest.receipts import Pile
from ingest.writer import Written
from patrol.errors import InputError
from patrol.fix import epoch_ms
from patrol.ids import PremisesId, TerminalId
from patrol.messages import Position, Stored
from patrol.notices.checkins import CheckIn, CheckInKind, Phase, encode_checkin
from patrol.registers.files import FILES
from runtime.mqtt import Message
from runtime.registers.load import load
from tests.district import (
    NOW,
    SHANGHAI,
    assess,
    count,
    letters,
    positions,
    rows,
    store,
    write_registers,
)
from tests.makers import at, walk

TAGS = "token,premises_id,valid_from,valid_to\n"
# Up and down the street all the time, never far from the door P1.
STREET = positions(walk([(180.0 * n, 200.0 * (n % 2), -60) for n in range(21)]))
VISITS = "select grade, premises_id, start_at, end_at, check_in_s, p_any from v1_visit"


@pytest.fixture
def district(database, tmp_path):
    """Return the DSN of a database with the small district and a tag at its door."""
    paths = write_registers(tmp_path, tags=f"{TAGS}door-1,P1,,\n")
    load(database, paths, zone=SHANGHAI)
    store(database, letters(STREET))
    return database


@pytest.fixture
def tell(district, tmp_path):
    """Load a file of tags with the given lines."""

    def load_tags(lines: str) -> None:
        path = tmp_path / FILES["tags"]
        path.write_text(TAGS + lines)
        load(district, {"tags": path}, zone=SHANGHAI)

    return load_tags


def checkin(number: int, at_s: float, phase: str, **changed) -> CheckIn:
    values = {"kind": CheckInKind.TAG, "token": "door-1", **changed}
    return CheckIn(
        checkin_id=f"019aa9f2-6c1e-7d3a-9b52-{number:012x}",
        at=at(at_s),
        phase=Phase(phase),
        **values,
    )


def message(one: CheckIn, terminal: str = "T01") -> Message:
    return Message(f"gp/1/{terminal}/checkin", encode_checkin(one), mid=1, connection=1)


def send(dsn: str, *checkins: CheckIn, terminal: str = "T01"):
    return store(dsn, [message(one, terminal) for one in checkins])


def told_of(written: Written) -> list[tuple[TerminalId, Stored]]:
    """Return what terminals are told of a batch."""
    pile = Pile()
    pile.add(written.receipts)
    return pile.take(now_s=0.0)


VISIT = checkin(1, 600, "begin"), checkin(2, 1500, "end")


def test_a_check_in_is_stored_once_and_may_be_forgotten_each_time(district):
    first, again = send(district, *VISIT), send(district, *VISIT, *VISIT)

    told = [("T01", Stored(ids=tuple(one.checkin_id for one in VISIT)))]
    assert (told_of(first), told_of(again)) == (told, told)
    assert count(district, "checkin") == 2


def test_a_check_in_marks_its_worker_day_once(district):
    assess(district)

    send(district, *VISIT)
    assert count(district, "dirty_day") == 2
    assess(district)
    send(district, *VISIT)

    assert count(district, "dirty_day") == 0


def test_of_a_token_nothing_but_its_digest_is_kept(district):
    fix = Position(epoch_ms(at(597)), 306_600_000, 1_040_600_000, accuracy_dm=48)
    send(district, checkin(1, 600, "begin", fix=fix))

    ((known, fix_at, lat_e7, lon_e7, accuracy_dm),) = rows(
        district,
        "select c.token_sha256 = t.token_sha256 and c.token_sha256 = sha256('door-1'::bytea),"
        " fix_epoch, fix_lat_e7, fix_lon_e7, fix_accuracy_dm from checkin c, premises_tag t",
    )
    assert (known, fix_at) == (True, at(597))
    assert (lat_e7, lon_e7, accuracy_dm) == (306_600_000, 1_040_600_000, 48)


def test_two_tags_at_a_door_are_a_visit_of_grade_a(district):
    send(district, *VISIT)
    assess(district)

    assert rows(district, VISITS) == [("A", "P1", at(600), at(1500), 900, 1.0)]
    assert rows(district, "select visit_s, visit_a_s, visit_b_s, visit_c_s from v1_compliance") == [
        (900, 900, 0, 0)
    ]


def test_a_tag_that_nobody_knows_is_no_more_than_a_statement(district, tell):
    claimed = [
        checkin(n, at_s, phase, token="other", premises_id=PremisesId("P1"))  # noqa: S106 - a test's
        for n, at_s, phase in ((1, 600, "begin"), (2, 1500, "end"))
    ]
    send(district, *claimed)
    assess(district)
    assert [row[0] for row in rows(district, VISITS)] == ["C"]

    tell("other,P1,,\n")
    assess(district)

    assert [row[0] for row in rows(district, VISITS)] == ["A"]


def test_a_tag_is_where_it_was_then(district, tell):
    send(district, *VISIT)
    tell(f"door-1,P1,{at(700).isoformat()},\n")
    assess(district)
    assert rows(district, VISITS) == []

    tell(f"door-1,P1,{at(0).isoformat()},{at(3600).isoformat()}\n")
    assess(district)

    assert [row[0] for row in rows(district, VISITS)] == ["A"]


def test_the_same_tags_again_mark_nothing(district, tell):
    send(district, *VISIT)
    assess(district)

    tell("door-1,P1,,\n")

    assert count(district, "dirty_day") == 0


def test_tags_that_cannot_be_are_named_and_nothing_is_loaded(district, tell):
    bad = (
        f"a,P9,,\nb,P1,,\nb,P1,{at(0).isoformat()},\nc,P1,{at(9).isoformat()},{at(9).isoformat()}\n"
    )

    with pytest.raises(InputError) as refused:
        tell(bad + ",P1,,\n")

    said = str(refused.value)
    assert "line 2: premises P9 are not known: load premises" in said
    assert "line 4: its tag is elsewhere at the same time" in said
    assert "line 5: valid_to is not after valid_from" in said
    assert "line 6: token is '', not 1 to 64 printable ASCII characters" in said
    assert count(district, "premises_tag") == 1


def test_a_check_in_of_nobodys_terminal_or_from_the_future_is_put_aside(district):
    late = checkin(3, (NOW - at(0)).total_seconds() + 601, "begin")

    unknown, future = send(district, VISIT[0], terminal="T99"), send(district, late)

    assert told_of(unknown) == [("T99", Stored(ids=(VISIT[0].checkin_id,)))]
    assert told_of(future) == [("T01", Stored(ids=(late.checkin_id,)))]
    reasons = [row[0] for row in rows(district, "select reason from quarantine order by 1")]
    assert reasons[0].startswith("terminal T99 is not registered")
    assert reasons[1].startswith("the check-in is from the future, at 2026-03-02T05:16:41")
    assert count(district, "checkin") == 0


def test_what_is_no_check_in_is_put_aside_and_others_are_stored(district):
    body = json.dumps({"v": 1, "checkin_id": "x", "at": 1760000000000}).encode()
    poison = Message("gp/1/T01/checkin", body, mid=1, connection=1)

    written = store(district, [poison, message(VISIT[0])])

    assert written.refused == 1
    assert told_of(written) == [("T01", Stored(ids=(VISIT[0].checkin_id,)))]
    assert count(district, "checkin") == 1


def test_a_terminal_between_two_workers_or_off_duty_marks_nobody(district):
    assess(district)

    send(district, VISIT[0], terminal="T02")
    send(district, checkin(9, -10_000, "begin"))

    assert (count(district, "checkin"), count(district, "dirty_day")) == (2, 0)


def test_a_tag_elsewhere_is_a_finding_and_no_visit(database, tmp_path):
    load(database, write_registers(tmp_path, tags=f"{TAGS}door-1,P1,,\n"), zone=SHANGHAI)
    store(database, letters(positions(walk([(0, -190, 0), (3600, -190, 150)]))))
    send(database, *VISIT)
    assess(database)

    assert rows(database, VISITS) == []
    assert rows(database, "select distinct kind, evidence ->> 'premises_id' from finding") == [
        ("checkin_elsewhere", "P1")
    ]
