"""Whether somebody who tells of a place was there: a fact that is noted, never a refusal."""

from typing import Final, NamedTuple

import numpy as np

from patrol.geodesy import LocalPlane
from patrol.messages import SCALE_E7
from patrol.workorders.terms import VerificationRule
from patrol.workorders.values import Nearness, Place

# What receivers that say nothing of their accuracy usually have, as a radius for 68 %.
USUAL_ACCURACY_DM: Final = 150

_DM_PER_M: Final = 10
# Receivers claim a radius for 68 %; twice as far holds nearly all.
_NEARLY_ALL: Final = 2


class Found(NamedTuple):
    """How far from the matter somebody was, whole metres, and what follows for being there."""

    distance_m: int | None
    nearness: Nearness


def nearness_of(rule: VerificationRule, matter: Place | None, at: Place | None) -> Found:
    """Return how near `at` is to the place of a matter.

    Far is what is beyond the limit with twice both errors; near is what is within it by two
    positions that are sharper than it. All else, and a fix that is old or of no known age, is
    unknown.
    """
    if matter is None or at is None:
        return Found(None, Nearness.UNKNOWN)
    away_m = distance_m(matter, at)
    errors_m = accuracy_m(matter), accuracy_m(at)
    nearness = Nearness.UNKNOWN
    if at.age_s is None or at.age_s > rule.oldest_fix.total_seconds():
        pass
    elif away_m > rule.within_m + _NEARLY_ALL * sum(errors_m):
        nearness = Nearness.FAR
    elif away_m <= rule.within_m and max(errors_m) <= rule.within_m:
        nearness = Nearness.NEAR
    return Found(round(away_m), nearness)


def distance_m(one: Place, other: Place) -> float:
    """Return how far two places lie apart on the ground, in metres."""
    plane = LocalPlane(one.lat_e7 / SCALE_E7, one.lon_e7 / SCALE_E7)
    x_m, y_m = plane.to_metres(
        np.array([other.lat_e7 / SCALE_E7]), np.array([other.lon_e7 / SCALE_E7])
    )
    return float(np.hypot(x_m, y_m)[0])


def accuracy_m(place: Place) -> float:
    """Return the radius that holds 68 % of a place's error, the usual one where none is told."""
    told = place.accuracy_dm if place.accuracy_dm is not None else USUAL_ACCURACY_DM
    return told / _DM_PER_M
