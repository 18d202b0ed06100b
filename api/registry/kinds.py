"""The kinds of entries: where each is kept, who may see and change it, and what depends on it.

`t` stands for the row in every condition. What is not within reach is as if it were not there,
before a change and after it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, LiteralString

from api.identity.permissions import Permission
from api.registry import shapes
from api.registry.reaching import MY_TERMINAL, MY_WORKER

# Somebody else's worker does not become one's own by a posting to the own grid.
_POSTED_WORKER: Final[LiteralString] = """
((select sees_all from v1_my_reach)
 or exists (select from duty_window d
             where d.worker_id = t.worker_id and d.grid_id in (select grid_id from v1_my_grid))
 or not exists (select from duty_window d where d.worker_id = t.worker_id)
    and not exists (select from posting p where p.worker_id = t.worker_id
                                            and p.grid_id not in (select grid_id from v1_my_grid)))
"""
# Who carried what decides whose track a position is in: all duty of that time must be one's own.
_OWN_TIME: Final[LiteralString] = """
((select sees_all from v1_my_reach) or not exists (select from duty_window d
                 where d.worker_id = t.worker_id and d.end_at > t.valid_from
                   and (t.valid_to is null or d.start_at < t.valid_to)
                   and d.grid_id not in (select grid_id from v1_my_grid)))
"""
_MY_GRID: Final[LiteralString] = "t.grid_id in (select grid_id from v1_my_grid)"
_MY_AREA: Final[LiteralString] = "t.area_id in (select area_id from v1_my_area)"
_EVERYWHERE: Final[LiteralString] = "(select sees_all from v1_my_reach)"
_MY_AREA_BELOW: Final[LiteralString] = """(t.area_id in (select area_id from v1_my_area)
 and (t.parent_id in (select area_id from v1_my_area) or (select sees_all from v1_my_reach)))"""

_IN_AREA: Final[LiteralString] = """
t.grid_id in (select grid_id from v1_area_grid where area_id = %(area_id)s)
"""
_IN_GRID: Final[LiteralString] = "t.grid_id = %(grid_id)s"
_OF_WORKER: Final[LiteralString] = "t.worker_id = %(worker_id)s"
_SPAN_ON_DAY: Final[LiteralString] = """
(t.start_at at time zone %(zone)s)::date <= %(day)s
 and (t.end_at at time zone %(zone)s)::date >= %(day)s
