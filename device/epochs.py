"""From readings to fixes: what a receiver says about one instant, put together.

Nothing here raises on what comes in; what cannot be used is counted by reason.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from device.framing import LineFramer, Refusal, SentenceError, is_sound
from device.nmea import Gga, Gll, Gns, Gsa, Gst, Reading, Rmc, Vtg, Zda, read_sentence
from device.sky import Sky
from patrol.fix import Fix, FixQuality

_DAY = timedelta(days=1)
# A receiver that sends RMC may lose one to noise, or have sent the GGA of the next epoch
# when the line falls silent; one that has sent none for so long sends none.
_PATIENCE_EPOCHS = 10
# A ZDA may belong to the epoch before or after the sentences that it dates.
_DATE_SLACK = timedelta(minutes=1)


class Receipt(NamedTuple):
    """When bytes were read: by the system's clock, and by one that nobody sets."""

    now: datetime
    steady_s: float


class FixReader:
    """Bytes in, fixes out; `refused` counts lines by reason, `sentences` the usable ones.

    `heard` counts sentences of any type with a sound checksum, `sky` is what they say of it.
    """

    def __init__(self) -> None:
        self.refused: Counter[Refusal] = Counter()
        self.sentences = 0
        self.heard = 0
        self.sky = Sky()
        self._framer = LineFramer()
        self._assembler = EpochAssembler()

    @property
    def refusals(self) -> dict[str, int]:
        """Lines that were refused, by reason."""
        return {str(reason): count for reason, count in self.refused.items()}

    @property
    def satellites(self) -> int | None:
        """Satellites used, by the last sentence that said so, fix or none."""
        return self._assembler.satellites

    def receive(self, data: bytes, receipt: Receipt | None = None) -> list[Fix]:
        """Return the fixes whose epochs `data` has ended, oldest first.

        A time of day without a date is given one only where `receipt` tells when it came.
        """
        self._assembler.receipt = receipt
        self._framer.receive(data)
        fixes = [self._take(line) for line in self._framer.frames()]
        if self._framer.strays:
            self.refused[Refusal.NO_SENTENCE] = self._framer.strays
        return [fix for fix in fixes if fix is not None]

    def flush(self) -> list[Fix]:
        """Return the fix of the epoch that is still open, if it makes one."""
        fix = self._assembler.flush()
        return [] if fix is None else [fix]

    def _take(self, line: bytes) -> Fix | None:
        try:
            reading = read_sentence(line)
        except SentenceError as error:
            self.refused[error.reason] += 1
            return None
        if reading is None:
            if is_sound(line):
                self.heard += 1
                self.sky.take(line)
            return None
        self.heard += 1
        if isinstance(reading, Gga):
            self.sky.note_quality(reading.quality)
        if not self._assembler.needs(reading):
            return None
        self.sentences += 1
        return self._assembler.add(reading)


class EpochAssembler:
    """Put readings of the same instant together, in whatever order they come.

    An epoch begins with the first sentence that bears its time and ends with the first that
    bears another. Validity is what RMC says. GGA makes a fix alone only where no RMC has
    come for some epochs, with the date of a ZDA, or that nearest to its `receipt`. Without a
    receipt a date holds provided that the stream is never silent for as long as a day. GNS and
    GLL stand in for what has not come for some epochs.
    """

    def __init__(self) -> None:
        self.receipt: Receipt | None = None
        self.satellites: int | None = None
        self._epochs_without_rmc = _PATIENCE_EPOCHS
        self._open: _Epoch | None = None
        self._dated: _Dated | None = None
        self._last: datetime | None = None
        self._spares: Counter[type[Gns | Gll]] = Counter()

    def needs(self, reading: Reading) -> bool:
        """Return whether `reading` says what no better sentence has said lately."""
        if isinstance(reading, Vtg):
            rmc = None if self._open is None else self._open.rmc
            if rmc is None:
                return self._epochs_without_rmc >= _PATIENCE_EPOCHS
            return rmc.place is not None and rmc.speed_mps is None
        if isinstance(reading, Gns | Gll):
            self._spares[type(reading)] += 1
            return self._spares[type(reading)] > _PATIENCE_EPOCHS
        if isinstance(reading, Gga):
            self._spares.clear()
        elif isinstance(reading, Rmc):
            del self._spares[Gll]
        return True

    def add(self, reading: Reading) -> Fix | None:
        """Take in a reading; return the fix of the epoch that it ends, if any."""
        if isinstance(reading, Zda):
            self._dated = _Dated(reading.moment, self.receipt)
            return None
        if isinstance(reading, Gsa | Vtg):
            if self._open is not None:
                self._open.complete(reading)
            return None
        if isinstance(reading, Gns):
            reading = reading.gga
        fix = None
        if self._open is None or self._open.time != reading.time:
            fix = self.flush()
            self._open = _Epoch(reading.time)
        self._open.add(reading)
        self._note(reading)
        return fix

    def flush(self) -> Fix | None:
        """End the open epoch and return its fix, unless it was returned before."""
        if self._open is None:
            return None
        is_judged = self._open.rmc is not None or self._epochs_without_rmc >= _PATIENCE_EPOCHS
        fix = self._open.fix(self._date(self._open.time)) if is_judged else None
        self._open = None
        self._epochs_without_rmc += 1
        # What comes after a flush may still belong to the epoch that was flushed.
        if fix is None or fix.epoch == self._last:
            return None
        self._last = fix.epoch
        return fix

    def _note(self, reading: Rmc | Gga | Gst | Gll) -> None:
        if isinstance(reading, Rmc):
            self._epochs_without_rmc = 0
            if reading.epoch is not None:
                self._dated = _Dated(reading.epoch, self.receipt)
        elif isinstance(reading, Gga):
            self.satellites = reading.satellites

    def _date(self, time: timedelta) -> datetime | None:
        if self._dated is not None:
            return self._dated.date(time, self.receipt)
        return None if self.receipt is None else _nearest(time, self.receipt.now)


