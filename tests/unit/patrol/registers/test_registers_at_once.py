"""All registers of a district at once: what is given is read, what is not is not withdrawn."""

from patrol.registers.files import FILES, Features, Problems, Text
from patrol.registers.registers import Registers, read_registers
from patrol.registers.routes import RouteRows
from patrol.registers.terms import Terms
from tests.makers import square

HOURS = "2026-03-02T08:00:00+08:00,2026-03-02T10:00:00+08:00"
POINT = {"type": "Point", "coordinates": [104.06, 30.66]}


def one(geometry: dict, **properties: object) -> Features:
    return Features("some", [{"geometry": geometry, "properties": properties}])


def rows(header: str, line: str) -> Text:
    return Text("some", f"{header}\n{line}\n")


SOURCES = {
    "grids": one(square(), grid_id="G1"),
    "premises": one(POINT, premises_id="P1", grid_id="G1", radius_m=10),
    "places": one(POINT, place_id="S1", radius_m=10),
    "workers": rows("worker_id,name", "W1,A"),
    "terminals": rows("terminal_id,model,worker_id,valid_from,valid_to", "T1,,,,"),
    "roster": rows("worker_id,grid_id,start,end", f"W1,G1,{HOURS}"),
    "requirements": rows(
        "grid_id,valid_from,valid_to,presence_share,visit_s,coverage_share", ",,,0.8,,"
    ),
    "excuses": rows("worker_id,grid_id,start,end,reason", f"W1,,{HOURS},leave"),
    "covers": rows("worker_id,grid_id,start,end", f"W1,G1,{HOURS}"),
    "checkpoints": one(POINT, checkpoint_id="C1", grid_id="G1", radius_m=10),
    "streets": one({"type": "LineString", "coordinates": [[104, 30], [104, 30.001]]}),
    "facilities": one(POINT, facility_id="F1", grid_id="G1", kind="lamp"),
    "tags": rows("token,premises_id,valid_from,valid_to", "door-17,P1,,"),
}


def test_every_register_that_a_folder_may_hold_is_read():
    problems = Problems()

    registers = read_registers(SOURCES, problems)

    assert problems.found == []
    assert {kind: len(getattr(registers, kind)) for kind in FILES} == dict.fromkeys(FILES, 1)


def test_what_is_not_given_is_not_empty():
    """An empty list of requirements withdraws what is known."""
    registers = read_registers({}, Problems())

    assert registers == Registers()
    assert registers.terms == Terms()
    assert registers.routes == RouteRows()


def test_what_duty_asks_for_and_what_is_to_be_reached_stand_together():
    registers = read_registers(SOURCES, Problems())

    assert registers.terms.excuses == registers.excuses
    assert registers.routes.streets == registers.streets
