"""Photos that wait are brought, the oldest first; whatever fails is tried again, later each time."""

import random
import time
from threading import Event

import structlog

from patrol.errors import InputError
from runtime.uploads.server import Destination, LineError, Outcome, Server
from runtime.uploads.waiting import WaitingFolder

log = structlog.get_logger()

_FIRST_WAIT_S = 5.0
_LONGEST_WAIT_S = 600.0
_GROWTH = 2.0
_JITTER = 0.2


class Waits:
    """How long to leave something alone after each failure: twice as long, up to ten minutes."""

    def __init__(self) -> None:
        self._due_s: dict[str, tuple[float, float]] = {}

    def is_due(self, what: str) -> bool:
        """Return whether it is time to try again."""
        return time.monotonic() >= self._due_s.get(what, (0.0, 0.0))[0]

    def put_off(self, what: str) -> None:
        """Leave it alone, for longer each time."""
        wait_s = min(
            self._due_s.get(what, (0.0, _FIRST_WAIT_S / _GROWTH))[1] * _GROWTH, _LONGEST_WAIT_S
        )
        jitter = random.uniform(1 - _JITTER, 1 + _JITTER)  # noqa: S311 - only spreads the load
        self._due_s[what] = (time.monotonic() + wait_s * jitter, wait_s)

    def forget(self, what: str) -> None:
        """Begin anew, because it went well."""
        self._due_s.pop(what, None)


class Bringing:
    """The way of one folder's photos to one server; `room` begins the names of its log events."""

    def __init__(self, folder: WaitingFolder, destination: Destination, *, room: str) -> None:
        self._folder = folder
        self._destination = destination
        self._room = room
        self._waits = Waits()

    def bring(self, stop: Event) -> None:
        """Bring what is due; what does not come to its end is logged and tried again later."""
        server = self._destination.url
        if not self._waits.is_due(server):
            return
        due = [one for one in self._folder.names() if self._waits.is_due(one)]
        if not due:
            return
        try:
            with Server(self._destination) as line:
                for name in due:
                    if stop.is_set():
                        return
                    self._settle(name, *line.bring(self._folder.path_of(name), stop))
                    self._waits.forget(server)
        except (LineError, InputError, OSError) as error:
            self._waits.put_off(server)
            log.warning(self._event("server_unreachable"), reason=str(error), waiting=len(due))

    def _settle(self, name: str, outcome: Outcome, reason: str) -> None:
        if outcome is Outcome.STORED:
            self._folder.forget(name)
            self._waits.forget(name)
            log.info(self._event("photo_stored"), sha256=name)
            return
        self._waits.put_off(name)
        if outcome is Outcome.DIFFERS and not self._folder.is_whole(name):
            log.error(
                self._event("photo_damaged"),
                sha256=name,
                advice="the disk has spoilt this photo: it is set aside; look at the disk",
            )
        elif outcome is not Outcome.UNFINISHED:
            # A photo may well be faster than the report that announces it.
            tell = log.info if outcome is Outcome.NOT_AWAITED else log.warning
            tell(self._event("photo_not_taken"), sha256=name, outcome=outcome, reason=reason)

    def _event(self, what: str) -> str:
        return f"{self._room}.{what}"
