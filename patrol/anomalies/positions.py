"""Findings in where one terminal says it was: made up, elsewhere at once, or always the same."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

import numpy as np

from patrol.anomalies.findings import Finding, FindingKind, PositionRules, spanning
from patrol.anomalies.runs import runs_in_time, runs_of
from patrol.chains import outlines
from patrol.geodesy import Floats
from patrol.geofence import AuthorisedPlace
from patrol.intervals import Interval, merge
from patrol.messages import SCALE_E7, Flag
from patrol.track import UNKNOWN, FixColumns, Integers, Mask, Track, is_within

_MINUTE_MS = 60_000
_DISTINCT = 3


def find_mocked(
    fixes: FixColumns, duty: Sequence[Interval], *, rules: PositionRules
) -> Iterator[Finding]:
    """Yield when fixes on duty carried the flag of a made-up position."""
    is_mocked = (fixes.flags & Flag.MOCK) != 0
    if not is_mocked.any():
        return
    on_duty = is_within(fixes.epoch_ms, duty)
    told_ms = np.unique(fixes.epoch_ms[on_duty])
    mocked_ms = np.unique(fixes.epoch_ms[on_duty & is_mocked])
    for first, last in runs_in_time(mocked_ms, bridge_s=rules.mock_bridge_s):
        start_ms, end_ms = mocked_ms[[first, last]].tolist()
        flagged = last - first + 1
        told = np.count_nonzero((told_ms >= start_ms) & (told_ms <= end_ms))
        yield Finding(
            kind=FindingKind.MOCK_LOCATION,
            interval=spanning(start_ms, end_ms),
            evidence={"fixes": flagged, "share_pct": round(100 * flagged / int(told))},
        )


def find_teleports(track: Track, *, rules: PositionRules) -> Iterator[Finding]:
    """Yield when the terminal was elsewhere at once and not back within minutes."""
    x_m, y_m = track.plane().to_metres(track.lat_deg, track.lon_deg)
    leap_m = np.hypot(np.diff(x_m), np.diff(y_m))
    beyond_m = leap_m - _error_m(track, rules)
    step_s = np.maximum(np.diff(track.epoch_ms) / 1000, 1.0)
    leaps = np.flatnonzero((beyond_m > rules.leap_m) & (beyond_m > rules.leap_mps * step_s))
    begun = 0
    for leap in leaps.tolist():
        if leap < begun:
            continue
        later = leaps[leaps > leap]
        from_there_m = np.hypot(x_m[later + 1] - x_m[leap], y_m[later + 1] - y_m[leap])
        back = later[from_there_m <= max(leap_m[leap] / 2, rules.leap_back_m)]
        end = int(back[0]) if back.size else len(track) - 1
        away_ms = int(track.epoch_ms[end] - track.epoch_ms[leap + 1])
        before = track.at(slice(max(begun, leap + 1 - rules.alive_fixes), leap + 1))
        after = track.at(slice(leap + 1, min(end, leap + rules.alive_fixes) + 1))
        alive = _is_alive(before, rules) and _is_alive(after, rules)
        if alive and away_ms > rules.spike_s * 1000:
            yield Finding(
                kind=FindingKind.TELEPORT,
                interval=spanning(track.epoch_ms[leap + 1], track.epoch_ms[end]),
                evidence={
                    "distance_m": round(float(leap_m[leap])),
                    "step_s": round(float(step_s[leap])),
                    "fixes": end - leap,
                },
            )
        begun = end + 1 if back.size else leap + 1


def find_frozen(fixes: FixColumns, track: Track, *, rules: PositionRules) -> Iterator[Finding]:
    """Yield when one coordinate was repeated to the last digit, and something contradicts it."""
    same = (np.diff(track.lat_deg) == 0) & (np.diff(track.lon_deg) == 0)
    for first, last in _still(track, same, rules, least_s=rules.frozen_s):
        jump_m = _thaw_m(track, last, rules)
        moving = _speeds_told(fixes, track, first, last=last) >= rules.speed_while_frozen_mps * 100
        moving_share = float(np.mean(moving)) if moving.size >= rules.frozen_fixes else 0.0
        if jump_m or moving_share > 1 / 2:
            yield Finding(
                kind=FindingKind.FROZEN_RECEIVER,
                interval=spanning(track.epoch_ms[first], track.epoch_ms[last]),
                evidence={
                    "fixes": last - first + 1,
                    "jump_m": jump_m,
                    "moving_share_pct": round(100 * moving_share),
                },
            )


def find_at_rest(
    track: Track, places: Sequence[AuthorisedPlace], *, rules: PositionRules
) -> Iterator[Finding]:
    """Yield when the terminal lay still, closer than anybody keeps one who carries it.

    Time at authorised places is in order.
    """
    x_m, y_m = track.plane().to_metres(track.lat_deg, track.lon_deg)
    near = np.hypot(np.diff(x_m), np.diff(y_m)) <= rules.rest_m
    # Where it was in a long silence nobody knows.
    near &= np.diff(track.epoch_ms) <= rules.rest_gap_s * 1000
    for first, last in _still(track, near, rules, least_s=rules.rest_s):
        own = slice(first, last + 1)
        extent_m = max(float(np.ptp(x_m[own])), float(np.ptp(y_m[own])))
        here = slice(first, first + 1)
        if extent_m > rules.rest_m or _is_in_order(track.at(here), places):
            continue
        yield Finding(
            kind=FindingKind.TERMINAL_AT_REST,
            interval=spanning(track.epoch_ms[first], track.epoch_ms[last]),
            evidence={
                "extent_m": round(extent_m),
                "lasting_s": int(track.epoch_ms[last] - track.epoch_ms[first]) // 1000,
                "fixes": last - first + 1,
            },
        )


def find_ridden(track: Track, *, rules: PositionRules) -> Iterator[Finding]:
    """Yield when the terminal went at the speed of vehicles for longer than a grid is wide."""
    _, minutes = np.unique(track.epoch_ms // _MINUTE_MS, return_index=True)
    at_ms = track.epoch_ms[minutes]
    x_m, y_m = track.plane().to_metres(track.lat_deg[minutes], track.lon_deg[minutes])
    way_m = np.hypot(np.diff(x_m), np.diff(y_m))
    step_s = np.diff(at_ms) / 1000
    riding = (way_m >= rules.ridden_mps * step_s) & (way_m <= rules.leap_mps * step_s)
    riding &= step_s <= rules.ridden_bridge_s
    steps = [spanning(at_ms[one], at_ms[one + 1]) for one in np.flatnonzero(riding).tolist()]
    for ride in merge(steps, bridge=timedelta(seconds=rules.ridden_bridge_s)):
        if ride.length.total_seconds() >= rules.ridden_s:
            inside = is_within(at_ms[1:], [ride]) & riding
            yield Finding(
                kind=FindingKind.TERMINAL_RIDDEN,
                interval=ride,
                evidence={
                    "distance_m": round(float(way_m[inside].sum())),
                    "lasting_s": round(ride.length.total_seconds()),
                },
            )


def _error_m(track: Track, rules: PositionRules) -> Floats:
    """Return how far errors alone may move each fix from the one before."""
    result: Floats = rules.error_spreads * np.hypot(track.sigma_m[1:], track.sigma_m[:-1])
    return result


def _is_alive(track: Track, rules: PositionRules) -> bool:
    """Return whether these fixes are of a receiver that sees the sky: several, and they vary."""
    places = {*zip(track.lat_deg.tolist(), track.lon_deg.tolist(), strict=True)}
    return len(track) >= rules.alive_fixes and len(places) >= _DISTINCT


def _still(
    track: Track, same: Mask, rules: PositionRules, *, least_s: float
) -> Iterator[tuple[int, int]]:
    """Yield first and last fix of runs of equal ones that last."""
    firsts, lasts = runs_of(same)
    lasting_ms = track.epoch_ms[lasts] - track.epoch_ms[firsts]
    long = (lasting_ms >= least_s * 1000) & (lasts - firsts + 1 >= rules.frozen_fixes)
    yield from zip(firsts[long].tolist(), lasts[long].tolist(), strict=True)


def _thaw_m(track: Track, last: int, rules: PositionRules) -> int:
    """Return how far the fix after the last equal one jumped to stay away, or 0."""
    after = track.at(slice(last, last + 2 + rules.alive_fixes))
    if len(after) < 2 + rules.alive_fixes:
        return 0
    x_m, y_m = after.plane().to_metres(after.lat_deg, after.lon_deg)
    away_m = np.hypot(x_m, y_m)
    beyond_m = float(away_m[1] - _error_m(after, rules)[0])
    step_s = (after.epoch_ms[1] - after.epoch_ms[0]) / 1000
    jumped = beyond_m > max(rules.thaw_m, rules.thaw_mps * step_s)
    if jumped and step_s <= rules.thaw_step_s and float(np.median(away_m[1:])) > rules.thaw_m:
        return round(float(away_m[1]))
    return 0


def _speeds_told(fixes: FixColumns, track: Track, first: int, *, last: int) -> Integers:
    """Return the speeds that the receiver reported with one coordinate, in cm/s."""
    if fixes.speed_cmps is None:
        return np.array([], dtype=np.int64)
    own = (fixes.epoch_ms >= track.epoch_ms[first]) & (fixes.epoch_ms <= track.epoch_ms[last])
    own &= fixes.lat_e7 == round(float(track.lat_deg[first]) * SCALE_E7)
    own &= fixes.lon_e7 == round(float(track.lon_deg[first]) * SCALE_E7)
    own &= fixes.speed_cmps != UNKNOWN
    told = np.unique(np.stack([fixes.epoch_ms[own], fixes.speed_cmps[own]]), axis=1)
    speeds: Integers = told[1]
    return speeds


def _is_in_order(here: Track, places: Sequence[AuthorisedPlace]) -> bool:
    # Indoors a receiver errs by more than it says.
    return any(
        float(outlines.signed_m(place.area, here.lat_deg, here.lon_deg)[0])
        <= 3 * float(here.sigma_m[0])
        for place in places
    )
