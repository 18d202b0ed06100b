"""Until when something is to be done, and what time does when it is not.

What is due is told when a step is entered. Escalations happen at the moments at which they were
due, however late somebody looks: applying them at any moments makes the same events.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NamedTuple

from patrol.workorders.calendar import Span
from patrol.workorders.history import fold, following
from patrol.workorders.terms import EscalationRule, Step, Until, Workflow
from patrol.workorders.values import CLOCK, ENDS, ActKind, Event, OrderState, Party, StepKind

# Steps in which others handle an order: whoever had it before has it no longer.
_WITH_OTHERS = frozenset({StepKind.HANDLE, StepKind.DISPATCH})


class Dues(NamedTuple):
    """Until when the step is to be done, shortly before, and until when the order is."""

    due_soon_at: datetime | None = None
    due_at: datetime | None = None
    handle_due_at: datetime | None = None
    close_due_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """An order after something was done, the events that were made, and an order split off it."""

    order: OrderState
    events: tuple[Event, ...]
    part: "Taken | None" = None


class _Escalation(NamedTuple):
    """What time does next."""

    at: datetime
    rule: EscalationRule


def escalate_up_to(workflow: Workflow, order: OrderState, now: datetime) -> Taken:
    """Return the order with all escalations that were due until `now`, itself included."""
    events = []
    while (found := _next(workflow, order)) is not None and found.at <= now:
        event = _escalate(workflow, order, found)
        order = fold(order, event)
        events.append(event)
    return Taken(order=order, events=tuple(events))


def next_escalation_at(workflow: Workflow, order: OrderState) -> datetime | None:
    """Return when time will next do something to the order unless somebody does, None for never."""
    found = _next(workflow, order)
    return None if found is None else found.at


def dues_of_step(workflow: Workflow, order: OrderState | Event, at: datetime) -> Dues:
    """Return what is due of an order that comes to its step at a moment."""
    kept = Dues(handle_due_at=order.handle_due_at, close_due_at=order.close_due_at)
    if order.step_kind in ENDS:
        return kept
    limit = _limits(workflow, order).step
    due_at = None if limit is None else workflow.calendar.after(at, limit)
    return kept._replace(due_soon_at=_soon(workflow, due_at, limit), due_at=due_at)


def dues_of_order(workflow: Workflow, order: OrderState | Event, at: datetime) -> Dues:
    """Return what is due of an order that is opened at a moment."""
    _, handled, closed = _limits(workflow, order)
    after = workflow.calendar.after
    return dues_of_step(workflow, order, at)._replace(
        handle_due_at=None if handled is None else after(at, handled),
        close_due_at=None if closed is None else after(at, closed),
    )


def dues_moved(workflow: Workflow, order: OrderState, at: datetime) -> Dues:
    """Return what is due of a paused order that goes on at a moment: as much later as it stood."""
    step, handled, closed = _limits(workflow, order)

    def moved(due: datetime | None, limit: Span | None) -> datetime | None:
        if due is None or limit is None or order.paused_at is None:
            return due
        calendar = workflow.calendar
        left = calendar.between(order.paused_at, due, is_working=limit.is_working)
        return calendar.after(at, Span(left, limit.is_working))

    return Dues(
        moved(order.due_soon_at, step),
        moved(order.due_at, step),
        moved(order.handle_due_at, handled),
        moved(order.close_due_at, closed),
    )


def dues_classified(workflow: Workflow, order: OrderState, to: Event) -> Dues:
    """Return what is due of an order that is found to be about something else.

    What was used of the time stays used. Where the time is measured otherwise than before, or
    was not limited, it counts from the same beginning, later by as long as the order stood.
    """
    before, after = _limits(workflow, order), _limits(workflow, to)

    def changed(due: datetime | None, since: datetime, kind: str) -> datetime | None:
        old: Span | None = getattr(before, kind)
        new: Span | None = getattr(after, kind)
        if new is None:
            return None
        if due is None or old is None or old.is_working != new.is_working:
            return workflow.calendar.after(min(since + order.stood, to.at), new)
        return workflow.calendar.after(due, replace(new, length=new.length - old.length))

    due_at = changed(order.due_at, order.entered_at, "step")
    return Dues(
        due_soon_at=_soon(workflow, due_at, after.step),
        due_at=due_at,
        handle_due_at=changed(order.handle_due_at, order.opened_at, "handled"),
        close_due_at=changed(order.close_due_at, order.opened_at, "closed"),
    )


def department_after(order: OrderState, step: Step) -> str | None:
    """Return the department of an order that comes to a step: kept until others handle it."""
    is_with_others = step.kind in _WITH_OTHERS and step.held_by != Party.DEPARTMENT
    return None if is_with_others else order.department_id


class _Limits(NamedTuple):
    """How long the step and the order may take."""

    step: Span | None
    handled: Span | None
    closed: Span | None


def _limits(workflow: Workflow, order: OrderState | Event) -> _Limits:
    category, severity = order.category, order.severity
    return _Limits(
        workflow.limit_of(Until.STEP, category=category, severity=severity, step=order.step),
        workflow.limit_of(Until.HANDLED, category=category, severity=severity),
        workflow.limit_of(Until.CLOSED, category=category, severity=severity),
    )


def _soon(workflow: Workflow, due_at: datetime | None, limit: Span | None) -> datetime | None:
    if due_at is None or limit is None:
        return None
    before = replace(limit, length=limit.length * -workflow.due_soon_share)
    return workflow.calendar.after(due_at, before)


def _next(workflow: Workflow, order: OrderState) -> _Escalation | None:
    if order.due_at is None or order.paused_at is not None:
        return None
    left = order.escalated
    for rule in workflow.escalations_by_step[order.step]:
        if left < rule.times:
            every = rule.every.length * left if rule.every is not None else timedelta()
            overdue = replace(rule.after, length=rule.after.length + every)
            at = workflow.calendar.after(order.due_at, overdue)
            # What happened meanwhile cannot come after what follows from it.
            return _Escalation(max(at, order.changed_at), rule)
        left -= rule.times
    return None


def _escalate(workflow: Workflow, order: OrderState, found: _Escalation) -> Event:
    event = following(order, at=found.at, kind=ActKind.ESCALATE, who=CLOCK)
    if found.rule.to is None:
        return replace(event, tells=found.rule.tells)
    step = workflow.steps[found.rule.to]
    event = replace(
        event,
        step=step.code,
        step_kind=step.kind,
        department_id=department_after(order, step),
        tells=found.rule.tells,
    )
    return replace(event, **dues_of_step(workflow, event, found.at)._asdict())
