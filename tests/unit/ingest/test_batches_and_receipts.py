"""Cutting a stream into batches, and what terminals are told."""

from collections import deque
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from ingest.batching import Size, gather
from ingest.receipts import Pile, Receipt, join
from patrol.ids import TerminalId
from patrol.messages import Stored

TEN = Size(messages=10, weight=1000, weigh=int)
T1, T2 = TerminalId("T1"), TerminalId("T2")


class Line:
    """A line of messages that are there already; notes how long each was waited for."""

    def __init__(self, count: int) -> None:
        self.left = deque(range(count))
        self.waits: list[float] = []

    def receive(self, timeout_s: float) -> int | None:
        self.waits.append(timeout_s)
        return self.left.popleft() if self.left else None


def batch(line: Line, *, size: Size[int] = TEN, wanted: bool = True) -> list[int]:
    return list(gather(line.receive, size=size, wait_s=0.5, is_wanted=lambda: wanted))


def test_an_idle_line_gives_an_empty_batch():
    assert batch(Line(0)) == []


def test_a_batch_that_nobody_wants_yet_is_empty_on_an_idle_line_too():
    assert batch(Line(0), wanted=False) == []


def test_a_trickle_is_not_held_back_for_company():
    line = Line(1)

    assert batch(line) == [0]
    assert line.waits == [0.5, 0.0]


def test_what_comes_before_a_batch_is_wanted_is_in_it():
    lulls = iter([1, None, 2, None, None, 3, None])
    asked = iter([False, False, False, True])

    taken = gather(lambda _: next(lulls), size=TEN, wait_s=0.5, is_wanted=lambda: next(asked))

    assert list(taken) == [1, 2, 3]


def test_a_flood_fills_the_batch_and_stays_in_order():
    line = Line(25)

    assert batch(line, wanted=False) == list(range(10))
    assert batch(line, wanted=False) == list(range(10, 20))


def test_heavy_messages_fill_a_batch_sooner():
    size = Size(messages=10, weight=12, weigh=int)

    assert batch(Line(25), size=size) == [0, 1, 2, 3, 4, 5]


def pile(*receipts: Receipt) -> Pile:
    made = Pile()
    made.add(receipts)
    return made


def test_one_receipt_for_each_terminal_and_outbox():
    waiting = pile(
        Receipt(T1, outbox="a", fixes=(1, 50)),
        Receipt(T2, outbox="a", fixes=(1, 1)),
        Receipt(T1, outbox="a", fixes=(51, 100)),
        Receipt(T1, outbox="b", fixes=(1, 2)),
        Receipt(T2, id="z"),
        Receipt(T2, id="y"),
    )

    assert waiting.take(now_s=0.0) == [
        (T1, Stored(outbox="a", fixes=((1, 100),))),
        (T2, Stored(outbox="a", fixes=((1, 1),))),
        (T1, Stored(outbox="b", fixes=((1, 2),))),
        (T2, Stored(ids=("y", "z"))),
    ]
    assert waiting.take(now_s=0.0) == []


def test_numbers_full_of_holes_are_told_in_messages_that_anybody_can_read():
    told = pile(*(Receipt(T1, fixes=(2 * n, 2 * n)) for n in range(2500))).take(now_s=0.0)

    assert [len(stored.fixes) for _, stored in told] == [1000, 1000, 500]


def test_terminals_are_told_at_once_on_an_idle_line_and_every_two_seconds_in_a_flood():
    waiting = pile(Receipt(T1, fixes=(1, 1)))

    assert waiting.is_due(now_s=10.0, is_idle=True)
    assert waiting.is_due(now_s=10.0, is_idle=False)
    waiting.take(now_s=10.0)
    assert not waiting.is_due(now_s=99.0, is_idle=True)
    waiting.add([Receipt(T1, fixes=(2, 2))])
    assert not waiting.is_due(now_s=11.9, is_idle=False)
    assert waiting.is_due(now_s=12.0, is_idle=False)


def test_many_are_told_on_an_idle_line_when_as_much_time_went_by_as_telling_them_takes():
    waiting = pile(Receipt(T1, fixes=(1, 1)))
    waiting.take(now_s=10.0)
    waiting.add(Receipt(TerminalId(f"T{n}"), fixes=(1, 1)) for n in range(100))

    assert not waiting.is_due(now_s=10.1, is_idle=True)
    assert waiting.is_due(now_s=10.3, is_idle=True)


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 9)), max_size=12))
def test_joined_ranges_name_the_same_numbers(pairs):
    spans = [(first, first + more) for first, more in pairs]
    numbers = {n for first, last in spans for n in range(first, last + 1)}

    joined = join(spans)

    assert {n for first, last in joined for n in range(first, last + 1)} == numbers
    assert all(a[1] + 1 < b[0] for a, b in pairwise(joined))
