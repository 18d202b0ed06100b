"""What the running agent does for reports: it looks into the spool and brings photos."""

import threading
from collections.abc import Callable
from pathlib import Path

from device.acts.here import Here
from device.duty import Duty
from device.reports.settings import ReportSettings
from device.reports.spool import Spool
from device.reports.taking import Reporter
from runtime.uploads.bringing import Bringing

_LOOK_S = 1.0


class ReportWork:
    """The spool and the photos of one terminal."""

    def __init__(
        self, settings: ReportSettings, outbox: Path, *, duty: Duty, here: Callable[[], Here]
    ) -> None:
        self._reporter = Reporter(settings, outbox)
        self._spool = (
            Spool(settings, self._reporter, duty=duty, here=here) if settings.spool else None
        )
        server = settings.destination
        self._bringing = (
            Bringing(self._reporter.waiting, server, room="reports") if server else None
        )

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set; whatever fails is logged and tried again later."""
        self._reporter.waiting.clear_parts()
        while not stop.is_set():
            if self._spool is not None:
                self._spool.look()
            if self._bringing is not None:
                self._bringing.bring(stop)
            stop.wait(_LOOK_S)
