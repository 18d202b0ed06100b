"""Imports through the API: every problem by row, all or nothing, and nobody waits meanwhile."""

import asyncio
import io
import json
import time
import zipfile
from datetime import datetime

import httpx
import openpyxl
import psycopg
import pytest

from patrol.datums import Place, gcj02_of
from tests.accounts import AREAS, Held, add_account
from tests.asking import Asker, asking, bearer, execute, fill

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
WORKERS = "worker_id,name\nW1,Li Na\nW8,李雷\nW9,韩梅梅\n"


@pytest.fixture
def tokens(database) -> dict[str, str]:
    fill(database)
    execute(database, AREAS)
    return {
        "root": add_account(database, "root", Held("administrator")),
        "east": add_account(database, "east", Held("administrator", "D1")),
        "boss": add_account(database, "boss", Held("grid_supervisor", None, "G1")),
    }


@pytest.fixture
def asker(database):
    with asking(database, None) as one:
        yield one


def post(
    asker: Asker, query: str, body: bytes | str, *, token: str, form: str = "text/csv"
) -> httpx.Response:
    content = body.encode() if isinstance(body, str) else body
    return asker._runner.run(
        asker._client.post(
            f"/v1/imports?{query}",
            content=content,
            headers={**bearer(token), "Content-Type": form},
        )
    )


def features(*named: tuple[dict, dict]) -> str:
    listed = [
        {"type": "Feature", "properties": properties, "geometry": geometry}
        for properties, geometry in named
    ]
    return json.dumps({"type": "FeatureCollection", "name": "x", "features": listed})


def door(premises: str, grid: str, lon_deg: float = 116.405) -> tuple[dict, dict]:
    point = {"type": "Point", "coordinates": [lon_deg, 39.905]}
    return {"premises_id": premises, "grid_id": grid, "radius_m": 12}, point


def rows(dsn: str, query: str) -> list[tuple]:
    with psycopg.connect(dsn) as conn:
        return conn.execute(query.encode()).fetchall()


def workbook(*lines: tuple) -> bytes:
    book = openpyxl.Workbook()
    for line in lines:
        book.active.append(line)
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


@pytest.mark.parametrize(
    ("encoding", "form"),
    [
        ("utf-8", "text/csv"),
        ("utf-8-sig", "text/csv"),
        ("gbk", "text/csv"),
        ("gbk", "text/csv; charset=gbk"),
    ],
)
def test_a_table_is_read_in_the_encodings_of_spreadsheets(
    asker, database, tokens, encoding, form
) -> None:
    answer = post(
        asker, "kind=workers", WORKERS.encode(encoding), token=tokens["root"], form=form
    ).json()

    assert (answer["added"], answer["changed"], answer["unchanged"]) == (2, 0, 1)
    assert rows(database, "select name from worker where worker_id = 'W9'") == [("韩梅梅",)]


def test_every_problem_is_told_by_row_and_field(asker, database, tokens) -> None:
    table = (
        "worker_id,grid_id,start,end\n"
        "W1,G1,2026-12-01T08:30:00+08:00,2026-12-01T12:00:00+08:00\n"
        "W1,G9,2026-12-02T08:30:00+08:00,2026-12-02T12:00:00+08:00\n"
        "W1,G1,2026-12-03 08:30,2026-12-03T12:00:00+08:00\n"
        "W7,G1,2026-12-04T08:30:00+08:00,2026-12-04T12:00:00+08:00\n"
        "W1,G1,2026-12-01T11:30:00+08:00,2026-12-01T13:00:00+08:00\n"
    )

    told = post(asker, "kind=roster&dry_run=true", table, token=tokens["root"]).json()
    refused = post(asker, "kind=roster", table, token=tokens["root"])

    assert [(one["row"], one["field"]) for one in told["problems"]] == [
        (3, "grid_id"),
        (4, "start"),
        (5, "worker_id"),
        (6, None),
    ]
    assert "overlaps" in told["problems"][3]["detail"]
    assert refused.status_code == 422
    assert [one["place"] for one in refused.json()["errors"]] == [
        "row 3",
        "row 4",
        "row 5",
        "row 6",
    ]
    assert rows(database, "select count(*) from duty_window where day > '2026-11-30'") == [(0,)]


def test_a_dry_run_tells_what_would_change(asker, database, tokens) -> None:
    body = features(door("P1", "G1"), door("P8", "G1"))

    told = post(
        asker, "kind=premises&dry_run=true", body, token=tokens["east"], form="application/geo+json"
    ).json()

    assert (told["added"], told["changed"], told["days_marked"]) == (1, 1, 2)
    assert told["verdicts_concerned"] == 1
    assert rows(database, "select count(*) from premises where premises_id = 'P8'") == [(0,)]


def test_what_is_imported_again_marks_nothing(asker, tokens) -> None:
    body = features(door("P1", "G1"), door("P8", "G1"))
    form = "application/geo+json"

    post(asker, "kind=premises", body, token=tokens["east"], form=form)
    again = post(asker, "kind=premises", body, token=tokens["east"], form=form).json()

    assert (again["unchanged"], again["days_marked"]) == (2, 0)


