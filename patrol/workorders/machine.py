"""Who may do what to an order, and what it makes of it.

Pure: the same order, act, actor and moment give the same events. What time did to the order
until then is applied first. Whatever is not legal is refused with what would be.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from patrol.errors import InputError, StateError
from patrol.workorders.history import fold
from patrol.workorders.limits import Taken, escalate_up_to
from patrol.workorders.terms import ActRule, LegalAct, Workflow
from patrol.workorders.transitions import (
    Matter,
    act_event,
    check_needs,
    follow,
    needs_of,
    opened,
    split_off,
)
from patrol.workorders.values import ENDS, Act, ActKind, Actor, Event, Opening, OrderState, Party

# All that may be done while the clock stands.
_WHILE_PAUSED: Final = frozenset({ActKind.RESUME, ActKind.CANCEL})
# What says that the handling was good, or not: nothing for whoever did it.
_VERIFYING: Final = frozenset({ActKind.CONFIRM, ActKind.FAIL, ActKind.CLOSE})


class IllegalAct(InputError):  # noqa: N818 - it is an act, and the machine's word for it
    """An act that may not be done here by this actor; `legal` may be."""

    def __init__(self, message: str, legal: tuple[LegalAct, ...] = ()) -> None:
        super().__init__(message)
        self.legal = legal


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """An order that was merged, and the one that absorbed it."""

    order: Taken
    into: Taken


def open_order(workflow: Workflow, opening: Opening, *, at: datetime) -> Taken:
    """Return the order that is opened with a report, and its first event."""
    is_known = opening.category in workflow.categories
    category = workflow.categories[opening.category if is_known else workflow.unknown_category]
    is_placed = opening.grid_id is not None
    step = workflow.steps[workflow.opens_at if is_placed else workflow.opens_unplaced_at]
    event = Event(
        order_id=opening.order_id,
        revision=1,
        at=at.astimezone(UTC),
        kind=ActKind.OPEN,
        act=ActKind.OPEN,
        who=opening.who,
        party=Party.REPORTER,
        from_step=None,
        step=step.code,
        step_kind=step.kind,
        category=category.code,
        severity=opening.severity or category.severity,
        workflow_version=workflow.version,
        grid_id=opening.grid_id,
        text=opening.text,
        photos=opening.photos,
        place=opening.place,
        report_id=opening.report_id,
        reporter=opening.who,
    )
    return opened(workflow, event)


def legal_acts(workflow: Workflow, order: OrderState, actor: Actor) -> tuple[LegalAct, ...]:
    """Return what `actor` may do to the order as it is, in the order of the workflow.

    What time has done meanwhile is to be applied before: `escalate_up_to`.
    """
    _check_version(workflow, order)
    found = []
    for rule in workflow.acts_by_step[order.step]:
        party = _party(Matter(workflow, order), actor, rule) if _is_time_for(order, rule) else None
        if party is not None:
            needs, reasons = needs_of(workflow, order, rule), workflow.reasons_for(rule.kind)
            found.append(LegalAct(rule=rule, party=party, needs=needs, reasons=reasons))
    return tuple(found)


def take(workflow: Workflow, order: OrderState, act: Act, *, actor: Actor, at: datetime) -> Taken:
    """Return the order after an act, with the events of time before it.

    Order time does not run backwards: an act before the last event counts as at its moment.
    Raises IllegalAct for what may not be done, InputError for what lacks something it needs;
    merging is `merge`, because it is about two orders.
    """
    before = escalate_up_to(workflow, order, at)
    matter = Matter(workflow, before.order)
    legal = _find(matter, act.code, actor)
    if legal.kind is ActKind.MERGE:
        raise InputError(f"{act.code} merges: name the order into which")
    check_needs(workflow, before.order, act, rule=legal.rule, needs=legal.needs)
    event = act_event(matter, act, legal, who=actor.who, at=at)
    part = None if act.part is None else split_off(matter, act.part, event)
    return Taken(order=fold(before.order, event), events=(*before.events, event), part=part)


def merge(matter: Matter, into: Matter, act: Act, *, actor: Actor, at: datetime) -> Merged:
    """Return the order after it was merged into another one, and that one.

    Raises IllegalAct and InputError as `take` does, and when the other one is at its end.
    """
    before = escalate_up_to(matter.workflow, matter.order, at)
    target = escalate_up_to(into.workflow, into.order, at)
    matter = Matter(matter.workflow, before.order)
    legal = _find(matter, act.code, actor)
    if legal.kind is not ActKind.MERGE:
        raise InputError(f"{act.code} does not merge: no other order is to be named")
    if target.order.order_id == before.order.order_id:
        raise InputError("an order cannot be merged into itself: name the other one")
    if target.order.step_kind in ENDS:
        other = target.order.merged_into
        hint = "name one that is open" if other is None else f"it was merged into {other}: name it"
        raise InputError(f"order {target.order.order_id} is at its end: {hint}")
    check_needs(matter.workflow, before.order, act, rule=legal.rule, needs=legal.needs)
    event = act_event(matter, act, legal, who=actor.who, at=at)
    event = replace(event, other_id=target.order.order_id)
    absorbed = replace(
        follow(target.order, at=at, kind=ActKind.ABSORB, who=actor.who),
        party=legal.party,
        other_id=event.order_id,
    )
    return Merged(
        order=Taken(order=fold(before.order, event), events=(*before.events, event)),
        into=Taken(order=fold(target.order, absorbed), events=(*target.events, absorbed)),
    )


def _check_version(workflow: Workflow, order: OrderState) -> None:
    if workflow.version != order.workflow_version:
        raise StateError(
            f"order {order.order_id} is of workflow {order.workflow_version}, "
            f"not of {workflow.version}"
        )


def _is_time_for(order: OrderState, rule: ActRule) -> bool:
    if order.paused_at is not None:
        return rule.kind in _WHILE_PAUSED
    return rule.kind is not ActKind.RESUME


def _party(matter: Matter, actor: Actor, rule: ActRule) -> str | None:
    """Return for which party the actor may do it: the step's holder before others, or None."""
    workflow, order = matter.workflow, matter.order
    holder = workflow.steps[order.step].held_by
    allowed = rule.by or frozenset(one for one in [holder] if one is not None)
    parties = sorted(allowed & actor.parties, key=lambda one: (one != holder, one))
    if rule.kind in _VERIFYING and actor.who.is_same(order.handled_by):
        is_own = actor.who.is_same(order.reporter) and order.is_settled
        is_allowed = is_own and workflow.verification.own_settled
        parties = [one for one in parties if is_allowed and one == Party.REPORTER]
    return parties[0] if parties else None


def _find(matter: Matter, code: str, actor: Actor) -> LegalAct:
    order = matter.order
    legal = legal_acts(matter.workflow, order, actor)
    for one in legal:
        if one.code == code:
            return one
    codes = ", ".join(one.code for one in legal) or "nothing"
    state = "paused, " if order.paused_at is not None else ""
    raise IllegalAct(
        f"{code[:64]!r} cannot be done to order {order.order_id} ({state}at step {order.step}) "
        f"by whoever asks: legal is {codes}",
        legal,
    )
