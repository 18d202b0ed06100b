"""What becomes of each fix: stored on duty, dropped off duty, set aside where a clock is wrong."""

from collections.abc import Sequence
from datetime import timedelta

import psycopg
import pytest

from patrol.fix import epoch_of
from patrol.messages import Flag, Position
from patrol.notices.checkins import CheckIn, CheckInKind, Phase, encode_checkin
from runtime.mqtt import Message
from runtime.registers.load import load
from tests.district import NOW, SHANGHAI, WALK, WRITER, count, letters, rows, store, write_registers
from tests.makers import at

HOUR_MS = 3_600_000
ROUND_MS = 1024 * 7 * 24 * HOUR_MS
LOSSES = "select heard, off_duty, set_aside from outbox_seq where terminal_id = 'T01'"


@pytest.fixture
def district(database, tmp_path):
    """Return the DSN of a database with the small district loaded, on duty from 0 to 3600 s."""
    load(database, write_registers(tmp_path), zone=SHANGHAI)
    return database


def shifted(fixes: Sequence[Position], by_ms: int, flags: int = 0) -> list[Position]:
    return [one._replace(epoch_ms=one.epoch_ms + by_ms, flags=flags) for one in fixes]


def ranges(dsn: str) -> list[tuple[list[tuple[int, int]], ...]]:
    return [
        tuple([(one.lower, one.upper - 1) for one in column] for column in row)
        for row in rows(dsn, LOSSES)
    ]


