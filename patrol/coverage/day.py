"""What a worker-day reached in its grids."""

from collections.abc import Mapping, Sequence

from patrol.coverage.routes import Route, find_coverage
from patrol.coverage.targets import Coverage, CoverageRules
from patrol.geofence import Grid
from patrol.ids import GridId
from patrol.intervals import Interval
from patrol.track import Track


def routes_in(grids: Sequence[Grid], routes: Mapping[GridId, Route]) -> list[Route]:
    """Return what is to be reached in these grids.

    That is what is known to be; if nothing is in any of them, all parts of all of them.
    """
    known = [routes[grid.grid_id] for grid in grids if grid.grid_id in routes]
    return known or [Route(grid) for grid in grids]


def find_day_coverage(
    track: Track,
    duty: Mapping[GridId, Sequence[Interval]],
    *,
    routes: Sequence[Route],
    visits: Sequence[Interval],
    rules: CoverageRules,
) -> tuple[Coverage, ...]:
    """Return the coverage of each of the routes within the duty that is owed in its grid."""
    return tuple(
        find_coverage(track, one, duty=duty[one.grid.grid_id], visits=visits, rules=rules)
        for one in routes
        if duty[one.grid.grid_id]
    )


def bounds_of(found: Sequence[Coverage]) -> tuple[float, float]:
    """Return the bounds of the share that was reached in every grid; 0 and 1 of none."""
    return (
        min((one.share_low for one in found), default=0.0),
        min((one.share_high for one in found), default=1.0),
    )
