"""Findings are those of the set of fixes, wherever on the globe and in whatever order."""

from dataclasses import fields, replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from patrol.geodesy import LocalPlane
from patrol.messages import Flag
from patrol.track import FixColumns
from tests.makers import CITY, walk
from tests.unit.patrol.traces import found, known, noisy, put

LEGS = [(0, 0, 0), (1000, 300, 0), (4200, 300, 0), (7200, 2300, 0)]
EXPECTED = ["clock_offset", "frozen_receiver", "mock_location", "teleport"]


def wrong_day(plane: LocalPlane = CITY) -> FixColumns:
    """Return a day on which much goes wrong at once."""
    fixes = noisy(walk(LEGS, plane=plane))
    fixes = put(fixes, 20, 40, flags=Flag.MOCK)
    fixes = put(fixes, 100, 420, lat_e7=fixes.lat_e7[100], lon_e7=fixes.lon_e7[100])
    away = np.zeros(len(fixes), dtype=np.int64)
    away[500:650] = 90_000
    fixes = replace(fixes, lat_e7=fixes.lat_e7 + away)
    nobody = np.zeros(len(fixes), dtype=np.int64)
    speeds = np.full(len(fixes), 130)
    return known(fixes, received_ms=fixes.epoch_ms + 300_000, speed_cmps=speeds, terminal=nobody)


def at(fixes: FixColumns, index: np.ndarray) -> FixColumns:
    return FixColumns(**{one.name: getattr(fixes, one.name)[index] for one in fields(fixes)})


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_order_and_repeats_of_the_fixes_change_no_finding(seed):
    fixes = wrong_day()
    chance = np.random.default_rng(seed)
    count = len(fixes)
    index = chance.permutation(np.concatenate([np.arange(count), chance.integers(0, count, 400)]))

    assert found(at(fixes, index)) == found(fixes)


@settings(max_examples=25, deadline=None)
@given(lat_deg=st.floats(-65, 65), lon_deg=st.sampled_from([-180.0, 179.999, 0.0, 104.0]))
def test_the_place_on_the_globe_changes_no_kind(lat_deg, lon_deg):
    kinds = sorted(str(one.kind) for one in found(wrong_day(LocalPlane(lat_deg, lon_deg))))

    assert kinds == EXPECTED
