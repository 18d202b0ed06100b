"""A terminal's clock: six bytes of decimal digits, two for each part of a time."""

from datetime import UTC, datetime, timedelta

from gateway.codecs.profile import Profile

CLOCK_BYTES = 6
# The specification's clocks show the time of Beijing.
BEIJING = timedelta(hours=8)

_HOUR_BYTES = 4
_WITHIN_HOUR = {
    bytes.fromhex(f"{minute:02}{second:02}"): timedelta(minutes=minute, seconds=second)
    for minute in range(60)
    for second in range(60)
}


class Clock:
    """Reads times of one terminal, whose clock is ahead of UTC by the profile's offset.

    It remembers the hour that was last shown.
    """

    def __init__(self, profile: Profile) -> None:
        self._stated = profile.clock_offset or timedelta(0)
        self._ahead = BEIJING if profile.clock_offset is None else profile.clock_offset
        self._hour = b""
        self._hour_began = datetime.min.replace(tzinfo=UTC)

    def read(self, data: bytes) -> datetime | None:
        """Return YYMMDDhhmmss in UTC; None where the bytes are no time at all."""
        if data[:_HOUR_BYTES] == self._hour and data[_HOUR_BYTES:] in _WITHIN_HOUR:
            return self._hour_began + _WITHIN_HOUR[data[_HOUR_BYTES:]]
        return self._begin_hour(data)

    def read_utc(self, data: bytes) -> datetime | None:
        """Return DDMMYYhhmmss in UTC, of a message whose clock is UTC unless the profile says."""
        shown = self.read(data[2:3] + data[1:2] + data[:1] + data[3:])
        return shown and shown + self._ahead - self._stated

    def _begin_hour(self, data: bytes) -> datetime | None:
        digits = data.hex()
        if len(data) != CLOCK_BYTES:
            return None
        try:
            shown = datetime.fromisoformat(f"20{digits[:6]}T{digits[6:]}+00:00") - self._ahead
        except (ValueError, OverflowError):
            return None
        self._hour, within = data[:_HOUR_BYTES], _WITHIN_HOUR[data[_HOUR_BYTES:]]
        self._hour_began = shown - within
        return shown
