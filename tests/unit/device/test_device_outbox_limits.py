"""The outbox at its limits: thinned and never cut, and quick with a million fixes in it."""

import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from statistics import fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.outbox import OLDEST, Count, Limits, Mark, Outbox
from device.outbox.thinning import MOST_HOLE_MS, choose
from patrol.messages import Flag, Position
from patrol.notices.events import Cause, EventKind, TerminalEvent, decode_event

START_MS = 1_772_424_000_000
A_MILLION = """
insert into position (kept_s, epoch_ms, lat_e7, lon_e7, flags)
with recursive n(i) as (select 1 union all select i + 1 from n where i < 1000000)
select 1.0, 1772424000000 + 1000 * i, i, i, 0 from n
"""


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Outbox]:
    with Outbox(tmp_path / "o", limits=Limits(fixes=1000)) as opened:
        yield opened


def walk(first: int, last: int, *, step_ms: int = 1000, flags: int = 0) -> list[Position]:
    """Return a fix a second of somebody who goes on all the time."""
    return [
        Position(START_MS + step_ms * number, number, 3 * number, flags=flags)
        for number in range(first, last + 1)
    ]


def fill(outbox: Outbox, last: int, *, step_ms: int = 1000, flags: int = 0) -> None:
    """Keep fixes a hundred at a time."""
    for first in range(1, last, 100):
        outbox.put(walk(first, first + 99, step_ms=step_ms, flags=flags), now_s=1.0)


def waiting(outbox: Outbox) -> list[Position]:
    """Return what waits in the order in which it is sent."""
    found, mark = [], OLDEST
    while (read := outbox.read_in_order(after=mark, most=500)) is not None:
        batch, mark = read
        found += batch.positions
    return found


def events(outbox: Outbox) -> list[TerminalEvent]:
    return [decode_event(letter.payload) for letter in outbox.read_letters(most=1000)]


def test_nothing_is_thinned_below_the_limit(small: Outbox) -> None:
    fill(small, 1000)

    assert small.count() == Count(small.id, 1000, 1000, 0, 0)


def test_what_waits_never_exceeds_the_limit_and_every_fix_is_accounted_for(small: Outbox) -> None:
    for first in range(1, 20_000, 100):
        small.put(walk(first, first + 99), now_s=1.0)

        count = small.count()
        assert count.waiting <= 1000
        assert count.written == first + 99
        assert count.written == count.waiting + count.thinned


