"""One GNSS solution: where the antenna was, when, and how well it knew."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import IntEnum

from patrol.errors import InputError

POLE_DEG = 90
ANTIMERIDIAN_DEG = 180

_UNIX_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


class FixQuality(IntEnum):
    """The quality indicator of an NMEA 0183 GGA sentence."""

    NONE = 0
    GNSS = 1
    DIFFERENTIAL = 2
    PPS = 3
    RTK_FIXED = 4
    RTK_FLOAT = 5
    ESTIMATED = 6
    MANUAL = 7
    SIMULATED = 8


# Dead reckoning, typed-in and simulated positions are not evidence of where anybody was.
MEASURED = frozenset(
    {
        FixQuality.GNSS,
        FixQuality.DIFFERENTIAL,
        FixQuality.PPS,
        FixQuality.RTK_FIXED,
        FixQuality.RTK_FLOAT,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fix:
    """One solution of a receiver; one that exists is valid.

    `epoch` is UTC and aware; `lat_deg` and `lon_deg` are WGS-84; `accuracy_m` is the
    radius that holds 68 % of the horizontal error. None means "the receiver did not say".
    Raises InputError when a coordinate is out of range or the epoch has no zone.
    """

    epoch: datetime
    lat_deg: float
    lon_deg: float
    altitude_m: float | None = None
    speed_mps: float | None = None
    course_deg: float | None = None
    hdop: float | None = None
    accuracy_m: float | None = None
    satellites: int | None = None
    quality: FixQuality | None = None

    def __post_init__(self) -> None:
        if self.epoch.tzinfo is None:
            raise InputError(f"epoch {self.epoch.isoformat()} has no zone: give it in UTC")
        if not -POLE_DEG <= self.lat_deg <= POLE_DEG:
            raise InputError(f"lat_deg {self.lat_deg} is outside -90..90")
        if not -ANTIMERIDIAN_DEG <= self.lon_deg <= ANTIMERIDIAN_DEG:
            raise InputError(f"lon_deg {self.lon_deg} is outside -180..180")


def epoch_ms(epoch: datetime) -> int:
    """Return the milliseconds since the Unix epoch, cut down to a whole one."""
    return (epoch - _UNIX_EPOCH) // _MILLISECOND


def epoch_of(milliseconds: int) -> datetime:
    """Return the UTC time of `milliseconds` since the Unix epoch."""
    return _UNIX_EPOCH + milliseconds * _MILLISECOND
