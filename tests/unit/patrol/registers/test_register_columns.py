"""Rows of places become features in WGS-84, and what nobody asked for is named."""

import pytest

from patrol.datums import Place, gcj02_of
from patrol.errors import InputError
from patrol.registers.columns import prepare
from patrol.registers.files import Features, Problems, Source, Table, Text

PLACE = Place(30.66, 104.06)
OUTLINE = [[[104.06, 30.66], [104.07, 30.66], [104.07, 30.67], [104.06, 30.66]]]


def prepared(source: Source, *, kind: str = "premises", datum: str = "wgs84") -> Features:
    problems = Problems()
    made = prepare(kind, source, problems, datum=datum)
    assert problems.found == []
    assert isinstance(made, Features)
    return made


def features(geometry: object, **properties: object) -> Features:
    return Features("body", [{"geometry": geometry, "properties": properties}])


def test_rows_of_people_stay_as_they_are():
    source = Text("workers.csv", "worker_id,name\n")

    assert prepare("workers", source, Problems(), datum="gcj02") is source


@pytest.mark.parametrize(
    "source",
    [
        Text("sheet", "premises_id,lon_deg,lat_deg,radius_m\nP1,104.06,30.66,10\n"),
        Table("sheet", [["premises_id ", "lon_deg", "lat_deg", "radius_m"]]),
    ],
    ids=["text", "sheet without rows"],
)
def test_lines_are_counted_with_their_header(source):
    made = prepared(source)

    assert (made.unit, made.first) == ("line", 2)


def test_a_row_with_a_place_becomes_a_point():
    source = Text("sheet", "premises_id,lon_deg,lat_deg,radius_m\nP1,104.06,30.66,10\n")

    assert prepared(source).features == [
        {
            "geometry": {"type": "Point", "coordinates": [104.06, 30.66]},
            "properties": {"premises_id": "P1", "radius_m": 10.0},
        }
    ]


def test_empty_lines_at_the_end_of_a_sheet_are_no_rows():
    rows = [["premises_id", "lon_deg"], ["P1", "104"], ["", " "], []]

    assert len(prepared(Table("sheet", rows)).features) == 1


@pytest.mark.parametrize(
    ("written", "read"), [("3", 3), ("3.0", 3), ("2.5", 2.5), ("many", "many"), ("inf", "inf")]
)
def test_households_are_whole_where_they_can_be(written, read):
    """What is no number goes on as it is: the reader of premises names it."""
    (made,) = prepared(Table("sheet", [["households"], [written]])).features

    assert made["properties"] == {"households": read}


def test_a_row_without_a_place_is_a_point_without_coordinates():
    """The reader of premises refuses it, by its line."""
    (made,) = prepared(Table("sheet", [["premises_id"], ["P1"]])).features

    assert made["geometry"] == {"type": "Point", "coordinates": [None, None]}


def test_a_property_that_is_not_kept_is_named():
    problems = Problems()

    prepare("premises", features(None, premises_id="P1", phone="1"), problems, datum="wgs84")

    assert problems.found == [
        "body: feature 1: phone is no property of premises: leave it out, it is not kept"
    ]


@pytest.mark.parametrize("properties", [None, [], "text"])
def test_a_feature_without_properties_has_none_too_many(properties):
    feature = {"geometry": None, "properties": properties}

    assert prepared(Features("body", [feature])).features == [feature]


def test_a_point_is_moved_from_the_datum_of_a_map():
    given = gcj02_of(PLACE)
    source = features({"type": "Point", "coordinates": [given.lon_deg, given.lat_deg]})

    (made,) = prepared(source, datum="gcj02").features

    assert made["geometry"]["coordinates"] == [
        pytest.approx(PLACE.lon_deg, abs=1e-8),
        pytest.approx(PLACE.lat_deg, abs=1e-8),
    ]


def test_every_corner_of_an_outline_is_moved():
    source = features({"type": "Polygon", "coordinates": OUTLINE}, grid_id="G1")

    (made,) = prepared(source, kind="grids", datum="bd09").features

    ((*moved,),) = made["geometry"]["coordinates"]
    assert all(
        0.001 < abs(new[0] - old[0]) < 0.02 for new, old in zip(moved, OUTLINE[0], strict=True)
    )
    assert moved[0] == moved[-1]


@pytest.mark.parametrize("geometry", [None, "a point"])
def test_what_is_no_geometry_is_not_moved(geometry):
    """It goes on as it is: the reader names what is wrong with it."""
    (made,) = prepared(features(geometry), datum="gcj02").features

    assert made["geometry"] == geometry


@pytest.mark.parametrize(
    "coordinates", [None, [104.06], ["104.06", 30.66], [True, 30.66], [float("nan"), 30.66]]
)
def test_what_is_no_place_is_not_moved(coordinates):
    """The same."""
    source = features({"type": "Point", "coordinates": coordinates})

    (made,) = prepared(source, datum="gcj02").features

    # As text, because nothing equals a NaN.
    assert repr(made["geometry"]["coordinates"]) == repr(coordinates)


def test_an_unknown_datum_is_refused():
    source = features({"type": "Point", "coordinates": [104.06, 30.66]})

    with pytest.raises(InputError, match="datum is 'mars', not one of wgs84, gcj02, bd09"):
        prepare("places", source, Problems(), datum="mars")
