"""Calls for help that the disk did not take: they are sent from memory."""

import threading
from collections.abc import Iterable

import structlog

from device.outbox import Letter, Outbox
from patrol.errors import StateError

log = structlog.get_logger()

# Somebody who calls again and again is heard by the first of them.
_MOST_HELD = 64


class Calls:
    """Letters by their ids; any thread may hold one here."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: dict[str, Letter] = {}

    def hold(self, letter: Letter) -> None:
        """Hold `letter` until it is stored on the server, or the disk takes it."""
        with self._lock:
            if len(self._held) < _MOST_HELD:
                self._held[letter.identity] = letter
        log.error(
            "sender.call_held_in_memory",
            event_id=letter.identity,
            advice="free space on the disk of [device] outbox, and leave the terminal on",
        )

    def waiting(self) -> list[Letter]:
        """Return what is held, the oldest first."""
        with self._lock:
            return list(self._held.values())

    def forget(self, identities: Iterable[str]) -> None:
        """Let go of what is stored."""
        with self._lock:
            for identity in identities:
                self._held.pop(identity, None)

    def keep(self, outbox: Outbox) -> None:
        """Put what is held into `outbox`, as soon as the disk takes it."""
        for letter in self.waiting():
            try:
                outbox.put_letter(*letter)
            except StateError:
                return
            self.forget([letter.identity])
