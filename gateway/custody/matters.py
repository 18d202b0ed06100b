"""What an event of a codec comes to on the wire: a position, an event, or nothing."""

import uuid
from collections.abc import Collection
from datetime import datetime
from hashlib import sha256

from gateway.codecs.events import Alive, Located, RawFix
from gateway.custody.spool import Kept, Letter
from gateway.registry import Entry
from patrol.datums import DATUMS, Place, wgs84_of
from patrol.errors import InputError
from patrol.fix import Fix, FixQuality, epoch_ms
from patrol.messages import DELTAS, Flag, Position, position_of
from patrol.notices.events import EventKind, TerminalEvent, encode_event
from patrol.topics import Kind

_WGS84 = DATUMS[0]
# Alarms that are events of the wire; the others stay with the gateway's counters.
_EVENTS = {
    "sos": EventKind.SOS,
    "tampering": EventKind.TAMPER,
    "removal": EventKind.TAMPER,
    "antenna_cut": EventKind.ANTENNA,
    "antenna_short": EventKind.ANTENNA,
}


def kept_of(located: Located, entry: Entry, *, source: str) -> Kept | None:
    """Return the fix to keep of a report, None where the terminal had none.

    Raises InputError for one that the wire cannot carry, such as an epoch before 2000. A wrong
    clock is the server's to judge, which knows who was on duty.
    """
    if located.fix is None or not located.fix.valid:
        return None
    flags = Flag.LATE if located.late else 0
    if "sos" in located.alarms:
        flags |= Flag.SOS
    position = _position(located.fix, entry.datum, located.battery_pct, flags=flags)
    return Kept(entry.terminal_id, source, position)


def letters_of(
    report: Located | Alive, entry: Entry, *, known: Collection[str], received_at: datetime
) -> list[Letter]:
    """Return the events in the alarms of a report, but for those that are `known` to stand."""
    fix = report.fix if isinstance(report, Located) else None
    at = received_at if fix is None else fix.epoch
    return [
        _letter(entry, _EVENTS[name], at=at, fix=fix)
        for name in report.alarms
        if name in _EVENTS and name not in known
    ]


def _position(fix: RawFix, datum: str, battery_pct: int | None, *, flags: int) -> Position:
    place = Place(fix.lat_deg, fix.lon_deg)
    if datum != _WGS84:
        place = wgs84_of(place, datum=datum)
    position = position_of(
        Fix(
            epoch=fix.epoch,
            lat_deg=place.lat_deg,
            lon_deg=place.lon_deg,
            altitude_m=fix.altitude_m,
            speed_mps=fix.speed_mps,
            course_deg=fix.course_deg,
            hdop=fix.hdop,
            accuracy_m=fix.accuracy_m,
            satellites=fix.satellites,
            quality=FixQuality.GNSS,
        ),
        battery_pct=battery_pct if battery_pct is None else min(max(battery_pct, 0), 100),
        flags=flags,
    )
    years = DELTAS["t"]
    if not years.low <= position.epoch_ms <= years.high:
        raise InputError(f"epoch {fix.epoch.isoformat()} is outside the years 2000 to 2099")
    return position


def place_of(fix: RawFix, datum: str) -> Position:
    """Return where a terminal was, for a message about something else; raises InputError."""
    return _position(fix, datum, None, flags=0)


def _letter(entry: Entry, kind: EventKind, *, at: datetime, fix: RawFix | None) -> Letter:
    at_ms = epoch_ms(at)
    event = TerminalEvent(
        event_id=repeatable_id(f"{entry.terminal_id} {kind} {at_ms}", at_ms),
        at=at,
        kind=kind,
        fix=None if fix is None or not fix.valid else place_of(fix, entry.datum),
    )
    return Letter(entry.terminal_id, str(Kind.EVENT), event.event_id, encode_event(event))


def repeatable_id(what: str, at_ms: int) -> str:
    """Return a UUID of version 7 that is the same whenever the terminal tells it again."""
    digest = int.from_bytes(sha256(what.encode()).digest()[:10], "big")
    number = (at_ms << 80) | (digest & ((1 << 80) - 1))
    number &= ~(0xF << 76) & ~(0b11 << 62)
    return str(uuid.UUID(int=number | 0x7 << 76 | 0b10 << 62))
