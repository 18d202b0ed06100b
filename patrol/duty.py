"""When presence is owed, and to which local day it counts.

A duty window belongs to the local day on which it begins, so a night shift is one day's
work. Days are cut by the deployment's time zone and last 23, 24 or 25 hours.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from patrol.errors import InputError
from patrol.ids import GridId, WorkerId
from patrol.intervals import Interval, merge

# Fixes shortly before and after duty help to judge its edges.
MARGIN = timedelta(hours=2)
# A longer one is a slip in a roster, not a shift.
_LONGEST = timedelta(hours=24)


@dataclass(frozen=True, slots=True, order=True)
class DutyWindow:
    """A span in which a worker owes presence in a grid."""

    worker_id: WorkerId
    interval: Interval
    grid_id: GridId

    def day(self, zone: ZoneInfo) -> date:
        """Return the local day that the window counts to."""
        return local_day(self.interval.start, zone)


def read_zone(name: str) -> ZoneInfo:
    """Return the IANA time zone called `name`, or raise InputError."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise InputError(f"time zone {name!r} is not known: use one like Asia/Shanghai") from error


def local_day(epoch: datetime, zone: ZoneInfo) -> date:
    """Return the calendar day on which `epoch` falls in `zone`."""
    return epoch.astimezone(zone).date()


def day_interval(day: date, zone: ZoneInfo) -> Interval:
    """Return the span of a local day, from midnight to midnight."""
    midnight = datetime.combine(day, time(), zone)
    next_midnight = datetime.combine(day + timedelta(days=1), time(), zone)
    return Interval(midnight, next_midnight)


def at_local(day: date, clock: time, zone: ZoneInfo) -> datetime:
    """Return the moment, UTC, at which clocks in `zone` show `clock` on `day`.

    Where they are put back it is the first of the two moments; `clock.fold` 1 is the second.
    Raises InputError for a time that is skipped where they are put forward.
    """
    local = datetime.combine(day, clock, zone)
    moment = local.astimezone(UTC)
    if moment.astimezone(zone).replace(tzinfo=None) != local.replace(tzinfo=None):
        raise InputError(f"{clock:%H:%M} is no time on {day}: clocks are put forward over it")
    return moment


def check_length(window: DutyWindow) -> None:
    """Raise InputError when a window is too long to be one shift."""
    if window.interval.length > _LONGEST:
        raise InputError(f"duty {shown(window)} is longer than 24 h: are both dates right?")


def find_overlaps(windows: Iterable[DutyWindow]) -> list[tuple[DutyWindow, DutyWindow]]:
    """Return the pairs, earlier and later, in which a worker is to be in two places at once."""
    found = []
    for _, own in groupby(sorted(windows), key=lambda window: window.worker_id):
        latest: DutyWindow | None = None
        for window in own:
            if latest is not None and window.interval.start < latest.interval.end:
                found.append((latest, window))
            if latest is None or window.interval.end > latest.interval.end:
                latest = window
    return found


def needed_span(windows: Iterable[DutyWindow]) -> list[Interval]:
    """Return the spans whose fixes can change the result of these windows."""
    return merge(
        Interval(window.interval.start - MARGIN, window.interval.end + MARGIN) for window in windows
    )


def shown(window: DutyWindow) -> str:
    """Return a window as a message names it."""
    start, end = window.interval.start, window.interval.end
    return f"{start.isoformat()}/{end.isoformat()} in {window.grid_id}"
