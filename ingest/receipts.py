"""What terminals are told after COMMIT: which numbers they may forget."""

from collections import defaultdict
from collections.abc import Iterable

from patrol.ids import TerminalId
from patrol.messages import PositionBatch, Stored


def receipts(
    batches: Iterable[tuple[TerminalId, PositionBatch]],
    *,
    ids: Iterable[tuple[TerminalId, str]] = (),
) -> list[tuple[TerminalId, Stored]]:
    """Return one `Stored` for each terminal and outbox, with joined ranges in order.

    One more for each terminal of other messages, with their `ids` in order.
    """
    spans: dict[tuple[TerminalId, str | None], list[tuple[int, int]]] = defaultdict(list)
    for terminal, batch in batches:
        last = batch.seq + len(batch.positions) - 1
        spans[terminal, batch.outbox].append((batch.seq, last))
    named: dict[TerminalId, set[str]] = defaultdict(set)
    for terminal, one in ids:
        named[terminal].add(one)
    return [
        *(
            (terminal, Stored(outbox=outbox, fixes=join(found)))
            for (terminal, outbox), found in spans.items()
        ),
        *((terminal, Stored(ids=tuple(sorted(own)))) for terminal, own in named.items()),
    ]


def join(spans: Iterable[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Return closed ranges of numbers as few as possible, in order."""
    joined: list[tuple[int, int]] = []
    for first, last in sorted(spans):
        if joined and first <= joined[-1][1] + 1:
            joined[-1] = (joined[-1][0], max(joined[-1][1], last))
        else:
            joined.append((first, last))
    return tuple(joined)
