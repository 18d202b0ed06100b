"""From stored fixes to a clean track: in order, without duplicates and outliers.

The result depends on the set of fixes alone, not on the order in which they arrived.
"""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from patrol.fix import MEASURED
from patrol.geodesy import Floats, LocalPlane
from patrol.messages import SCALE_E7, Flag

Integers: TypeAlias = NDArray[np.int64]
Mask: TypeAlias = NDArray[np.bool_]

# Stands for "not known" in integer columns; no column reaches it.
UNKNOWN = np.iinfo(np.int32).min


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class FixColumns:
    """Fixes as stored, one array a column, in any order; UNKNOWN where not known."""

    epoch_ms: Integers
    lat_e7: Integers
    lon_e7: Integers
    accuracy_dm: Integers
    quality: Integers
    flags: Integers

    def __len__(self) -> int:
        return len(self.epoch_ms)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackRules:
    """Which fixes are evidence. `max_speed_mps` is faster than anybody goes in a grid."""

    max_accuracy_m: float = 100.0
    max_speed_mps: float = 40.0


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Track:
    """Usable fixes of one worker in the order of their epochs, no two at the same one."""

    epoch_ms: Integers
    lat_deg: Floats
    lon_deg: Floats

    def __len__(self) -> int:
        return len(self.epoch_ms)

    def plane(self) -> LocalPlane:
        """Return a plane around the track; the track must not be empty."""
        return LocalPlane(float(self.lat_deg[0]), float(self.lon_deg[0]))


def build_track(fixes: FixColumns, rules: TrackRules) -> Track:
    """Return the usable fixes as a track."""
    usable = _select(fixes, _is_usable(fixes, rules))
    ordered = _drop_repeats(usable)
    track = Track(
        epoch_ms=ordered.epoch_ms,
        lat_deg=ordered.lat_e7 / SCALE_E7,
        lon_deg=ordered.lon_e7 / SCALE_E7,
    )
    return _drop_spikes(track, rules.max_speed_mps)


def _is_usable(fixes: FixColumns, rules: TrackRules) -> Mask:
    measured = np.isin(fixes.quality, [UNKNOWN, *MEASURED])
    # UNKNOWN lies below every limit: a receiver that does not say is not thereby blurred.
    sharp = fixes.accuracy_dm <= rules.max_accuracy_m * 10
    mocked = (fixes.flags & Flag.MOCK) != 0
    result: Mask = measured & sharp & ~mocked
    return result


def _drop_repeats(fixes: FixColumns) -> FixColumns:
    # Of several fixes at one epoch (two terminals, or a repeat) the sharpest stays; what is
    # left undecided is decided by content, never by the order of arrival.
    sharpness = np.where(fixes.accuracy_dm == UNKNOWN, np.iinfo(np.int64).max, fixes.accuracy_dm)
    order = np.lexsort((fixes.lon_e7, fixes.lat_e7, sharpness, fixes.epoch_ms))
    ordered = _select(fixes, order)
    first = np.ones(len(ordered), dtype=bool)
    first[1:] = ordered.epoch_ms[1:] != ordered.epoch_ms[:-1]
    return _select(ordered, first)


def _drop_spikes(track: Track, max_speed_mps: float) -> Track:
    """Drop fixes that jump away and back: too fast from both neighbours, which agree."""
    if len(track) < 3:  # noqa: PLR2004 - a spike has two neighbours
        return track
    x_m, y_m = track.plane().to_metres(track.lat_deg, track.lon_deg)
    to_next = np.hypot(np.diff(x_m), np.diff(y_m)) / (np.diff(track.epoch_ms) / 1000)
    across = np.hypot(x_m[2:] - x_m[:-2], y_m[2:] - y_m[:-2])
    across /= (track.epoch_ms[2:] - track.epoch_ms[:-2]) / 1000
    spike = np.zeros(len(track), dtype=bool)
    spike[1:-1] = (
        (to_next[:-1] > max_speed_mps) & (to_next[1:] > max_speed_mps) & (across <= max_speed_mps)
    )
    return Track(
        epoch_ms=track.epoch_ms[~spike],
        lat_deg=track.lat_deg[~spike],
        lon_deg=track.lon_deg[~spike],
    )


def _select(fixes: FixColumns, index: Mask | Integers) -> FixColumns:
    return FixColumns(
        epoch_ms=fixes.epoch_ms[index],
        lat_e7=fixes.lat_e7[index],
        lon_e7=fixes.lon_e7[index],
        accuracy_dm=fixes.accuracy_dm[index],
        quality=fixes.quality[index],
        flags=fixes.flags[index],
    )
