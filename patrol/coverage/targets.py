"""What is to be reached on a round, and what was reached of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from patrol.chains.routes import StreetRules
from patrol.coverage.sightings import SightingRules
from patrol.geodesy import Floats, LocalPlane
from patrol.geofence import Area
from patrol.ids import CheckpointId, GridId
from patrol.intervals import Interval
from patrol.track import Mask


class CoverageKind(StrEnum):
    """What is to be reached."""

    CHECKPOINTS = "checkpoints"
    STREETS = "streets"
    MICRO_GRIDS = "micro_grids"


class Reach(StrEnum):
    """Whether something was reached, as far as the evidence tells."""

    REACHED = "reached"
    NOT_REACHED = "not_reached"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageRules:
    """What counts as reached; metres, seconds.

    Something is reached from the probability `reached_p` on, and not reached when it is below
    `missed_p` and no silence was long enough for the way there and back.
    """

    sightings: SightingRules = field(default_factory=SightingRules)
    streets: StreetRules = field(default_factory=StreetRules)
    reached_p: float = 0.8
    missed_p: float = 0.1
    merge_s: float = 60.0
    micro_grid_m: float = 50.0
    # What the walks drawn do not show: how far the share of streets may be off beyond them.
    margin: float = 0.02


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A place to be passed on a round."""

    checkpoint_id: CheckpointId
    area: Area


@dataclass(frozen=True, slots=True, order=True, kw_only=True)
class CheckpointPass:
    """A stretch of time at a checkpoint, and the probability of having been within it."""

    interval: Interval
    checkpoint_id: CheckpointId
    p: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One thing to be reached, its weight in the share, and what is known of it.

    `name` is that of a checkpoint, or the place of the middle as longitude and latitude.
    """

    name: str
    weight: float
    p: float
    reach: Reach


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """The share of a grid's checkpoints, streets or parts that was reached.

    The truth lies between `share_low` and `share_high` nine times in ten; what is unknown
    counts as reached in the higher one.
    """

    grid_id: GridId
    kind: CoverageKind
    share: float
    share_low: float
    share_high: float
    targets: tuple[Target, ...]
    passes: tuple[CheckpointPass, ...] = ()


def weigh(
    names: Sequence[str], weight: Floats, p: Floats, *, may_be: Mask, rules: CoverageRules
) -> list[Target]:
    """Return the targets with what is known of each; those that `may_be` reached are not missed."""
    listed = zip(names, weight.tolist(), p.tolist(), may_be.tolist(), strict=True)
    return [
        Target(
            name=name, weight=share, p=round(likely, 3), reach=_reach(likely, rules, may_be=can_be)
        )
        for name, share, likely, can_be in listed
    ]


def _reach(p: float, rules: CoverageRules, *, may_be: bool) -> Reach:
    if p >= rules.reached_p:
        return Reach.REACHED
    return Reach.UNKNOWN if may_be or p >= rules.missed_p else Reach.NOT_REACHED


def name_places(plane: LocalPlane, x_m: Floats, y_m: Floats) -> list[str]:
    """Return longitude and latitude of each place as its name."""
    lat_deg, lon_deg = plane.to_degrees(x_m, y_m)
    return [f"{lon:.6f},{lat:.6f}" for lon, lat in zip(lon_deg, lat_deg, strict=True)]
