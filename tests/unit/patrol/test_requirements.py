"""What is owed: requirements by grid and day, excused time, cover, and common silence."""

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from patrol.duty import DutyWindow
from patrol.fix import epoch_ms
from patrol.ids import GridId, WorkerId
from patrol.intervals import total
from patrol.reasons import Verdict
from patrol.requirements import (
    Cover,
    Excuse,
    ExcuseKind,
    Heard,
    Requirement,
    cuts_by_cover,
    excused_in,
    excused_parts,
    find_common_silence,
    find_owed,
    hear,
    judge_coverage,
    judge_presence,
    judge_visits,
    owed_in,
    requirement_of,
)
from tests.makers import DAY, GRID, WORKER, at, span

OTHER = GridId("G02")
HOUR = timedelta(hours=1)
DEFAULT = Requirement()
DUTY = span(0, 7200)
WINDOW = DutyWindow(WORKER, DUTY, GRID)


def excuse(start_s: float, end_s: float, **about) -> Excuse:
    return Excuse(interval=span(start_s, end_s), kind=ExcuseKind.LEAVE, **about)


def of_day(*windows: DutyWindow, excuses=(), requirements=()):
    return find_owed(windows, excuses, requirements, day=DAY, otherwise=DEFAULT)


def test_a_grids_own_requirement_comes_before_one_for_all():
    for_all = Requirement(valid_from=date(2026, 3, 1), visit=HOUR)
    own = Requirement(grid_id=GRID, valid_from=date(2026, 1, 1), visit=2 * HOUR)

    assert requirement_of(GRID, DAY, [for_all, own], otherwise=DEFAULT) is own
    assert requirement_of(OTHER, DAY, [for_all, own], otherwise=DEFAULT) is for_all


def test_of_several_the_latest_is_in_force():
    old = Requirement(valid_from=date(2026, 1, 1))
    new = Requirement(valid_from=date(2026, 3, 2))
    later = Requirement(valid_from=date(2026, 3, 3))

    assert requirement_of(GRID, DAY, [new, later, old], otherwise=DEFAULT) is new


def test_a_requirement_ends_before_the_day_valid_to():
    ended = Requirement(valid_from=date(2026, 1, 1), valid_to=DAY)

    assert requirement_of(GRID, DAY, [ended], otherwise=DEFAULT) is DEFAULT
    assert ended.holds(GRID, DAY - timedelta(days=1))


def test_without_excuses_the_whole_is_owed():
    owed = of_day(WINDOW)

    assert (owed.duty, owed.excused, owed.rest) == (2 * HOUR, timedelta(), 2 * HOUR)
    assert owed.presence == 1.8 * HOUR
    assert owed.visit == owed.whole_visit == 3 * HOUR
    assert owed.of_grid_id is None


def test_excused_time_is_taken_off_presence_and_off_visits_in_proportion():
    owed = of_day(WINDOW, excuses=[excuse(-600, 1800)])

    assert owed.excused == 0.5 * HOUR
    assert owed.presence == 1.35 * HOUR
    assert owed.visit == 2.25 * HOUR


@pytest.mark.parametrize(
    ("about", "concerned"),
    [
        ({}, True),
        ({"worker_id": WORKER}, True),
        ({"worker_id": WorkerId("W02")}, False),
        ({"grid_id": GRID}, True),
        ({"grid_id": OTHER}, False),
        ({"worker_id": WORKER, "grid_id": OTHER}, False),
    ],
)
def test_an_excuse_is_about_a_worker_a_grid_or_all(about, concerned):
    assert bool(excused_in(WINDOW, [excuse(0, 600, **about)])) is concerned


def test_several_grids_share_presence_by_time_and_visits_follow_most_of_duty():
    windows = [WINDOW, DutyWindow(WORKER, span(7200, 10800), OTHER)]
    asked = [
        Requirement(grid_id=GRID, presence_share=0.5, visit=HOUR, coverage_share=0.8),
        Requirement(grid_id=OTHER, presence_share=1.0, visit=2 * HOUR),
    ]

    owed = of_day(*windows, requirements=asked)
    assert owed.presence == 2 * HOUR
    assert (owed.visit, owed.coverage_share, owed.of_grid_id) == (HOUR, 0.8, GRID)


def test_a_tie_between_grids_goes_to_the_first_name():
    windows = [DutyWindow(WORKER, span(7200, 14400), OTHER), WINDOW]

    assert of_day(*windows).of_grid_id == GRID


@given(
    spans=st.lists(
        st.tuples(st.integers(-3600, 9000), st.integers(1, 7200)).map(
            lambda one: excuse(one[0], one[0] + one[1])
        ),
        max_size=5,
    )
)
def test_owed_and_excused_add_up_to_duty(spans):
    parts = excused_parts(WINDOW, spans)

    assert total(owed_in(WINDOW, spans)) + total(excused_in(WINDOW, spans)) == 2 * HOUR
    assert sum((one.interval.length for one in parts), timedelta()) == total(
        excused_in(WINDOW, spans)
    )
    assert parts == excused_parts(WINDOW, spans[::-1])


def test_what_was_told_is_named_before_what_was_found():
    found = Excuse(interval=span(0, 1200), kind=ExcuseKind.COMMON_SILENCE)
    told = excuse(600, 1800)

    assert [
        (one.kind, one.interval, one.worker_id, one.grid_id)
        for one in excused_parts(WINDOW, [found, told])
    ] == [
        (ExcuseKind.COMMON_SILENCE, span(0, 600), WORKER, GRID),
        (ExcuseKind.LEAVE, span(600, 1800), WORKER, GRID),
    ]


