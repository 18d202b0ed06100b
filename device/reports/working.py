"""What the running agent does for reports: it looks into the spool and brings photos."""

import random
import threading
import time
from collections.abc import Callable
from pathlib import Path

import structlog

from device.acts.here import Here
from device.duty import Duty
from device.reports.bringing import LineError, Outcome, Server
from device.reports.settings import ReportSettings
from device.reports.spool import Spool
from device.reports.taking import Reporter
from patrol.errors import InputError

log = structlog.get_logger()

_LOOK_S = 1.0
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


class ReportWork:
    """The spool and the photos of one terminal."""

    def __init__(
        self, settings: ReportSettings, outbox: Path, *, duty: Duty, here: Callable[[], Here]
    ) -> None:
        self._settings = settings
        self._reporter = Reporter(settings, outbox)
        self._spool = (
            Spool(settings, self._reporter, duty=duty, here=here) if settings.spool else None
        )
        self._waits = Waits()

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set; whatever fails is logged and tried again later."""
        self._reporter.waiting.clear_parts()
        while not stop.is_set():
            if self._spool is not None:
                self._spool.look()
            if self._settings.upload_url is not None:
                self._bring(stop)
            stop.wait(_LOOK_S)

    def _bring(self, stop: threading.Event) -> None:
        server = self._settings.upload_url or ""
        due = [one for one in self._reporter.waiting.names() if self._waits.is_due(one)]
        if not due or not self._waits.is_due(server):
            return
        try:
            with Server(self._settings) as line:
                for name in due:
                    if stop.is_set():
                        return
                    self._settle(name, *line.bring(self._reporter.waiting.path_of(name), stop))
                    self._waits.forget(server)
        except (LineError, InputError, OSError) as error:
            self._waits.put_off(server)
            log.warning("reports.server_unreachable", reason=str(error), waiting=len(due))

    def _settle(self, name: str, outcome: Outcome, reason: str) -> None:
        if outcome is Outcome.STORED:
            self._reporter.waiting.forget(name)
            self._waits.forget(name)
            log.info("reports.photo_stored", sha256=name)
            return
        self._waits.put_off(name)
        if outcome is Outcome.DIFFERS and not self._reporter.waiting.is_whole(name):
            log.error(
                "reports.photo_damaged",
                sha256=name,
                advice="the disk has spoilt this photo: it is set aside; look at the disk",
            )
        elif outcome is not Outcome.UNFINISHED:
            # A photo may well be faster than the report that announces it.
            tell = log.info if outcome is Outcome.NOT_AWAITED else log.warning
            tell("reports.photo_not_taken", sha256=name, outcome=outcome, reason=reason)
