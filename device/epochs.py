"""From readings to fixes: what a receiver says about one instant, put together.

Nothing here raises on what comes in; what cannot be used is counted by reason.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from device.nmea import (
    Gga,
    Gsa,
    Gst,
    LineFramer,
    Reading,
    Refusal,
    Rmc,
    SentenceError,
    Zda,
    read_sentence,
)
from patrol.fix import Fix, FixQuality

_DAY = timedelta(days=1)
# A receiver that sends RMC may lose one to noise, or have sent the GGA of the next epoch
# when the line falls silent; one that has sent none for so long sends none.
_PATIENCE_EPOCHS = 10
# A ZDA may belong to the epoch before or after the sentences that it dates.
_DATE_SLACK = timedelta(minutes=1)


class FixReader:
    """Bytes in, fixes out; `refused` counts lines by reason, `sentences` the usable ones."""

    def __init__(self) -> None:
        self.refused: Counter[Refusal] = Counter()
        self.sentences = 0
        self._framer = LineFramer()
        self._assembler = EpochAssembler()

    def receive(self, data: bytes) -> list[Fix]:
        """Return the fixes whose epochs `data` has ended, oldest first."""
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
            return None
        self.sentences += 1
        return self._assembler.add(reading)


class EpochAssembler:
    """Put readings of the same instant together, in whatever order they come.

    An epoch begins with the first sentence that bears its time and ends with the first that
    bears another. Validity is what RMC says. GGA makes a fix alone only where no RMC has
    come for some epochs, with the date of a ZDA, provided that the stream is never silent
    for as long as a day.
    """

    def __init__(self) -> None:
        self._epochs_without_rmc = _PATIENCE_EPOCHS
        self._open: _Epoch | None = None
        self._dated: datetime | None = None
        self._last: datetime | None = None

    def add(self, reading: Reading) -> Fix | None:
        """Take in a reading; return the fix of the epoch that it ends, if any."""
        if isinstance(reading, Zda):
            self._dated = reading.moment
            return None
        if isinstance(reading, Gsa):
            if self._open is not None and self._open.hdop is None:
                self._open.hdop = reading.hdop
            return None
        fix = None
        if self._open is None or self._open.time != reading.time:
            fix = self.flush()
            self._open = _Epoch(reading.time)
        self._open.add(reading)
        if isinstance(reading, Rmc):
            self._epochs_without_rmc = 0
            self._dated = reading.epoch or self._dated
        return fix

    def flush(self) -> Fix | None:
        """End the open epoch and return its fix, unless it was returned before."""
        if self._open is None:
            return None
        is_judged = self._open.rmc is not None or self._epochs_without_rmc >= _PATIENCE_EPOCHS
        fix = self._open.fix(self._dated) if is_judged else None
        self._open = None
        self._epochs_without_rmc += 1
        # What comes after a flush may still belong to the epoch that was flushed.
        if fix is None or fix.epoch == self._last:
            return None
        self._last = fix.epoch
        return fix


@dataclass(slots=True)
class _Epoch:
    time: timedelta
    rmc: Rmc | None = None
    gga: Gga | None = None
    accuracy_m: float | None = None
    hdop: float | None = None

    def add(self, reading: Rmc | Gga | Gst) -> None:
        # Some receivers send a sentence for each constellation: the first solution counts.
        if isinstance(reading, Gst):
            self.accuracy_m = self.accuracy_m or reading.accuracy_m
        elif isinstance(reading, Rmc):
            self.rmc = self.rmc if self.rmc and self.rmc.place else reading
        else:
            self.gga = self.gga if self.gga and self.gga.place else reading

    def fix(self, dated: datetime | None) -> Fix | None:
        rmc = self.rmc or Rmc(self.time)
        gga = self.gga or Gga(self.time, FixQuality.NONE)
        epoch, place = (rmc.epoch, rmc.place) if self.rmc else (self._dated_by(dated), gga.place)
        # Before NMEA 2.3 RMC could not tell a measured position from an estimated one.
        is_refuted = self.gga is not None and gga.place is None and rmc.quality is None
        if epoch is None or place is None or is_refuted:
            return None
        return Fix(
            epoch=epoch,
            lat_deg=place.lat_deg,
            lon_deg=place.lon_deg,
            altitude_m=gga.altitude_m,
            speed_mps=rmc.speed_mps,
            course_deg=rmc.course_deg,
            hdop=self.hdop if gga.hdop is None else gga.hdop,
            accuracy_m=self.accuracy_m,
            satellites=gga.satellites,
            quality=gga.quality if gga.place else rmc.quality,
        )

    def _dated_by(self, dated: datetime | None) -> datetime | None:
        """Return the first instant of this time of day that is not before `dated`."""
        if dated is None:
            return None
        earliest = dated - _DATE_SLACK
        moment = earliest.replace(hour=0, minute=0, second=0, microsecond=0) + self.time
        return moment if moment >= earliest else moment + _DAY
