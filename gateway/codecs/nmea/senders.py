"""Lines of senders: who they are, and positions in forms of their own."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

from gateway.codecs.events import Alive, Happened, Located, RawFix, Value
from gateway.codecs.nmea.fields import (
    MPS_PER_KMH,
    MPS_PER_KNOT,
    amount_of,
    count_of,
    course_of,
    date_of,
    decimal_place_of,
    moment_of,
    number_of,
    place_of,
    time_of,
)

# What a sender says in a form of its own; without a terminal it is of whoever is known.
Said: TypeAlias = Located | Alive | Happened

# Whatever an id may be: numbers of 15 digits, but also names with signs in between.
_ID = r"([A-Za-z0-9][A-Za-z0-9_.:@-]{2,63})"
_NAMES = (
    re.compile(rf"\$(?:PGID|DEVID|PSIWMDID|GPFID),{_ID}\s*(?:\*.*)?"),
    re.compile(r"\$(?:PCPTI|CONNECT),([^,*]{1,64}),.*"),
    re.compile(rf"\$?IMEI[ ,:=]\s*{_ID}\s*[;,]?\s*(?:\*.*)?", re.IGNORECASE),
    re.compile(r"([0-9A-Fa-f]{8,32})"),
)
_PREFIX = re.compile(rf"(?:[^/$]*/)?{_ID}[,/]?")
_HAS_DIGIT = re.compile(r"[0-9]")
_WMCS = re.compile(
    r"(\d+),.*?(?:ALARM,(0x[0-9a-fA-F]+),.*?)?GPSE[XHTD],([AV])"
    r"(?:,D,(\d{6}))?(?:,T,(\d{6}))?(?:,S,(\d+):(\d+))?"
    r"(?:,La,(-?\d+\.\d+),([NS]))?(?:,Lo,(-?\d+\.\d+),([EW]))?"
    r"(?:,H,(\d+\.\d+))?(?:,V,(\d+\.\d+))?(?:,DD,(\d+))?.*"
)
# Names the sentence before it.
NAMED_AFTER = "GPFID"
_MOST_PCT = 100
_MOST_FIELDS = 14


def name_in(line: str) -> str | None:
    """Return whom a line names, if it says nothing but that."""
    for pattern in _NAMES:
        if found := pattern.fullmatch(line):
            return found[1]
    return None


def name_before(prefix: str) -> str | None:
    """Return whom the text before a sentence names, if it is a name and no rest of a line."""
    found = _PREFIX.fullmatch(prefix)
    return found[1] if found and _HAS_DIGIT.search(found[1]) else None


def read_trccr(fields: list[str]) -> list[Said]:
    """Time, status, decimal degrees, knots, course, altitude, battery: an old phone client."""
    whole, _, fraction = fields[0].partition(".")
    moment = datetime.strptime(whole, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    moment += timedelta(milliseconds=count_of(fraction[:3].ljust(3, "0")) or 0)
    lat_deg, lon_deg = decimal_place_of(fields[2], fields[3])
    battery = amount_of(fields[7])
    fix = RawFix(
        epoch=moment,
        lat_deg=lat_deg,
        lon_deg=lon_deg,
        altitude_m=number_of(fields[6]),
        speed_mps=amount_of(fields[4], MPS_PER_KNOT),
        course_deg=course_of(fields[5]),
        valid=fields[1] == "A",
    )
    is_pct = battery is not None and battery <= _MOST_PCT
    battery_pct = int(battery or 0) if is_pct else None
    return [Located(terminal_id=None, fix=fix, battery_pct=battery_pct)]


def read_frcmd(fields: list[str]) -> list[Said]:
    """Id, command, place, altitude, knots, course, date, time, validity and named values."""
    terminal_id, command = _name(fields[0]), fields[1].removeprefix("_")
    if command == "SendMessage":
        said = _pairs(fields[13:])
        moment = _moment(fields[10], fields[11])
        place = place_of(fields[3:7])
        fix = place and RawFix(
            epoch=moment,
            lat_deg=place[0],
            lon_deg=place[1],
            altitude_m=number_of(fields[7]),
            speed_mps=amount_of(fields[8], MPS_PER_KNOT),
            course_deg=course_of(fields[9]),
            valid=fields[12] == "1",
        )
        alarms = ("sos",) if said.get("SosButton") == "1" else ()
        return [Located(terminal_id=terminal_id, fix=fix, alarms=alarms, attributes=said)]
    said = _pairs(fields[2:])
    if command == "Ping":
        return [Alive(terminal_id=terminal_id, attributes=said)]
    return [Happened(terminal_id=terminal_id, kind="command", attributes={"name": command, **said})]


def read_qze(fields: list[str]) -> list[Said]:
    """Id, event, date, time, decimal degrees, km/h, course, status, ignition."""
    moment = datetime.strptime(fields[2] + fields[3], "%d%m%Y%H%M%S").replace(tzinfo=UTC)
    lat_deg, lon_deg = decimal_place_of(fields[4], fields[5])
    fix = RawFix(
        epoch=moment,
        lat_deg=lat_deg,
        lon_deg=lon_deg,
        speed_mps=amount_of(fields[6], MPS_PER_KMH),
        course_deg=course_of(fields[7]),
        valid=fields[8] == "A",
    )
    attributes: dict[str, Value] = {"event": count_of(fields[1]), "ignition": fields[9] == "1"}
    return [Located(terminal_id=_name(fields[0]), fix=fix, attributes=attributes)]


def read_wmcs(fields: list[str]) -> list[Said]:
    """Named values, decimal degrees and km/h."""
    found = _WMCS.fullmatch(",".join(fields))
    if found is None:
        raise ValueError("its fields are in no known order")
    terminal_id, alarm, status, date, time, in_view, used = found.groups()[:7]
    lat, north, lon, east, course, speed, way = found.groups()[7:]
    fix = None
    if date and time and lat and lon:
        lat_deg, lon_deg = decimal_place_of(lat, lon)
        fix = RawFix(
            epoch=_moment(date, time),
            lat_deg=-lat_deg if north == "S" else lat_deg,
            lon_deg=-lon_deg if east == "W" else lon_deg,
            speed_mps=amount_of(speed or "", MPS_PER_KMH),
            course_deg=course_of(course or ""),
            satellites=count_of(used or ""),
            valid=status == "A",
        )
    told = {"alarm_word": alarm, "satellites_visible": in_view, "odometer_m": way}
    attributes: dict[str, Value] = {name: value for name, value in told.items() if value}
    return [Located(terminal_id=terminal_id, fix=fix, attributes=attributes)]


def read_gptxt(fields: list[str]) -> list[Said]:
    """NET, id, operator, signal, country and net of a modem."""
    if fields[0] != "NET":
        return []
    mcc, _, mnc = fields[4].partition(" ")
    attributes: dict[str, Value] = {
        "operator": fields[2],
        "signal_dbm": number_of(fields[3]),
        "mcc": count_of(mcc),
        "mnc": count_of(mnc),
    }
    return [Alive(terminal_id=_name(fields[1]), attributes=attributes)]


def read_gpiop(fields: list[str]) -> list[Said]:
    """Read inputs, outputs, four voltages, supply, battery."""
    attributes: dict[str, Value] = {
        "inputs": fields[0],
        "outputs": fields[1],
        "analog_v": [number_of(field) for field in fields[2:6]],
        "power_v": number_of(fields[6]),
        "battery_v": number_of(fields[7]),
    }
    return [Alive(terminal_id=None, attributes=attributes)]


def _name(text: str) -> str:
    if not text.strip():
        raise ValueError("it names no one")
    return text.strip()


def _pairs(fields: list[str]) -> dict[str, Value]:
    pairs = (field.partition("=") for field in fields if "=" in field)
    return {name.strip(): value for name, _, value in pairs if value}


def _moment(date: str, time: str) -> datetime:
    day, time_of_day = date_of(date), time_of(time)
    if day is None or time_of_day is None:
        raise ValueError("its date or time is empty")
    return moment_of(day, time_of_day)


def padded(fields: list[str]) -> list[str]:
    """Return the fields with as many empty ones behind as any line is read for."""
    return fields + [""] * max(0, _MOST_FIELDS - len(fields))


Sender = Callable[[list[str]], list[Said]]
# Each raises ValueError where its fields are not as they should be.
SENDERS: dict[str, Sender] = {
    "TRCCR": read_trccr,
    "ID": read_wmcs,
    "FRCMD": read_frcmd,
    "QZE": read_qze,
    "GPTXT": read_gptxt,
    "GPIOP": read_gpiop,
}
