"""From a row of `statements.LISTS` to the list of a worker-day."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final

from patrol.datums import Place
from patrol.ids import WorkerId
from patrol.notices.daylist import DayList, TaskKind
from patrol.workorders.daylist import Candidate, Day, ListRules, Sight, make_list
from patrol.workorders.terms import Workflow

Row = Mapping[str, Any]

# The shortest visit there is would not be seen in as much silence.
_UNSEEN: Final = timedelta(minutes=3)


def list_of(row: Row, *, now: datetime, rules: ListRules, workflow: Workflow) -> DayList:
    """Return the list of a row's worker-day as it is at `now`."""
    outlines = row["outlines"] or []
    day = Day(
        worker_id=WorkerId(row["worker_id"]),
        day=row["day"],
        now=now,
        start=middle_of(outlines[0]) if outlines else None,
    )
    candidates = [*_places(row), *_orders(row)]
    return make_list(day, candidates, rules=rules, workflow=workflow)


def middle_of(geometry: Mapping[str, Any]) -> Place:
    """Return the middle of the box around a GeoJSON geometry; of a point, the point."""
    positions = list(_positions(geometry["coordinates"]))
    lons, lats = [one[0] for one in positions], [one[1] for one in positions]
    return Place((min(lats) + max(lats)) / 2, (min(lons) + max(lons)) / 2)


def _positions(part: Sequence[Any]) -> Iterator[Sequence[float]]:
    if not isinstance(part[0], list):
        yield part
        return
    for one in part:
        yield from _positions(one)


def _places(row: Row) -> Iterator[Candidate]:
    not_reached = set(row["not_reached"] or [])
    unknown_s = row["unknown_s"]
    is_whole = unknown_s is not None and timedelta(seconds=unknown_s) < _UNSEEN
    for one in row["places"] or []:
        kind = TaskKind(one["kind"])
        # That nobody reported on a facility does not tell that nobody looked at it.
        would_show = {TaskKind.PATROL: one["key"] in not_reached, TaskKind.VISIT: is_whole}
        yield Candidate(
            kind=kind,
            key=one["key"],
            name=one["name"],
            place=middle_of(one["geometry"]),
            category=one["category"],
            last_on=None if one["last_on"] is None else date.fromisoformat(one["last_on"]),
            every_days=one["every_days"],
            wish=one["wish"],
            sight=Sight(is_whole=would_show.get(kind, False), at=_moment(one["seen_at"])),
        )


def _orders(row: Row) -> Iterator[Candidate]:
    for one in row["orders"] or []:
        is_placed = one["lat_deg"] is not None
        yield Candidate(
            kind=TaskKind.VERIFY if one["step_kind"] == "verify" else TaskKind.SETTLE,
            key=one["order_id"],
            name="",
            place=Place(one["lat_deg"], one["lon_deg"]) if is_placed else None,
            category=one["category"],
            due_at=_moment(one["due_at"]),
            # What is done to an order is written down: nothing of it is unseen.
            sight=Sight(is_whole=True, at=_moment(one["done_at"])),
        )


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