class _Dated(NamedTuple):
    """A moment that the receiver told with its date, and when it did."""

    moment: datetime
    receipt: Receipt | None

    def date(self, time: timedelta, receipt: Receipt | None) -> datetime:
        """Return the instant of this time of day that `moment` leads one to expect."""
        if self.receipt is not None and receipt is not None:
            passed_s = receipt.steady_s - self.receipt.steady_s
            return _nearest(time, self.moment + timedelta(seconds=passed_s))
        earliest = self.moment - _DATE_SLACK
        moment = _midnight(earliest) + time
        return moment if moment >= earliest else moment + _DAY


def _nearest(time: timedelta, expected: datetime) -> datetime:
    """Return the instant of this time of day that is nearest to `expected`."""
    moment = _midnight(expected) + time
    return moment - _DAY * round((moment - expected) / _DAY)


def _midnight(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


@dataclass(slots=True)
class _Epoch:
    time: timedelta
    rmc: Rmc | None = None
    gga: Gga | None = None
    gll: Gll | None = None
    vtg: Vtg | None = None
    accuracy_m: float | None = None
    hdop: float | None = None

    def add(self, reading: Rmc | Gga | Gst | Gll) -> None:
        # Some receivers send a sentence for each constellation: the first solution counts.
        if isinstance(reading, Gst):
            self.accuracy_m = self.accuracy_m or reading.accuracy_m
        elif isinstance(reading, Rmc):
            self.rmc = self.rmc if self.rmc and self.rmc.place else reading
        elif isinstance(reading, Gll):
            self.gll = reading
        else:
            self.gga = self.gga if self.gga and self.gga.place else reading

    def complete(self, reading: Gsa | Vtg) -> None:
        """Take in what bears no time."""
        if isinstance(reading, Vtg):
            self.vtg = reading
        elif self.hdop is None:
            self.hdop = reading.hdop

    def fix(self, dated: datetime | None) -> Fix | None:
        solution = self._solution(dated)
        if solution.epoch is None or solution.place is None:
            return None
        gga = self.gga or Gga(self.time, FixQuality.NONE)
        vtg = self.vtg or Vtg(None, None)
        speed_mps, course_deg = solution.speed_mps, solution.course_deg
        return Fix(
            epoch=solution.epoch,
            lat_deg=solution.place.lat_deg,
            lon_deg=solution.place.lon_deg,
            altitude_m=gga.altitude_m,
            speed_mps=vtg.speed_mps if speed_mps is None else speed_mps,
            course_deg=vtg.course_deg if speed_mps is None else course_deg,
            hdop=self.hdop if gga.hdop is None else gga.hdop,
            accuracy_m=self.accuracy_m,
            satellites=gga.satellites,
            quality=gga.quality if gga.place else solution.quality,
        )

    def _solution(self, dated: datetime | None) -> Rmc:
        """Return what RMC says, or the others in its words."""
        # Before NMEA 2.3 RMC could not tell a measured position from an estimated one.
        if self.rmc is not None:
            is_refuted = self.gga is not None and self.gga.place is None
            return Rmc(self.time) if is_refuted and self.rmc.quality is None else self.rmc
        if self.gga is None and self.gll is not None:
            return Rmc(self.time, dated, self.gll.place, quality=self.gll.quality)
        return Rmc(self.time, dated, None if self.gga is None else self.gga.place)
