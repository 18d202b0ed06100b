"""A terminal's clock: six bytes of decimal digits, two for each part of a time."""

from datetime import datetime, timedelta

from gateway.codecs.profile import Profile

CLOCK_BYTES = 6
# The specification's clocks show the time of Beijing.
BEIJING = timedelta(hours=8)


class Clock:
    """Reads times of one terminal, whose clock is ahead of UTC by the profile's offset."""

    def __init__(self, profile: Profile) -> None:
        self._stated = profile.clock_offset or timedelta(0)
        self._ahead = BEIJING if profile.clock_offset is None else profile.clock_offset

    def read(self, data: bytes) -> datetime | None:
        """Return YYMMDDhhmmss in UTC; None where the bytes are no time at all."""
        digits = data.hex()
        if len(data) != CLOCK_BYTES:
            return None
        try:
            shown = datetime.fromisoformat(f"20{digits[:6]}T{digits[6:]}+00:00")
            return shown - self._ahead
        except (ValueError, OverflowError):
            return None

    def read_utc(self, data: bytes) -> datetime | None:
        """Return DDMMYYhhmmss in UTC, of a message whose clock is UTC unless the profile says."""
        shown = self.read(data[2:3] + data[1:2] + data[:1] + data[3:])
        return shown and shown + self._ahead - self._stated
