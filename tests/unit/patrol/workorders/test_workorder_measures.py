"""What is counted of orders, and of how many."""

from dataclasses import replace
from datetime import timedelta

from patrol.intervals import Interval
from patrol.workorders.calendar import Span
from patrol.workorders.machine import merge
from patrol.workorders.measures import MEASURES, Counts, Tally, ratio, tally, total
from patrol.workorders.terms import Until, Workflow
from patrol.workorders.transitions import Matter
from patrol.workorders.values import Act
from patrol.workorders.workflow import default
from tests.workorders import COMMUNITY, COVER, HOUR, MONDAY, PHOTO, STREET, WATER, WORKER, Played

DAY = timedelta(days=1)
# The order's own limits are 24 and 48 hours by the clock, and nothing escalates.
LIMITS = tuple(
    replace(one, within=Span((24 if one.until is Until.HANDLED else 48) * HOUR))
    for one in default().limits
    if one.until is not Until.STEP and not one.severities
)
PLAIN: Workflow = replace(default(), limits=LIMITS, escalations=())


def counts(played: Played, start: timedelta = timedelta(), end: timedelta = 30 * DAY) -> Counts:
    """Return what an order adds to a span that begins with its opening, or later."""
    found = tally(played.events, Interval(MONDAY + start, MONDAY + end))
    assert found is not None
    return found.counts


def settled(played: Played | None = None) -> Played:
    """Return an order that was settled and confirmed by its reporter after an hour."""
    played = (played or Played(PLAIN)).wait(HOUR)
    played.take("settle", WORKER, photos=(PHOTO,))
    played.take("confirm", WORKER, photos=(PHOTO,))
    return played


def test_what_is_opened_later_adds_nothing() -> None:
    assert tally(Played().events, Interval(MONDAY - DAY, MONDAY)) is None


def test_what_is_opened_in_the_span_is_a_report() -> None:
    assert (counts(Played()).reports, counts(Played()).valid_reports) == (1, 1)


def test_what_was_opened_before_is_no_report_of_the_span() -> None:
    assert counts(Played(), HOUR).reports == 0


def test_what_was_split_off_is_no_report() -> None:
    played = Played(PLAIN)
    played.events[0] = replace(played.events[0], report_id=None)

    assert counts(played).reports == 0


def test_what_is_cancelled_is_not_valid() -> None:
    played = Played(PLAIN)
    played.take("cancel", COMMUNITY, reason="nothing_found")

    assert (counts(played).reports, counts(played).valid_reports) == (1, 0)
    assert counts(played).due_handled == 0


def test_what_was_cancelled_after_the_span_was_valid_in_it() -> None:
    played = Played(PLAIN).wait(3 * DAY)
    played.take("cancel", COMMUNITY, reason="nothing_found")

    assert counts(played, end=2 * DAY).valid_reports == 1


def test_what_is_merged_is_a_duplicate() -> None:
    played = Played(PLAIN)
    other = replace(played.order, order_id="019aa9f2-0000-7000-8000-000000000002")
    matters = Matter(PLAIN, played.order), Matter(PLAIN, other)
    played.events += merge(*matters, Act(code="merge"), actor=COMMUNITY, at=MONDAY).order.events
    found = counts(played)

    assert (found.duplicates, found.valid_reports, found.due_handled) == (1, 0, 0)


def test_what_nobody_else_touched_is_self_closed() -> None:
    assert counts(settled()).self_closed == 1


def test_what_somebody_else_confirmed_is_not_self_closed() -> None:
    played = Played(PLAIN)
    played.take("settle", WORKER, photos=(PHOTO,))
    played.take("confirm", COVER, photos=(PHOTO,))

    assert counts(played).self_closed == 0


def test_what_is_still_open_is_not_self_closed() -> None:
    assert counts(Played(PLAIN)).self_closed == 0


def test_time_is_nobodys_hand() -> None:
    played = settled(Played().wait(DAY + 2 * HOUR))

    assert "community" in [one.tells for one in played.events]
    assert counts(played).self_closed == 1


def test_what_is_settled_is_handled_by_the_grid() -> None:
    assert (counts(settled()).handled, counts(settled()).self_resolved) == (1, 1)


def test_what_a_department_resolved_is_handled_by_others() -> None:
    played = Played(PLAIN).to_verifying()

    assert (counts(played).handled, counts(played).self_resolved) == (1, 0)


def test_it_is_handled_in_the_span_in_which_that_was() -> None:
    played = settled(Played(PLAIN).wait(2 * DAY))

    assert [counts(played, end=DAY).handled, counts(played, DAY).handled] == [0, 1]


def test_what_failed_is_reworked() -> None:
    played = Played(PLAIN).to_verifying()
    played.take("fail", WORKER, reason="not_done", photos=(PHOTO,))

    assert (counts(played).handled, counts(played).reworked) == (1, 1)


