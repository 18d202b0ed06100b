"""What is to be reached, out of the database; what of it was reached, into it."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

import psycopg
from psycopg.types.json import Jsonb

from patrol.coverage import Checkpoint, Coverage, Route, Street, Streets, bounds_of, read_lines
from patrol.geofence import Grid, read_area
from patrol.ids import CheckpointId, GridId
from patrol.registers.routes import known_routes

_CHECKPOINTS = "select checkpoint_id, grid_id, geometry, radius_m from checkpoint"

_STREETS = "select grid_id, geometry from street order by street_no"

_PUT_COVERAGE = """
insert into grid_coverage (worker_id, day, grid_id, kind, share, share_low, share_high, targets)
values (%(worker)s, %(day)s, %(grid)s, %(kind)s, %(share)s, %(low)s, %(high)s, %(targets)s)
"""

_PUT_STAY = """
insert into checkpoint_pass (worker_id, day, start_at, end_at, grid_id, checkpoint_id, p)
values (%(worker)s, %(day)s, %(start)s, %(end)s, %(grid)s, %(checkpoint)s, %(p)s)
"""


class Routes:
    """The checkpoints and streets that the database has, read once."""

    def __init__(self, conn: psycopg.Connection) -> None:
        self._checkpoints: dict[str, list[Checkpoint]] = defaultdict(list)
        for name, grid, geometry, radius_m in conn.execute(_CHECKPOINTS):
            area = read_area(geometry, radius_m=radius_m)
            self._checkpoints[grid].append(Checkpoint(CheckpointId(name), area))
        self._streets = Streets(
            [Street(read_lines(geometry), grid) for grid, geometry in conn.execute(_STREETS)]
        )
        self._known: dict[GridId, dict[GridId, Route]] = {}

    def of(self, grids: Sequence[Grid]) -> dict[GridId, Route]:
        """Return what is to be reached in each of the grids of which that is known."""
        for grid in grids:
            if grid.grid_id not in self._known:
                self._known[grid.grid_id] = known_routes([grid], self._checkpoints, self._streets)
        return {name: route for grid in grids for name, route in self._known[grid.grid_id].items()}


def put_coverage(
    cursor: psycopg.Cursor, key: Mapping[str, object], found: Sequence[Coverage]
) -> None:
    """Put what was reached on the worker-day of which `key` has worker and day."""
    for one in found:
        cursor.execute(_PUT_COVERAGE, {**key, **_values(one)})
        for passed in one.passes:
            values = {
                "start": passed.interval.start,
                "end": passed.interval.end,
                "grid": one.grid_id,
                "checkpoint": passed.checkpoint_id,
                "p": passed.p,
            }
            cursor.execute(_PUT_STAY, {**key, **values})


def day_values(found: Sequence[Coverage]) -> Mapping[str, object]:
    """Return the columns of a worker-day: of the grid of which least was reached."""
    if not found:
        return dict.fromkeys(("coverage_kind", "coverage_share", "coverage_low", "coverage_high"))
    least = min(found, key=lambda one: one.share)
    low, high = bounds_of(found)
    return {
        "coverage_kind": str(least.kind),
        "coverage_share": least.share,
        "coverage_low": low,
        "coverage_high": high,
    }


def _values(one: Coverage) -> dict[str, object]:
    targets = [
        {"name": target.name, "weight": target.weight, "p": target.p, "reach": str(target.reach)}
        for target in one.targets
    ]
    return {
        "grid": one.grid_id,
        "kind": str(one.kind),
        "share": one.share,
        "low": one.share_low,
        "high": one.share_high,
        "targets": Jsonb(targets),
    }