def test_what_is_off_duty_is_counted_and_never_stored(district):
    fixes = [*shifted(WALK[:50], -HOUR_MS // 2), *shifted(WALK[-40:], HOUR_MS // 2)]

    written = store(district, letters(fixes), now=at(3 * 3600))

    assert (written.positions, written.stored, written.off_duty) == (90, 0, 90)
    assert count(district, "position") == count(district, "latest_position") == 0
    assert count(district, "set_aside_fix") == count(district, "quarantine") == 0
    assert ranges(district) == [([(1, 90)], [(1, 90)], [])]
    assert [one.fixes for one in written.receipts] == [(1, 90)]


def test_duty_is_half_open(district):
    first, *_ = WALK
    edges = [
        first._replace(epoch_ms=round(at(second).timestamp() * 1000) + ms)
        for second, ms in ((0, -1), (0, 0), (3600, -1), (3600, 0))
    ]

    written = store(district, letters(edges))

    assert (written.stored, written.off_duty) == (2, 2)
    assert ranges(district)[0][1] == [(1, 1), (4, 4)]


def test_a_terminal_that_nobody_has_is_off_duty(district):
    written = store(district, letters(WALK, "T02"))

    assert (written.stored, written.off_duty) == (0, len(WALK))


def test_a_terminal_is_on_duty_as_long_as_the_worker_has_it(district):
    with psycopg.connect(district) as conn:
        conn.execute("update assignment set valid_to = %s", [at(1800)])

    assert store(district, letters(WALK)).stored == sum(
        one.epoch_ms < at(1800).timestamp() * 1000 for one in WALK
    )


def test_a_roster_that_changes_is_noticed_at_once(district, tmp_path):
    assert store(district, letters(WALK[:10])).stored == 10
    late = f"worker_id,grid_id,start,end\nW01,G01,{at(1800).isoformat()},{at(3600).isoformat()}\n"
    with psycopg.connect(district, autocommit=True) as conn:
        WRITER.write(conn, letters(WALK[10:20]), now=NOW)
        load(district, {"roster": write_registers(tmp_path, roster=late)["roster"]}, zone=SHANGHAI)

        assert WRITER.write(conn, letters(WALK[20:30]), now=NOW).off_duty == 10


@pytest.mark.parametrize(
    ("off_ms", "kind"),
    [(8 * HOUR_MS, "ahead"), (-8 * HOUR_MS, "hours"), (-ROUND_MS, "weeks")],
)
def test_a_wrong_clock_is_set_aside_while_the_worker_is_on_duty(district, off_ms, kind):
    live = shifted(WALK[170:180], off_ms)

    written = store(district, [*letters(live), *letters(WALK[:10], at_once=10)], now=at(1800))

    assert (written.stored, written.set_aside, written.off_duty) == (10, 10, 0)
    assert rows(district, "select distinct kind from set_aside_fix") == [(kind,)]
    assert rows(district, "select epoch, lat_e7 from set_aside_fix order by seq limit 1") == [
        (epoch_of(live[0].epoch_ms), live[0].lat_e7)
    ]
    assert count(district, "position") == 10
    assert count(district, "latest_position where epoch > now() + interval '1 hour'") == 0


@pytest.mark.parametrize("off_ms", [8 * HOUR_MS, -8 * HOUR_MS])
def test_a_wrong_clock_off_duty_is_dropped(district, off_ms):
    written = store(district, letters(shifted(WALK[:10], off_ms)), now=at(3 * 3600))

    assert (written.stored, written.set_aside, written.off_duty) == (0, 0, 10)


def test_a_backlog_of_free_time_is_not_taken_for_a_wrong_clock(district):
    """Eight hours ago to the second, but sent late: the terminal knows what time it was."""
    live = shifted(WALK[170:180], -8 * HOUR_MS, flags=Flag.LATE)
    odd = shifted(WALK[170:180], -8 * HOUR_MS - 900_000)

    written = store(district, [*letters(live), *letters(odd)], now=at(1800))

    assert (written.stored, written.set_aside, written.off_duty) == (0, 0, 20)


def test_a_clock_that_stands_still_is_set_aside_but_for_the_first_place(district):
    stuck = [one._replace(epoch_ms=WALK[0].epoch_ms) for one in WALK[:100:10]]

    first = store(district, letters(stuck[:5], at_once=5))
    again = store(district, letters(stuck, at_once=10))

    assert (first.stored, again.stored) == (1, 0)
    assert rows(district, "select kind, count(*) from set_aside_fix group by 1") == [
        ("repeated", 9)
    ]


def test_which_place_of_an_epoch_is_the_stored_one_does_not_change(district):
    here, there = WALK[0], WALK[100]._replace(epoch_ms=WALK[0].epoch_ms)
    first, second = letters([here, there], at_once=1)
    store(district, [first, second])

    written = store(district, [second, first])

    assert (written.stored, written.set_aside) == (0, 1)
    assert rows(district, "select lon_e7 from position") == [(here.lon_e7,)]
    assert rows(district, "select lon_e7 from set_aside_fix") == [(there.lon_e7,)]
    assert ranges(district) == [([(1, 2)], [], [(2, 2)])]


def test_the_same_solution_written_in_another_way_is_known(district):
    store(district, letters(WALK[:10]))
    rounded = [one._replace(lat_e7=one.lat_e7 // 10 * 10) for one in WALK[:10]]

    written = store(district, letters(rounded))

    assert (written.stored, written.set_aside) == (0, 0)


def test_what_is_known_does_not_keep_back_what_is_new(district):
    store(district, letters(WALK[100:150]))

    written = store(district, letters(WALK))

    assert written.stored == len(WALK) - 50
    assert count(district, "position") == len(WALK)
    assert count(district, "dirty_day where worker_id = 'W01'") >= 2


def test_numbers_tell_what_was_lost_before_us_whatever_the_order(district):
    sent = letters(WALK[:100], at_once=10)
    for number in (7, 0, 3, 7, 2):
        store(district, [sent[number]])

    assert ranges(district) == [([(1, 10), (21, 40), (71, 80)], [], [])]


def test_an_outbox_full_of_holes_is_not_counted_hole_by_hole_for_ever(district, monkeypatch):
    monkeypatch.setattr("ingest.writing.following._MOST_BYTES", 200)
    sent = letters(WALK, at_once=1)
    for lot in range(3):
        store(district, sent[lot * 60 : lot * 60 + 60 : 2])

    ((coarse, ranges_kept),) = rows(
        district, "select is_coarse, (select count(*) from unnest(heard)) from outbox_seq"
    )
    assert (coarse, ranges_kept) == (True, 1)


def test_an_outbox_without_a_name_is_counted_too(district):
    last = 2**63 - 1 - 500
    payload = b'{"v":1,"seq":%d,"source":"a","t":[%d],"lat":[1],"lon":[1]}'
    message = Message("gp/1/T01/position", payload % (last, WALK[0].epoch_ms), 1, 1)

    store(district, [message])

    assert ranges(district) == [([(last, last)], [], [])]


@pytest.mark.parametrize(("second", "kept"), [(1800, True), (5400, False)])
def test_a_check_in_off_duty_is_kept_without_the_place_of_the_terminal(district, second, kept):
    moment = at(second)
    checkin = CheckIn(
        checkin_id="019aa9f2-6c1e-7d3a-9b52-0a1b2c3d4e5f",
        at=moment,
        kind=CheckInKind.DECLARED,
        phase=Phase.BEGIN,
        fix=WALK[0]._replace(epoch_ms=round(moment.timestamp() * 1000)),
    )

    store(
        district,
        [Message("gp/1/T01/checkin", encode_checkin(checkin), 1, 1)],
        now=moment + timedelta(minutes=1),
    )

    assert rows(district, "select fix_lat_e7 is not null from checkin") == [(kept,)]