def test_the_oldest_is_coarse_and_the_newest_half_is_whole(small: Outbox) -> None:
    fill(small, 5000)
    steps_s = [(b.epoch_ms - a.epoch_ms) // 1000 for a, b in pairwise(waiting(small))]

    assert set(steps_s[-400:]) == {1}
    assert fmean(steps_s[500:700]) < fmean(steps_s[200:400]) < fmean(steps_s[:200])


def test_no_block_is_lost(small: Outbox) -> None:
    """The first fix of all is still there, and no hole is longer than what counts as a gap."""
    fill(small, 2500)
    kept = waiting(small)

    assert kept[0].epoch_ms == START_MS + 1000
    assert max(b.epoch_ms - a.epoch_ms for a, b in pairwise(kept)) <= MOST_HOLE_MS
    assert not any(one.flags for one in kept)


def test_where_fixes_are_rare_a_hole_says_that_it_is_one(small: Outbox) -> None:
    """One fix a minute of somebody who stands: without every second one there are gaps."""
    fill(small, 3000, step_ms=60_000)
    kept = waiting(small)

    assert small.count().waiting <= 1000
    assert all(
        after.flags & Flag.AFTER_GAP
        for before, after in pairwise(kept)
        if after.epoch_ms - before.epoch_ms > 60_000
    )


def test_marked_fixes_stay(small: Outbox) -> None:
    small.put(walk(1, 1, flags=Flag.SOS) + walk(2, 2, flags=Flag.AFTER_GAP), now_s=1.0)
    fill(small, 3000)

    assert {one.flags for one in waiting(small)} == {Flag.SOS, Flag.AFTER_GAP, 0}


def test_numbers_of_a_batch_stay_consecutive(small: Outbox) -> None:
    fill(small, 5000)
    batches, mark = 0, OLDEST
    while (read := small.read_in_order(after=mark, most=500)) is not None:
        mark = read[1]
        batches += 1

    assert batches < 100


def test_the_server_is_told_which_numbers_were_given_up(small: Outbox) -> None:
    fill(small, 1100)
    told = [one for one in events(small) if one.kind is EventKind.THINNED]
    gone = {
        seq for one in told for seq in range(int(one.detail["first"]), int(one.detail["last"]) + 1)
    }

    assert sum(int(one.detail["thinned"]) for one in told) == small.count().thinned
    assert {one.detail["outbox"] for one in told} == {small.id}
    assert not any(small.holds(seq, seq) for seq in gone)
    assert all(small.holds(seq, seq) for seq in set(range(1, 1101)) - gone)


def test_what_lies_between_given_up_numbers_and_waits_is_not_given_up(small: Outbox) -> None:
    """Twice thinned fixes have numbers on both sides of fixes that were never thinned."""
    fill(small, 4000)
    before = {
        row[0] for row in small._connection.execute("select seq from position where generation = 0")
    }
    told = [one.detail for one in events(small) if one.kind is EventKind.THINNED]

    assert not any(int(one["first"]) <= seq <= int(one["last"]) for one in told for seq in before)


def test_stored_fixes_make_room_whatever_their_generation(small: Outbox) -> None:
    fill(small, 3000)
    held = small.count().waiting

    assert small.forget([(1, 10_000)]) == held
    assert small.count().waiting == 0
    assert dict(small._connection.execute("select * from held").fetchall()).keys() >= {0, 1}
    assert not any(row[1] for row in small._connection.execute("select * from held"))


def test_a_limit_in_bytes_thins_too(tmp_path: Path) -> None:
    with Outbox(tmp_path / "o", limits=Limits(size_bytes=1 << 19)) as outbox:
        fill(outbox, 20_000)
        count = outbox.count()

    assert count.thinned > 0
    assert (tmp_path / "o").stat().st_size < 1.1 * (1 << 19)


def test_a_limit_that_was_lowered_is_come_to_step_by_step(tmp_path: Path) -> None:
    with Outbox(tmp_path / "o") as large:
        fill(large, 5000)
    with Outbox(tmp_path / "o", limits=Limits(fixes=500)) as small:
        for number in range(5001, 5020):
            small.put(walk(number, number), now_s=1.0)

        assert small.count().waiting <= 500


def test_a_million_fixes_that_wait_slow_nothing_down(tmp_path: Path) -> None:
    with Outbox(tmp_path / "o", limits=Limits(fixes=1 << 21, size_bytes=1 << 30)) as outbox:
        outbox._connection.execute("pragma synchronous = off")
        outbox._connection.execute(A_MILLION)
        outbox._connection.execute("insert or replace into held values (0, 1000000)")
        began_s = time.monotonic()
        outbox.put(walk(1_000_001, 1_000_001), now_s=2.0)
        for _ in range(20):
            outbox.count()
            outbox.newest()
            outbox.read_in_order(after=Mark(0, 500_000), most=500)
            outbox.read_letters(most=20)
        outbox.forget([(1, 500)])
        took_s = time.monotonic() - began_s

        assert outbox.count().waiting == 999_501
    assert took_s < 1.0


@given(
    steps_ms=st.lists(st.integers(min_value=-5000, max_value=90_000), max_size=60),
    marked=st.sets(st.integers(min_value=0, max_value=60)),
)
def test_never_two_in_a_row_go_and_never_the_ends(steps_ms: list[int], marked: set[int]) -> None:
    epochs_ms = [0]
    for step_ms in steps_ms:
        epochs_ms.append(epochs_ms[-1] + step_ms)
    flags = [Flag.SOS if index in marked else 0 for index in range(len(epochs_ms))]
    stays = choose(epochs_ms, flags)

    assert len(stays) == len(epochs_ms)
    assert stays[0]
    assert stays[-1]
    assert all(a or b for a, b in pairwise(stays))


def test_causes_are_those_of_the_wire(small: Outbox) -> None:
    fill(small, 1100)

    assert {one.detail["cause"] for one in events(small)} == {Cause.LIMIT}
