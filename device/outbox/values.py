"""What goes into an outbox and comes out of it."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from patrol.messages import Position

# The highest seq that can be.
NO_END = (1 << 63) - 1


class Count(NamedTuple):
    """An outbox at one moment.

    Who it is; fixes ever written and still waiting; those given up by rule because it was full;
    other messages that wait. What is neither waiting nor thinned is stored on the server.
    """

    outbox: str
    written: int
    waiting: int
    thinned: int = 0
    letters: int = 0


class Mark(NamedTuple):
    """A place in the order of waiting fixes: how often thinned, and number before it was."""

    generation: int
    key: int


# Before everything that waits.
OLDEST = Mark(NO_END, 0)


@dataclass(frozen=True, slots=True)
class Batch:
    """Positions with consecutive `seq`, from `first`; `kept_s` is when the oldest was kept."""

    first: int
    positions: tuple[Position, ...]
    kept_s: tuple[float | None, ...]

    @property
    def last(self) -> int:
        """The seq of the last position."""
        return self.first + len(self.positions) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much may wait before the oldest is thinned: so many fixes, and bytes of the file."""

    fixes: int = 72 * 3600
    size_bytes: int = 64 << 20


def since_boot_s() -> float:
    """Return the seconds since the machine was started, its sleep included; it never jumps."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def consecutive(rows: Sequence[tuple[int | float | None, ...]]) -> Batch | None:
    """Return the rows that are consecutive from the first on."""
    if not rows:
        return None
    first = int(rows[0][0] or 0)
    run = [row for index, row in enumerate(rows) if row[0] == first + index]
    return Batch(
        first,
        tuple(Position._make(row[2:]) for row in run),
        tuple(row[1] for row in run),
    )
