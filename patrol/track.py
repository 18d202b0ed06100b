"""From stored fixes to a clean track: in order, without duplicates and outliers.

The result depends on the set of fixes alone, not on the order in which they arrived.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from patrol.fix import MEASURED, epoch_ms
from patrol.geodesy import Floats, LocalPlane
from patrol.intervals import Interval
from patrol.messages import SCALE_E7, Flag

Integers: TypeAlias = NDArray[np.int64]
Mask: TypeAlias = NDArray[np.bool_]

# The radius that holds 68 % of a circular normal error, in standard deviations of an axis.
RADIUS_68 = 1.515

# Stands for "not known" in integer columns; no column reaches it.
UNKNOWN = np.iinfo(np.int32).min


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class FixColumns:
    """Fixes as stored, one array a column, in any order; UNKNOWN where not known.

    The last three are None where nobody knows them: when the server had the fix, the speed
    that the receiver reported, and a number for the terminal.
    """

    epoch_ms: Integers
    lat_e7: Integers
    lon_e7: Integers
    accuracy_dm: Integers
    hdop_d: Integers
    quality: Integers
    flags: Integers
    received_ms: Integers | None = None
    speed_cmps: Integers | None = None
    terminal: Integers | None = None

    def __len__(self) -> int:
        return len(self.epoch_ms)

    def at(self, index: Mask) -> "FixColumns":
        """Return the fixes where `index` is true."""
        columns: dict[str, Any] = {one.name: getattr(self, one.name) for one in fields(self)}
        picked: dict[str, Any] = {
            name: None if one is None else one[index] for name, one in columns.items()
        }
        return FixColumns(**picked)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackRules:
    """Which fixes are evidence, and how much a receiver's own word is worth.

    `max_speed_mps` is faster than anybody goes in a grid. Receivers are optimists: the error
    is `optimism` times what they say (measured: 47 % of fixes within the radius of 68 %).
    Where they do not say, `hdop_m` for each unit of HDOP is the spread of an axis, and
    without an HDOP it is `unknown_m`.
    """

    max_accuracy_m: float = 100.0
    max_speed_mps: float = 40.0
    optimism: float = 1.6
    hdop_m: float = 4.0
    unknown_m: float = 12.0


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Track:
    """Usable fixes of one worker in the order of their epochs, no two at the same one.

    `accuracy_m` is the receiver's word (68 % radius, or made from HDOPs where it mostly says
    none), NaN where it said nothing; `sigma_m` is the spread of each axis that is believed, never
    NaN.
    """

    epoch_ms: Integers
    lat_deg: Floats
    lon_deg: Floats
    accuracy_m: Floats
    sigma_m: Floats

    def __len__(self) -> int:
        return len(self.epoch_ms)

    def at(self, index: Mask | slice) -> "Track":
        """Return the fixes at `index`, which keeps their order."""
        return Track(
            epoch_ms=self.epoch_ms[index],
            lat_deg=self.lat_deg[index],
            lon_deg=self.lon_deg[index],
            accuracy_m=self.accuracy_m[index],
            sigma_m=self.sigma_m[index],
        )

    def plane(self) -> LocalPlane:
        """Return a plane around the track; the track must not be empty."""
        return LocalPlane(float(self.lat_deg[0]), float(self.lon_deg[0]))


def is_within(at_ms: Integers, intervals: Iterable[Interval]) -> Mask:
    """Return which times lie in one of the half-open intervals."""
    result = np.zeros(len(at_ms), dtype=np.bool_)
    for one in intervals:
        result |= (at_ms >= epoch_ms(one.start)) & (at_ms < epoch_ms(one.end))
    return result


def median(values: Floats) -> float:
    """Return the median of some values: what NumPy says, without the time that it takes."""
    ordered, half = np.sort(values), len(values) // 2
    return float((ordered[half] + ordered[-half - 1]) / 2)


def build_track(fixes: FixColumns, rules: TrackRules) -> Track:
    """Return the usable fixes as a track."""
    ordered = _drop_repeats(_select(fixes, np.flatnonzero(_is_usable(fixes, rules))))
    sigma_m = _spread(ordered, rules)
    track = Track(
        epoch_ms=ordered.epoch_ms,
        lat_deg=ordered.lat_e7 / SCALE_E7,
        lon_deg=ordered.lon_e7 / SCALE_E7,
        accuracy_m=_word(ordered, sigma_m, rules),
        sigma_m=sigma_m,
    )
    return _drop_spikes(track, rules.max_speed_mps)


def _spread(fixes: FixColumns, rules: TrackRules) -> Floats:
    """Return the standard deviation of an axis: a 68 % radius is 1.515 of them."""
    by_hdop = np.where(fixes.hdop_d == UNKNOWN, rules.unknown_m, fixes.hdop_d / 10 * rules.hdop_m)
    by_accuracy = rules.optimism * fixes.accuracy_dm / 10 / RADIUS_68
    result: Floats = np.where(fixes.accuracy_dm == UNKNOWN, by_hdop, by_accuracy)
    return result


def _word(fixes: FixColumns, sigma_m: Floats, rules: TrackRules) -> Floats:
    """Return what the receiver says of its accuracy, metres; NaN where nothing.

    A receiver that mostly does not may have an HDOP, which is as blurred indoors.
    """
    said = fixes.accuracy_dm != UNKNOWN
    if 2 * said.sum() >= len(said):
        return np.where(said, fixes.accuracy_dm / 10, np.nan)
    by_hdop = sigma_m * RADIUS_68 / rules.optimism
    return np.where(said | (fixes.hdop_d != UNKNOWN), by_hdop, np.nan)


def _is_usable(fixes: FixColumns, rules: TrackRules) -> Mask:
    measured = fixes.quality == UNKNOWN
    for quality in MEASURED:
        measured |= fixes.quality == quality
    # UNKNOWN lies below every limit: a receiver that does not say is not thereby blurred.
    sharp = fixes.accuracy_dm <= rules.max_accuracy_m * 10
    mocked = (fixes.flags & Flag.MOCK) != 0
    result: Mask = measured & sharp & ~mocked
    return result


def _drop_repeats(fixes: FixColumns) -> FixColumns:
    if np.all(fixes.epoch_ms[1:] > fixes.epoch_ms[:-1]):
        return fixes
    # Of several fixes at one epoch (two terminals, or a repeat) the sharpest stays; what is
    # left undecided is decided by content, never by the order of arrival.
    accuracy, hdop = (
        np.where(word == UNKNOWN, np.iinfo(np.int64).max, word)
        for word in (fixes.accuracy_dm, fixes.hdop_d)
    )
    order = np.lexsort((fixes.lon_e7, fixes.lat_e7, hdop, accuracy, fixes.epoch_ms))
    ordered = _select(fixes, order)
    first = np.ones(len(ordered), dtype=bool)
    first[1:] = ordered.epoch_ms[1:] != ordered.epoch_ms[:-1]
    return _select(ordered, first)


def _drop_spikes(track: Track, max_speed_mps: float) -> Track:
    """Drop fixes that jump away and back: too fast from both neighbours, which agree."""
    if len(track) < 3:  # noqa: PLR2004 - a spike has two neighbours
        return track
    x_m, y_m = track.plane().to_metres(track.lat_deg, track.lon_deg)
    dx_m, dy_m, step_ms = (one[1:] - one[:-1] for one in (x_m, y_m, track.epoch_ms))
    to_next = np.hypot(dx_m, dy_m) / (step_ms / 1000)
    across = np.hypot(x_m[2:] - x_m[:-2], y_m[2:] - y_m[:-2])
    across /= (track.epoch_ms[2:] - track.epoch_ms[:-2]) / 1000
    spike = np.zeros(len(track), dtype=bool)
    spike[1:-1] = (
        (to_next[:-1] > max_speed_mps) & (to_next[1:] > max_speed_mps) & (across <= max_speed_mps)
    )
    return track.at(~spike) if spike.any() else track


def _select(fixes: FixColumns, index: Mask | Integers) -> FixColumns:
    return FixColumns(
        epoch_ms=fixes.epoch_ms[index],
        lat_e7=fixes.lat_e7[index],
        lon_e7=fixes.lon_e7[index],
        accuracy_dm=fixes.accuracy_dm[index],
        hdop_d=fixes.hdop_d[index],
        quality=fixes.quality[index],
        flags=fixes.flags[index],
    )
