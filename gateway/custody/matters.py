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
from patrol.notices.events import Cause, EventKind, TerminalEvent, encode_event
from patrol.topics import Kind

_WGS84 = DATUMS[0]
# Alarms that are events of the wire, which has no word for the others.
_EVENTS = {
    "sos": (EventKind.SOS, None),
    "tampering": (EventKind.TAMPER, Cause.CASE),
    "removal": (EventKind.TAMPER, Cause.CASE),
    "antenna_cut": (EventKind.ANTENNA, Cause.OPEN),
    "antenna_short": (EventKind.ANTENNA, Cause.SHORT),
}


def kept_of(
    located: Located, entry: Entry, *, source: str, known_battery_pct: int | None = None
) -> Kept | None:
    """Return the fix to keep of a report, None where the terminal had none.

    Where only heartbeats tell of the battery, what the last one said stands with what is new.
    Raises InputError for one that the wire cannot carry, such as an epoch before 2000. A wrong
    clock is the server's to judge, which knows who was on duty.
    """
    if located.fix is None or not located.fix.valid:
        return None
    flags = Flag.LATE if located.late else 0
    if "sos" in located.alarms:
        flags |= Flag.SOS
    battery_pct = located.battery_pct
    if battery_pct is None and not located.late:
        battery_pct = known_battery_pct
    position = _position(located.fix, entry.datum, battery_pct, flags=flags)
    return Kept(entry.terminal_id, source, position)


def letters_of(
    report: Located | Alive, entry: Entry, *, known: Collection[str], received_at: datetime
) -> list[Letter]:
    """Return the events in the alarms of a report, but for those that are `known` to stand."""
    fix = report.fix if isinstance(report, Located) else None
    at, place = moment_of(fix, received_at), place_of(fix, entry.datum)
    return [
        _letter(entry, name, at=at, place=place)
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


def moment_of(fix: RawFix | None, received_at: datetime) -> datetime:
    """Return when something happened: by the fix, or when it came where that cannot be."""
    years = DELTAS["t"]
    is_sound = fix is not None and years.low <= epoch_ms(fix.epoch) <= years.high
    return fix.epoch if fix is not None and is_sound else received_at


def place_of(fix: RawFix | None, datum: str) -> Position | None:
    """Return where a terminal was, for a message about something else; None if it cannot be."""
    if fix is None or not fix.valid:
        return None
    try:
        return _position(fix, datum, None, flags=0)
    except InputError:
        return None


def _letter(entry: Entry, alarm: str, *, at: datetime, place: Position | None) -> Letter:
    at_ms = epoch_ms(at)
    kind, cause = _EVENTS[alarm]
    event = TerminalEvent(
        event_id=repeatable_id(f"{entry.terminal_id} {kind} {at_ms}", at_ms),
        at=at,
        kind=kind,
        fix=place,
        detail={} if cause is None else {"cause": str(cause)},
    )
    return Letter(entry.terminal_id, str(Kind.EVENT), event.event_id, encode_event(event))


def repeatable_id(what: str, at_ms: int) -> str:
    """Return a UUID of version 7 that is the same whenever the terminal tells it again."""
    digest = int.from_bytes(sha256(what.encode()).digest()[:10], "big")
    number = (at_ms << 80) | (digest & ((1 << 80) - 1))
    number &= ~(0xF << 76) & ~(0b11 << 62)
    return str(uuid.UUID(int=number | 0x7 << 76 | 0b10 << 62))
