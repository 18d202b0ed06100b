"""Where somebody was seen on duty, and where they can have been while they were not."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from patrol.fix import epoch_ms, epoch_of
from patrol.geodesy import Floats
from patrol.intervals import Interval, subtract, total
from patrol.track import Integers, Mask, Track

_NONE = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class SightingRules:
    """What lies between two fixes; metres, seconds.

    `extra_m` is added to the spread of every fix. Between two fixes, somebody slower than
    `straight_mps` went straight on, and is seen every `between_m`. A silence begins at
    `silent_from_s`; meanwhile nobody comes farther than at `reach_mps`.
    """

    extra_m: float = 6.0
    straight_mps: float = 3.0
    between_m: float = 8.0
    silent_from_s: float = 45.0
    reach_mps: float = 1.6


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Sightings:
    """Fixes on duty and the ways between them as places in the order of time.

    `is_fix` says which are fixes, `is_visit` which fall into a visit. Silence k lies between the places `before[k]` and
    `after[k]`, -1 where duty began or ended in it, and left time for a way of `way_m`.
    """

    at_ms: Integers
    lat_deg: Floats
    lon_deg: Floats
    spread_m: Floats
    is_fix: Mask
    is_visit: Mask
    before: Integers
    after: Integers
    way_m: Floats

    def can_have_been(self, away_m: Callable[[Floats, Floats], Floats]) -> Mask:
        """Return which targets some silence left the time for.

        `away_m(lat_deg, lon_deg)` is how far places (rows) lie from the targets (columns).
        """
        way_m = np.zeros((len(self.way_m), 1))
        for ends in (self.before, self.after):
            known = ends != _NONE
            there_m = away_m(self.lat_deg[ends[known]], self.lon_deg[ends[known]])
            leg_m = np.zeros((len(ends), there_m.shape[1]))
            leg_m[known] = there_m
            way_m = way_m + leg_m
        result: Mask = np.any(way_m <= self.way_m[:, None], axis=0)
        return result


def see(
    track: Track, duty: Interval, visits: Sequence[Interval], *, rules: SightingRules
) -> Sightings:
    """Return what is known of where somebody was within `duty`."""
    first, last = np.searchsorted(track.epoch_ms, [epoch_ms(duty.start), epoch_ms(duty.end)])
    fixes = track.at(slice(int(first), int(last)))
    share, fix = _between(fixes, rules)
    after = np.minimum(fix + 1, len(fixes) - 1)
    at_ms = np.rint(_mixed(fixes.epoch_ms, fix, after, share=share)).astype(np.int64)
    lat_deg, lon_deg = _places(fixes, fix, after, share=share)
    of_fix = np.append(np.flatnonzero(share == 0.0), _NONE)
    silences = _silences(fixes, duty, visits, rules=rules)
    return Sightings(
        at_ms=at_ms,
        lat_deg=lat_deg,
        lon_deg=lon_deg,
        spread_m=np.hypot(np.maximum(fixes.sigma_m[fix], fixes.sigma_m[after]), rules.extra_m),
        is_fix=share == 0.0,
        is_visit=_are_within(at_ms, visits),
        before=of_fix[[before for before, _, _ in silences]],
        after=of_fix[[after for _, after, _ in silences]],
        way_m=np.array([way_m for _, _, way_m in silences]),
    )


def _are_within(at_ms: Integers, intervals: Sequence[Interval]) -> Mask:
    """Return which times lie in any of the intervals."""
    within = np.zeros(len(at_ms), dtype=bool)
    for one in intervals:
        first, last = np.searchsorted(at_ms, [epoch_ms(one.start), epoch_ms(one.end)])
        within[first:last] = True
    return within


def _between(fixes: Track, rules: SightingRules) -> tuple[Floats, Integers]:
    """Return places as shares of the way from a fix to the next, and the index of that fix."""
    count = np.ones(len(fixes), dtype=np.int64)
    if len(fixes) > 1:
        x_m, y_m = fixes.plane().to_metres(fixes.lat_deg, fixes.lon_deg)
        made_m, took_s = np.hypot(np.diff(x_m), np.diff(y_m)), np.diff(fixes.epoch_ms) / 1000
        straight = (took_s <= rules.silent_from_s) & (made_m <= rules.straight_mps * took_s)
        count[:-1] += np.where(straight, made_m / rules.between_m, 0).astype(np.int64)
    fix = np.repeat(np.arange(len(fixes)), count)
    nth = np.arange(len(fix)) - np.repeat(np.cumsum(count) - count, count)
    return nth / count[fix], fix


def _places(
    fixes: Track, fix: Integers, after: Integers, *, share: Floats
) -> tuple[Floats, Floats]:
    if not len(fixes):
        return fixes.lat_deg, fixes.lon_deg
    # In metres: longitudes on either side of the antimeridian have no middle.
    plane = fixes.plane()
    x_m, y_m = plane.to_metres(fixes.lat_deg, fixes.lon_deg)
    return plane.to_degrees(
        _mixed(x_m, fix, after, share=share), _mixed(y_m, fix, after, share=share)
    )


def _mixed(values: Floats | Integers, fix: Integers, after: Integers, *, share: Floats) -> Floats:
    result: Floats = values[fix] + (values[after] - values[fix]) * share
    return result


def _silences(
    fixes: Track, duty: Interval, visits: Sequence[Interval], *, rules: SightingRules
) -> list[tuple[int, int, float]]:
    """Return the fixes before and after each silence, and how far one comes in it, metres."""
    borders = [epoch_ms(duty.start), *fixes.epoch_ms.tolist(), epoch_ms(duty.end)]
    found = []
    for gap in np.flatnonzero(np.diff(borders) > rules.silent_from_s * 1000).tolist():
        silence = Interval(epoch_of(borders[gap]), epoch_of(borders[gap + 1]))
        # Who was indoors on a visit was nowhere else.
        free_s = total(subtract([silence], visits)).total_seconds()
        if free_s > rules.silent_from_s:
            following = gap if gap < len(fixes) else _NONE
            found.append((gap - 1, following, free_s * rules.reach_mps))
    return found