def test_a_day_that_is_excused_whole_owes_nothing():
    owed = of_day(WINDOW, excuses=[excuse(0, 7200)])
    none = timedelta()

    for found in (judge_presence((none, none), owed), judge_visits((none, none), owed)):
        assert (found.verdict, found.reason.code) == (Verdict.MET, "nothing_owed")


def test_a_reason_says_what_was_excused_and_by_whose_requirement():
    windows = [WINDOW, DutyWindow(WORKER, span(7200, 18000), OTHER)]
    owed = of_day(*windows, excuses=[excuse(0, 1800)])

    values = judge_visits((HOUR, HOUR), owed).reason.values
    assert (values["excused_s"], values["of_grid_id"]) == (1800, OTHER)
    assert values["required_s"] == 3 * 3600 * 0.9


def test_coverage_is_judged_where_it_is_asked_for_and_by_the_part_of_duty_that_is_owed():
    asked = [Requirement(coverage_share=0.8)]
    half, whole = [excuse(0, 3600)], [excuse(0, 7200)]

    assert judge_coverage((0.0, 0.0), of_day(WINDOW)) is None
    verdicts = [
        found.verdict
        for excuses in ([], half, whole)
        if (
            found := judge_coverage((0.5, 0.5), of_day(WINDOW, excuses=excuses, requirements=asked))
        )
    ]
    assert verdicts == [Verdict.NOT_MET, Verdict.MET, Verdict.MET]


def test_a_cover_cuts_a_span_where_it_begins_and_ends():
    covers = [Cover(WORKER, span(600, 1200), OTHER), Cover(WORKER, span(900, 9000), GridId("G03"))]

    assert list(cuts_by_cover(DUTY, covers)) == [
        (span(0, 600), ()),
        (span(600, 900), (OTHER,)),
        (span(900, 1200), (OTHER, GridId("G03"))),
        (span(1200, 7200), (GridId("G03"),)),
    ]


def terminal(*silences: tuple[float, float], end_s: float = 7200, delay_s: float = 0) -> Heard:
    """Return a terminal that is heard every 10 s, but for some silences."""
    seconds = np.arange(delay_s, end_s, 10)
    for start, end in silences:
        seconds = seconds[(seconds <= start) | (seconds >= end)]
    return hear(epoch_ms(at(0)) + (seconds * 1000).astype(np.int64), DUTY)


OUTAGE = (1800, 3000)


def test_a_terminal_is_heard_in_spans():
    heard = terminal((600, 1200), (2000, 2200), end_s=7001)

    assert heard.spans == ((at(0), at(600)), (at(1200), at(7000)))
    assert heard.silences == [span(600, 1200), span(7000, 7200)]


def test_a_terminal_never_heard_has_no_silence():
    heard = terminal(end_s=0)

    assert (heard.spans, heard.silences) == ((), [])
    assert find_common_silence([heard] * 6) == []


def test_many_terminals_that_fall_silent_together_are_common_silence():
    silent = [terminal(OUTAGE, delay_s=number) for number in range(5)]

    (found,) = find_common_silence([*silent, *[terminal()] * 5])
    assert abs(found.start - at(1800)) < timedelta(seconds=15)
    assert abs(found.end - at(3000)) < timedelta(seconds=15)


def test_all_terminals_silent_and_heard_again_are_common_silence():
    assert find_common_silence([terminal(OUTAGE)] * 6) == [span(*OUTAGE)]


@pytest.mark.parametrize(("silent", "heard"), [(4, 0), (5, 6)])
def test_too_few_terminals_are_no_common_silence(silent, heard):
    """At least five, and at least half of those heard until then."""
    assert find_common_silence([terminal(OUTAGE)] * silent + [terminal()] * heard) == []


def test_who_was_silent_before_does_not_speak_against_common_silence():
    indoors = [terminal((1000 + 200 * number, 4000)) for number in range(4)]

    assert find_common_silence([terminal(OUTAGE)] * 5 + [terminal()] * 5 + indoors) == [
        span(*OUTAGE)
    ]


def test_a_short_silence_is_none():
    assert find_common_silence([terminal((1800, 2090))] * 6) == []


def test_silences_that_begin_at_different_times_have_no_common_cause():
    """Indoors or resting, every terminal is silent at times, and often some at once."""
    apart = [terminal((1800 + 61 * number, 4800)) for number in range(6)]

    assert find_common_silence(apart) == []


def test_who_had_fallen_silent_before_duty_did_not_do_so_together_at_its_start():
    """Terminals last heard in the morning, and an afternoon that begins for all at once."""
    later = span(3000, 6000)
    gone = [
        Heard(later, ((at(0), at(1000 + 300 * number)), (at(4500), at(6000))))
        for number in range(6)
    ]

    assert find_common_silence(gone) == []


def test_silence_that_ends_at_different_times_is_common_while_enough_are_silent():
    silent = [terminal((1800, 2400 + 300 * number)) for number in range(7)]

    assert find_common_silence(silent) == [span(1800, 3000)]


def test_silence_that_is_common_for_too_short_a_time_is_none():
    silent = [terminal((1800, 2100 + 10 * number)) for number in range(4)]
    silent.append(terminal((1850, 2200)))

    assert find_common_silence(silent) == []


def test_silence_to_the_end_is_common_while_others_are_heard():
    silent = [terminal(end_s=5001)] * 5

    assert find_common_silence([*silent, terminal(end_s=6501)]) == [span(5000, 6500)]


def test_after_the_last_fix_of_all_nobody_knows_of_silence():
    """What is not told of yet may still come."""
    assert find_common_silence([terminal(end_s=5001)] * 6) == []


def test_terminals_on_duty_at_other_times_do_not_count():
    early = Heard(span(-7200, -3600), ((at(-7200), at(-3600)),))

    assert find_common_silence([terminal(OUTAGE)] * 5 + [early] * 20) == [span(*OUTAGE)]
