"""What must hold for presence and for the distances it stands on, wherever and whatever."""

from datetime import timedelta

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from patrol.chains import outlines
from patrol.geodesy import LocalPlane
from patrol.geofence import read_area
from patrol.intervals import total
from patrol.presence import PresenceRules, State, assess_presence
from patrol.track import TrackRules, build_track
from tests.makers import grid, join, span, walk

PLANES = st.builds(
    LocalPlane,
    st.sampled_from([0.0, -33.9, 30.66, 60.2]),
    st.sampled_from([0.0, 180.0, -179.999, 104.06]),
)
# The corners of a star around the middle: any radii, in the order of their angles.
RADII = st.lists(st.integers(50, 500), min_size=3, max_size=12)
STRETCHES = st.lists(
    st.tuples(st.integers(-3000, 6000), st.integers(10, 900), st.floats(-500, 500)),
    min_size=1,
    max_size=8,
)
DUTY = span(0, 3600)


@settings(max_examples=60, deadline=None)
@given(plane=PLANES, radii=RADII, seed=st.integers(0, 2**32 - 1))
def test_the_signed_distance_is_that_of_the_geometry_library(plane, radii, seed):
    angles = np.arange(len(radii)) * 2 * np.pi / len(radii)
    corners = np.column_stack([np.cos(angles), np.sin(angles)]) * np.array(radii)[:, None]
    lat_deg, lon_deg = plane.to_degrees(*corners[[*range(len(radii)), 0]].T)
    ring = np.column_stack([lon_deg, lat_deg]).tolist()
    area = read_area({"type": "Polygon", "coordinates": [ring]})
    x_m, y_m = np.random.default_rng(seed).uniform(-600, 600, (2, 50))
    points, shape = shapely.points(x_m, y_m), shapely.Polygon(corners)
    away_m = shapely.distance(shapely.boundary(shape), points)

    signed_m = outlines.signed_m(area, *plane.to_degrees(x_m, y_m))

    expected = np.where(shapely.contains(shape, points), -away_m, away_m)
    # The planes differ by the middle's latitude: some centimetres at 600 m.
    assert signed_m == pytest.approx(expected, abs=0.2)


def track_of(stretches):
    parts = [walk([(start, x, 0), (start + length, x, 0)]) for start, length, x in stretches]
    return build_track(join(*parts), TrackRules())


def assess(track):
    signed_m = outlines.signed_m(grid(400).area, track.lat_deg, track.lon_deg)
    return assess_presence(track, signed_m, duty=DUTY, rules=PresenceRules())


@settings(max_examples=60, deadline=None)
@given(stretches=STRETCHES)
def test_states_tile_duty_and_what_is_plausible_lies_within_it(stretches):
    found = assess(track_of(stretches))

    intervals = [one.interval for one in found.states]
    assert [DUTY.start, *(one.end for one in intervals)] == [
        *(one.start for one in intervals),
        DUTY.end,
    ]
    assert all(DUTY.start <= one.start and one.end <= DUTY.end for one in found.plausible)


@settings(max_examples=60, deadline=None)
@given(stretches=STRETCHES)
def test_less_evidence_is_never_more_absence_than_there_are_fixes_for(stretches):
    """A fix outside vouches for the step around it and the way to the border, no more."""
    track = track_of(stretches)

    found = assess(track)

    absent = total(one.interval for one in found.states if one.state is State.OUTSIDE)
    signed_m = outlines.signed_m(grid(400).area, track.lat_deg, track.lon_deg)
    beyond_m = signed_m[signed_m > 0]
    vouched_s = float((2 * beyond_m / 1.3 + 60).sum())
    assert absent <= timedelta(seconds=vouched_s)
