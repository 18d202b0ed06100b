"""What becomes of each fix: stored, dropped because it is off duty, or set aside.

Only what was on duty is stored. A fix whose epoch is off duty is dropped, unless it was heard
while the worker was on duty and its epoch is what a wrong clock makes of that moment: then it
is set aside, for it says something of the terminal, and a person may want to look at it.
"""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from ingest.writing.fixes import Fixes, Index
from ingest.writing.roster import Roster
from patrol.messages import Flag
from patrol.track import Integers, Mask

_SECOND_MS = 1000
_HOUR_MS = 3600 * _SECOND_MS
_DAY_MS = 24 * _HOUR_MS
# Receivers count weeks with ten bits: 1,024 weeks are a round.
_ROUND_MS = 1024 * 7 * _DAY_MS
# How late a fix with an epoch of the round before may be.
_LATEST_MS = 3 * _DAY_MS
# The farthest that time zones lie apart, and how far from a whole hour a fix may come in: a
# live one comes within seconds.
_MOST_HOURS = 26
_NEAR_HOUR_MS = 120 * _SECOND_MS
# The same epoch this far away, in 1e-7 degrees, is not the same solution written in another
# way: some 10 m.
_ELSEWHERE_E7 = 1000


class Fate(IntEnum):
    """What becomes of a fix; from AHEAD on, the kinds of `set_aside_fix`."""

    STORED = 0
    OFF_DUTY = 1
    KNOWN = 2
    AHEAD = 3
    HOURS = 4
    WEEKS = 5
    REPEATED = 6

    @property
    def kind(self) -> str:
        """The word of `set_aside_fix` for it."""
        return self.name.lower()


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Fated:
    """Fixes with their terminals' codes, what becomes of each, and the duty of what is stored."""

    fixes: Fixes
    codes: Integers
    fates: Integers
    duty: Integers

    def where(self, fate: Fate) -> Mask:
        """Return where a fix has this fate."""
        mask: Mask = self.fates == fate
        return mask

    @property
    def on_duty(self) -> Mask:
        """Where the epoch of a fix is one of duty, whatever else is known of it."""
        own = [int(Fate.STORED), int(Fate.KNOWN), int(Fate.REPEATED)]
        mask: Mask = np.isin(self.fates, own)
        return mask

    @property
    def set_aside(self) -> Mask:
        """Where a fix is set aside."""
        mask: Mask = self.fates >= Fate.AHEAD
        return mask


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """When a batch was received, and how far ahead of that an epoch may be, in milliseconds."""

    now_ms: int
    future_ms: int


def find_fates(fixes: Fixes, codes: Integers, roster: Roster, *, clock: Clock) -> Fated:
    """Return what becomes of fixes of terminals with these `codes` in the `roster`."""
    ahead = fixes.epoch_ms > clock.now_ms + clock.future_ms
    duty = roster.duty_at(codes, np.where(ahead, clock.now_ms, fixes.epoch_ms))
    fates = np.where(ahead | (duty < 0), int(Fate.OFF_DUTY), int(Fate.STORED))
    fates[ahead & (duty >= 0)] = Fate.AHEAD
    odd = np.flatnonzero((duty < 0) & ~ahead)
    if len(odd):
        fates[odd] = _fates_of_odd(fixes.at(odd), codes[odd], roster, clock=clock)
    _tell_repeats(fixes, codes, fates)
    return Fated(fixes=fixes, codes=codes, fates=fates, duty=duty)


def tell_elsewhere(lat_e7: Integers, lon_e7: Integers) -> Mask:
    """Return whether differences of two fixes of one epoch are those of two places."""
    far: Mask = np.maximum(np.abs(lat_e7), np.abs(lon_e7)) > _ELSEWHERE_E7
    return far


def _fates_of_odd(fixes: Fixes, codes: Integers, roster: Roster, *, clock: Clock) -> Integers:
    """Return the fates of fixes that are of the past and off duty."""
    fates = np.full(len(fixes), int(Fate.OFF_DUTY))
    behind_ms = clock.now_ms - fixes.epoch_ms
    hours = (behind_ms + _HOUR_MS // 2) // _HOUR_MS
    is_live = fixes.values["flags"] & Flag.LATE == 0
    is_live &= np.abs(behind_ms - hours * _HOUR_MS) <= _NEAR_HOUR_MS
    weeks_ms = behind_ms - _ROUND_MS
    suspects = (
        (Fate.HOURS, is_live & (hours >= 1) & (hours <= _MOST_HOURS), hours * _HOUR_MS),
        (Fate.WEEKS, (-clock.future_ms <= weeks_ms) & (weeks_ms <= _LATEST_MS), _ROUND_MS),
    )
    for fate, suspect, off_ms in suspects:
        at = np.flatnonzero(suspect)
        if len(at):
            meant_ms = (fixes.epoch_ms + off_ms)[at]
            fates[at[roster.duty_at(codes[at], meant_ms) >= 0]] = fate
    return fates


def _tell_repeats(fixes: Fixes, codes: Integers, fates: Integers) -> None:
    """Let each epoch of a terminal be stored once; the same one at another place is set aside."""
    stored = np.flatnonzero(fates == Fate.STORED)
    order: Index = stored[np.lexsort((fixes.epoch_ms[stored], codes[stored]))]
    same = (np.diff(codes[order]) == 0) & (np.diff(fixes.epoch_ms[order]) == 0)
    if not same.any():
        return
    # Sorting keeps the order of arrival: the first of each epoch stays.
    again = np.append(False, same)
    first = order[np.maximum.accumulate(np.where(again, 0, np.arange(len(order))))]
    far = tell_elsewhere(
        fixes.lat_e7[order] - fixes.lat_e7[first], fixes.lon_e7[order] - fixes.lon_e7[first]
    )
    fates[order[again]] = np.where(far[again], int(Fate.REPEATED), int(Fate.KNOWN))
