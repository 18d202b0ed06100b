"""What is on its way to the server: sent, and not yet reported stored."""

import heapq
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from patrol.ids import TerminalId

# Sent so often while the server stored later ones: whatever keeps it from being stored, it is
# not to keep others waiting.
_STUCK = 3
_MOST_PAUSE_S = 3_600.0
# Moments of sending that are looked through for those of what is stored long since.
_MANY_DUE = 10_000


class Run(NamedTuple):
    """Fixes of one terminal with numbers that follow one another, and their last sending."""

    terminal: TerminalId
    first: int
    last: int
    sent_s: float
    times: int

    @property
    def fixes(self) -> int:
        """How many they are."""
        return self.last - self.first + 1


@dataclass(slots=True)
class Flight:
    """Runs under way. Times are seconds of one clock that never goes back."""

    resend_s: float
    # Fixes on the way, less those that are stuck.
    fixes: int = 0
    stuck: int = 0
    _runs: dict[TerminalId, list[Run]] = field(default_factory=dict)
    _due: list[tuple[float, Run]] = field(default_factory=list)
    _most_due: int = _MANY_DUE
    # When the newest was sent of all that came to be stored.
    _stored_sent_s: float = float("-inf")

    def clear(self) -> None:
        """Begin anew: on a new connection nothing is on its way."""
        self._runs.clear()
        self._due.clear()
        self.fixes = self.stuck = 0

    def sent(self, run: Run) -> None:
        """Note a run that was sent."""
        self._runs.setdefault(run.terminal, []).append(run)
        pause_s = min(_MOST_PAUSE_S, self.resend_s * 2.0 ** (run.times - 1))
        heapq.heappush(self._due, (run.sent_s + pause_s, run))
        self._count(run, 1)
        if len(self._due) > self._most_due:
            self._forget_moments()

    def stored(self, terminal: TerminalId, spans: Iterable[Sequence[int]]) -> None:
        """Note that closed ranges of a terminal's numbers are stored."""
        runs = self._runs.get(terminal)
        if runs is None:
            return
        left = runs
        for first, last in spans:
            left = [piece for run in left for piece in self._less(run, first, last)]
        if left:
            self._runs[terminal] = left
        else:
            del self._runs[terminal]

    def take_due(self, now_s: float, *, most_fixes: int) -> list[Run]:
        """Take out what has waited too long, so that it can be sent again.

        It ends with the run that brings them to `most_fixes`.
        """
        taken: list[Run] = []
        fixes = 0
        while fixes < most_fixes and self._due and self._due[0][0] <= now_s:
            _, due = heapq.heappop(self._due)
            runs = self._runs.get(due.terminal, [])
            # Parts of it may be stored; what is left has the same moment of sending.
            left = [run for run in runs if _is_part(run, due)]
            for run in left:
                runs.remove(run)
                self._count(run, -1)
                fixes += run.fixes
            taken += left
            if not runs:
                self._runs.pop(due.terminal, None)
        return taken

    def times_of_next(self, run: Run) -> int:
        """Return how often `run` has been sent when it goes once more.

        As long as nothing that was sent later is stored, it is the server that is away.
        """
        is_passed_over = run.sent_s < self._stored_sent_s
        is_near = run.times < _STUCK - 1
        return run.times + 1 if is_passed_over or is_near else run.times

    def _forget_moments(self) -> None:
        """Drop the moments of what is stored: they would lie here for as long as a pause."""
        self._due = [
            (due_s, sent)
            for due_s, sent in self._due
            if any(_is_part(run, sent) for run in self._runs.get(sent.terminal, ()))
        ]
        heapq.heapify(self._due)
        self._most_due = max(_MANY_DUE, 2 * len(self._due))

    def _less(self, run: Run, first: int, last: int) -> list[Run]:
        if run.last < first or last < run.first:
            return [run]
        self._stored_sent_s = max(self._stored_sent_s, run.sent_s)
        self._count(run, -1)
        left = []
        if run.first < first:
            left.append(run._replace(last=first - 1))
        if last < run.last:
            left.append(run._replace(first=last + 1))
        for piece in left:
            self._count(piece, 1)
        return left

    def _count(self, run: Run, sign: int) -> None:
        if run.times < _STUCK:
            self.fixes += sign * run.fixes
        else:
            self.stuck += sign * run.fixes


def _is_part(run: Run, due: Run) -> bool:
    return run.sent_s == due.sent_s and due.first <= run.first and run.last <= due.last
