"""What the running agent does beside tracking: it brings reports, and listens to a reader of tags.

Neither may end the agent: what fails is logged and tried again.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import structlog

from device.acts.here import Here, on_board
from device.checkins.listening import Listener
from device.checkins.settings import SECTION as CHECKINS
from device.checkins.settings import CheckInSettings
from device.reports.settings import SECTION as REPORTS
from device.reports.settings import ReportSettings
from device.reports.working import ReportWork
from device.window.looks import Parts
from runtime.settings import load, read_file

log = structlog.get_logger()

_AGAIN_S = 60.0
_GOODBYE_S = 2.0


class BesideSettings(NamedTuple):
    """The settings of what goes on beside tracking."""

    reports: ReportSettings
    checkins: CheckInSettings


def load_beside(config: Path | None) -> BesideSettings:
    """Return the settings of file and environment, or raise InputError."""
    file = read_file(config)
    return BesideSettings(
        load(ReportSettings, REPORTS, file=file), load(CheckInSettings, CHECKINS, file=file)
    )


@contextmanager
def working_beside(settings: BesideSettings, parts: Parts) -> Iterator[None]:
    """Work in threads of their own until the block ends."""
    stop = threading.Event()
    threads = [
        threading.Thread(target=_go_on, args=(work, stop), name=name, daemon=True)
        for name, work in _works(settings, parts)
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join(_GOODBYE_S)


def _works(
    settings: BesideSettings, parts: Parts
) -> Iterator[tuple[str, Callable[[threading.Event], None]]]:
    outbox = parts.settings.outbox

    def here() -> Here:
        return on_board(parts.board, parts.duty, parts.clock.now())

    if settings.reports.spool is not None or settings.reports.upload_url is not None:
        work = ReportWork(settings.reports, outbox, duty=parts.duty, here=here)
        yield "reports", work.run
    if settings.checkins.tag_reader is not None:
        yield "checkins", Listener(settings.checkins, outbox, here).run


def _go_on(work: Callable[[threading.Event], None], stop: threading.Event) -> None:
    while not stop.is_set():
        try:
            work(stop)
        except Exception:
            log.exception("agent.beside_failed", part=threading.current_thread().name)
            stop.wait(_AGAIN_S)
