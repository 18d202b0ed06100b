"""Sentences of one instant, put together into one report."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from gateway.codecs.events import Located, RawFix, Value
from gateway.codecs.nmea.fields import moment_of, nearest
from gateway.codecs.nmea.sentences import REPORTS, TIMELESS, Reading


@dataclass(slots=True)
class Epoch:
    """What has been said of one instant so far; `received_at` is when its first sentence came."""

    received_at: datetime
    time: timedelta | None
    reading: Reading = field(default_factory=Reading)
    kinds: set[str] = field(default_factory=set)
    attributes: dict[str, Value] = field(default_factory=dict)

    @property
    def is_report(self) -> bool:
        """Whether any sentence among them makes a report."""
        return not REPORTS.isdisjoint(self.kinds)

    @property
    def is_positioned(self) -> bool:
        """Whether RMC is among them, after which some senders wait for an answer."""
        return "RMC" in self.kinds

    def takes(self, kind: str, reading: Reading) -> bool:
        """Whether a sentence is of the same instant."""
        if kind in TIMELESS:
            return True
        return reading.time == self.time and (self.time is not None or kind not in self.kinds)

    def add(self, kind: str, reading: Reading, told: dict[str, Value]) -> None:
        """Take in a sentence of the same instant, and what was told beside it."""
        self.reading = self.reading.joined(reading)
        self.kinds.add(kind)
        self.attributes.update(told)

    def report(self, terminal_id: str | None, offset: timedelta) -> Located:
        """Return the report; `offset` is how far the terminal's clock is ahead of UTC."""
        attributes = {**(self.reading.attributes or {}), **self.attributes}
        if self.reading.mode:
            attributes["mode"] = self.reading.mode
        fix = self._fix(offset, attributes)
        return Located(terminal_id=terminal_id, fix=fix, attributes=attributes)

    def _fix(self, offset: timedelta, attributes: dict[str, Value]) -> RawFix | None:
        said = self.reading
        if "raw_time" in attributes:
            return None
        moment = self._moment() - offset
        if said.place is None:
            attributes["epoch"] = moment.isoformat()
            return None
        return RawFix(
            epoch=moment,
            lat_deg=said.place[0],
            lon_deg=said.place[1],
            altitude_m=said.altitude_m,
            speed_mps=said.speed_mps,
            course_deg=said.course_deg,
            accuracy_m=said.accuracy_m,
            hdop=said.hdop,
            satellites=said.satellites,
            valid=said.is_valid,
        )

    def _moment(self) -> datetime:
        said = self.reading
        if said.time is None:
            return self.received_at
        if said.day is None:
            return nearest(said.time, self.received_at)
        return moment_of(said.day, said.time)
