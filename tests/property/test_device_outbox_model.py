"""Whatever is done to an outbox: each fix waits, is stored, or was given up by rule, and is counted."""

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from device.outbox import OLDEST, Limits, Outbox
from patrol.messages import Position
from patrol.notices.events import decode_event

START_MS = 1_772_424_000_000
PUT = st.tuples(st.just("put"), st.integers(1, 60))
FORGET = st.tuples(st.just("forget"), st.integers(0, 250))
REOPEN = st.tuples(st.just("reopen"), st.just(0))


def waiting(outbox: Outbox) -> list[int]:
    """Return the fixes that wait in the order in which they are sent."""
    found: list[int] = []
    mark = OLDEST
    while (read := outbox.read_in_order(after=mark, most=7)) is not None:
        batch, mark = read
        found += [one.lat_e7 for one in batch.positions]
    return found


def rows(outbox: Outbox) -> dict[int, int]:
    """Return which fix each number holds."""
    return dict(outbox._connection.execute("select seq, lat_e7 from position").fetchall())


def given_up(outbox: Outbox) -> set[int]:
    """Return the numbers of which the server was told that nothing more comes under them."""
    told = [decode_event(one.payload).detail for one in outbox.read_letters(most=1000)]
    return {n for one in told for n in range(int(one["first"]), int(one["last"]) + 1)}


@given(steps=st.lists(st.one_of(PUT, PUT, FORGET, REOPEN), max_size=25))
@settings(max_examples=25, deadline=None)
def test_nothing_is_lost_and_nothing_is_counted_twice(steps: list[tuple[str, int]]) -> None:
    limits = Limits(fixes=100)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "o"
        outbox, put, stored = Outbox(path, limits=limits), 0, 0
        outbox._connection.execute("pragma synchronous = off")
        for what, number in steps:
            if what == "put":
                first, put = put + 1, put + number
                fixes = [Position(START_MS + 1000 * n, n, n) for n in range(first, put + 1)]
                outbox.put(fixes, now_s=1.0)
            elif what == "forget":
                stored += outbox.forget([(number, number + 9)])
            else:
                outbox.close()
                outbox = Outbox(path, limits=limits)

            count, held = outbox.count(), rows(outbox)
            assert count.waiting == len(held) <= 100
            assert count.written == put == count.waiting + stored + count.thinned
            assert waiting(outbox) == sorted(held.values())
            assert len(set(held.values())) == len(held)
            assert not given_up(outbox) & held.keys()
        outbox.close()
