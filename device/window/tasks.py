"""The list of the worker's day: heard, kept for times without a network, and shown.

No coordinates are shown: how far it is from one thing to the next is enough to walk by.
"""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import structlog

from device.window.board import Board
from patrol.errors import InputError
from patrol.notices.daylist import DayList, Task, decode_list

log = structlog.get_logger()

SUFFIX = ".list"


class KeptList:
    """The last list that was heard, beside the plan of duty in `plan_file`."""

    def __init__(self, plan_file: Path, board: Board) -> None:
        self._path = plan_file.with_name(plan_file.name + SUFFIX)
        self._board = board
        self._try(self._read)

    def take(self, payload: bytes) -> None:
        """Show the list in `payload` and keep it; an empty one takes it away."""
        if not payload:
            self._board.daylist = None
            self._try(lambda: self._path.unlink(missing_ok=True))
        elif self._show(payload):
            self._try(lambda: self._write(payload))

    def _show(self, payload: bytes) -> bool:
        try:
            self._board.daylist = decode_list(payload)
        except InputError as error:
            log.warning("window.list_refused", reason=str(error))
            return False
        return True

    def _read(self) -> None:
        if self._path.exists():
            self._show(self._path.read_bytes())

    def _write(self, payload: bytes) -> None:
        new = self._path.with_name(self._path.name + ".new")
        self._path.parent.mkdir(parents=True, exist_ok=True)
        new.write_bytes(payload)
        new.chmod(0o600)
        new.replace(self._path)

    def _try(self, do: Callable[[], None]) -> None:
        # Without the copy the list is there until the agent ends, and the broker has it, too.
        try:
            do()
        except OSError as error:
            log.warning("window.list_not_kept", file=str(self._path), reason=error.strerror)


def show_list(daylist: DayList, text: Callable[[datetime | None], str | None]) -> dict[str, Any]:
    """Return a list as the page shows it; `text` writes a moment."""
    return {
        "worker_id": daylist.worker_id,
        "day": daylist.day.isoformat(),
        "computed_at": text(daylist.computed_at),
        "left_off": daylist.left_off,
        "tasks": [_task(one, text) for one in daylist.tasks],
        "guides": {
            code: {name: dict(words) for name, words in guide._asdict().items()}
            for code, guide in daylist.guides.items()
        },
    }


def _task(task: Task, text: Callable[[datetime | None], str | None]) -> dict[str, Any]:
    return {
        "kind": str(task.kind),
        "key": task.key,
        "name": task.name,
        "why": str(task.why),
        "seen": str(task.seen),
        "reason": task.reason,
        "category": task.category,
        "leg_m": task.leg_m,
        "due_at": text(task.due_at),
        "last_on": None if task.last_on is None else task.last_on.isoformat(),
    }
