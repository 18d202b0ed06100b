"""What terminals are told after COMMIT: which numbers they may forget."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar

from patrol.ids import TerminalId
from patrol.messages import Stored

T = TypeVar("T")

# In a flood a terminal is told of many batches at once. It does not wait for that: it sends on
# meanwhile, and sends nothing again for minutes.
_PILE_S = 2.0
# On an idle line so much time goes by for each that is told: telling costs more than storing, and
# a stream that leaves the line idle now and then would be slowed down by it.
_EACH_S = 0.002
# Ranges in one message; whoever sends numbers full of holes is told in several.
_MOST_RANGES = 1000


class Receipt(NamedTuple):
    """Numbers of one terminal that it may forget: a closed range in an outbox, or one id."""

    terminal: TerminalId
    outbox: str | None = None
    fixes: tuple[int, int] | None = None
    id: str | None = None


@dataclass(slots=True)
class Pile:
    """Receipts that wait to be told."""

    _fixes: dict[tuple[TerminalId, str | None], list[tuple[int, int]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    _ids: dict[TerminalId, set[str]] = field(default_factory=lambda: defaultdict(set))
    _told_s: float = float("-inf")

    def add(self, receipts: Iterable[Receipt]) -> None:
        """Lay `receipts` on the pile."""
        for one in receipts:
            if one.fixes is not None:
                self._fixes[one.terminal, one.outbox].append(one.fixes)
            if one.id is not None:
                self._ids[one.terminal].add(one.id)

    def is_due(self, *, now_s: float, is_idle: bool) -> bool:
        """Return whether to tell: few at once on an idle line, else now and then."""
        count = len(self._fixes) + len(self._ids)
        wait_s = min(_PILE_S, count * _EACH_S) if is_idle else _PILE_S
        return count > 0 and now_s - self._told_s >= wait_s

    def take(self, *, now_s: float) -> list[tuple[TerminalId, Stored]]:
        """Return one `Stored` for each terminal and outbox, joined and in order, and forget them.

        One more for each terminal of other messages, with their ids in order.
        """
        told = [
            (terminal, Stored(outbox=outbox, fixes=part))
            for (terminal, outbox), spans in self._fixes.items()
            for part in _parts(join(spans))
        ]
        told += [
            (terminal, Stored(ids=part))
            for terminal, own in self._ids.items()
            for part in _parts(tuple(sorted(own)))
        ]
        self._fixes.clear()
        self._ids.clear()
        self._told_s = now_s
        return told


def join(spans: Iterable[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Return closed ranges of numbers as few as possible, in order."""
    joined: list[tuple[int, int]] = []
    for first, last in sorted(spans):
        if joined and first <= joined[-1][1] + 1:
            joined[-1] = (joined[-1][0], max(joined[-1][1], last))
        else:
            joined.append((first, last))
    return tuple(joined)


def _parts(whole: tuple[T, ...]) -> list[tuple[T, ...]]:
    return [whole[at : at + _MOST_RANGES] for at in range(0, len(whole), _MOST_RANGES)]
