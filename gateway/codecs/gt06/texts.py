"""Frames that carry text: answers to commands, and what the terminal tells of itself."""

import re
from datetime import UTC, datetime

from gateway.codecs.events import RawFix, Value
from gateway.codecs.gt06.fields import Fields, Part, Report, ShortError
from gateway.codecs.gt06.places import read_date
from gateway.codecs.gt06.values import digits_of, value_of
from patrol.fix import ANTIMERIDIAN_DEG, POLE_DEG

_FLAG_BYTES = 4
_IS_ASCII = 1
_ICCID = re.compile(r"ICCID:([0-9A-Fa-f]{10,20})")
_PLACE = re.compile(
    r"Lat:([NS])(\d{1,2}\.\d+),\s*Lon:([EW])(\d{1,3}\.\d+)"
    r"(?:,\s*Course:([\d.]+))?(?:,\s*Speed:([\d.]+))?.*?"
    r"DateTime:\s*(\d{4})-(\d\d)-(\d\d)\s+(\d\d):(\d\d):(\d\d)",
    re.DOTALL,
)
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_KMH_PER_MPS = 3.6
_FUEL = re.compile(
    r"!AIOIL,\d+,[\d.]+,([\d.]+),[^,]+,\d+,([\d.]+),",
)


def read_counted_answer(fields: Fields, report: Report) -> None:
    """0x15: length, the server's own mark (4), text, language."""
    size = fields.number(1)
    report.attributes["flag"] = fields.take(_FLAG_BYTES).hex()
    # Some send a length of 0 before a text that runs to the language.
    is_counted = _FLAG_BYTES <= size <= fields.left + _FLAG_BYTES
    text_bytes = size - _FLAG_BYTES if is_counted else max(0, fields.left - 2)
    _tell(report, fields.take(text_bytes).decode("latin-1"))


def read_answer(fields: Fields, report: Report) -> None:
    """0x21: the server's own mark (4), 1 for ASCII or 2 for UTF-16, text."""
    report.attributes["flag"] = fields.take(_FLAG_BYTES).hex()
    code = "latin-1" if fields.number(1) == _IS_ASCII else "utf-16-be"
    _tell(report, fields.rest().decode(code, "replace"))


def read_serial_port(fields: Fields, report: Report) -> None:
    """0x9B: what came in at the terminal's serial port, as text or in hex."""
    report.attributes["port"] = fields.number(1)
    raw = fields.rest()
    is_text = all(0x20 <= byte < 0x7F for byte in raw.strip(b"\r\n"))  # noqa: PLR2004 - ASCII
    report.attributes["text"] = raw.decode("ascii").strip() if is_text else raw.hex()


def read_files(fields: Fields, report: Report) -> None:
    """Names of the files that a camera has recorded."""
    if fields.left:
        report.attributes["files"] = fields.text(fields.left)


def read_codes(fields: Fields, report: Report) -> None:
    """0x8C: pairs of code and value from the car, then a place that is not read."""
    report.attributes["codes"] = fields.text(max(0, fields.left - 12))


def read_info(fields: Fields, report: Report) -> None:
    """0x94: information of one kind, by its number."""
    kind = fields.number(1)
    report.attributes["info"] = kind
    begin = fields.at
    try:
        for part in _INFOS.get(kind, ()):
            part(fields, report)
    except ShortError:
        fields.at = begin


def _tell(report: Report, text: str) -> None:
    told = text.strip("\0 \r\n")
    report.attributes["text"] = told
    if found := _ICCID.search(told):
        report.attributes["iccid"] = found[1]
    if found := _PLACE.search(told):
        report.fix = _fix(found, report)


def _fix(found: re.Match[str], report: Report) -> RawFix | None:
    north, lat, east, lon, course, speed, *date = found.groups()
    try:
        moment = datetime(*map(int, date), tzinfo=UTC)  # type: ignore[misc, arg-type] # six numbers
    except ValueError:
        report.attributes["raw_time"] = "".join(date)
        return None
    lat_deg, lon_deg = float(lat), float(lon)
    if lat_deg > POLE_DEG or lon_deg > ANTIMERIDIAN_DEG:
        return None
    return RawFix(
        epoch=moment - report.clock_offset,
        lat_deg=lat_deg if north == "N" else -lat_deg,
        lon_deg=lon_deg if east == "E" else -lon_deg,
        speed_mps=float(speed) / _KMH_PER_MPS if _is_number(speed) else None,
        course_deg=float(course) if _is_number(course) else None,
    )


def _is_number(text: str | None) -> bool:
    return text is not None and _NUMBER.fullmatch(text) is not None


def _read_settings(fields: Fields, report: Report) -> None:
    settings: dict[str, Value] = {}
    for pair in fields.text(fields.left).split(";"):
        name, _, value = pair.partition("=")
        if name:
            settings[name] = value
    report.attributes["settings"] = settings
    if iccid := settings.get("ICCID"):
        report.attributes["iccid"] = iccid


def _read_door(fields: Fields, report: Report) -> None:
    if fields.left > 6:  # noqa: PLR2004 - a date stands before the state
        read_date(fields, report)
    state = fields.number(1)
    report.attributes["door"] = state & 0x01 != 0
    report.attributes["input_1"] = state & 0x04 != 0


def _read_net(fields: Fields, report: Report) -> None:
    if fields.left == 1:
        report.attributes["network"] = "4G" if fields.number(1) else "2G"
    else:
        value_of("power_v", 2, scale=0.01)(fields, report)


def _read_fuel(fields: Fields, report: Report) -> None:
    text = fields.rest().decode("latin-1")
    report.attributes["text"] = told = text[max(0, text.find("!")) :]
    if found := _FUEL.match(told):
        for name, number in zip(("temperature_c", "fuel"), found.groups(), strict=True):
            if _is_number(number):
                report.attributes[name] = float(number)


def _read_card(fields: Fields, report: Report) -> None:
    raw = fields.rest()
    if raw[:1].isalpha():
        report.attributes["text"] = raw.decode("latin-1").strip("\0 \r\n")
    else:
        report.attributes["driver_id"] = raw[2:6].hex()


_INFOS: dict[int, tuple[Part, ...]] = {
    0x00: (value_of("power_v", 2, scale=0.01),),
    0x04: (_read_settings,),
    0x05: (_read_door,),
    0x0A: (digits_of("imei", 8), digits_of("imsi", 8), digits_of("iccid", 10)),
    0x0B: (_read_net,),
    0x0D: (_read_fuel,),
    0x1B: (_read_card,),
    0x1E: (
        value_of("temperature_c", 4, scale=0.1, is_signed=True),
        value_of("humidity_pct", 4, scale=0.1, is_signed=True),
    ),
}
