"""Cutting a stream into batches, and what terminals are told."""

from collections import deque
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from ingest.batching import gather
from ingest.receipts import join, receipts
from patrol.ids import TerminalId
from patrol.messages import Position, PositionBatch, Stored

T1, T2 = TerminalId("T1"), TerminalId("T2")


class Line:
    """A line of messages that are there already; notes how long each was waited for."""

    def __init__(self, count: int) -> None:
        self.left = deque(range(count))
        self.waits: list[float] = []

    def receive(self, timeout_s: float) -> int | None:
        self.waits.append(timeout_s)
        return self.left.popleft() if self.left else None


def test_an_idle_line_gives_an_empty_batch():
    assert gather(Line(0).receive, most=10, wait_s=0.5) == []


def test_a_trickle_is_not_held_back_for_company():
    line = Line(1)

    assert gather(line.receive, most=10, wait_s=0.5) == [0]
    assert line.waits == [0.5, 0.0]


def test_a_flood_fills_the_batch_and_stays_in_order():
    line = Line(25)

    assert gather(line.receive, most=10, wait_s=0.5) == list(range(10))
    assert gather(line.receive, most=10, wait_s=0.5) == list(range(10, 20))


def batch(seq: int, count: int, outbox: str | None = "a") -> PositionBatch:
    positions = tuple(Position(1760000000000 + n, 0, 0) for n in range(count))
    return PositionBatch(seq=seq, source="agent", outbox=outbox, positions=positions)


def test_one_receipt_for_each_terminal_and_outbox():
    told = receipts(
        [(T1, batch(1, 50)), (T2, batch(1, 1)), (T1, batch(51, 50)), (T1, batch(1, 2, "b"))]
    )

    assert told == [
        (T1, Stored(outbox="a", fixes=((1, 100),))),
        (T2, Stored(outbox="a", fixes=((1, 1),))),
        (T1, Stored(outbox="b", fixes=((1, 2),))),
    ]


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 9)), max_size=12))
def test_joined_ranges_name_the_same_numbers(pairs):
    spans = [(first, first + more) for first, more in pairs]
    numbers = {n for first, last in spans for n in range(first, last + 1)}

    joined = join(spans)

    assert {n for first, last in joined for n in range(first, last + 1)} == numbers
    assert all(a[1] + 1 < b[0] for a, b in pairwise(joined))
