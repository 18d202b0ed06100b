"""An order and its events as rows, and rows as what they are: one way each, and no more."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from patrol.ids import GridId, WorkerId
from patrol.workorders.limits import next_escalation_at
from patrol.workorders.terms import Workflow
from patrol.workorders.values import (
    ActKind,
    Event,
    Nearness,
    OrderState,
    Place,
    Severity,
    StepKind,
    Who,
)

Row = Mapping[str, Any]

ORDER_COLUMNS: Final = (
    *("order_id", "revision", "workflow_version", "category", "severity", "step", "step_kind"),
    *("grid_id", "department_id", "opened_at", "entered_at", "changed_at", "due_soon_at", "due_at"),
    *("handle_due_at", "close_due_at", "paused_at", "stood", "handled_at", "is_settled"),
    *("ended_at", "rework", "escalated", "merged_into", "split_from"),
)
EVENT_COLUMNS: Final = (
    *("order_id", "revision", "at", "kind", "act", "party", "from_step", "step", "step_kind"),
    *("category", "severity", "workflow_version", "grid_id", "department_id", "due_soon_at"),
    *("due_at", "handle_due_at", "close_due_at", "reason", "text", "distance_m", "nearness"),
    *("other_id", "report_id", "tells"),
)


def order_values(workflow: Workflow, order: OrderState) -> dict[str, Any]:
    """Return the values of an order's row; `workflow` is the version with which it was opened."""
    handled_by = order.handled_by or Who()
    return {
        **{name: getattr(order, name) for name in ORDER_COLUMNS},
        **place_values(order.place),
        "level": workflow.steps[order.step].level,
        "holder": holder_of(workflow, order.step),
        "reporter_account": order.reporter.account_id,
        "reporter_worker": order.reporter.worker_id,
        "handled_by_account": handled_by.account_id,
        "handled_by_worker": handled_by.worker_id,
        "escalates_at": next_escalation_at(workflow, order),
    }


def event_values(event: Event) -> dict[str, Any]:
    """Return the values of an event's row."""
    reporter = event.reporter or Who()
    return {
        **{name: getattr(event, name) for name in EVENT_COLUMNS},
        **place_values(event.place),
        "account_id": event.who.account_id,
        "worker_id": event.who.worker_id,
        "photos": list(event.photos),
        "reporter_account": reporter.account_id,
        "reporter_worker": reporter.worker_id,
    }


def place_values(place: Place | None) -> dict[str, int | None]:
    """Return the columns of a place, all empty where there is none."""
    if place is None:
        return dict.fromkeys(("lat_e7", "lon_e7", "accuracy_dm", "age_s"))
    return {
        "lat_e7": place.lat_e7,
        "lon_e7": place.lon_e7,
        "accuracy_dm": place.accuracy_dm,
        "age_s": place.age_s,
    }


def order_of(row: Row) -> OrderState:
    """Return the order that a row of `work_order` is."""
    values: dict[str, Any] = {name: _plain(row[name]) for name in ORDER_COLUMNS}
    is_handled = row["handled_by_account"] is not None or row["handled_by_worker"] is not None
    handled_by = Who(row["handled_by_account"], _worker(row["handled_by_worker"]))
    return OrderState(
        **{
            **values,
            "severity": Severity(row["severity"]),
            "step_kind": StepKind(row["step_kind"]),
            "grid_id": None if row["grid_id"] is None else GridId(row["grid_id"]),
            "merged_into": _text(row["merged_into"]),
            "split_from": _text(row["split_from"]),
            "order_id": str(row["order_id"]),
        },
        reporter=Who(row["reporter_account"], _worker(row["reporter_worker"])),
        place=_place_of(row),
        handled_by=handled_by if is_handled else None,
    )


def event_of(row: Row) -> Event:
    """Return the event that a row of `work_order_event` is."""
    values: dict[str, Any] = {name: _plain(row[name]) for name in EVENT_COLUMNS}
    reporter = Who(row["reporter_account"], _worker(row["reporter_worker"]))
    return Event(
        **{
            **values,
            "kind": ActKind(row["kind"]),
            "severity": Severity(row["severity"]),
            "step_kind": StepKind(row["step_kind"]),
            "nearness": None if row["nearness"] is None else Nearness(row["nearness"]),
            "order_id": str(row["order_id"]),
            "other_id": _text(row["other_id"]),
            "report_id": _text(row["report_id"]),
        },
        who=Who(row["account_id"], _worker(row["worker_id"])),
        photos=tuple(row["photos"]),
        place=_place_of(row),
        reporter=reporter if row["revision"] == 1 else None,
    )


def holder_of(workflow: Workflow, step: str) -> str | None:
    """Return who has a step, whatever the workflow calls its levels; None at an end.

    Of a level of areas it is the kind of area, else the party.
    """
    party = workflow.steps[step].held_by
    level = None if party is None else workflow.levels.get(party)
    return party if level is None or level.area is None else level.area


def _plain(value: object) -> object:
    return value.astimezone(UTC) if isinstance(value, datetime) else value


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _worker(value: str | None) -> WorkerId | None:
    return None if value is None else WorkerId(value)


def _place_of(row: Row) -> Place | None:
    if row["lat_e7"] is None:
        return None
    return Place(row["lat_e7"], row["lon_e7"], row["accuracy_dm"], row["age_s"])
