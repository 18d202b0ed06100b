"""Datums of Chinese maps: the shift of known places, and back again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patrol.datums import DATUMS, Place, bd09_of, gcj02_of, wgs84_of
from patrol.errors import InputError

# Tian'anmen in three datums, as open map libraries agree upon it, to about a metre.
WGS84, GCJ02, BD09 = (
    Place(39.9042, 116.4074),
    Place(39.905603, 116.413642),
    Place(39.911865, 116.420046),
)
CLOSE_DEG = 2e-6


def test_a_known_place_is_shifted_as_maps_shift_it():
    assert gcj02_of(WGS84) == pytest.approx(GCJ02, abs=CLOSE_DEG)
    assert bd09_of(WGS84) == pytest.approx(BD09, abs=CLOSE_DEG)


@pytest.mark.parametrize(("datum", "place"), [("gcj02", GCJ02), ("bd09", BD09), ("wgs84", WGS84)])
def test_it_comes_back_from_every_datum(datum, place):
    assert wgs84_of(place, datum=datum) == pytest.approx(WGS84, abs=CLOSE_DEG)


@given(st.floats(18.5, 53.0), st.floats(74.0, 134.5))
def test_there_and_back_is_the_same_place_to_a_centimetre(lat_deg, lon_deg):
    place = Place(lat_deg, lon_deg)

    assert wgs84_of(gcj02_of(place), datum="gcj02") == pytest.approx(place, abs=1e-7)
    assert wgs84_of(bd09_of(place), datum="bd09") == pytest.approx(place, abs=1e-7)


def test_outside_china_nothing_is_shifted():
    paris = Place(48.8566, 2.3522)

    assert gcj02_of(paris) == paris
    assert wgs84_of(paris, datum="gcj02") == paris


def test_a_datum_that_is_none_is_named():
    with pytest.raises(InputError, match=f"'mars', not one of {', '.join(DATUMS)}"):
        wgs84_of(WGS84, datum="mars")
