"""What is due when, and what time does to what is overdue."""

from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from patrol.workorders.calendar import Span
from patrol.workorders.limits import escalate_up_to, next_escalation_at
from patrol.workorders.terms import EscalationRule, Until, Workflow
from patrol.workorders.values import ActKind, Severity
from patrol.workorders.workflow import default
from tests.workorders import COMMUNITY, HOUR, MONDAY, STREET, WORKER, Played

SHANGHAI = ZoneInfo("Asia/Shanghai")
DAY = timedelta(days=1)


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """Return a moment of November 2026; the 23rd is a Monday."""
    return datetime(2026, 11, day, hour, minute, tzinfo=SHANGHAI)


def escalating(*rules: EscalationRule) -> Workflow:
    return replace(default(), escalations=rules)


def rule(**others: object) -> EscalationRule:
    values: dict[str, object] = {
        "steps": frozenset({"grid"}),
        "after": Span(HOUR),
        "every": None,
        "times": 1,
        "to": None,
        "tells": "street",
        **others,
    }
    return EscalationRule(**values)  # type: ignore[arg-type] # named as they are


def test_what_is_due_is_told_when_it_begins() -> None:
    order = Played().order

    # Eight working hours from Monday 09:00: 7 are left of that day, the last 1.6 are "soon".
    assert (order.due_soon_at, order.due_at) == (at(23, 16, 54), at(24, 9, 30))


def test_the_whole_order_is_due_too() -> None:
    order = Played().order

    # 40 working hours: 7 on Monday, 7.5 on each day until Friday, 3 on the Monday after.
    assert order.handle_due_at == at(30, 11, 30)
    assert order.close_due_at is not None
    assert order.close_due_at > order.handle_due_at


def test_something_urgent_does_not_wait_for_the_morning() -> None:
    order = Played(category="emergency").order

    assert (order.due_at, order.handle_due_at) == (MONDAY + 2 * HOUR, MONDAY + 24 * HOUR)


def test_of_the_limits_that_fit_the_last_one_holds() -> None:
    found = default().limit_of(
        Until.STEP, category="lamp", severity=Severity.URGENT, step="resolving"
    )

    assert found == Span(8 * HOUR)


def test_the_step_is_due_anew_and_the_order_is_not() -> None:
    played = Played()
    before = played.order
    played.wait(HOUR).take("climb", WORKER, reason="beyond_means")

    assert played.order.due_at == at(24, 10, 30)
    assert played.order.handle_due_at == before.handle_due_at


def test_an_end_is_not_due() -> None:
    played = Played()
    played.take("cancel", COMMUNITY, reason="test")

    assert (played.order.due_at, played.order.due_soon_at) == (None, None)


def test_without_a_limit_nothing_is_due() -> None:
    played = Played(replace(default(), limits=()))

    assert (played.order.due_at, played.order.handle_due_at, played.order.close_due_at) == (
        None,
        None,
        None,
    )


def test_nothing_is_overdue_that_is_not_due() -> None:
    played = Played(replace(default(), limits=()))

    assert next_escalation_at(played.workflow, played.order) is None


def test_while_it_stands_no_time_is_used() -> None:
    played = Played()
    before = played.order
    played.wait(HOUR).take("pause", STREET, reason="waits_for_weather")
    played.wait(2 * DAY).take("resume", WORKER)

    # 7 of 8 hours are left at Wednesday 10:00.
    assert played.order.due_at == at(26, 9, 30)
    assert played.order.stood == 2 * DAY
    assert before.handle_due_at is not None
    assert played.order.handle_due_at == before.handle_due_at + 2 * DAY


def test_what_is_overdue_stays_as_overdue() -> None:
    played = Played(escalating())
    played.wait(2 * DAY).take("pause", STREET, reason="waits_for_weather")
    before = played.order
    played.wait(DAY).take("resume", WORKER)

    assert before.due_at is not None
    assert played.order.due_at == before.due_at + DAY


def test_what_is_not_limited_is_not_after_a_pause() -> None:
    played = Played(replace(default(), limits=()))
    played.take("pause", STREET, reason="waits_for_weather")
    played.wait(DAY).take("resume", WORKER)

    assert played.order.due_at is None


def test_nothing_escalates_while_it_stands() -> None:
    played = Played()
    played.take("pause", STREET, reason="waits_for_weather")

    assert next_escalation_at(played.workflow, played.order) is None


def test_a_level_is_told_of_what_is_overdue() -> None:
    played = Played()
    taken = escalate_up_to(played.workflow, played.order, at(24, 11, 30))

    assert [(one.kind, one.tells, one.at, one.step) for one in taken.events] == [
        (ActKind.ESCALATE, "community", at(24, 11, 30), "grid")
    ]
    assert (taken.order.escalated, taken.order.due_at) == (1, played.order.due_at)


def test_a_moment_before_nothing_has_happened() -> None:
    played = Played()

    assert escalate_up_to(played.workflow, played.order, at(24, 11, 29)).events == ()


