"""Sentences of receivers: what each says about one instant."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import NamedTuple

from gateway.codecs.events import Attributes, Value
from gateway.codecs.nmea.fields import (
    MPS_PER_KMH,
    MPS_PER_KNOT,
    accuracy_of,
    amount_of,
    count_of,
    course_of,
    date_of,
    number_of,
    place_of,
    time_of,
)
from patrol.fix import MEASURED, FixQuality

# Modes that are measured; the others are N none, E estimated, M manual, S simulator.
_MEASURED_MODES = frozenset("ADPRF")
_MOST_FIELDS = 24
_LEAST_ID = 4


class Reading(NamedTuple):
    """What is known of one instant; None is "not said".

    `is_active` is the status of RMC or GLL with its mode, `is_measured` the quality of GGA.
    """

    time: timedelta | None = None
    day: date | None = None
    place: tuple[float, float] | None = None
    is_active: bool | None = None
    is_measured: bool | None = None
    mode: str | None = None
    speed_mps: float | None = None
    course_deg: float | None = None
    altitude_m: float | None = None
    satellites: int | None = None
    hdop: float | None = None
    accuracy_m: float | None = None
    attributes: Attributes | None = None
    terminal_id: str | None = None

    def joined(self, other: "Reading") -> "Reading":
        """Return both in one; what `self` says counts, unless only the other has a solution."""
        first, second = self, other
        if other.is_active and self.is_active is False:
            first, second = other, self
        pairs = zip(first, second, strict=True)
        said = Reading(*(mine if mine is not None else theirs for mine, theirs in pairs))  # type: ignore[arg-type] # field by field
        return said._replace(
            attributes={**(second.attributes or {}), **(first.attributes or {})} or None
        )

    @property
    def is_valid(self) -> bool:
        """Whether the receiver had a measured solution."""
        if self.is_active is None:
            return bool(self.is_measured)
        # Before NMEA 2.3 RMC could not tell a measured position from an estimated one.
        is_refuted = self.is_measured is False and not self.mode
        return self.is_active and not is_refuted


def read_rmc(fields: list[str]) -> Reading:
    """Time, status, place, speed in knots, course, date, variation, mode.

    The navigational status behind the mode says nothing about the position: many receivers
    send V, "not provided", with good ones.
    """
    time, status, *place = fields[:6]
    mode = fields[11][:1]
    return Reading(
        time=time_of(time),
        day=_day(fields[8]),
        place=place_of(place),
        is_active=status == "A" and (not mode or mode in _MEASURED_MODES),
        mode=mode or None,
        speed_mps=amount_of(fields[6], MPS_PER_KNOT),
        course_deg=course_of(fields[7]),
        attributes=_raw_time(time, fields[8]),
    )


def read_gga(fields: list[str]) -> Reading:
    """Time, place, quality, satellites, HDOP, altitude."""
    quality = count_of(fields[5]) or 0
    return Reading(
        time=time_of(fields[0]),
        place=place_of(fields[1:5]),
        is_measured=quality in MEASURED,
        satellites=count_of(fields[6]),
        hdop=amount_of(fields[7]),
        altitude_m=number_of(fields[8]),
        attributes={"quality": quality} if quality != FixQuality.GNSS else None,
    )


def read_gll(fields: list[str]) -> Reading:
    """Place, time, status, mode."""
    mode = fields[6][:1]
    return Reading(
        time=time_of(fields[4]),
        place=place_of(fields[:4]),
        is_active=fields[5] == "A" and (not mode or mode in _MEASURED_MODES),
        mode=mode or None,
    )


def read_rma(fields: list[str]) -> Reading:
    """Status, place, time differences, speed in knots, course: of LORAN, without a time."""
    return Reading(
        place=place_of(fields[1:5]),
        is_active=fields[0] == "A",
        speed_mps=amount_of(fields[7], MPS_PER_KNOT),
        course_deg=course_of(fields[8]),
    )


def read_pubx(fields: list[str]) -> Reading | None:
    """Read the first of u-blox's own: time, place, altitude, state, accuracy, speed, course, DOPs."""
    if fields[0] not in {"0", "00"}:
        return None
    terminal_id = fields[18]
    return Reading(
        time=time_of(fields[1]),
        place=place_of(fields[2:6]),
        altitude_m=number_of(fields[6]),
        is_measured=fields[7][:2] in {"G2", "G3", "D2", "D3", "RK", "TT"},
        accuracy_m=amount_of(fields[8]),
        speed_mps=amount_of(fields[10], MPS_PER_KMH),
        course_deg=course_of(fields[11]),
        hdop=amount_of(fields[14]),
        satellites=count_of(fields[17]),
        # A field that is reserved, and 0 on receivers; some modems put their number there.
        terminal_id=terminal_id if len(terminal_id) >= _LEAST_ID else None,
    )


