"""Round trips and algebra that hold for every value."""

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from patrol.geodesy import LocalPlane
from patrol.intervals import intersect, merge, subtract, total
from patrol.messages import (
    MAX_FIXES,
    Position,
    PositionBatch,
    decode_position,
    encode_position,
)
from tests.makers import span


def spans():
    starts = st.integers(0, 1000)
    return st.lists(
        st.builds(lambda a, n: span(a, a + n), starts, st.integers(1, 200)), max_size=12
    )


@given(left=spans(), right=spans())
def test_what_is_common_and_what_is_left_make_the_whole(left, right):
    assert total(intersect(left, right)) + total(subtract(left, right)) == total(left)


@given(left=spans(), right=spans())
def test_nothing_is_common_with_what_was_taken_away(left, right):
    assert intersect(subtract(left, right), right) == []


@given(intervals=spans())
def test_merged_intervals_are_disjoint_and_in_order(intervals):
    merged = merge(intervals)

    assert all(a.end < b.start for a, b in pairwise(merged))
    assert merge(merged) == merged


def optional(low: int, high: int):
    return st.none() | st.integers(low, high)


POSITIONS = st.builds(
    Position,
    st.integers(946_684_800_000, 4_102_444_799_999),
    st.integers(-900_000_000, 900_000_000),
    st.integers(-1_800_000_000, 1_800_000_000),
    optional(-10_000, 1_000_000),
    optional(0, 32_767),
    optional(0, 3_600),
    optional(0, 32_767),
    optional(0, 1_000_000),
    optional(0, 255),
    optional(0, 8),
    optional(0, 100),
    st.integers(0, 63),
)


@given(
    seq=st.integers(0, 2**63 - 1),
    positions=st.lists(POSITIONS, min_size=1, max_size=20),
    outbox=st.none() | st.text("abcdef0123456789", min_size=1, max_size=32),
)
def test_every_batch_survives_the_journey(seq, positions, outbox):
    batch = PositionBatch(seq=seq, source="agent", positions=tuple(positions), outbox=outbox)

    assert decode_position(encode_position(batch)) == batch


@given(one=POSITIONS)
def test_the_largest_batch_survives_the_journey(one):
    batch = PositionBatch(seq=1, source="agent", positions=(one,) * MAX_FIXES)

    assert decode_position(encode_position(batch)) == batch


@given(
    lat_deg=st.floats(-80, 80),
    lon_deg=st.floats(-180, 179.999),
    x_m=st.floats(-5000, 5000),
    y_m=st.floats(-5000, 5000),
)
def test_metres_and_degrees_are_the_same_place(*, lat_deg, lon_deg, x_m, y_m):
    plane = LocalPlane(lat_deg, lon_deg)
    lats, lons = plane.to_degrees(np.array([x_m]), np.array([y_m]))
    xs, ys = plane.to_metres(lats, lons)

    assert abs(xs[0] - x_m) < 1e-6
    assert abs(ys[0] - y_m) < 1e-6
