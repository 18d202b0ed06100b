"""When a notice is to be told, and when to try again."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

# A receiver that is being restarted is back soon; one that is away longer is not to be pestered.
_PAUSES_S = (5.0, 15.0, 60.0, 300.0, 1_800.0, 7_200.0)


def after_quiet(due_at: datetime, quiet: tuple[time, time] | None, zone: ZoneInfo) -> datetime:
    """Return `due_at`, or the end of the quiet hours in which it lies.

    The hours are local, from the first to just before the second, over midnight where the
    second is not later. On a day on which the clocks change they begin and end by the clock.
    """
    if quiet is None or quiet[0] == quiet[1]:
        return due_at
    begin, end = quiet
    local = due_at.astimezone(zone)
    now = local.timetz().replace(tzinfo=None)
    if begin < end:
        is_quiet, ends_tomorrow = begin <= now < end, False
    else:
        is_quiet, ends_tomorrow = now >= begin or now < end, now >= begin
    if not is_quiet:
        return due_at
    day = local.date() + timedelta(days=1 if ends_tomorrow else 0)
    return datetime.combine(day, end, zone).astimezone(due_at.tzinfo)


def pause_s(attempts: int) -> float:
    """Return how long to wait after so many attempts that failed."""
    return _PAUSES_S[min(attempts, len(_PAUSES_S)) - 1]
