"""A line that many share: each is read as he means it, however the bytes arrive."""

import tempfile
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.registry import Registry
from gateway.serving.line import Line, Work
from patrol.fix import Fix
from simulator.terminals import phones

NOW = datetime(2026, 3, 2, 4, 0, 5, tzinfo=UTC)
FIX = Fix(
    epoch=datetime(2026, 3, 2, 4, 0, tzinfo=UTC), lat_deg=30.5, lon_deg=104.25, speed_mps=10.0
)
# In knots, metres a second, kilometres an hour; who is not known is refused.
SPEEDS_CMPS = {"a": 1000, "b": 1944, "c": 540, "nobody": None}
REGISTER = """protocol,identity,terminal_id,speed_unit
osmand,a,A,
osmand,b,B,mps
osmand,c,C,kmh
"""


@pytest.fixture(scope="module")
def registry():
    """Return a register of senders who mean their speed each in another unit."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "t.csv"
        path.write_text(REGISTER)
        yield Registry(path)


def pieces(stream: bytes, cuts: list[int]) -> list[bytes]:
    edges = [0, *sorted(cut % (len(stream) + 1) for cut in cuts), len(stream)]
    return [stream[begin:end] for begin, end in pairwise(edges) if begin < end]


@given(
    senders=st.lists(st.sampled_from(sorted(SPEEDS_CMPS)), min_size=1, max_size=6),
    cuts=st.lists(st.integers(0, 2_000), max_size=6),
)
def test_each_sender_is_read_by_his_own_profile(registry, senders, cuts):
    stream = b"".join(phones.osmand(FIX, device=one) for one in senders)
    line = Line("osmand", registry, peer="10.0.0.9")
    works: list[Work] = [line.receive(one, received_at=NOW) for one in pieces(stream, cuts)]

    kept = [(one.terminal_id, one.position.speed_cmps) for work in works for one in work.kept]
    known = [one for one in senders if one != "nobody"]
    assert kept == [(one.upper(), SPEEDS_CMPS[one]) for one in known]
    answers = b"".join(work.reply for work in works)
    assert (answers.count(b" 200 "), answers.count(b" 400 ")) == (
        len(known),
        len(senders) - len(known),
    )
    assert line.unfinished_bytes == 0
    assert sum(work.frames for work in works) == len(senders)
