"""Where and how long somebody did not move: stay points, with gaps bridged.

A gap is evidence of being indoors, so a stay goes on across one whose two ends lie at the
same place; a detector that breaks there loses nearly all dwell of real days.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from patrol.geodesy import Floats
from patrol.track import Integers, Track


@dataclass(frozen=True, slots=True, kw_only=True)
class StayRules:
    """What counts as not moving."""

    radius_m: float = 50.0
    # Near its middle somebody is there; farther out the way to and from it begins.
    core_m: float = 35.0
    minimum_s: int = 300
    # Fixes may stray from a stay this long before it is over.
    stray_s: int = 90
    longest_gap_s: int = 2700
    # Between fixes farther apart than this the time is bridged, not observed.
    observed_gap_s: int = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Stay:
    """A stay: half-open span of epochs, its middle, and how much of it fixes show."""

    start_ms: int
    end_ms: int
    lat_deg: float
    lon_deg: float
    observed_ms: int
    bridged_ms: int


def find_stays(track: Track, rules: StayRules) -> list[Stay]:
    """Return the stays of a track, in order and disjoint."""
    if not len(track):
        return []
    plane = track.plane()
    x_m, y_m = plane.to_metres(track.lat_deg, track.lon_deg)
    stays = []
    for members in _clusters(track.epoch_ms, x_m, y_m, rules=rules):
        core, x_mid, y_mid = _core(members, x_m, y_m, core_m=rules.core_m)
        start_ms, end_ms = int(track.epoch_ms[core[0]]), int(track.epoch_ms[core[-1]])
        if end_ms - start_ms < rules.minimum_s * 1000:
            continue
        lat_deg, lon_deg = plane.to_degrees(np.array([x_mid]), np.array([y_mid]))
        steps_ms = np.diff(track.epoch_ms[core])
        bridged_ms = int(steps_ms[steps_ms > rules.observed_gap_s * 1000].sum())
        stays.append(
            Stay(
                start_ms=start_ms,
                end_ms=end_ms,
                lat_deg=float(lat_deg[0]),
                lon_deg=float(lon_deg[0]),
                observed_ms=end_ms - start_ms - bridged_ms,
                bridged_ms=bridged_ms,
            )
        )
    return stays


def _clusters(
    epoch_ms: Integers, x_m: Floats, y_m: Floats, *, rules: StayRules
) -> Iterator[list[int]]:
    """Yield the indices of fixes that stay around their own mean long enough."""
    times, xs, ys = epoch_ms.tolist(), x_m.tolist(), y_m.tolist()
    first = 0
    while first < len(times):
        members = _grow(first, times, xs, ys=ys, rules=rules)
        if times[members[-1]] - times[first] >= rules.minimum_s * 1000:
            yield members
            first = members[-1] + 1
        else:
            first += 1


def _grow(
    first: int, times: list[int], xs: list[float], *, ys: list[float], rules: StayRules
) -> list[int]:
    members = [first]
    x_sum, y_sum = xs[first], ys[first]
    for index in range(first + 1, len(times)):
        away_ms = times[index] - times[members[-1]]
        if away_ms > rules.longest_gap_s * 1000:
            break
        count = len(members)
        x_off, y_off = xs[index] - x_sum / count, ys[index] - y_sum / count
        if x_off * x_off + y_off * y_off <= rules.radius_m**2:
            members.append(index)
            x_sum += xs[index]
            y_sum += ys[index]
        elif away_ms > rules.stray_s * 1000:
            break
    return members


def _core(
    members: list[int], x_m: Floats, y_m: Floats, *, core_m: float
) -> tuple[Integers, float, float]:
    """Return the members from the first to the last one near the middle, and the middle."""
    index = np.array(members)
    x_mid, y_mid = float(np.median(x_m[index])), float(np.median(y_m[index]))
    away_m = np.hypot(x_m[index] - x_mid, y_m[index] - y_mid)
    near = np.flatnonzero(away_m <= max(core_m, float(away_m.min())))
    return index[near[0] : near[-1] + 1], x_mid, y_mid
