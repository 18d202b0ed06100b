"""What the benchmark of the ingest publishes, and what it makes of figures."""

import re

import numpy as np
import pytest

from benchmarks.ingest import packets
from benchmarks.ingest.contenders import binary_rows
from benchmarks.ingest.fleet import TERMINALS, make_walks, payloads
from benchmarks.ingest.memory import EndlessStream
from benchmarks.ingest.table import Figure, as_json, ratio, table
from patrol.messages import Stored, decode_position, encode_stored
from runtime.publishes import cut_publishes

WALKS = make_walks(100, days=1, terminals=3)


def test_batches_hold_each_fix_of_each_terminal_once():
    fixes = {
        (terminal, batch.seq + number, one.epoch_ms)
        for terminal, payload in payloads(WALKS, at_once=50)
        for batch in [decode_position(payload)]
        for number, one in enumerate(batch.positions)
    }

    assert len(fixes) == 3 * 100


def test_packets_are_publishes():
    made = packets.publishes([("gp/1/T1/position", b"x" * 300), ("b", b"")])
    found, used = cut_publishes(b"".join(made), has_properties=False)

    assert [(one.topic, one.payload) for one in found] == [
        (b"gp/1/T1/position", b"x" * 300),
        (b"b", b""),
    ]
    assert used == sum(map(len, made))


@pytest.mark.parametrize("spans", [((1, 50),), tuple((n, n) for n in range(1, 900, 3))])
def test_what_terminals_are_told_is_counted(spans):
    payload = encode_stored(Stored(outbox="b", fixes=spans))
    # A subscriber with QoS 0 gets no message id.
    stream = packets._packet(0x30, packets._text("gp/1/T1/stored") + payload)

    assert packets.count_stored(stream * 2) == 2 * sum(last - first + 1 for first, last in spans)


def test_rows_for_copy_hold_what_is_published():
    rows = binary_rows(WALKS, at_once=50)
    terminal, payload = next(payloads(WALKS, at_once=50))
    first = decode_position(payload).positions

    assert len(rows) == 3 * 100
    assert set(rows["terminal"][:50]) == {terminal.encode()}
    assert rows["lat_e7"][:50].tolist() == [one.lat_e7 for one in first]
    assert np.unique(rows["fields"]).tolist() == [14]


def test_an_endless_stream_never_says_the_same_twice():
    stream = EndlessStream(days=1)
    one, again = (decode_position(stream._message(n)[1]) for n in (5, 5 + TERMINALS))

    assert again.positions[0].epoch_ms == one.positions[0].epoch_ms + 2_000
    assert (one.seq, again.seq) == (1, 2)
    assert stream[5:7] == [stream[5], packets.publishes(stream._message(n) for n in (5, 6))[1]]


def test_a_figure_is_the_median_and_says_whether_it_is_enough():
    ours = Figure(name="a", text="ours", values=[9.0, 10.0, 30.0], unit="/s", goal=10)
    other = Figure(name="b", text="theirs", values=[10.0, 20.0, 30.0], unit="/s")
    slow = Figure(name="c", text="slow", values=[3.0], unit="ms", goal=2, better="less")
    none = Figure(name="d", text="nobody", values=[], unit="/s", goal=1)
    figures = [ours, other, ratio("e", "ratio", one=ours, other=other, goal=0.7), slow, none]

    assert [one["reached"] for one in as_json(figures)] == [True, None, True, False, None]
    assert [one["value"] for one in as_json(figures)] == [10.0, 20.0, 0.9, 3.0, None]
    assert re.search(r"slow +3.00 ms +3.00 ms +3.00 ms +<= 2, NOT reached", table(figures))
