"""Sampling: which fixes are kept."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from device.sampling import Sampler
from patrol.fix import Fix, epoch_ms
from patrol.messages import Flag
from patrol.notices.plans import Pace
from tests.unit.device.terminal import START, fix_at

START_MS = epoch_ms(START)
CENTURY_S = 50 * 365 * 86_400


def even(interval_s: int) -> Pace:
    """Return a pace that is the same under way and at rest."""
    return Pace(interval_s, interval_s, interval_s)


def kept(seconds: list[float], *, interval_s: int = 10) -> list[tuple[float, bool]]:
    """Return which fixes are kept, and whether each is flagged as after a gap."""
    sampler = Sampler(even(interval_s))
    samples = [one for second in seconds for one in sampler.sample(fix_at(second))]
    return [((one.epoch_ms - START_MS) / 1000, bool(one.flags & Flag.AFTER_GAP)) for one in samples]


def test_one_fix_an_interval_is_kept() -> None:
    assert kept([float(second) for second in range(31)]) == [
        (0, True),
        (10, False),
        (20, False),
        (30, False),
    ]


def test_jitter_loses_nothing_and_does_not_add_up() -> None:
    jittery = [0.01, 9.99, 20.0, 29.98, 40.01, 49.99]

    assert [at for at, _ in kept(jittery)] == jittery


def test_an_early_fix_does_not_shift_the_next_ones() -> None:
    """A receiver with five solutions a second still gives six a minute."""
    times = [at for at, _ in kept([step / 5 for step in range(5 * 600)])]

    assert times[1:] == [pytest.approx(9.6 + 10 * index) for index in range(60)]


def test_the_same_epoch_is_kept_once() -> None:
    assert kept([0, 0, 0], interval_s=1) == [(0, True)]


@pytest.mark.parametrize(("silence_s", "is_gap"), [(44, False), (45, False), (46, True)])
def test_the_first_fix_after_a_gap_is_flagged(silence_s: float, is_gap: bool) -> None:  # noqa: FBT001 - from the table
    assert kept([0, silence_s]) == [(0, True), (silence_s, is_gap)]


def test_a_gap_is_longer_where_the_interval_is() -> None:
    assert kept([0, 130, 270], interval_s=30) == [(0, True), (130, False), (270, True)]


def test_an_epoch_in_the_far_future_costs_nothing_that_comes_after_it() -> None:
    assert kept([0, 10, CENTURY_S, 20, 30]) == [
        (0, True),
        (10, False),
        (CENTURY_S, True),
        (20, True),
        (30, False),
    ]


def test_a_small_step_back_is_waited_out() -> None:
    assert [at for at, _ in kept([0, 10, 8, 9, 10, 19, 20])] == [0, 10, 20]


@pytest.mark.parametrize("year", [1980, 1999, 2100])
def test_a_year_that_the_wire_cannot_carry_is_counted_and_left_out(year: int) -> None:
    sampler = Sampler(even(10))
    epoch = datetime(year, 1, 6, tzinfo=UTC)

    assert sampler.sample(replace(fix_at(0), epoch=epoch)) == []
    assert sampler.implausible == 1
    assert len(sampler.sample(fix_at(0))) == 1


@pytest.mark.parametrize(("speed_mps", "flag"), [(None, 0), (0.3, 0), (0.5, Flag.MOVING)])
def test_a_walk_is_flagged_as_moving(speed_mps: float | None, flag: int) -> None:
    (position,) = Sampler(even(10)).sample(fix_at(0, speed_mps=speed_mps))

    assert position.flags & Flag.MOVING == flag


def test_the_epoch_is_the_receivers() -> None:
    (position,) = Sampler(even(10)).sample(fix_at(7.25))

    assert timedelta(milliseconds=position.epoch_ms) == fix_at(7.25).epoch - datetime(
        1970, 1, 1, tzinfo=UTC
    )


PACE = Pace(10, 60, 240)
STEP_DEG = 1 / 111_320


def stay(seconds: range, *, north_m: float = 0.0, speed_mps: float | None = 0.1) -> list[Fix]:
    """Return a fix a second at one place."""
    lat_deg = 30.5 + north_m * STEP_DEG
    return [replace(fix_at(one, speed_mps=speed_mps), lat_deg=lat_deg) for one in seconds]


def go(seconds: range, *, speed_mps: float, told: bool = True, from_m: float = 0.0) -> list[Fix]:
    """Return a fix a second on the way north."""
    return [
        replace(
            fix_at(one, speed_mps=speed_mps if told else None),
            lat_deg=30.5 + (from_m + (number + 1) * speed_mps) * STEP_DEG,
        )
        for number, one in enumerate(seconds)
    ]


def kept_of(fixes: list[Fix], sampler: Sampler | None = None) -> list[float]:
    """Return the seconds of what is kept."""
    sampler = sampler or Sampler(PACE)
    samples = [one for fix in fixes for one in sampler.sample(fix)]
    return [(one.epoch_ms - START_MS) / 1000 for one in samples]


def test_under_way_a_fix_is_kept_every_moving_interval() -> None:
    assert kept_of(go(range(61), speed_mps=1.2)) == [0, 10, 20, 30, 40, 50, 60]


def test_standing_and_at_rest_fewer_are_kept() -> None:
    assert kept_of(stay(range(1201))) == [0, 10, 20, *range(80, 600, 60), 800, 1040]


@pytest.mark.parametrize(
    ("speed_mps", "told", "within_s"), [(1.2, True, 1), (0.6, True, 3), (1.2, False, 13)]
)
def test_whoever_leaves_is_kept_at_once_with_the_last_fix_before(
    speed_mps: float,
    told: bool,  # noqa: FBT001 - from the table
    within_s: int,
) -> None:
    fixes = [
        *stay(range(200), speed_mps=0.1 if told else None),
        *go(range(200, 300), speed_mps=speed_mps, told=told),
    ]
    times = kept_of(fixes)

    left = next(at for at in times if at >= 200 + within_s - 1)
    assert left < 200 + within_s
    assert left - 1 in times
    after = times[times.index(left) :]
    assert after == [left + 10 * number for number in range(len(after))]


def test_who_is_carried_off_without_a_speed_has_left() -> None:
    times = kept_of([*stay(range(100)), *stay(range(100, 120), north_m=60)])

    assert {99, 100} <= set(times)


def test_the_last_fix_before_a_silence_is_kept() -> None:
    """Where the receiver fell silent is where the silence begins."""
    assert kept_of([*stay(range(100)), *stay(range(400, 401))]) == [0, 10, 20, 80, 99, 400]


def test_what_was_left_out_by_rule_is_no_gap() -> None:
    sampler = Sampler(PACE)
    flags = [one.flags for fix in stay(range(1000)) for one in sampler.sample(fix)]

    assert [bool(one & Flag.AFTER_GAP) for one in flags] == [True] + [False] * (len(flags) - 1)


def test_every_fix_is_kept_or_counted_as_thinned() -> None:
    sampler = Sampler(PACE)
    fixes = [*stay(range(100)), *go(range(100, 200), speed_mps=1.0), *stay(range(400, 500))]
    kept_count = len(kept_of(fixes, sampler)) + len(sampler.flush())

    assert kept_count + sampler.thinned == len(fixes)
    assert sampler.flush() == []


def test_a_new_pace_holds_from_the_next_fix_on() -> None:
    sampler = Sampler(PACE)
    before = kept_of(go(range(20), speed_mps=1.2), sampler)
    sampler.pace = Pace(2, 2, 2)

    assert before == [0, 10]
    assert kept_of(go(range(20, 27), speed_mps=1.2, from_m=24), sampler) == [20, 22, 24, 26]


def test_the_date_line_is_no_way_to_go() -> None:
    sampler = Sampler(PACE)
    fixes = [
        replace(fix, lon_deg=lon_deg)
        for fix, lon_deg in zip(stay(range(100)), [179.99999, -179.99999] * 50, strict=True)
    ]

    assert kept_of(fixes, sampler) == [0, 10, 20, 80]
