"""Values as phones write them: numbers, truths and times, in text or in JSON."""

import math
import re
from datetime import UTC, datetime, timedelta

from gateway.codecs.events import Value

# Traccar's border between seconds and milliseconds since 1970.
_FIRST_MILLISECONDS = 2**31 - 1
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_WHOLE = re.compile(r"-?(?:0|[1-9][0-9]{0,17})")
_DATE_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}.*", re.IGNORECASE)
# A plus sign that a query's decoding made a blank.
_LOST_PLUS = re.compile(r"(:[0-9.]+) ([0-9]{2}:?[0-9]{2})$")
_TEXT_LIMIT = 64
_CIRCLE_DEG = 360.0
_MOST_PCT = 100

KNOT_MPS = 1852 / 3600
KMH_MPS = 1 / 3.6
MPH_MPS = 0.44704


def number(value: Value) -> float | None:
    """Return a finite number, or None where `value` is none."""
    if value is None or isinstance(value, bool):
        return None
    if isinstance(value, str):
        # Python alone writes 1_000.
        if len(value) > _TEXT_LIMIT or "_" in value:
            return None
    elif not isinstance(value, int | float):
        return None
    try:
        found = float(value)
    except (OverflowError, ValueError):
        return None
    return found if math.isfinite(found) else None


def not_below(value: Value, least: float = 0.0) -> float | None:
    """Return a number from `least` on; phones write -1 for what they do not know."""
    found = number(value)
    return found if found is not None and found >= least else None


def course_deg(value: Value) -> float | None:
    """Return degrees from north, from 0 to below 360."""
    found = not_below(value)
    return found % _CIRCLE_DEG if found is not None and found <= _CIRCLE_DEG else None


def battery_pct(value: Value) -> int | None:
    """Return a charge from 0 to 100."""
    found = not_below(value)
    return round(found) if found is not None and found <= _MOST_PCT else None


def is_true(value: Value) -> bool:
    """Return whether `value` says yes."""
    return value is True or str(value).strip().lower() in {"true", "1", "1.0", "yes", "a"}


def place(latitude: Value, longitude: Value) -> tuple[float, float] | None:
    """Return degrees of latitude and longitude, or None where they are no place on Earth."""
    lat_deg, lon_deg = number(latitude), number(longitude)
    if lat_deg is None or lon_deg is None:
        return None
    return (lat_deg, lon_deg) if abs(lat_deg) <= 90 and abs(lon_deg) <= 180 else None  # noqa: PLR2004 - degrees


def epoch(value: Value, *, clock_offset: timedelta | None = None) -> datetime | None:
    """Return a time in UTC, or None where `value` is none.

    Seconds below 2^31 - 1 or milliseconds since 1970, or ISO 8601 with T or a blank; a time
    without a zone is `clock_offset` ahead of UTC.
    """
    since = number(value)
    try:
        if since is not None:
            seconds = since if abs(since) < _FIRST_MILLISECONDS else since / 1000
            return _EPOCH + timedelta(seconds=seconds)
        return _written_epoch(str(value).strip().upper(), clock_offset or timedelta())
    except (OverflowError, ValueError):
        return None


def guessed(text: str) -> Value:
    """Return a number or a truth where `text` is one, else the text.

    Digits behind a leading zero, or too many of them, are a name and no number.
    """
    if text in {"true", "false"}:
        return text == "true"
    if _WHOLE.fullmatch(text):
        return int(text)
    is_decimal = "." in text and not text.lstrip("+-").startswith("00")
    found = number(text) if is_decimal else None
    return text if found is None else found


def _written_epoch(text: str, clock_offset: timedelta) -> datetime | None:
    if len(text) > _TEXT_LIMIT or not _DATE_TIME.fullmatch(text):
        return None
    given = datetime.fromisoformat(_LOST_PLUS.sub(r"\1+\2", text))
    if given.tzinfo is None:
        return (given - clock_offset).replace(tzinfo=UTC)
    return given.astimezone(UTC)
