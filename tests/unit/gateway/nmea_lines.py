"""Lines of NMEA 0183 as a sender of one's own would send them."""

from datetime import UTC, datetime

from gateway.codecs.events import Event, Located, RawFix
from gateway.codecs.nmea import NmeaCodec
from gateway.codecs.nmea.lines import sentence
from gateway.codecs.profile import Profile

NOW = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
EPOCH = datetime(2026, 3, 2, 4, 5, 6, tzinfo=UTC)
PLACE = "3030.0000,N,10412.0000,E"
FIX = RawFix(
    epoch=EPOCH, lat_deg=30.5, lon_deg=104.2, speed_mps=36.0 * (1852 / 3600), course_deg=90.0
)


def line(body: str) -> bytes:
    return sentence(body)


def rmc(
    time: str = "040506.00", *, status: str = "A", mode: str = ",A", date: str = "020326"
) -> bytes:
    return sentence(f"GPRMC,{time},{status},{PLACE},36.0,90.0,{date},,{mode}")


def gga(time: str = "040506.00", *, quality: int = 1) -> bytes:
    return sentence(f"GNGGA,{time},{PLACE},{quality},09,0.9,500.0,M,-35.0,M,,")


def said(*lines: bytes, by: NmeaCodec | None = None) -> list[Event]:
    """Return what a whole stream says."""
    codec = by or NmeaCodec(Profile())
    return [e for data in lines for e in codec.receive(data, received_at=NOW)] + codec.close()


def only(*lines: bytes, by: NmeaCodec | None = None) -> Located:
    """Return the one report of a stream."""
    (event,) = (event for event in said(*lines, by=by) if isinstance(event, Located))
    return event


def names(*lines: bytes) -> list[str | None]:
    """Return who the reports of a stream are of."""
    return [event.terminal_id for event in said(*lines) if isinstance(event, Located)]
