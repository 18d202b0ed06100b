"""The folder in which the camera's program puts photos, and what it says of them.

A file is complete when nothing about it has changed for a while. `<name>.json` tells of one
report: `{"category": …, "text": …, "photos": ["a.jpg", …]}`, photos by their names in the folder;
it is to be put there after them, or before they are complete. What is under another name than it
will have in the end begins with `.` or ends with `.part`, `.tmp` or `~`.
"""

import json
import os
import stat
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import structlog

from device.acts.here import Here, fix_before
from device.duty import Duty, DutyState, Reason
from device.reports.settings import ReportSettings
from device.reports.taking import Reporter, Told
from patrol.errors import InputError, StateError

log = structlog.get_logger()

_UNFINISHED = (".part", ".tmp", "~")
_REFUSED = "refused"
_TELLS = ".json"
_MOST_TOLD_BYTES = 1 << 16
_ON_DUTY = DutyState(
    is_on_duty=True, until=None, next_start=None, is_paused=False, reason=Reason.ON_DUTY
)

Stamp = tuple[int, int, int]


class Spool:
    """Looks into the folder again and again."""

    def __init__(
        self, settings: ReportSettings, reporter: Reporter, *, duty: Duty, here: Callable[[], Here]
    ) -> None:
        self._folder = settings.spool or Path()
        self._category = settings.spool_category
        self._settle_s = settings.spool_settle_s
        self._reporter = reporter
        self._duty = duty
        self._here = here
        self._seen: dict[str, tuple[Stamp, float]] = {}
        self._left: set[tuple[str, Stamp]] = set()
        self._said: str | None = None

    def look(self) -> None:
        """Take the reports that are complete; those of which a photo was taken off duty stay."""
        try:
            complete = self._complete()
            self._take(complete)
            self._said = None
        except (OSError, StateError) as error:
            if str(error) != self._said:
                self._said = str(error)
                log.warning("reports.spool_unusable", reason=str(error), folder=str(self._folder))

    def _complete(self) -> dict[str, Stamp]:
        """Return the files in which nothing has changed for long enough."""
        now_s = time.monotonic()
        seen = {}
        for name, stamp in _files_in(self._folder):
            before, since_s = self._seen.get(name, (stamp, now_s))
            seen[name] = (stamp, since_s if before == stamp else now_s)
        self._seen = seen
        return {
            name: stamp
            for name, (stamp, since_s) in seen.items()
            if now_s - since_s >= self._settle_s
        }

    def _take(self, complete: dict[str, Stamp]) -> None:
        spoken_for = set()
        for name in sorted(one for one in complete if one.endswith(_TELLS)):
            try:
                told, photos = _read_told(self._folder / name)
            except InputError as error:
                self._refuse([name], error)
                continue
            spoken_for |= set(photos)
            if all(one in complete for one in photos) or not set(photos) & self._seen.keys():
                self._report([name, *photos], told, complete)
        if self._category is None:
            return
        for name in complete:
            if not name.endswith(_TELLS) and name not in spoken_for:
                told = Told(category=self._category, photos=(self._folder / name,))
                self._report([name], told, complete)

    def _report(self, names: list[str], told: Told, complete: dict[str, Stamp]) -> None:
        """Take one report, as of when the newest of its photos was written."""
        stamps = [(one, complete[one]) for one in names if one in complete]
        if set(stamps) & self._left:
            return
        here = self._here()
        newest_ns = max(mtime_ns for one, (_, mtime_ns, _) in stamps)
        at = min(here.at, datetime.fromtimestamp(newest_ns // 1_000_000 / 1000, tz=UTC))
        if not self._duty.allows(at):
            self._left.update(stamps)
            log.info("reports.left_off_duty", file=names[0])
            return
        fix = None if here.fix is None else fix_before(here.fix, at)
        seed = json.dumps([told.category, told.text, stamps]).encode()
        try:
            self._reporter.take(
                Here(at, fix, _ON_DUTY),
                Told(category=told.category, text=told.text, photos=told.photos, seed=seed),
            )
        except InputError as error:
            self._refuse(names, error)
            return
        for name in names:
            (self._folder / name).unlink(missing_ok=True)

    def _refuse(self, names: list[str], error: InputError) -> None:
        """Put files aside, so that a person can look at them."""
        refused = self._folder / _REFUSED
        refused.mkdir(exist_ok=True)
        for name in names:
            if (self._folder / name).exists():
                (self._folder / name).replace(refused / name)
        log.warning("reports.spooled_refused", file=names[0], reason=str(error))


def _files_in(folder: Path) -> Iterator[tuple[str, Stamp]]:
    with os.scandir(folder) as entries:
        for one in entries:
            found = one.stat(follow_symlinks=False)
            is_hidden = one.name.startswith(".") or one.name.endswith(_UNFINISHED)
            if stat.S_ISREG(found.st_mode) and not is_hidden:
                yield one.name, (found.st_size, found.st_mtime_ns, found.st_ino)


def _read_told(path: Path) -> tuple[Told, list[str]]:
    try:
        with path.open("rb") as file:
            body: Any = json.loads(file.read(_MOST_TOLD_BYTES))
    except OSError as error:
        raise InputError(f"it cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"it is not JSON: {error}") from error
    names = body.get("photos") if isinstance(body, dict) else None
    is_list = isinstance(names, list) and all(isinstance(one, str) for one in names)
    if not is_list or not all(_is_plain(one) for one in names or ()):
        raise InputError('it does not say {"category": …, "photos": [names in this folder]}')
    photos = list(dict.fromkeys(names or ()))
    told = Told(
        category=body.get("category"),
        text=body.get("text"),
        photos=tuple(path.with_name(one) for one in photos),
    )
    return told, photos


def _is_plain(name: str) -> bool:
    return bool(name) and "/" not in name and "\0" not in name and name not in {".", ".."}
