"""What of a grid a worker reached: its checkpoints, else its streets, else all parts of it."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from patrol.chains.routes import Net, Steps, draw
from patrol.coverage.areas import checkpoint_areas, find_in_areas, find_passes, squares_of
from patrol.coverage.sightings import Sightings, see
from patrol.coverage.streets import Streets
from patrol.coverage.targets import (
    Checkpoint,
    CheckpointPass,
    Coverage,
    CoverageKind,
    CoverageRules,
    Reach,
    Target,
    name_places,
    weigh,
)
from patrol.geodesy import Floats, LocalPlane
from patrol.geofence import Grid
from patrol.intervals import Interval, merge
from patrol.track import Mask, Track

_ONE_IN_TWENTY = 0.05


class Route:
    """What is to be reached in one grid: checkpoints, else streets, else all parts of it."""

    def __init__(
        self, grid: Grid, *, checkpoints: Sequence[Checkpoint] = (), streets: Streets | None = None
    ) -> None:
        self.grid = grid
        self.checkpoints = sorted(checkpoints, key=lambda one: one.checkpoint_id)
        self._streets = streets or Streets([])
        self._own: dict[float, Mask] = {}

    @property
    def is_known(self) -> bool:
        """Whether checkpoints or streets of the grid are known."""
        return bool(self.checkpoints) or self.pieces() is not None

    def pieces(self, piece_m: float = 25.0) -> "Pieces | None":
        """Return the streets in pieces, or None where no street of the grid is known."""
        net = self._streets.net(piece_m)
        if piece_m not in self._own:
            # Both halves: of a street that leads out of the grid the first piece lies half in it.
            halves = self._streets.is_of(self.grid, *net.cells[:, :2].T)
            self._own[piece_m] = halves[0::2] & halves[1::2]
        is_own = self._own[piece_m]
        return Pieces(net, is_own, self._streets.plane) if is_own.any() else None


class Pieces(NamedTuple):
    """Streets in pieces, in the metres of a plane, and which of them are the grid's own."""

    net: Net
    is_own: Mask
    plane: LocalPlane


def find_coverage(
    track: Track,
    route: Route,
    *,
    duty: Iterable[Interval],
    visits: Sequence[Interval],
    rules: CoverageRules,
) -> Coverage:
    """Return what of `route` was reached within `duty`; during `visits` nobody was elsewhere."""
    seen = [see(track, one, visits, rules=rules.sightings) for one in merge(duty)]
    if route.checkpoints:
        areas = checkpoint_areas(route.checkpoints)
        return _counted(
            route,
            CoverageKind.CHECKPOINTS,
            find_in_areas(seen, areas, rules),
            passes=find_passes(seen, areas, rules),
        )
    pieces = route.pieces(rules.streets.piece_m)
    if pieces is not None:
        return _along_streets(route, seen, pieces, rules=rules)
    squares = squares_of(route.grid.area, rules.micro_grid_m)
    return _counted(route, CoverageKind.MICRO_GRIDS, find_in_areas(seen, squares, rules))


def _along_streets(
    route: Route, seen: Sequence[Sightings], pieces: Pieces, *, rules: CoverageRules
) -> Coverage:
    net, is_own, plane = pieces
    mid_x_m, mid_y_m = net.mid_m[is_own].T

    def away_m(lat_deg: Floats, lon_deg: Floats) -> Floats:
        x_m, y_m = plane.to_metres(lat_deg, lon_deg)
        result: Floats = np.hypot(x_m[:, None] - mid_x_m, y_m[:, None] - mid_y_m)
        return result

    walked = np.zeros((rules.streets.walks, len(mid_x_m)), dtype=bool)
    may_be = np.zeros(len(mid_x_m), dtype=bool)
    for one in seen:
        walked |= draw(_steps(one, plane), net, rules.streets)[:, is_own]
        may_be |= one.can_have_been(away_m)
    weight = net.length_m[is_own] / net.length_m[is_own].sum()
    names = name_places(plane, mid_x_m, mid_y_m)
    low = float(np.quantile(walked @ weight, _ONE_IN_TWENTY)) - rules.margin
    high = float(np.quantile((walked | may_be) @ weight, 1 - _ONE_IN_TWENTY)) + rules.margin
    return Coverage(
        grid_id=route.grid.grid_id,
        kind=CoverageKind.STREETS,
        share=_rounded(float((walked @ weight).mean())),
        share_low=_rounded(low),
        share_high=_rounded(high),
        targets=tuple(weigh(names, weight, walked.mean(axis=0), may_be=may_be, rules=rules)),
    )


def _steps(one: Sightings, plane: LocalPlane) -> Steps:
    x_m, y_m = plane.to_metres(one.lat_deg[one.is_fix], one.lon_deg[one.is_fix])
    return Steps(
        at_s=one.at_ms[one.is_fix] / 1000,
        x_m=x_m,
        y_m=y_m,
        sigma_m=one.spread_m[one.is_fix],
        is_elsewhere=one.is_visit[one.is_fix],
    )


def _counted(
    route: Route,
    kind: CoverageKind,
    targets: Sequence[Target],
    *,
    passes: Sequence[CheckpointPass] = (),
) -> Coverage:
    reached = sum(one.reach is Reach.REACHED for one in targets) / len(targets)
    missed = sum(one.reach is Reach.NOT_REACHED for one in targets) / len(targets)
    return Coverage(
        grid_id=route.grid.grid_id,
        kind=kind,
        share=_rounded(reached),
        share_low=_rounded(reached),
        share_high=_rounded(1 - missed),
        targets=tuple(targets),
        passes=tuple(passes),
    )


def _rounded(share: float) -> float:
    return round(min(max(share, 0.0), 1.0), 4)
