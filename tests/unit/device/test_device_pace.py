"""What goes at once, and what is new beside what had to wait."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from device.outbox import Mark, Outbox, since_boot_s
from device.sending.detail import lean
from device.sending.flight import Flight
from device.sending.pace import Pace
from device.settings import DeviceSettings
from patrol.messages import MAX_FIXES, Flag, Position


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    with Outbox(tmp_path / "o") as opened:
        yield opened


@pytest.fixture
def flight(outbox: Outbox) -> Flight:
    settings = DeviceSettings(terminal_id="T01", port="/dev/null", resend_s=0.001)
    made = Flight(settings)
    made.start_anew(outbox)
    return made


def put(outbox: Outbox, count: int, *, age_s: float = 100.0) -> None:
    first = outbox.count().written + 1
    positions = [Position(n, n, n) for n in range(first, first + count)]
    outbox.put(positions, now_s=since_boot_s() - age_s)


def send_waiting(flight: Flight, outbox: Outbox) -> list[tuple[int, int]]:
    """Send of the backlog what may go, and return the ranges."""
    sent = []
    while found := flight.next_waiting(outbox):
        batch, mark = found
        flight.note(batch, mark)
        sent.append((batch.first, batch.last))
    return sent


def test_quick_answers_make_batches_larger_up_to_the_most() -> None:
    pace = Pace(first_fixes=50, most_window=20)
    sizes = []
    for _ in range(6):
        sizes.append((pace.batch_fixes, pace.window))
        pace.answered(0.2)

    assert sizes == [(50, 2), (100, 4), (200, 8), (400, 16), (MAX_FIXES, 20), (MAX_FIXES, 20)]


def test_slow_answers_make_batches_smaller_and_a_broken_line_much_smaller() -> None:
    pace = Pace(first_fixes=400, most_window=20)
    pace.answered(10.0)
    same = pace.batch_fixes
    pace.answered(30.0)
    slower = pace.batch_fixes
    pace.failed()

    assert (same, slower, pace.batch_fixes, pace.window) == (400, 200, 50, 2)
    for _ in range(9):
        pace.failed()
    assert pace.batch_fixes == 10


def test_a_line_that_broke_begins_with_small_batches(flight: Flight, outbox: Outbox) -> None:
    put(outbox, 1000)
    flight.start_anew(outbox)
    send_waiting(flight, outbox)
    flight.start_anew(outbox)

    assert send_waiting(flight, outbox) == [(1, 12), (13, 24)]


def test_the_newest_is_new_and_the_rest_is_backlog(flight: Flight, outbox: Outbox) -> None:
    put(outbox, 120)
    flight.start_anew(outbox)
    new = flight.next_new(outbox, is_closing=False)

    assert new is not None
    assert (new.first, new.last) == (120, 120)
    assert send_waiting(flight, outbox) == [(1, 50), (51, 100)]


def test_what_comes_after_the_line_was_made_is_new(flight: Flight, outbox: Outbox) -> None:
    put(outbox, 5)
    new = flight.next_new(outbox, is_closing=False)

    assert new is not None
    assert (new.first, new.last) == (1, 5)
    assert flight.next_waiting(outbox) is None


def test_a_young_batch_waits_until_it_is_full_or_all_ends(flight: Flight, outbox: Outbox) -> None:
    put(outbox, 5, age_s=0.0)

    assert flight.next_new(outbox, is_closing=False) is None
    assert flight.next_new(outbox, is_closing=True) is not None
    put(outbox, 45, age_s=0.0)
    assert flight.next_new(outbox, is_closing=False) is not None


def test_new_fixes_never_wait_for_more_than_a_batch_of_late_ones(
    flight: Flight, outbox: Outbox
) -> None:
    """While no answer came, more has gathered than goes at once: the newest goes ahead again."""
    put(outbox, 600)
    new = flight.next_new(outbox, is_closing=False)

    assert new is not None
    assert new.first == 600
    flight.note(new, None)
    assert send_waiting(flight, outbox)[0] == (1, 50)


def test_what_is_on_its_way_is_not_sent_beside_it(flight: Flight, outbox: Outbox) -> None:
    put(outbox, 40)
    new = flight.next_new(outbox, is_closing=False)
    assert new is not None
    flight.note(new, None)
    put(outbox, 600)
    flight.next_new(outbox, is_closing=False)

    assert send_waiting(flight, outbox)[0][0] == 41


def test_stored_fixes_make_way_and_let_the_pace_grow(flight: Flight, outbox: Outbox) -> None:
    put(outbox, 1000)
    flight.start_anew(outbox)
    send_waiting(flight, outbox)
    outbox.forget([(1, 100)])
    flight.settle(outbox)

    assert len(flight) == 0
    assert flight.pace.batch_fixes == 200
    assert send_waiting(flight, outbox)[0] == (101, 300)


def test_what_has_no_answer_in_time_is_taken_back(flight: Flight, outbox: Outbox) -> None:
    put(outbox, 100)
    flight.start_anew(outbox)
    sent = send_waiting(flight, outbox)
    until_s = since_boot_s() + 5
    overdue: list[tuple[int, int]] = []
    while len(overdue) < len(sent) and since_boot_s() < until_s:
        overdue += flight.take_overdue()

    assert overdue == sent
    assert len(flight) == 0


def test_after_thinning_the_new_numbers_are_sent(flight: Flight, outbox: Outbox) -> None:
    put(outbox, 100)
    flight.start_anew(outbox)
    send_waiting(flight, outbox)
    outbox._connection.execute("update position set generation = 1, place = seq where seq <= 20")
    outbox._connection.execute("update position set seq = seq + 1000 where seq <= 20")
    outbox._connection.execute("insert into held values (1, 20)")
    outbox.forget([(21, 98)])
    flight.look_again(outbox)

    assert send_waiting(flight, outbox)[0] == (1001, 1020)


def test_reading_in_order_ends_where_it_ends(outbox: Outbox) -> None:
    put(outbox, 10)
    found = outbox.read_in_order(after=Mark(0, 4), most=500, until=8)

    assert found is not None
    assert (found[0].first, found[0].last, found[1]) == (5, 8, Mark(0, 8))
    assert outbox.read_in_order(after=Mark(0, 8), most=500, until=8) is None


def test_a_lean_fix_has_what_the_judging_uses_and_its_place_and_time_as_they_were() -> None:
    told = Position(5, 306_600_001, -7, 4_990, 117, 880, 11, 47, 9, 2, 80, Flag.MOVING)

    assert lean(told) == Position(
        5,
        306_600_001,
        -7,
        speed_cmps=120,
        accuracy_dm=50,
        satellites=9,
        quality=2,
        battery_pct=80,
        flags=Flag.MOVING,
    )


@pytest.mark.parametrize(("hdop_d", "accuracy_dm", "told"), [(11, None, 11), (11, 3, None)])
def test_hdop_is_told_where_nothing_better_is_known(
    hdop_d: int, accuracy_dm: int | None, told: int | None
) -> None:
    position = lean(Position(5, 1, 2, hdop_d=hdop_d, accuracy_dm=accuracy_dm))

    assert position.hdop_d == told
    assert (position.accuracy_dm or 10) >= 10
