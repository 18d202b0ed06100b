"""Which fixes are kept: one an interval, by the receiver's own time."""

from datetime import UTC, datetime, timedelta

from patrol.fix import Fix
from patrol.messages import Flag, Position, position_of

# Pedestrians walk at 1.15 m/s, give or take 0.5; a receiver at rest reports up to 0.3.
_MOVING_MPS = 0.5
# A gap is what the assessment of a day takes for one: max(45 s, 4.5 intervals).
_LEAST_GAP = timedelta(seconds=45)
_GAP_INTERVALS = 4.5
# Receivers with one solution a second are up to some hundredths early or late.
_MOST_TOLERANCE = timedelta(seconds=0.5)
_TOLERANCE_INTERVALS = 0.25
# The years that the wire carries.
_FIRST = datetime(2000, 1, 1, tzinfo=UTC)
_END = datetime(2100, 1, 1, tzinfo=UTC)


class Sampler:
    """Keep a fix when an interval has passed since the last one that was kept.

    Times are epochs of the receiver. Early by a jitter of up to half a second, at most a
    quarter of an interval, counts as in time and does not shift those that follow. When
    epochs go backwards by an interval or more, the fix is kept and counting begins anew at
    it: a single epoch in the far future costs nothing that comes after it. Smaller steps
    back are waited out. `implausible` counts epochs outside the years 2000 to 2099.
    """

    def __init__(self, interval_s: float) -> None:
        self.implausible = 0
        self._interval = timedelta(seconds=interval_s)
        self._tolerance = min(_MOST_TOLERANCE, self._interval * _TOLERANCE_INTERVALS)
        self._gap = max(_LEAST_GAP, self._interval * _GAP_INTERVALS)
        self._last: datetime | None = None
        self._due = _FIRST

    def sample(self, fix: Fix) -> Position | None:
        """Return `fix` with its flags if it is to be kept; the first one is after a gap."""
        if not _FIRST <= fix.epoch < _END:
            self.implausible += 1
            return None
        last = self._last
        is_back = last is not None and fix.epoch <= last - self._interval + self._tolerance
        if fix.epoch < self._due - self._tolerance and not is_back:
            return None
        flags = Flag.MOVING if (fix.speed_mps or 0) >= _MOVING_MPS else 0
        if last is None or is_back or fix.epoch - last > self._gap:
            flags |= Flag.AFTER_GAP
        self._last = fix.epoch
        is_in_time = abs(fix.epoch - self._due) <= self._tolerance
        self._due = (self._due if is_in_time else fix.epoch) + self._interval
        return position_of(fix, flags=flags)
