"""Which fixes are kept: one an interval, by the receiver's own time; fewer at rest."""

from datetime import UTC, datetime, timedelta
from math import cos, hypot, radians

from patrol.fix import Fix
from patrol.messages import Flag, Position, position_of
from patrol.notices.plans import Pace

# Pedestrians walk at 1.15 m/s, give or take 0.5; a receiver at rest reports up to 0.3.
_MOVING_MPS = 0.5
# Nobody stands at this speed, whatever the receiver's error.
_WALKING_MPS = 1.0
# Somebody who sets off slowly is faster than a receiver at rest for so long.
_SETTING_OFF = timedelta(seconds=2)
# A spot is as wide as a receiver's error makes it: this, or so many of its own 68 % radii;
# narrower where it tells no speed.
_SPOT_M = 25.0
_SPOT_WITHOUT_SPEED_M = 15.0
_SPOT_ACCURACIES = 1.5
_WIDEST_SPOT_M = 40.0
# Somebody stands who has not left a spot for so long, and rests after so much longer.
_SETTLED = timedelta(seconds=30)
_AT_REST = timedelta(minutes=10)
# A gap is what the assessment of a day takes for one: max(45 s, 4.5 intervals).
_LEAST_GAP = timedelta(seconds=45)
_GAP_INTERVALS = 4.5
# Receivers with one solution a second are up to some hundredths early or late.
_MOST_TOLERANCE = timedelta(seconds=0.5)
_TOLERANCE_INTERVALS = 0.25
_METRES_A_DEGREE = 111_320.0
# The years that the wire carries.
_FIRST = datetime(2000, 1, 1, tzinfo=UTC)
_END = datetime(2100, 1, 1, tzinfo=UTC)


class Sampler:
    """Keep a fix when the interval has passed that is due: under way, standing or at rest.

    Times are epochs of the receiver. Early by a jitter of up to half a second, at most a
    quarter of an interval, counts as in time and does not shift those that follow. When
    epochs go backwards by an interval or more, the fix is kept and counting begins anew at
    it: a single epoch in the far future costs nothing that comes after it. Smaller steps
    back are waited out. Whoever leaves a spot is kept at once, and so is the last fix before
    that, or before a silence: no way is ever made within what was left out. `implausible` counts epochs outside the
    years 2000 to 2099, `thinned` fixes that were left out.
    """

    def __init__(self, pace: Pace) -> None:
        self.implausible = 0
        self.thinned = 0
        self._last: datetime | None = None
        self._heard: datetime | None = None
        self._passed: Fix | None = None
        self._counted_from = _FIRST
        self._spot = _Spot()
        self.pace = pace

    @property
    def pace(self) -> Pace:
        """The intervals that hold."""
        return self._pace

    @pace.setter
    def pace(self, pace: Pace) -> None:
        self._pace = pace
        self._moving, self._standing, self._heartbeat = (timedelta(seconds=one) for one in pace)
        self._tolerance = min(_MOST_TOLERANCE, self._moving * _TOLERANCE_INTERVALS)
        self._gap = max(_LEAST_GAP, self._moving * _GAP_INTERVALS)

    def sample(self, fix: Fix) -> list[Position]:
        """Return what is to be kept now, with flags: none, `fix`, or one before it, too."""
        if not _FIRST <= fix.epoch < _END:
            self.implausible += 1
            return []
        last = self._last
        is_back = last is not None and fix.epoch <= last - self._moving + self._tolerance
        if last is None or is_back or self._is_gap(fix):
            # Where the receiver fell silent is where the silence begins.
            before = self.flush()
            self._spot.begin(fix)
            return [*before, self._keep(fix, flags=Flag.AFTER_GAP)]
        self._heard = fix.epoch if self._heard is None else max(self._heard, fix.epoch)
        was_settled = self._spot.is_settled(fix.epoch)
        if self._spot.is_left(fix) and was_settled and fix.epoch > last:
            return [*self.flush(), self._keep(fix)]
        if fix.epoch < self._due_at(fix.epoch) - self._tolerance:
            self.thinned += 1
            self._passed = fix if fix.epoch > last else self._passed
            return []
        return [self._keep(fix)]

    def flush(self) -> list[Position]:
        """Return the last fix if it was left out: something else begins after it."""
        passed = self._passed
        if passed is None:
            return []
        self.thinned -= 1
        return [self._keep(passed)]

    def _is_gap(self, fix: Fix) -> bool:
        """Whether the receiver itself was silent: what was left out is no gap."""
        heard = self._heard or fix.epoch
        return fix.epoch - heard > self._gap

    def _due_at(self, epoch: datetime) -> datetime:
        if not self._spot.is_settled(epoch):
            return self._counted_from + self._moving
        rests = self._spot.is_at_rest(epoch)
        return self._counted_from + (self._heartbeat if rests else self._standing)

    def _keep(self, fix: Fix, *, flags: int = 0) -> Position:
        if (fix.speed_mps or 0) >= _MOVING_MPS:
            flags |= Flag.MOVING
        self._last = self._heard = fix.epoch
        self._passed = None
        due = self._due_at(fix.epoch)
        is_in_time = abs(fix.epoch - due) <= self._tolerance
        self._counted_from = due if is_in_time else fix.epoch
        return position_of(fix, flags=flags)


class _Spot:
    """Where somebody is, and since when without leaving."""

    def __init__(self) -> None:
        self._lat_deg = self._lon_deg = 0.0
        self._since = self._slow_at = _FIRST

    def begin(self, fix: Fix) -> None:
        """Be somewhere new."""
        self._lat_deg, self._lon_deg = fix.lat_deg, fix.lon_deg
        self._since = self._slow_at = fix.epoch

    def is_settled(self, epoch: datetime) -> bool:
        """Return whether nobody has left for long enough to stand."""
        return epoch - self._since >= _SETTLED

    def is_at_rest(self, epoch: datetime) -> bool:
        """Return whether nobody has left for so long that nobody is about to."""
        return epoch - self._since >= _AT_REST

    def is_left(self, fix: Fix) -> bool:
        """Return whether `fix` is elsewhere or under way, which makes it a new spot."""
        is_left = self._is_under_way(fix) or self._away_m(fix) > _radius_m(fix)
        if is_left:
            self.begin(fix)
        return is_left

    def _is_under_way(self, fix: Fix) -> bool:
        speed_mps = fix.speed_mps or 0
        if speed_mps < _MOVING_MPS:
            self._slow_at = fix.epoch
        return speed_mps >= _WALKING_MPS or fix.epoch - self._slow_at > _SETTING_OFF

    def _away_m(self, fix: Fix) -> float:
        north_deg = fix.lat_deg - self._lat_deg
        # A step over the date line is a small one.
        east_deg = (fix.lon_deg - self._lon_deg + 180) % 360 - 180
        return hypot(north_deg, east_deg * cos(radians(fix.lat_deg))) * _METRES_A_DEGREE


def _radius_m(fix: Fix) -> float:
    narrowest_m = _SPOT_WITHOUT_SPEED_M if fix.speed_mps is None else _SPOT_M
    return min(max(narrowest_m, _SPOT_ACCURACIES * (fix.accuracy_m or 0)), _WIDEST_SPOT_M)
