"""What acts need, and the events that they make of orders; who may do what is asked elsewhere."""

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from patrol.errors import InputError
from patrol.ids import check_id
from patrol.notices.reports import MOST_PHOTOS, check_text
from patrol.workorders.history import fold, following
from patrol.workorders.limits import (
    Dues,
    Taken,
    department_after,
    dues_classified,
    dues_moved,
    dues_of_order,
    dues_of_step,
)
from patrol.workorders.terms import ActRule, LegalAct, Step, Workflow
from patrol.workorders.values import (
    Act,
    ActKind,
    Event,
    Need,
    OrderState,
    Part,
    Party,
    Who,
)
from patrol.workorders.verification import nearness_of

_SHA256: Final = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Matter:
    """An order and the version of the workflow with which it was opened."""

    workflow: Workflow
    order: OrderState


def opened(workflow: Workflow, event: Event) -> Taken:
    """Return the order that a first event opens, with the limits that begin with it."""
    event = _with(event, dues_of_order(workflow, event, event.at))
    return Taken(order=fold(None, event), events=(event,))


def follow(order: OrderState, *, at: datetime, kind: ActKind, who: Who) -> Event:
    """Return the next event of an order at a moment, which changes nothing yet."""
    # The clock of another server may be behind the one that wrote the last event.
    return following(order, at=max(at.astimezone(UTC), order.changed_at), kind=kind, who=who)


def act_event(matter: Matter, act: Act, legal: LegalAct, *, who: Who, at: datetime) -> Event:
    """Return the event that an act makes of an order."""
    workflow, order = matter.workflow, matter.order
    found = nearness_of(workflow.verification, order.place, act.place)
    event = replace(
        follow(order, at=at, kind=legal.kind, who=who),
        act=act.code,
        party=legal.party,
        reason=act.reason,
        text=act.text,
        photos=act.photos,
        place=act.place,
        distance_m=found.distance_m,
        nearness=None if act.place is None else found.nearness,
        other_id=None if act.part is None else act.part.order_id,
    )
    if legal.rule.to is not None:
        return _go(matter, act, event, step=workflow.steps[legal.rule.to])
    if legal.kind is ActKind.RESUME:
        return _with(event, dues_moved(workflow, order, event.at))
    if legal.kind is ActKind.CLASSIFY:
        return _classify(matter, act, event)
    return event


def _go(matter: Matter, act: Act, event: Event, *, step: Step) -> Event:
    event = replace(
        event,
        step=step.code,
        step_kind=step.kind,
        department_id=act.department_id or department_after(matter.order, step),
    )
    return _with(event, dues_of_step(matter.workflow, event, event.at))


def _classify(matter: Matter, act: Act, event: Event) -> Event:
    workflow, order = matter.workflow, matter.order
    category = act.category or order.category
    usual = workflow.categories[category].severity if act.category else order.severity
    event = replace(
        event,
        category=category,
        severity=act.severity or usual,
        grid_id=act.grid_id or order.grid_id,
    )
    return _with(event, dues_classified(workflow, order, event))


def split_off(matter: Matter, part: Part, event: Event) -> Taken:
    """Return the order that is split off: in the same step, with limits of its own."""
    category = matter.workflow.categories[part.category]
    event = replace(
        event,
        order_id=part.order_id,
        revision=1,
        kind=ActKind.OPEN,
        act=ActKind.OPEN,
        from_step=None,
        category=category.code,
        severity=part.severity or category.severity,
        other_id=event.order_id,
        reporter=matter.order.reporter,
        place=matter.order.place,
        distance_m=None,
        nearness=None,
    )
    return opened(matter.workflow, event)


def _with(event: Event, dues: Dues) -> Event:
    return replace(event, **dues._asdict())


def needs_of(workflow: Workflow, order: OrderState, rule: ActRule) -> frozenset[Need]:
    """Return what an act needs: what the workflow says, and a department where one is to begin."""
    if rule.to is None:
        return rule.needs
    step = workflow.steps[rule.to]
    if step.held_by == Party.DEPARTMENT and department_after(order, step) is None:
        return rule.needs | {Need.DEPARTMENT}
    return rule.needs


def check_needs(
    workflow: Workflow, order: OrderState, act: Act, *, rule: ActRule, needs: frozenset[Need]
) -> None:
    """Raise InputError for what an act lacks, or has that it does not take."""
    _check_reason(workflow, act, rule, is_needed=Need.REASON in needs)
    if check_text(act.text) is None and Need.TEXT in needs:
        raise InputError(f"{act.code} needs a text: say what was done or found at the place")
    _check_photos(act, is_needed=Need.PHOTO in needs)
    _check_department(order, act, is_needed=Need.DEPARTMENT in needs)
    _check_class(workflow, act, rule.kind)
    _check_part(workflow, order, act.part, kind=rule.kind)


def _check_reason(workflow: Workflow, act: Act, rule: ActRule, *, is_needed: bool) -> None:
    known = [one.code for one in workflow.reasons_for(rule.kind)]
    if act.reason is None and is_needed:
        raise InputError(f"{act.code} needs a reason: one of {', '.join(known)}")
    if act.reason is not None and act.reason not in known:
        raise InputError(
            f"reason {act.reason[:64]!r} is none of {act.code}: {', '.join(known) or 'it has none'}"
        )


def _check_photos(act: Act, *, is_needed: bool) -> None:
    if is_needed and not act.photos:
        raise InputError(f"{act.code} needs a photo of the place")
    if len(act.photos) > MOST_PHOTOS:
        raise InputError(f"{len(act.photos)} photos: at most {MOST_PHOTOS}")
    for digest in act.photos:
        if not _SHA256.fullmatch(digest):
            raise InputError(f"photo {digest[:80]!r} is not a SHA-256: 64 of 0-9 a-f")


def _check_department(order: OrderState, act: Act, *, is_needed: bool) -> None:
    if act.department_id is None:
        if is_needed:
            raise InputError(f"{act.code} needs a department")
        return
    if not is_needed:
        raise InputError(f"{act.code} takes no department")
    check_id(act.department_id, what="department_id")
    if act.department_id == order.department_id:
        raise InputError(f"the order is with {act.department_id} already: name another one")


def _check_class(workflow: Workflow, act: Act, kind: ActKind) -> None:
    is_given = any(one is not None for one in (act.category, act.severity, act.grid_id))
    if kind is not ActKind.CLASSIFY:
        if is_given:
            raise InputError(f"{act.code} takes no category, severity or grid: classify does")
        return
    if not is_given:
        raise InputError(f"{act.code} needs a category, a severity or a grid")
    if act.category is not None:
        _check_category(workflow, act.category)


def _check_part(workflow: Workflow, order: OrderState, part: Part | None, *, kind: ActKind) -> None:
    if (part is not None) != (kind is ActKind.SPLIT):
        wanted = "needs" if part is None else "is no split and takes no"
        raise InputError(f"{kind} {wanted} part: an order_id and a category")
    if part is None:
        return
    if part.order_id == order.order_id:
        raise InputError("what is split off is an order of its own: give it a new order_id")
    _check_category(workflow, part.category)


def _check_category(workflow: Workflow, code: str) -> None:
    if code not in workflow.categories:
        raise InputError(
            f"category {code[:64]!r} is not in the list: {', '.join(workflow.categories)}"
        )