"""
_DAYS_WITH_DAY: Final[LiteralString] = """
t.valid_from <= %(day)s and (t.valid_to is null or t.valid_to > %(day)s)
"""
_TERM_ON_DAY: Final[LiteralString] = """
(t.valid_from at time zone %(zone)s)::date <= %(day)s
 and (t.valid_to is null or (t.valid_to at time zone %(zone)s)::date >= %(day)s)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of entry.

    `columns` are the fields of its body, each with the column that holds it.
    """

    path: str
    what: str
    table: LiteralString
    key: LiteralString
    body: type[shapes.Body]
    columns: Mapping[str, LiteralString]
    seen: LiteralString
    # Who may change it must see it; what concerns everybody, nobody but who may see everything.
    mine: LiteralString
    writes: Permission = Permission.WRITE_REGISTRY
    filters: Mapping[str, LiteralString] = field(default_factory=dict)
    only: LiteralString = "true"
    # As the loader calls it; None where rows are put by statements of the API alone.
    register: str | None = None
    is_numbered: bool = False
    # The time that it is about, as columns, and whose duty in it depends on it.
    span: tuple[LiteralString, LiteralString] | None = None
    has_list: bool = True

    @property
    def selected(self) -> LiteralString:
        """The columns of an entry, named by its fields."""
        named: LiteralString = ""
        for name, column in self.columns.items():
            named = named + ", t." + column + ' as "' + _literal(name) + '"'
        return "t." + self.key + named + ", t.revision"


def _same(*names: LiteralString) -> dict[str, LiteralString]:
    return {name: name for name in names}


def _literal(name: str) -> Any:  # noqa: ANN401 - a field's own name, written in this file
    return name


AREAS = Kind(
    path="areas",
    what="area",
    table="area",
    key="area_id",
    body=shapes.AreaBody,
    columns=_same("name", "kind", "parent_id"),
    seen=_MY_AREA,
    # The top of a subtree belongs to what it lies in.
    mine=_MY_AREA_BELOW,
    filters={"area_id": "t.parent_id = %(area_id)s"},
)
GRIDS = Kind(
    path="grids",
    what="grid",
    table="grid",
    key="grid_id",
    body=shapes.GridBody,
    columns={"geometry": "outline", **_same("name", "area_id", "valid_from", "valid_to")},
    seen=_MY_GRID,
    mine=_MY_GRID,
    register="grids",
    has_list=False,
)
PREMISES = Kind(
    path="premises",
    what="premises",
    table="premises",
    key="premises_id",
    body=shapes.PremisesBody,
    columns=_same("grid_id", "name", "households", "geometry", "radius_m"),
    seen=_MY_GRID,
    mine=_MY_GRID,
    filters={"area_id": _IN_AREA, "grid_id": _IN_GRID},
    register="premises",
)
PLACES = Kind(
    path="places",
    what="place",
    table="authorised_place",
    key="place_id",
    body=shapes.PlaceBody,
    columns=_same("name", "kind", "geometry", "radius_m"),
    seen="true",
    mine=_EVERYWHERE,
    register="places",
)
CHECKPOINTS = Kind(
    path="checkpoints",
    what="checkpoint",
    table="checkpoint",
    key="checkpoint_id",
    body=shapes.CheckpointBody,
    columns=_same("grid_id", "name", "geometry", "radius_m"),
    seen=_MY_GRID,
    mine=_MY_GRID,
    filters={"area_id": _IN_AREA, "grid_id": _IN_GRID},
    register="checkpoints",
)
FACILITIES = Kind(
    path="facilities",
    what="facility",
    table="facility",
    key="facility_id",
    body=shapes.FacilityBody,
    columns=_same(
        *("grid_id", "name", "kind", "geometry", "radius_m"),
        *("department_id", "account_id", "check_days"),
    ),
    seen=_MY_GRID,
    mine=_MY_GRID,
    filters={"area_id": _IN_AREA, "grid_id": _IN_GRID},
    register="facilities",
)
WORKERS = Kind(
    path="workers",
    what="worker",
    table="worker",
    key="worker_id",
    body=shapes.WorkerBody,
    columns=_same("name"),
    seen=MY_WORKER,
    mine=MY_WORKER,
    register="workers",
    has_list=False,
)
TERMINALS = Kind(
    path="terminals",
    what="terminal",
    table="terminal",
    key="terminal_id",
    body=shapes.TerminalBody,
    columns=_same("model"),
    seen=MY_TERMINAL,
    mine=MY_TERMINAL,
    register="terminals",
    has_list=False,
)
ASSIGNMENTS = Kind(
    path="assignments",
    what="assignment",
    table="assignment",
    key="assignment_id",
    body=shapes.AssignmentBody,
    columns=_same("terminal_id", "worker_id", "valid_from", "valid_to"),
    seen=MY_WORKER,
    mine=MY_WORKER + " and " + _OWN_TIME,
    filters={"worker_id": _OF_WORKER, "day": _TERM_ON_DAY},
    is_numbered=True,
    span=("valid_from", "valid_to"),
)
POSTINGS = Kind(
    path="postings",
    what="posting",
    table="posting",
    key="posting_id",
    body=shapes.PostingBody,
    columns=_same("worker_id", "grid_id", "post", "valid_from", "valid_to"),
    seen=_MY_GRID,
    mine=_MY_GRID + " and " + _POSTED_WORKER,
    filters={
        "area_id": _IN_AREA,
        "grid_id": _IN_GRID,
        "worker_id": _OF_WORKER,
        "day": _DAYS_WITH_DAY,
    },
    is_numbered=True,
)
HOLIDAYS = Kind(
    path="holidays",
    what="holiday",
    table="holiday",
    key="holiday_id",
    body=shapes.HolidayBody,
    columns=_same("area_id", "day", "name"),
    seen="true",
    mine="coalesce(" + _MY_AREA + ", " + _EVERYWHERE + ")",
    filters={"area_id": "t.area_id = %(area_id)s", "day": "t.day = %(day)s"},
    is_numbered=True,
)
_EXCUSE_MINE: Final[LiteralString] = (
    "("
    + _EVERYWHERE
    + " or ((t.grid_id is not null or t.worker_id is not null) and (t.grid_id is null or "
    + _MY_GRID
    + ") and (t.worker_id is null or "
    + MY_WORKER
    + ")))"
)
EXCUSES = Kind(
    path="excuses",
    what="excuse",
    table="excused_period",
    key="excuse_id",
    body=shapes.ExcuseBody,
    columns={"reason": "kind", **_same("worker_id", "grid_id", "start_at", "end_at")},
    seen=_EXCUSE_MINE,
    mine=_EXCUSE_MINE,
    writes=Permission.WRITE_ROSTER,
    filters={
        "area_id": _IN_AREA,
        "grid_id": _IN_GRID,
        "worker_id": _OF_WORKER,
        "day": _SPAN_ON_DAY,
    },
    # Those that were found are the rules' own.
    only="t.day is null",
    is_numbered=True,
    span=("start_at", "end_at"),
)
COVERS = Kind(
    path="covers",
    what="cover",
    table="cover",
    key="cover_id",
    body=shapes.CoverBody,
    columns=_same("worker_id", "grid_id", "start_at", "end_at"),
    seen="(" + _MY_GRID + " or " + MY_WORKER + ")",
    mine="(" + _MY_GRID + " and " + MY_WORKER + ")",
    writes=Permission.WRITE_ROSTER,
    filters={
        "area_id": _IN_AREA,
        "grid_id": _IN_GRID,
        "worker_id": _OF_WORKER,
        "day": _SPAN_ON_DAY,
    },
    is_numbered=True,
    span=("start_at", "end_at"),
)

KINDS: Final = (
    *(AREAS, GRIDS, PREMISES, PLACES, CHECKPOINTS, FACILITIES, WORKERS, TERMINALS),
    *(ASSIGNMENTS, POSTINGS, HOLIDAYS, EXCUSES, COVERS),
)
