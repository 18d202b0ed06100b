"""The sentences of a receiver, written from the standard's facts (NMEA 0183 4.11).

A line is `$`, talker, type, fields, `*`, the exclusive or of all bytes between `$` and `*`
as two hexadecimal digits, CR, LF. Latitudes are ddmm.mmmm, longitudes dddmm.mmmm, speed is
in knots. Receivers differ in manners; a `Manner` is one receiver's.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import datetime
from functools import cache
from typing import NamedTuple

from patrol.fix import epoch_of
from simulator.noise import CIRCLE_68
from simulator.tracks import Bools, Ints

_KNOTS_PER_CMPS = 3600 / 185_200
# Below this a receiver knows no course.
_LEAST_SPEED_CMPS = 30
_MOST_IN_GSA = 12
_VERTICAL, _POSITION = 1.5, 1.8
_NO_DOP = "99.99"
_GPS = (2, 5, 7, 8, 13, 14, 15, 17, 19, 22, 24, 30)
_BEIDOU = (6, 9, 13, 16, 19, 22, 26, 29)


@dataclass(frozen=True, slots=True, eq=False)
class Solutions:
    """What a receiver knows at each epoch, in whole units, in time order.

    Where `solved` is false only the epoch means something. Quality is 1 where solved.
    """

    epoch_ms: Ints
    solved: Bools
    lat_e7: Ints
    lon_e7: Ints
    altitude_dm: Ints
    speed_cmps: Ints
    course_ddeg: Ints
    hdop_c: Ints
    accuracy_dm: Ints
    satellites: Ints

    def at(self, index: Bools) -> "Solutions":
        """Return the epochs at which `index` is true."""
        return Solutions(*(getattr(self, column.name)[index] for column in fields(self)))


class Solution(NamedTuple):
    """One row of the solved columns of `Solutions`."""

    lat_e7: int
    lon_e7: int
    altitude_dm: int
    speed_cmps: int
    course_ddeg: int
    hdop_c: int
    accuracy_dm: int
    satellites: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How a receiver speaks.

    `nav_status` is RMC's last field since 4.1: most modern receivers say V, "not provided",
    with good fixes too; None leaves it out, like everything before 4.1. `order` names the
    sentences of an epoch. Without GST nobody can tell the accuracy in metres.
    """

    talker: str
    order: tuple[str, ...]
    nav_status: str | None
    minute_digits: int
    second_digits: int
    has_lower_case_checksum: bool = False


MODELS = {
    "multi-v411": Manner(
        talker="GN",
        order=("RMC", "GGA", "GSA", "GST"),
        nav_status="V",
        minute_digits=5,
        second_digits=2,
    ),
    "beidou-v41": Manner(
        talker="BD",
        order=("GGA", "GSA", "GST", "ZDA", "RMC"),
        nav_status="A",
        minute_digits=5,
        second_digits=3,
    ),
    "gps-v30": Manner(
        talker="GP",
        order=("GGA", "GSA", "RMC", "GST"),
        nav_status=None,
        minute_digits=4,
        second_digits=3,
    ),
    "gps-v23": Manner(
        talker="GP",
        order=("RMC", "GGA", "GSA"),
        nav_status=None,
        minute_digits=4,
        second_digits=2,
        has_lower_case_checksum=True,
    ),
}


def encode(solutions: Solutions, manner: Manner) -> Iterator[bytes]:
    """Yield the sentences of each epoch, in order, as one piece."""
    columns = (
        solutions.lat_e7,
        solutions.lon_e7,
        solutions.altitude_dm,
        solutions.speed_cmps,
        solutions.course_ddeg,
        solutions.hdop_c,
        solutions.accuracy_dm,
        solutions.satellites,
    )
    rows = zip(*(column.tolist() for column in columns), strict=True)
    for epoch_ms, is_solved, row in zip(
        solutions.epoch_ms.tolist(), solutions.solved.tolist(), rows, strict=True
    ):
        epoch = epoch_of(epoch_ms)
        bodies = _bodies(epoch, Solution(*row) if is_solved else None, manner)
        yield b"".join(sentence(body, manner) for body in bodies)


def sentence(body: str, manner: Manner) -> bytes:
    """Return the line that carries `body`, which is everything between `$` and `*`."""
    plain = body.encode("ascii")
    digits = (
        f"{checksum(plain):02x}" if manner.has_lower_case_checksum else f"{checksum(plain):02X}"
    )
    return b"$%b*%b\r\n" % (plain, digits.encode("ascii"))


def checksum(body: bytes) -> int:
    """Return the exclusive or of all bytes, of which there are at most 128."""
    # Folding one large number in half again and again is ten times faster than a loop.
    folded = int.from_bytes(body, "big")
    for bits in (512, 256, 128, 64, 32, 16, 8):
        folded ^= folded >> bits
    return folded & 0xFF