def test_an_order_moves_when_nobody_moves_it() -> None:
    played = Played()
    taken = escalate_up_to(played.workflow, played.order, at(25, 10))

    assert (taken.order.step, taken.order.escalated) == ("community", 0)
    assert taken.events[-1].tells == "street"


def test_where_it_moved_to_its_time_begins_when_it_was_due_to_move() -> None:
    played = Played()
    moved = next(
        one
        for one in escalate_up_to(played.workflow, played.order, MONDAY + 60 * DAY).events
        if one.step == "community"
    )

    assert (moved.at, moved.due_at) == (at(25, 10), at(26, 10, 30))


def test_however_late_somebody_looks_all_that_was_missed_has_happened() -> None:
    played = Played()
    late = escalate_up_to(played.workflow, played.order, MONDAY + 365 * DAY)

    assert [(one.step, one.tells) for one in late.events] == [
        ("grid", "community"),
        ("community", "street"),
        ("street", "district"),
        ("district", "district"),
        *[("district", "district")] * 5,
    ]
    assert next_escalation_at(played.workflow, late.order) is None


def test_it_is_told_as_often_as_the_rule_says() -> None:
    workflow = escalating(rule(every=Span(2 * HOUR), times=3))
    played = Played(workflow)
    taken = escalate_up_to(workflow, played.order, MONDAY + 30 * DAY)
    due = at(24, 9, 30)

    assert [one.at for one in taken.events] == [due + HOUR, due + 3 * HOUR, due + 5 * HOUR]


def test_a_rule_begins_when_those_before_it_are_through() -> None:
    workflow = escalating(rule(after=Span(2 * HOUR)), rule(tells="district"))
    played = Played(workflow)
    taken = escalate_up_to(workflow, played.order, MONDAY + 30 * DAY)

    assert [(one.at, one.tells) for one in taken.events] == [
        (at(24, 11, 30), "street"),
        (at(24, 11, 30), "district"),
    ]


def test_what_was_used_of_a_limit_stays_used() -> None:
    played = Played()
    played.wait(HOUR).take("classify", WORKER, severity=Severity.LOW)

    assert played.order.due_at == at(24, 9, 30)


def test_a_shorter_limit_counts_from_the_same_beginning() -> None:
    workflow = default()
    tighter = replace(
        workflow.limits[0],
        within=Span(5 * HOUR, is_working=True),
        categories=frozenset({"road"}),
        levels=frozenset({"grid"}),
    )
    played = Played(replace(workflow, limits=(*workflow.limits, tighter)))
    played.wait(2 * HOUR).take("classify", WORKER, category="road")

    assert (played.order.due_soon_at, played.order.due_at) == (at(23, 14, 30), at(23, 15, 30))


def test_a_limit_of_another_kind_of_time_counts_from_the_same_beginning() -> None:
    played = Played()
    played.wait(HOUR).take("classify", WORKER, severity=Severity.URGENT)

    assert (played.order.due_at, played.order.handle_due_at) == (
        MONDAY + 2 * HOUR,
        MONDAY + 24 * HOUR,
    )


def test_nobody_gains_time_by_correcting_back_and_forth() -> None:
    played = Played()
    before = played.order
    played.wait(HOUR).take("classify", WORKER, severity=Severity.URGENT)
    played.take("classify", WORKER, severity=Severity.NORMAL)

    assert (played.order.due_at, played.order.close_due_at) == (before.due_at, before.close_due_at)


def test_a_limit_of_another_kind_of_time_counts_no_pause() -> None:
    played = Played()
    played.take("pause", STREET, reason="waits_for_weather")
    played.wait(2 * DAY).take("resume", WORKER)
    played.take("classify", WORKER, severity=Severity.URGENT)

    assert played.order.due_at == MONDAY + 2 * DAY + 2 * HOUR


def test_what_is_no_longer_limited_is_not_due() -> None:
    workflow = default()
    lamps = tuple(replace(one, categories=frozenset({"lamp"})) for one in workflow.limits)
    played = Played(replace(workflow, limits=lamps))
    played.take("classify", WORKER, category="road")

    assert (played.order.due_soon_at, played.order.due_at, played.order.handle_due_at) == (
        None,
        None,
        None,
    )


def test_what_was_not_limited_is_due_as_if_it_had_been() -> None:
    workflow = default()
    roads = tuple(replace(one, categories=frozenset({"road"})) for one in workflow.limits)
    played = Played(replace(workflow, limits=roads))
    played.wait(HOUR).take("classify", WORKER, category="road")

    assert played.order.due_at == at(24, 9, 30)


def test_an_act_comes_after_what_time_did_before_it() -> None:
    played = Played().wait(2 * DAY + 2 * HOUR)
    taken = played.take("climb", COMMUNITY, reason="beyond_means")

    assert [one.kind for one in taken.events] == [ActKind.ESCALATE, ActKind.ESCALATE, ActKind.CLIMB]
