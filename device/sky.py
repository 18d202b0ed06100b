"""What a receiver says of its sky and its antenna: for whoever looks for a fault, not for fixes."""

import re
from enum import StrEnum
from typing import NamedTuple, TypeAlias

from patrol.fix import FixQuality

_ANTENNA = re.compile(r"\bANT(?:ENNA|STATUS)[ =:]+(OK|OPEN|SHORT)", re.IGNORECASE)
# Messages of the set, number of this one, satellites in view; then four fields a satellite.
_HEAD = 3
_FIRST_RATIO = 6
_FIELDS_A_SATELLITE = 4
_MOST_DIGITS = 2
_MADE_UP = frozenset({FixQuality.MANUAL, FixQuality.SIMULATED})
# More talkers and signals than any receiver has.
_MOST_KEYS = 64

_Key: TypeAlias = tuple[bytes, bytes]


class _View(NamedTuple):
    satellites: int
    best_dbhz: int


class Antenna(StrEnum):
    """The antenna by the receiver's own measurement of its current."""

    OK = "ok"
    OPEN = "open"
    SHORT = "short"


class Sky:
    """Satellites in view and the antenna, as last told.

    A set of GSV sentences is a turn over the talkers and their signals; the last whole turn counts.
    """

    def __init__(self) -> None:
        self.antenna: Antenna | None = None
        # What GGA says of a position that nobody has measured: typed in, or simulated.
        self.made_up: FixQuality | None = None
        self._told: dict[_Key, _View] = {}
        self._turn: dict[_Key, _View] = {}

    @property
    def in_view(self) -> int | None:
        """Satellites in view of all constellations; None where nothing was said."""
        told = self._told or self._turn
        talkers = {talker for talker, _ in told}
        views = (
            max(view.satellites for key, view in told.items() if key[0] == one) for one in talkers
        )
        return sum(views) if told else None

    @property
    def strongest_dbhz(self) -> int | None:
        """Carrier-to-noise density of the best satellite; None where none is heard."""
        told = self._told or self._turn
        return max((view.best_dbhz for view in told.values()), default=0) or None

    def take(self, line: bytes) -> None:
        """Take in a sentence whose checksum holds; others than GSV and TXT say nothing."""
        kind = line[3:6].upper()
        if kind == b"GSV":
            self._take_gsv(line[1:3], line[:-3].split(b",")[1:])
        elif kind == b"TXT" and (found := _ANTENNA.search(line.decode("latin-1"))):
            self.antenna = Antenna(found[1].lower())

    def note_quality(self, quality: FixQuality) -> None:
        """Take in the quality of a GGA."""
        self.made_up = quality if quality in _MADE_UP else None

    def note(self, *, in_view: int, strongest_dbhz: int) -> None:
        """Take in a sky that is told as a whole."""
        self._told = {(b"", b""): _View(in_view, strongest_dbhz)}

    def _take_gsv(self, talker: bytes, fields: list[bytes]) -> None:
        number, count = (_whole(field) for field in (*fields, b"", b"", b"")[1:_HEAD])
        if number is None or count is None:
            return
        tail = (len(fields) - _HEAD) % _FIELDS_A_SATELLITE
        signal = fields[-1] if tail else b""
        ratios = [_whole(field) or 0 for field in fields[_FIRST_RATIO::_FIELDS_A_SATELLITE]]
        key, best = (talker, signal[:1]), max(ratios, default=0)
        if number == 1:
            if key in self._turn or len(self._turn) == _MOST_KEYS:
                self._told, self._turn = self._turn, {}
        elif key in self._turn:
            best = max(best, self._turn[key].best_dbhz)
        self._turn[key] = _View(count, best)


def _whole(field: bytes) -> int | None:
    return int(field) if field.isdigit() and len(field) <= _MOST_DIGITS else None
