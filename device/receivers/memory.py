"""Where the receiver was found last, so that the next start need not search."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import structlog

log = structlog.get_logger()

_MOST_BYTES = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembered:
    """A port on which sentences came: as it was given, its path, its speed and its USB device."""

    given: str
    path: str
    baud: int
    usb: str = ""


class Memory:
    """A small file; what cannot be read was never written."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known: Remembered | None = None
        self._is_read = False

    def read(self) -> Remembered | None:
        """Return what was remembered last."""
        if not self._is_read:
            self._is_read = True
            self._known = self._load()
        return self._known

    def write(self, known: Remembered) -> None:
        """Remember; a disk that takes no more only costs a search at the next start."""
        if known == self.read():
            return
        self._known = known
        new = self._path.with_name(f"{self._path.name}.new")
        try:
            new.write_text(json.dumps(asdict(known)))
            os.replace(new, self._path)  # noqa: PTH105 - as in the rest of the room
        except OSError as error:
            log.warning("receiver.not_remembered", path=str(self._path), reason=error.strerror)

    def _load(self) -> Remembered | None:
        try:
            with self._path.open("rb") as file:
                return _read(json.loads(file.read(_MOST_BYTES)))
        except (OSError, ValueError, TypeError, RecursionError):
            return None


def _read(body: Any) -> Remembered | None:  # noqa: ANN401 - whatever the file holds
    known = Remembered(**body)
    is_sound = isinstance(known.baud, int) and known.baud > 0
    texts = (known.given, known.path, known.usb)
    return known if is_sound and all(isinstance(text, str) for text in texts) else None
