"""The outboxes of all terminals: what was sent, and what the server said may be forgotten.

Numbers of fixes are counted from 1 on the wire and from 0 here.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulator.chaos.terminals.walks import BACK_FIXES, Clock, Walks

# What has never been sent; what was sent longest ago, so that it is due at once.
_NEVER = 0.0
_DUE = 1e-9


@dataclass(frozen=True, slots=True)
class Batch:
    """Consecutive fixes of one terminal: from `first` to before `end`."""

    terminal: int
    first: int
    end: int


class Outboxes:
    """One outbox for each terminal of `walks`, sent in batches of `size` fixes."""

    def __init__(self, walks: Walks, *, size: int) -> None:
        self._walks = walks
        self._size = size
        batches = -(-walks.fixes // size)
        self.told = np.zeros((walks.terminals, walks.fixes), dtype=bool)
        self.clocks = np.zeros((walks.terminals, walks.fixes), dtype=np.uint8)
        self._sent_at_s = np.full((walks.terminals, batches), _NEVER)
        self._left = np.full((walks.terminals, batches), size, dtype=np.int32)
        self._left[:, -1] = walks.fixes - (batches - 1) * size
        self._next = np.zeros(walks.terminals, dtype=np.int64)
        self.told_count = 0
        self.early: list[str] = []

    @property
    def is_empty(self) -> bool:
        """Whether every fix that there is was sent and may be forgotten."""
        return self.told_count == self._walks.total

    @property
    def sent(self) -> NDArray[np.int64]:
        """How many fixes of each terminal were sent at least once."""
        return np.minimum(self._next * self._size, self._walks.fixes)

    def new(self, *, most: int, limit: int) -> list[Batch]:
        """Return the next batch of each terminal that has fewer than `most` unanswered.

        Of every terminal there are `limit` fixes by now.
        """
        waiting = ((self._sent_at_s != _NEVER) & (self._left > 0)).sum(axis=1)
        ready = (waiting < most) & (self._next * self._size < min(limit, self._walks.fixes))
        return [
            self._batch(terminal, int(self._next[terminal]))
            for terminal in np.flatnonzero(ready).tolist()
        ]

    def due(self, *, before_s: float) -> list[Batch]:
        """Return what was sent `before_s` and was not answered."""
        is_due = (self._left > 0) & (self._sent_at_s != _NEVER) & (self._sent_at_s < before_s)
        return [self._batch(terminal, number) for terminal, number in np.argwhere(is_due).tolist()]

    def note_sent(self, batch: Batch, *, now_s: float) -> None:
        """Remember that a batch that `new` or `due` returned was sent."""
        number = batch.first // self._size
        self._sent_at_s[batch.terminal, number] = now_s
        self._next[batch.terminal] = max(self._next[batch.terminal], number + 1)

    def hurry(self, terminals: Iterable[int]) -> None:
        """Make everything due that these terminals have sent and not heard of."""
        for terminal in terminals:
            waits = self._sent_at_s[terminal] != _NEVER
            self._sent_at_s[terminal, waits] = _DUE

    def hear(self, terminal: int, first: int, last: int) -> None:
        """Forget the fixes with the numbers `first` to `last` of the wire."""
        if first < 1 or last > self.sent[terminal]:
            self.early.append(f"terminal {terminal}, numbers {first} to {last}")
            return
        span = self.told[terminal, first - 1 : last]
        self.told_count += span.size - int(np.count_nonzero(span))
        span[:] = True
        for number in range((first - 1) // self._size, (last - 1) // self._size + 1):
            batch = self._batch(terminal, number)
            told = int(np.count_nonzero(self.told[terminal, batch.first : batch.end]))
            self._left[terminal, number] = batch.end - batch.first - told

    def set_clock(self, terminal: int, clock: Clock, *, length: int) -> bool:
        """Let the clock be wrong for the next `length` fixes; False where it cannot be."""
        first = int(self._next[terminal]) * self._size
        end = min(first + (BACK_FIXES if clock is Clock.BACK else length), self._walks.fixes)
        before = self.clocks[terminal, max(first - BACK_FIXES, 0) : first]
        if first >= end or (clock is Clock.BACK and (first < BACK_FIXES or before.any())):
            return False
        self.clocks[terminal, first:end] = clock
        return True

    def again(self, rng: np.random.Generator, *, count: int) -> list[Batch]:
        """Return `count` stretches of what was sent before, told or not, cut in any other way.

        With them come pairs of fixes of one time, the later one first.
        """
        sent, batches = self.sent, []
        for terminal in rng.choice(np.flatnonzero(sent), size=count).tolist():
            first = int(rng.integers(sent[terminal]))
            length = int(rng.integers(1, 2 * self._size))
            batches.append(Batch(terminal, first, min(first + length, int(sent[terminal]))))
        return [*batches, *self._turned_round()]

    def _turned_round(self) -> list[Batch]:
        """Return, for each terminal that repeated times, the later of two fixes of one time first."""
        batches = []
        for terminal, sent in enumerate(self.sent.tolist()):
            repeats = np.flatnonzero(self.clocks[terminal, :sent] == Clock.BACK)
            if len(repeats):
                later = Batch(terminal, int(repeats[-1]), int(repeats[-1]) + 1)
                earlier = Batch(terminal, later.first - BACK_FIXES, later.end - BACK_FIXES)
                batches += [later, earlier]
        return batches

    def _batch(self, terminal: int, number: int) -> Batch:
        first = number * self._size
        return Batch(terminal, first, min(first + self._size, self._walks.fixes))