def test_nothing_is_imported_beyond_the_own_subtree(asker, tokens) -> None:
    body = features(door("P3", "G1"), door("P8", "G2", 116.305), door("P9", "G1"))

    told = post(
        asker, "kind=premises&dry_run=true", body, token=tokens["east"], form="application/geo+json"
    ).json()

    assert [(one["row"], one["detail"].split(":")[0]) for one in told["problems"]] == [
        (1, "P3 is taken"),
        (2, "grid G2 is not known"),
    ]


def test_registers_are_not_for_supervisors_but_rosters_are(asker, tokens) -> None:
    roster = "worker_id,grid_id,start,end\nW1,G1,2026-12-01T00:30:00Z,2026-12-01T04:00:00Z\n"

    assert post(asker, "kind=workers", WORKERS, token=tokens["boss"]).status_code == 403
    # W1 has duty in another grid, too.
    assert post(asker, "kind=roster", roster, token=tokens["boss"]).status_code == 422


@pytest.mark.parametrize("datum", ["wgs84", "gcj02"])
def test_places_in_a_declared_datum_are_converted_once(asker, database, tokens, datum) -> None:
    lat_deg, lon_deg = gcj02_of(Place(39.905, 116.405)) if datum == "gcj02" else (39.905, 116.405)
    table = f"premises_id,grid_id,lon_deg,lat_deg,radius_m\nP8,G1,{lon_deg},{lat_deg},12\n"

    answer = post(asker, f"kind=premises&datum={datum}", table, token=tokens["east"])

    assert answer.status_code == 200, answer.text
    ((stored,),) = rows(database, "select geometry from premises where premises_id = 'P8'")
    assert stored["coordinates"] == pytest.approx([116.405, 39.905], abs=1e-7)
    ((after,),) = rows(database, "select after from change_log where what = 'import'")
    assert after["datum"] == datum


def test_a_workbook_is_read_with_its_local_times(asker, database, tokens) -> None:
    start, end = datetime(2026, 12, 1, 8, 30), datetime(2026, 12, 1, 12, 0)  # noqa: DTZ001 - as in a sheet
    body = workbook(("worker_id", "grid_id", "start", "end"), ("W1", "G1", start, end))

    answer = post(asker, "kind=roster", body, token=tokens["root"], form=XLSX)

    assert answer.status_code == 200, answer.text
    found = rows(database, "select start_at::text from duty_window where day = '2026-12-01'")
    assert found == [("2026-12-01 00:30:00+00",)]


def test_a_property_that_has_no_use_is_refused(asker, tokens) -> None:
    properties, point = door("P8", "G1")
    body = features(({**properties, "resident": "Li"}, point))

    told = post(
        asker, "kind=premises&dry_run=true", body, token=tokens["east"], form="application/geo+json"
    ).json()

    assert "resident is no property" in told["problems"][0]["detail"]


def bomb() -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b" " * (30 << 20))
    return written.getvalue()


@pytest.mark.parametrize(
    ("body", "form", "status"),
    [
        (b"PK\x03\x04 no archive", XLSX, 415),
        (workbook(("worker_id", "name"))[:-30], XLSX, 415),
        (bomb(), XLSX, 413),
        (b"\xff\xfe\xfa", "text/csv; charset=utf-8", 415),
        (b"a,b", "text/csv; charset=none-such", 415),
        (b"{}", "application/geo+json", 422),
        (b'{"features": [1]}', "application/geo+json", 422),
        (b"[" * 100_000, "application/geo+json", 422),
        (b"x", "image/png", 415),
        (b"worker_id,name,health\nW1,A,good\n", "text/csv", 422),
    ],
)
def test_what_cannot_be_read_is_refused(asker, tokens, body, form, status) -> None:
    answer = post(asker, "kind=workers", body, token=tokens["root"], form=form)

    assert answer.status_code == status, answer.text
    assert answer.json()["type"].startswith("urn:problem-type:gridpatrol:")


def test_a_body_that_is_too_long_is_refused(asker, tokens) -> None:
    desk = asker.app.state.desk
    object.__setattr__(desk.settings, "import_bytes", 100)

    answer = post(asker, "kind=workers", b"x" * 101, token=tokens["root"])

    assert (answer.status_code, answer.json()["type"][-14:]) == (413, "body-too-large")


def test_a_hundred_thousand_rows_come_in_while_others_are_answered(asker, database, tokens) -> None:
    table = "worker_id,name\n" + "".join(f"X{number},Worker\n" for number in range(100_000))
    slowest_s = 0.0

    async def both() -> httpx.Response:
        nonlocal slowest_s
        headers = {**bearer(tokens["root"]), "Content-Type": "text/csv"}
        importing = asyncio.create_task(
            asker._client.post("/v1/imports?kind=workers", content=table, headers=headers)
        )
        while not importing.done():
            started = time.monotonic()
            await asker._client.get("/v1/health")
            slowest_s = max(slowest_s, time.monotonic() - started)
            await asyncio.sleep(0.02)
        return await importing

    # Of this process: how much of a machine it gets is not its merit.
    started = time.process_time()
    answer = asker._runner.run(both())

    assert answer.status_code == 200, answer.text
    assert answer.json()["added"] == 100_000
    assert time.process_time() - started < 60
    assert slowest_s < 5
    assert rows(database, "select count(*) from worker") == [(100_003,)]
