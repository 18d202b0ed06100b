"""Every stored report has its work order: by its transaction, once, in the right grid, whatever."""

import subprocess
import sys
import threading
from collections.abc import Iterator

import psycopg
import pytest
from psycopg.errors import RaiseException
from psycopg.types.json import Jsonb
from structlog.testing import capture_logs

from ingest.orders.missing import open_missing
from patrol.fix import epoch_ms
from patrol.messages import Position
from patrol.notices.reports import MediaType, Photo, PhotoReport, encode_report
from patrol.workorders.workflow import default
from runtime.mqtt import Message
from runtime.registers.load import load
from runtime.uuids import uuid7
from tests.district import NOW, SHANGHAI, WRITER, collection, count, rows, store, write_registers
from tests.makers import CITY, at, square
from tests.processes import eventually

KNOWN = next(iter(default().categories))
# Stores one report after the other, as the ingest does, until it is killed.
INGEST = """
import sys
from tests.district import store
from tests.integration.test_ingest_orders import letter, report
while True:
    store(sys.argv[1], [letter(report()) for _ in range(10)])
"""
NOT_WHOLE = """
select count(*)
  from photo_report r
  full join work_order_report l using (terminal_id, report_id)
  left join work_order o using (order_id)
  left join work_order_event e on e.order_id = o.order_id and e.revision = 1
 where e.kind is distinct from 'open' or r.report_id is null
"""


