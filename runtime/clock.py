"""The machine's clock, the only one; rules take their `now` as an argument."""

from datetime import UTC, datetime


def utc_now() -> datetime:
    """Return the system time, UTC and aware. It may be wrong, and it may jump."""
    return datetime.now(UTC)
