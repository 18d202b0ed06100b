"""Reading facilities: where each stands, of what kind it is, and who keeps it."""

import pytest

from patrol.geofence import read_area
from patrol.registers.facilities import FacilityRow, Known, check_facilities, read_facilities
from patrol.registers.files import Features, Problems
from tests.makers import CITY, square

LAT, LON = (float(one) for one in CITY.to_degrees(0.0, 0.0))
POINT = {"type": "Point", "coordinates": [LON, LAT]}
NOTHING = Known(grids=(), areas={}, kinds=(), departments=(), accounts=())


def read(
    problems: Problems, geometry: dict | None = POINT, **properties: object
) -> list[FacilityRow]:
    named = {"facility_id": "F1", "grid_id": "G1", "kind": "lamp", **properties}
    given = {name: value for name, value in named.items() if value is not None}
    return read_facilities(Features("f", [{"geometry": geometry, "properties": given}]), problems)


def test_a_facility_is_read_with_its_keeper_and_when_to_look_at_it():
    problems = Problems()
    (row,) = read(problems, name="No 12", department_id="LIGHTS", check_days=30)

    assert problems.found == []
    assert (row.id, row.grid_id, row.place.kind, row.place.name) == ("F1", "G1", "lamp", "No 12")
    assert (row.department_id, row.account_id, row.check_days) == ("LIGHTS", None, 30)
    assert row.place.radius_m is None


def test_sheets_have_numbers_as_text_and_empty_columns():
    (row,) = read(Problems(), check_days="30", department_id="", account_id="chen.li")

    assert (row.department_id, row.account_id, row.check_days) == (None, "chen.li", 30)
    assert read(Problems(), check_days="")[0].check_days is None


def test_a_facility_may_have_an_outline():
    (row,) = read(Problems(), square())

    assert row.place.geometry["type"] == "Polygon"


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"facility_id": None}, "facility_id is missing"),
        ({"kind": None}, "kind is missing"),
        ({"kind": "Street Lamp"}, "kind is"),
        ({"department_id": "D 1"}, "department_id is"),
        ({"account_id": 5}, "account_id is"),
        ({"department_id": "D1", "account_id": "a"}, "one keeper each"),
        ({"check_days": 0}, "check_days is"),
        ({"check_days": True}, "check_days is"),
        ({"check_days": "soon"}, "check_days is"),
        ({"geometry": None}, "geometry is missing"),
    ],
)
def test_what_cannot_be_read_is_named(given, reason):
    problems = Problems()

    assert read(problems, **given) == []
    assert [reason in one for one in problems.found] == [True]


def test_what_a_facility_names_must_be_known():
    problems = Problems()
    check_facilities(
        read(problems, department_id="D1") + read(problems, account_id="a"),
        problems,
        known=NOTHING,
    )

    told = " ".join(problems.found)
    for words in (
        "F1 stands 2 times",
        "grid_id G1 is not known",
        "kind lamp is not known",
        "department_id D1 is not known",
        "account_id a is not known",
    ):
        assert words in told


def test_a_facility_stands_near_its_grid():
    problems = Problems()
    known = Known(
        grids={"G1", "G2"},
        areas={"G1": read_area(square())},
        kinds={"lamp"},
        departments=(),
        accounts=(),
    )
    near = read(problems) + read(problems, facility_id="F2", grid_id="G2")
    check_facilities(near, problems, known=known)
    before = list(problems.found)
    far = {"type": "Point", "coordinates": [LON, LAT + 1]}
    check_facilities(read(problems, far), problems, known=known)

    assert before == []
    assert ["km from its grid" in one for one in problems.found] == [True]