def read_gst(fields: list[str]) -> Reading:
    """Time, and standard deviations of the place."""
    return Reading(time=time_of(fields[0]), accuracy_m=accuracy_of(fields[5], fields[6]))


def read_gsa(fields: list[str]) -> Reading:
    """HDOP of the sentences among which it comes."""
    return Reading(hdop=amount_of(fields[15]))


def read_vtg(fields: list[str]) -> Reading:
    """Course and speed of the sentences among which it comes."""
    speed_mps = amount_of(fields[4], MPS_PER_KNOT)
    return Reading(course_deg=course_of(fields[0]), speed_mps=speed_mps)


def read_zda(fields: list[str]) -> Reading:
    """Time and date."""
    day, month, year = (count_of(field) or 0 for field in fields[1:4])
    return Reading(time=time_of(fields[0]), day=date(year, month, day) if year else None)


def read_sentence(kind: str, fields: list[str]) -> tuple[str, Reading | None]:
    """Return the sentence's type without its talker, and what it says; None for others.

    Raises ValueError when it is cut short, or a field that decides about time or place cannot
    be read. Other unreadable fields are "not said".
    """
    kind = kind if kind == _PUBX else kind[2:]
    reader = _READERS.get(kind)
    if reader is None:
        return kind, None
    if len(fields) < _LEAST_FIELDS.get(kind, 0):
        raise ValueError("it is cut short")
    return kind, reader(fields + [""] * (_MOST_FIELDS - len(fields)))


def read_tail(behind: str) -> dict[str, Value]:
    """Return what some trackers put behind the checksum of RMC.

    Satellites, IMEI, ignition, fuel, battery, then any number of values.
    """
    _, *tail = behind.split(",")
    if len(tail) < _TAIL_FIELDS or not tail[1].isdecimal():
        return {}
    told: dict[str, Value] = {
        "satellites": count_of(tail[0]),
        "imei": tail[1],
        "ignition": tail[2] == "1",
        "fuel": count_of(tail[3]),
        "battery": count_of(tail[4]),
    }
    for index, value in enumerate(tail[_TAIL_FIELDS:], 1):
        told[f"io_{index}"] = value
    return told


def _day(text: str) -> date | None:
    try:
        return date_of(text)
    except ValueError:
        return None


def _raw_time(time: str, text: str) -> Attributes | None:
    # A receiver whose clock is not set sends a year of -1, or days that do not exist.
    return {"raw_time": f"{text} {time}"} if text and _day(text) is None else None


_PUBX = "PUBX"
_TAIL_FIELDS = 5
# By the three letters of the type, whatever the talker.
_READERS: dict[str, Callable[[list[str]], Reading | None]] = {
    "RMC": read_rmc,
    "GGA": read_gga,
    "GLL": read_gll,
    "RMA": read_rma,
    "GST": read_gst,
    "GSA": read_gsa,
    "VTG": read_vtg,
    "ZDA": read_zda,
    _PUBX: read_pubx,
}
# Without a checksum a line that was cut shows in this alone.
_LEAST_FIELDS = {"RMC": 9, "GGA": 9, "GLL": 6, "RMA": 9, "GST": 8, "ZDA": 4}
# Those that make a report; the others add to one.
REPORTS = frozenset({"RMC", "GGA", "GLL", "RMA", _PUBX})
# Those that belong to the sentences among which they come.
TIMELESS = frozenset({"GSA", "VTG"})
