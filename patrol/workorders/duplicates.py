"""Which orders may be about the same matter: people decide, nothing is merged by itself."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple

import numpy as np

from patrol.geodesy import LocalPlane
from patrol.messages import SCALE_E7
from patrol.workorders.terms import DuplicateRule
from patrol.workorders.values import OrderState, Place, StepKind
from patrol.workorders.verification import accuracy_m, distance_m


@dataclass(frozen=True, slots=True, order=True)
class Candidate:
    """An order that may be about the same matter: how far away, how much earlier or later."""

    distance_m: int
    apart: timedelta
    order_id: str


class Box(NamedTuple):
    """Between which parallels and meridians duplicates lie, 1e-7 degree."""

    south_e7: int
    west_e7: int
    north_e7: int
    east_e7: int


def find_duplicates(
    rule: DuplicateRule, order: OrderState, others: Iterable[OrderState]
) -> list[Candidate]:
    """Return the others of one category near in place and time, the nearest first.

    How far two places may really lie apart counts in favour, up to the radius once more. Orders
    that were cancelled or merged, and those without a place, are none.
    """
    found = []
    for other in others:
        apart = abs(order.opened_at - other.opened_at)
        is_like = other.order_id != order.order_id and other.category == order.category
        is_there = other.step_kind not in (StepKind.CANCELLED, StepKind.MERGED)
        if not is_like or not is_there or apart > rule.within:
            continue
        away_m = _away_m(rule, order.place, other.place)
        if away_m is not None:
            found.append(Candidate(round(away_m), apart, other.order_id))
    return sorted(found)


def box_around(rule: DuplicateRule, place: Place) -> Box:
    """Return a box that holds all places near enough; the antimeridian is not crossed by it."""
    plane = LocalPlane(place.lat_e7 / SCALE_E7, place.lon_e7 / SCALE_E7)
    reach = 2 * rule.radius_m * np.array([-1.0, 1.0])
    lat_deg, lon_deg = plane.to_degrees(reach, reach)
    south, north = (round(float(one) * SCALE_E7) for one in lat_deg)
    west, east = (round(float(one) * SCALE_E7) for one in lon_deg)
    return Box(south - 1, west - 1, north + 1, east + 1)


def _away_m(rule: DuplicateRule, one: Place | None, other: Place | None) -> float | None:
    """Return the distance of two places that are near enough, else None."""
    if one is None or other is None:
        return None
    away_m = distance_m(one, other)
    allowed_m = rule.radius_m + min(rule.radius_m, accuracy_m(one) + accuracy_m(other))
    return away_m if away_m <= allowed_m else None