def _bodies(epoch: datetime, solution: Solution | None, manner: Manner) -> Iterator[str]:
    clock = _clock(epoch, manner)
    for kind in manner.order:
        if kind == "RMC":
            yield _rmc(epoch, clock, solution=solution, manner=manner)
        elif kind == "GGA":
            yield _gga(clock, solution, manner)
        elif kind == "GSA":
            yield from _gsa(solution, manner)
        elif kind == "GST":
            yield _gst(clock, solution, manner)
        else:
            yield f"{manner.talker}ZDA,{clock},{epoch:%d,%m,%Y},00,00"


def _rmc(epoch: datetime, clock: str, *, solution: Solution | None, manner: Manner) -> str:
    tail = "" if manner.nav_status is None else f",{manner.nav_status}"
    if solution is None:
        tail = tail and ",V"
        return f"{manner.talker}RMC,{clock},V,,,,,,,{epoch:%d%m%y},,,N{tail}"
    knots = solution.speed_cmps * _KNOTS_PER_CMPS
    course = f"{solution.course_ddeg / 10:.1f}" if solution.speed_cmps >= _LEAST_SPEED_CMPS else ""
    place = _place(solution, manner)
    return f"{manner.talker}RMC,{clock},A,{place},{knots:.3f},{course},{epoch:%d%m%y},,,A{tail}"


def _gga(clock: str, solution: Solution | None, manner: Manner) -> str:
    if solution is None:
        return f"{manner.talker}GGA,{clock},,,,,0,00,{_NO_DOP},,,,,,"
    return (
        f"{manner.talker}GGA,{clock},{_place(solution, manner)},1,{solution.satellites:02d},"
        f"{solution.hdop_c / 100:.2f},{solution.altitude_dm / 10:.1f},M,0.0,M,,"
    )


def _gsa(solution: Solution | None, manner: Manner) -> Iterator[str]:
    """Yield one sentence a constellation; it is how receivers tell which satellites they use."""
    dops = [_NO_DOP] * 3
    if solution is not None:
        hdop = solution.hdop_c / 100
        dops = [f"{one:.2f}" for one in (hdop * _POSITION, hdop, hdop * _VERTICAL)]
    mode = 1 if solution is None else 3
    used = 0 if solution is None else solution.satellites
    for ids, system in _satellites(used, is_split=manner.talker == "GN"):
        yield f"{manner.talker}GSA,A,{mode},{ids},{','.join(dops)}{system}"


@cache
def _satellites(used: int, *, is_split: bool) -> tuple[tuple[str, str], ...]:
    """Return the twelve fields of ids, and the last field, of each sentence GSA."""
    if not is_split:
        return ((_twelve(_GPS[:used]), ""),)
    # Since 4.11 a last field says which constellation: 1 GPS, 4 BeiDou.
    return (_twelve(_GPS[: (used + 1) // 2]), ",1"), (_twelve(_BEIDOU[: used // 2]), ",4")


def _twelve(ids: tuple[int, ...]) -> str:
    return ",".join([*(f"{one:02d}" for one in ids), *[""] * (_MOST_IN_GSA - len(ids))])


def _gst(clock: str, solution: Solution | None, manner: Manner) -> str:
    if solution is None:
        return f"{manner.talker}GST,{clock},,,,,,,"
    sigma_m = solution.accuracy_dm / 10 / CIRCLE_68
    return (
        f"{manner.talker}GST,{clock},{sigma_m:.1f},,,,{sigma_m:.2f},{sigma_m:.2f},"
        f"{sigma_m * _VERTICAL:.1f}"
    )


def _clock(epoch: datetime, manner: Manner) -> str:
    fraction = f"{epoch.microsecond:06d}"[: manner.second_digits]
    return f"{epoch:%H%M%S}.{fraction}"


def _place(solution: Solution, manner: Manner) -> str:
    north = "N" if solution.lat_e7 >= 0 else "S"
    east = "E" if solution.lon_e7 >= 0 else "W"
    lat = _degrees(solution.lat_e7, digits=manner.minute_digits, width=2)
    lon = _degrees(solution.lon_e7, digits=manner.minute_digits, width=3)
    return f"{lat},{north},{lon},{east}"


def _degrees(value_e7: int, *, digits: int, width: int) -> str:
    """Return degrees and minutes; whole numbers, so that 59.99999 never becomes 60."""
    unit = 10**digits
    minutes = (abs(value_e7) * 60 * unit + 5_000_000) // 10_000_000
    degrees, minutes = divmod(minutes, 60 * unit)
    return f"{degrees:0{width}d}{minutes // unit:02d}.{minutes % unit:0{digits}d}"
