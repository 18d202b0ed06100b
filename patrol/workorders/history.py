"""From events to the state of an order: the only way in which a state comes about."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Final

from patrol.errors import StateError
from patrol.workorders.values import CLOCK, ENDS, ActKind, Event, OrderState, Party, Who

HANDLING: Final = frozenset({ActKind.SETTLE, ActKind.RESOLVE})
REWORKING: Final = frozenset({ActKind.FAIL, ActKind.REOPEN})

# What leaves an order where it is, and its time as it was.
_STAYING: Final = frozenset(
    {ActKind.PAUSE, ActKind.RESUME, ActKind.CLASSIFY, ActKind.SPLIT, ActKind.ABSORB}
)


def replay(events: Iterable[Event]) -> OrderState:
    """Return what the events of one order, in the order of their revisions, make of it.

    Raises StateError when one is missing or out of place.
    """
    order: OrderState | None = None
    for event in events:
        order = fold(order, event)
    if order is None:
        raise StateError("an order without events")
    return order


def fold(order: OrderState | None, event: Event) -> OrderState:
    """Return the state after `event`; before the first one it is None.

    Raises StateError when the event does not follow.
    """
    if order is None:
        return _open(event)
    _check_follows(order, event)
    stood = order.stood
    if order.paused_at is not None and (enters(event) or event.kind is ActKind.RESUME):
        stood += event.at - order.paused_at
    order = replace(
        order,
        revision=event.revision,
        changed_at=event.at,
        stood=stood,
        step=event.step,
        step_kind=event.step_kind,
        category=event.category,
        severity=event.severity,
        grid_id=event.grid_id,
        department_id=event.department_id,
        due_soon_at=event.due_soon_at,
        due_at=event.due_at,
        handle_due_at=event.handle_due_at,
        close_due_at=event.close_due_at,
    )
    return _note(_move(order, event), event)


def following(order: OrderState, *, at: datetime, kind: ActKind, who: Who) -> Event:
    """Return the next event of an order, which changes nothing yet; `act` is the kind's name."""
    return Event(
        order_id=order.order_id,
        revision=order.revision + 1,
        at=at,
        kind=kind,
        act=kind,
        who=who,
        party=Party.CLOCK,
        from_step=order.step,
        step=order.step,
        step_kind=order.step_kind,
        category=order.category,
        severity=order.severity,
        workflow_version=order.workflow_version,
        grid_id=order.grid_id,
        department_id=order.department_id,
        due_soon_at=order.due_soon_at,
        due_at=order.due_at,
        handle_due_at=order.handle_due_at,
        close_due_at=order.close_due_at,
    )


def enters(event: Event) -> bool:
    """Whether an order came to its step with this event, maybe to the same one anew."""
    if event.kind is ActKind.ESCALATE:
        return event.step != event.from_step
    return event.kind not in _STAYING


def _open(event: Event) -> OrderState:
    if event.kind is not ActKind.OPEN or event.revision != 1:
        raise StateError(f"order {event.order_id} begins with {event.kind} {event.revision}")
    return OrderState(
        order_id=event.order_id,
        revision=event.revision,
        workflow_version=event.workflow_version,
        category=event.category,
        severity=event.severity,
        step=event.step,
        step_kind=event.step_kind,
        opened_at=event.at,
        entered_at=event.at,
        changed_at=event.at,
        reporter=event.reporter or CLOCK,
        grid_id=event.grid_id,
        department_id=event.department_id,
        place=event.place,
        due_soon_at=event.due_soon_at,
        due_at=event.due_at,
        handle_due_at=event.handle_due_at,
        close_due_at=event.close_due_at,
        split_from=event.other_id,
    )


def _check_follows(order: OrderState, event: Event) -> None:
    follows = (
        event.order_id == order.order_id
        and event.revision == order.revision + 1
        and event.from_step == order.step
        and event.at >= order.changed_at
        and event.kind is not ActKind.OPEN
    )
    if not follows:
        raise StateError(
            f"event {event.revision} of order {event.order_id} does not follow "
            f"revision {order.revision} of order {order.order_id}"
        )


def _move(order: OrderState, event: Event) -> OrderState:
    if not enters(event):
        return replace(order, escalated=order.escalated + (event.kind is ActKind.ESCALATE))
    return replace(
        order,
        entered_at=event.at,
        escalated=0,
        paused_at=None,
        ended_at=event.at if event.step_kind in ENDS else None,
    )


def _note(order: OrderState, event: Event) -> OrderState:
    if event.kind in HANDLING:
        settled = event.kind is ActKind.SETTLE
        return replace(order, handled_at=event.at, handled_by=event.who, is_settled=settled)
    if event.kind in REWORKING:
        return replace(
            order, handled_at=None, handled_by=None, is_settled=False, rework=order.rework + 1
        )
    if event.kind is ActKind.PAUSE:
        return replace(order, paused_at=event.at)
    if event.kind is ActKind.RESUME:
        return replace(order, paused_at=None)
    if event.kind is ActKind.MERGE:
        return replace(order, merged_into=event.other_id)
    return order
