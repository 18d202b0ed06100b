"""The reader of tags in the running agent: a tag at the door begins a visit, and ends it."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import structlog

from device.acts.here import Here
from device.checkins.acts import Act, check_in, check_token
from device.checkins.readers import opened_reader
from device.checkins.settings import CheckInSettings
from patrol.errors import InputError, StateError
from patrol.notices.checkins import Phase

log = structlog.get_logger()

_AGAIN_S = 5.0
# After so long a visit is over, though nobody has said so at its tag.
_LONGEST_VISIT = timedelta(hours=6)


class Turns:
    """What each reading of a tag says: the first begins, the next of the same tag ends.

    Another tag in between begins there; the first one is begun anew after that.
    """

    def __init__(self, *, again_s: float) -> None:
        self._again = timedelta(seconds=again_s)
        self._open: tuple[str, datetime] | None = None
        self._last: tuple[str, datetime] | None = None

    def next(self, token: str, at: datetime) -> Phase | None:
        """Return what the tag says at `at`, None where it is only held there for long."""
        if _is_within(self._last, token, at, span=self._again):
            return None
        return Phase.END if _is_within(self._open, token, at, span=_LONGEST_VISIT) else Phase.BEGIN

    def note(self, token: str, at: datetime, phase: Phase) -> None:
        """Follow what has become a check-in."""
        self._last = (token, at)
        self._open = (token, at) if phase is Phase.BEGIN else None


class Listener:
    """Makes a check-in of each tag that is held to the reader."""

    def __init__(self, settings: CheckInSettings, outbox: Path, here: Callable[[], Here]) -> None:
        self._settings = settings
        self._outbox = outbox
        self._here = here
        self._turns = Turns(again_s=settings.tag_again_s)
        self._said: str | None = None

    def run(self, stop: threading.Event) -> None:
        """Listen until `stop` is set; a reader that is not there is waited for."""
        while not stop.is_set():
            try:
                self._listen(stop)
            except (InputError, OSError) as error:
                if str(error) != self._said:
                    self._said = str(error)
                    log.warning("checkins.reader_unavailable", reason=str(error))
                stop.wait(_AGAIN_S)

    def _listen(self, stop: threading.Event) -> None:
        with opened_reader(self._settings) as reader:
            self._said = None
            log.info("checkins.reader_opened", reader=self._settings.path)
            while not stop.is_set():
                for line in reader.read():
                    self._take(line)

    def _take(self, line: str) -> None:
        here = self._here()
        try:
            token = check_token(line)
            phase = self._turns.next(token, here.at)
            if phase is None:
                return
            checkin = check_in(here, Act(phase=phase, token=token), self._outbox)
        except (InputError, StateError) as error:
            log.warning("checkins.tag_not_taken", reason=str(error))
            return
        self._turns.note(token, here.at, phase)
        log.info("checkins.taken", checkin_id=checkin.checkin_id, phase=phase)


def _is_within(
    reading: tuple[str, datetime] | None, token: str, at: datetime, *, span: timedelta
) -> bool:
    return reading is not None and reading[0] == token and abs(at - reading[1]) < span