@pytest.fixture(scope="module")
def district(shared_database: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the DSN of two grids side by side, W01 on duty in the eastern one."""
    west, east = square(), square(middle_m=(0, 400, 0))
    grids = collection({"grid_id": "G01", "name": "West"}, west)
    both = grids.replace(
        '"features": [', '"features": [' + feature({"grid_id": "G02", "name": "East"}, east) + ", "
    )
    roster = f"worker_id,grid_id,start,end\nW01,G02,{at(0).isoformat()},{at(3600).isoformat()}\n"
    folder = tmp_path_factory.mktemp("district")
    load(shared_database, write_registers(folder, grids=both, roster=roster), zone=SHANGHAI)
    return shared_database


@pytest.fixture(autouse=True)
def emptied(district: str) -> Iterator[None]:
    yield
    with psycopg.connect(district) as conn:
        conn.execute(
            "truncate photo_report, report_photo, work_order, work_order_event, work_order_report"
            " cascade"
        )


def feature(properties: dict, geometry: dict) -> str:
    return collection(properties, geometry).split('"features": [')[1][:-2]


def fix(x_m: float, *, accuracy_m: float = 5, at_s: float = 598) -> Position:
    lat, lon = CITY.to_degrees(x_m, 0.0)
    return Position(
        epoch_ms(at(at_s)),
        round(float(lat) * 1e7),
        round(float(lon) * 1e7),
        accuracy_dm=round(accuracy_m * 10),
    )


def report(category: str = KNOWN, *, at_s: float = 600, **changed) -> PhotoReport:
    photo = Photo(sha256="ab" * 32, bytes=9, media_type=MediaType.JPEG)
    values = {"photos": (photo,), "text": "dark", "fix": fix(0), **changed}
    return PhotoReport(report_id=uuid7(), taken_at=at(at_s), category=category, **values)


def letter(one: PhotoReport, terminal: str = "T01") -> Message:
    return Message(f"gp/1/{terminal}/report", encode_report(one), mid=1, connection=1)


def test_a_report_opens_an_order_and_says_who_told_it(district: str) -> None:
    one = report()
    store(district, [letter(one)])

    assert rows(
        district,
        "select reporter_worker, category, step, revision, opened_at, age_s from work_order",
    ) == [("W01", KNOWN, default().opens_at, 1, NOW, 2)]
    assert rows(
        district, "select kind, report_id::text, text, photos, worker_id from work_order_event"
    ) == [("open", one.report_id, "dark", ["ab" * 32], "W01")]


def test_a_report_told_again_opens_nothing(district: str) -> None:
    one = report()
    store(district, [letter(one), letter(one)])
    store(district, [letter(one)])

    assert (count(district, "work_order"), count(district, "work_order_event")) == (1, 1)


@pytest.mark.parametrize(
    ("given", "grid"),
    [
        # Sharp, in the western grid, where this worker has no duty.
        ({"fix": fix(0)}, "G01"),
        # It may be anywhere in both: duty tells.
        ({"fix": fix(190, accuracy_m=400)}, "G02"),
        # As old as it is, it tells nothing any more.
        ({"fix": fix(150, at_s=100), "at_s": 2400}, "G02"),
        ({"fix": None}, "G02"),
        # Off duty, where the worker usually is.
        ({"fix": None, "at_s": -7200}, "G02"),
    ],
)
def test_the_grid_is_told_by_the_place_or_by_the_duty(
    district: str, given: dict, grid: str
) -> None:
    store(district, [letter(report(**given))])

    assert rows(district, "select grid_id from work_order") == [(grid,)]


def test_a_report_of_nobody_without_a_place_waits_where_the_workflow_says(district: str) -> None:
    store(district, [letter(report(fix=None), "T02")])

    assert rows(district, "select grid_id, step, reporter_worker from work_order") == [
        (None, default().opens_unplaced_at, None)
    ]


def test_a_category_of_an_older_list_is_kept_and_handled_as_another(district: str) -> None:
    store(district, [letter(report("no.such.thing"))])

    assert rows(district, "select category from photo_report") == [("no.such.thing",)]
    assert rows(district, "select category from work_order") == [(default().unknown_category,)]


def test_a_report_whose_order_cannot_be_stored_is_not_stored_either(district: str) -> None:
    with psycopg.connect(district) as conn:
        conn.execute(
            "create function refuse() returns trigger language plpgsql as"
            " $$begin raise exception 'no'; end$$"
        )
        conn.execute(
            "create trigger refuse before insert on work_order_event execute function refuse()"
        )
    try:
        with pytest.raises(RaiseException):
            store(district, [letter(report())])
    finally:
        with psycopg.connect(district) as conn:
            conn.execute("drop trigger refuse on work_order_event")
            conn.execute("drop function refuse")

    assert (count(district, "photo_report"), count(district, "work_order")) == (0, 0)


def test_a_killed_ingest_leaves_no_report_without_its_order(district: str) -> None:
    with subprocess.Popen([sys.executable, "-c", INGEST, district]) as process:
        try:
            eventually(lambda: count(district, "photo_report") > 50, what="some reports")
        finally:
            process.kill()

    assert rows(district, NOT_WHOLE) == [(0,)]


def test_reports_from_before_there_were_orders_get_theirs_once(district: str) -> None:
    store(district, [letter(report()), letter(report(fix=None))])
    with psycopg.connect(district) as conn:
        conn.execute("truncate work_order, work_order_event, work_order_report cascade")

    with psycopg.connect(district, autocommit=True) as conn:
        late = open_missing(conn, since=at(700), stop=threading.Event())
        opened = open_missing(conn, since=at(0), stop=threading.Event())
        again = open_missing(conn, since=at(0), stop=threading.Event())

    assert (late, opened, again) == (0, 2, 0)
    assert rows(district, NOT_WHOLE) == [(0,)]
    assert rows(district, "select grid_id from work_order order by 1") == [("G01",), ("G02",)]


def test_a_grid_that_is_new_is_known_to_whoever_stores_already(district: str) -> None:
    moved = square(middle_m=(0, -400, 0))
    with psycopg.connect(district, autocommit=True) as conn:
        WRITER.write(conn, [letter(report(fix=fix(-390)))], now=NOW)
        with psycopg.connect(district) as other:
            other.execute("select nextval('register_change')")
            other.execute(
                "insert into grid (grid_id, name, outline) values ('G03', 'New', %s)",
                (Jsonb(moved),),
            )
        WRITER.write(conn, [letter(report(fix=fix(-390)))], now=NOW)

    assert rows(district, "select grid_id from work_order_event order by event_id") == [
        ("G02",),
        ("G03",),
    ]


def test_a_grid_whose_outline_cannot_be_read_stops_no_report(district: str) -> None:
    with psycopg.connect(district) as conn:
        conn.execute("insert into grid (grid_id, name, outline) values ('G04', 'None', '{}')")
        conn.execute("select nextval('register_change')")
    with capture_logs() as logged:
        store(district, [letter(report())])

    assert rows(district, "select grid_id from work_order") == [("G01",)]
    assert [one["grid_id"] for one in logged if one["event"] == "orders.grid_unreadable"] == ["G04"]
