"""Reflections: a signal that comes by way of a wall moves a track away, and later back."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from patrol.geodesy import Floats
from patrol.track import Track


@dataclass(frozen=True, slots=True, kw_only=True)
class ReflectionRules:
    """When a leap that the opposite one undoes is taken back; metres, seconds.

    A leap is faster than `fastest_mps` by `spreads` standard deviations. The opposite one
    differs from it by at most `likeness` of the shorter one and comes within `longest_s`.
    """

    longest_m: float = 150.0
    fastest_mps: float = 2.0
    spreads: float = 1.5
    likeness: float = 0.6
    longest_step_s: float = 60.0
    longest_s: float = 420.0


def undo_reflections(
    track: Track, signed_m: Floats, *, border_m: float, rules: ReflectionRules
) -> Floats:
    """Return the distances without what a leap added until the opposite leap undid it.

    Only leaps that lead farther than `border_m` beyond the border matter.
    """
    x_m, y_m = track.plane().to_metres(track.lat_deg, track.lon_deg)
    dx_m, dy_m, step_ms = (one[1:] - one[:-1] for one in (x_m, y_m, track.epoch_ms))
    made_m, steps_s = np.hypot(dx_m, dy_m), step_ms / 1000
    noise_m = rules.spreads * np.hypot(track.sigma_m[1:], track.sigma_m[:-1])
    is_leap = made_m - rules.fastest_mps * steps_s > noise_m
    is_leap &= (made_m <= rules.longest_m) & (steps_s <= rules.longest_step_s)
    leaps = np.flatnonzero(is_leap)
    undone = signed_m.copy()
    latest_ms = track.epoch_ms[leaps] + rules.longest_s * 1000
    ends = np.searchsorted(track.epoch_ms[leaps + 1], latest_ms, side="right")
    # Only what is led over the border matters.
    ends[signed_m[leaps + 1] <= np.maximum(signed_m[leaps], border_m)] = 0
    leap_m = dx_m[leaps] + 1j * dy_m[leaps]
    for one, other in _opposites(leap_m, ends.tolist(), likeness=rules.likeness):
        start, end = leaps[one], leaps[other]
        undone[start + 1 : end + 1] -= signed_m[start + 1] - signed_m[start]
    return undone


def _opposites(
    leap_m: NDArray[np.complex128], ends: list[int], *, likeness: float
) -> Iterator[tuple[int, int]]:
    """Yield each leap and the first one before its end that undoes it; pairs do not overlap."""
    following = 0
    for one, end in enumerate(ends):
        if one < following or end <= one + 1:
            continue
        after = leap_m[one + 1 : end]
        shorter_m = np.minimum(np.abs(after), abs(leap_m[one]))
        opposite = np.flatnonzero(np.abs(after + leap_m[one]) <= likeness * shorter_m)
        if opposite.size:
            following = one + 2 + int(opposite[0])
            yield one, following - 1
