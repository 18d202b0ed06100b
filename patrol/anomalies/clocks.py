"""Findings in the epochs of one terminal: off by a constant, by rounds of weeks, stuck, drifting.

What proves a clock wrong is the time at which the server had its fixes, where that is known.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from patrol.anomalies.findings import ClockRules, Finding, FindingKind, spanning
from patrol.geodesy import Floats
from patrol.intervals import Interval
from patrol.track import UNKNOWN, FixColumns, Integers, is_within, median

_HOUR_S = 3600
# Receivers count weeks with ten bits: 1,024 weeks are a round.
ROUND_MS = 1024 * 7 * 24 * _HOUR_S * 1000
# Nothing is stored and forwarded for longer; a clock that is off by more is another finding.
_LATEST_MS = 3 * 24 * _HOUR_S * 1000


class _Line(NamedTuple):
    """The least lateness of each while: when that was heard, and how much it was, in seconds."""

    heard_s: Floats
    late_s: Floats

    def slope(self) -> float:
        """Return seconds a second: the median over all pairs (Theil 1950, Sen 1968)."""
        one, other = _pairs(len(self.heard_s))
        heard_s = self.heard_s[other] - self.heard_s[one]
        return median((self.late_s[other] - self.late_s[one]) / heard_s)


def find_rollover(
    fixes: FixColumns, duty: Sequence[Interval], *, rules: ClockRules
) -> Iterator[Finding]:
    """Yield when epochs would lie in the duty if they were 1,024 weeks later."""
    true_ms = fixes.epoch_ms + ROUND_MS
    true_ms = np.unique(true_ms[is_within(true_ms, duty)])
    if len(true_ms) >= rules.few_fixes:
        yield Finding(
            kind=FindingKind.CLOCK_ROLLOVER,
            interval=spanning(true_ms[0], true_ms[-1]),
            evidence={"fixes": len(true_ms)},
        )


def find_stuck(
    fixes: FixColumns, duty: Sequence[Interval], *, rules: ClockRules
) -> Iterator[Finding]:
    """Yield epochs at which a terminal was at many places, if that is not its way to write.

    Where an epoch is stored once, its other places are among the strays: both are to be told.
    """
    own = is_within(fixes.epoch_ms, duty)
    ordered = np.sort(fixes.epoch_ms[own])
    reach = rules.stuck_fixes - 1
    if len(ordered) <= reach or not (ordered[reach:] == ordered[:-reach]).any():
        return
    told = np.stack([fixes.epoch_ms[own], fixes.lat_e7[own], fixes.lon_e7[own]])
    epochs, counts = np.unique(np.unique(told, axis=1)[0], return_counts=True)
    stuck = counts >= rules.stuck_fixes
    # Epochs cut down to whole minutes hold many fixes each.
    if not stuck.any() or float(np.median(counts)) > 2:  # noqa: PLR2004 - two terminals at once
        return
    for index in np.flatnonzero(stuck).tolist():
        following = epochs[index + 1 : index + 2].tolist()
        yield Finding(
            kind=FindingKind.CLOCK_STUCK,
            interval=spanning(epochs[index], (following or [epochs[index]])[0]),
            evidence={"fixes": int(counts[index])},
        )


def find_shifted(fixes: FixColumns, *, rules: ClockRules) -> Iterator[Finding]:
    """Yield when the least lateness of fixes, while after while, is that of a wrong clock.

    Nothing is found where nobody knows when the server had the fixes.
    """
    if fixes.received_ms is None:
        return
    terminals = np.zeros(len(fixes), dtype=np.int64) if fixes.terminal is None else fixes.terminal
    known = fixes.received_ms != UNKNOWN
    known &= np.abs(fixes.received_ms - fixes.epoch_ms) <= _LATEST_MS
    for terminal in np.unique(terminals[known]).tolist():
        own = known & (terminals == terminal)
        yield from _find_shift(fixes.received_ms[own], fixes.epoch_ms[own], rules)


def _find_shift(heard_ms: Integers, epoch_ms: Integers, rules: ClockRules) -> Iterator[Finding]:
    # Of a fix that came twice the first time counts.
    if not np.all(epoch_ms[1:] > epoch_ms[:-1]):
        order = np.lexsort((heard_ms, epoch_ms))
        _, first = np.unique(epoch_ms[order], return_index=True)
        heard_ms, epoch_ms = heard_ms[order[first]], epoch_ms[order[first]]
    late_s = (heard_ms - epoch_ms) / 1000
    line = _least_lateness(heard_ms, late_s, rules)
    interval = spanning(heard_ms.min(), heard_ms.max())
    if len(line.late_s) >= rules.least_bins:
        found = _drift(line, rules) or _offset(median(line.late_s), line, rules)
        if found:
            kind, evidence = found
            yield Finding(kind=kind, interval=interval, evidence=evidence)
            return
    early = late_s < -rules.ahead_s
    if np.count_nonzero(early) >= rules.few_fixes:
        # What is heard before it happens is told by a clock that is ahead.
        yield Finding(
            kind=FindingKind.CLOCK_OFFSET,
            interval=spanning(heard_ms[early].min(), heard_ms[early].max()),
            evidence=_off(float(late_s[early].min()), rules),
        )


@lru_cache(maxsize=8)
def _pairs(count: int) -> tuple[Integers, Integers]:
    """Return both numbers of every pair of so many."""
    one, other = np.triu_indices(count, k=1)
    return one, other


def _least_lateness(heard_ms: Integers, late_s: Floats, rules: ClockRules) -> _Line:
    bins = heard_ms // round(rules.bin_s * 1000)
    order = np.lexsort((heard_ms, late_s, bins))
    ordered = bins[order]
    borders = [0], np.flatnonzero(ordered[1:] != ordered[:-1]) + 1, [len(bins)]
    first = np.concatenate(borders)
    least = order[first[:-1][first[1:] - first[:-1] >= rules.bin_fixes]]
    # From the first one on: seconds since 1970 would cost digits.
    return _Line((heard_ms[least] - heard_ms.min()) / 1000, late_s[least])


def _drift(line: _Line, rules: ClockRules) -> tuple[FindingKind, dict[str, int | str]] | None:
    slope = line.slope()
    rest_s = line.late_s - slope * line.heard_s
    spread_s = float(np.max(np.abs(rest_s - median(rest_s))))
    rate, change_s = slope * _HOUR_S, slope * float(np.ptp(line.heard_s))
    straight = spread_s <= rules.drift_spread_s and abs(change_s) >= rules.drift_s
    if not (straight and rules.drift_s_per_h <= abs(rate) <= rules.drift_most_s_per_h):
        return None
    # A clock that goes too slowly makes fixes later and later.
    return FindingKind.CLOCK_DRIFT, {"rate_s_per_h": round(-rate), "change_s": round(-change_s)}


def _offset(
    late_s: float, line: _Line, rules: ClockRules
) -> tuple[FindingKind, dict[str, int | str]] | None:
    steady = float(np.ptp(line.late_s)) <= rules.offset_spread_s
    if not steady or abs(late_s) < rules.offset_s:
        return None
    return FindingKind.CLOCK_OFFSET, _off(late_s, rules)


def _off(late_s: float, rules: ClockRules) -> dict[str, int | str]:
    """Return by how much a clock is ahead, and by how many whole hours, 0 if by none."""
    hours = round(-late_s / _HOUR_S)
    whole = abs(-late_s - hours * _HOUR_S) <= rules.whole_hour_s
    return {"offset_s": round(-late_s), "hours": hours if whole else 0}