def test_what_failed_later_is_not_reworked_in_the_span() -> None:
    played = Played(PLAIN).to_verifying().wait(DAY)
    played.take("fail", WORKER, reason="not_done", photos=(PHOTO,))

    assert counts(played, end=DAY).reworked == 0
    assert (counts(played, DAY).handled, counts(played, DAY).reworked) == (0, 0)


def test_what_is_handled_again_counts_once() -> None:
    played = Played(PLAIN).to_verifying()
    played.take("fail", WORKER, reason="not_done", photos=(PHOTO,))
    played.take("resolve", WATER, photos=(PHOTO,), text="done")

    assert (counts(played).handled, counts(played).reworked) == (1, 1)


def test_what_is_handled_before_it_is_due_is_in_time() -> None:
    found = counts(settled())

    assert (found.due_handled, found.handled_in_time, found.due_closed, found.closed) == (
        1,
        1,
        1,
        1,
    )


def test_what_is_handled_later_is_not_in_time() -> None:
    found = counts(settled(Played(PLAIN).wait(DAY)))

    assert (found.due_handled, found.handled_in_time) == (1, 0)


def test_at_the_moment_itself_it_is_in_time() -> None:
    assert counts(settled(Played(PLAIN).wait(DAY - HOUR))).handled_in_time == 1


def test_what_had_failed_when_it_was_due_is_not_in_time() -> None:
    played = Played(PLAIN).to_verifying()
    played.take("fail", WORKER, reason="not_done", photos=(PHOTO,))

    assert (counts(played).due_handled, counts(played).handled_in_time) == (1, 0)


def test_it_is_due_in_the_span_in_which_that_is() -> None:
    played = Played(PLAIN)

    assert [counts(played, end=DAY).due_handled, counts(played, DAY).due_handled] == [0, 1]
    assert [counts(played, DAY).due_closed, counts(played, DAY, 2 * DAY).due_closed] == [1, 0]


def test_what_was_due_before_the_span_is_not_due_in_it() -> None:
    assert counts(Played(PLAIN), 2 * DAY).due_handled == 0


def test_what_is_closed_by_the_end_of_the_span_is_closed() -> None:
    played = settled(Played(PLAIN).wait(5 * DAY))

    assert [counts(played).closed, counts(played, end=3 * DAY).closed] == [1, 0]


def test_while_its_clock_stands_nothing_is_due() -> None:
    played = Played(PLAIN)
    played.take("pause", STREET, reason="waits_for_weather")

    assert counts(played).due_handled == 0


def test_it_is_due_as_much_later_as_it_stood() -> None:
    played = Played(PLAIN)
    played.take("pause", STREET, reason="waits_for_weather")
    played.wait(10 * DAY).take("resume", WORKER)

    assert [counts(played, end=11 * DAY).due_handled, counts(played, 11 * DAY).due_handled] == [
        0,
        1,
    ]


def test_it_is_due_once_even_if_it_stands_thereafter() -> None:
    played = Played(PLAIN).wait(2 * DAY)
    played.take("pause", STREET, reason="waits_for_weather")
    played.wait(DAY).take("resume", WORKER)

    assert [counts(played, end=2 * DAY).due_handled, counts(played, 2 * DAY).due_handled] == [1, 0]


def test_a_limit_made_shorter_than_what_has_passed_is_due_at_once() -> None:
    shorter = replace(LIMITS[0], within=Span(2 * HOUR), categories=frozenset({"road"}))
    played = Played(replace(PLAIN, limits=(*LIMITS, shorter))).wait(3 * HOUR)
    played.take("classify", WORKER, category="road")

    assert counts(played, 3 * HOUR, 4 * HOUR).due_handled == 1


def test_without_a_limit_nothing_is_due() -> None:
    assert counts(Played(replace(PLAIN, limits=()))).due_handled == 0


def test_an_order_adds_to_where_it_is_at_the_end() -> None:
    played = Played(PLAIN)
    played.wait(HOUR).take("classify", WORKER, grid_id="G02", category="road")
    played.to_department()
    span, before = Interval(MONDAY, MONDAY + DAY), Interval(MONDAY, MONDAY + HOUR)
    found, earlier = tally(played.events, span), tally(played.events, before)

    assert isinstance(found, Tally)
    assert isinstance(earlier, Tally)
    assert (found.grid_id, found.category, found.department_id) == ("G02", "road", "water")
    assert (earlier.grid_id, earlier.category, earlier.department_id) == ("G01", "lamp", None)


def test_many_orders_are_counted_together() -> None:
    span = Interval(MONDAY, MONDAY + 30 * DAY)
    found = [tally(one.events, span) for one in (settled(), Played(PLAIN))]
    counted = total(one for one in found if one is not None)

    assert {name: ratio(counted, name) for name in MEASURES} == {
        "valid": (2, 2),
        "self_resolved": (1, 1),
        "on_time_handling": (1, 2),
        "closure": (1, 2),
        "rework": (0, 1),
    }
