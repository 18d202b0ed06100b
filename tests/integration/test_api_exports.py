"""Answers to take away: the same as those that stay, in forms that other programs read."""

import csv
import hashlib
import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

import openpyxl
import pytest
from obstore.store import LocalStore

from api.exports.paper import paper_of
from api.photos.objects import Objects, key_of
from api.photos.store import PhotoStore
from tests.accounts import AREAS, Held, add_account
from tests.asking import DAY, DAY_OF_LI, TOKEN, Asker, asking, execute, fill, write_tokens

GPX = "{http://www.topografix.com/GPX/1/1}"
PHOTO = b"\xff\xd8 what a camera made"
REPORT = f"""
insert into photo_report (terminal_id, report_id, taken_at, category, received_at) values
    ('T1', '019aa9f2-6c1e-7d3a-9b52-0a1b2c3d4e5f', '2026-11-20 01:00Z', 'lamp', now()),
    ('T1', '019aa9f2-6c1e-7d3a-9b52-0a1b2c3d4e60', '2026-11-20 05:00Z', 'off duty', now());
insert into report_photo (terminal_id, report_id, place, sha256, bytes, media_type) values
    ('T1', '019aa9f2-6c1e-7d3a-9b52-0a1b2c3d4e5f', 0,
     decode('{hashlib.sha256(PHOTO).hexdigest()}', 'hex'), {len(PHOTO)}, 'image/jpeg'),
    ('T1', '019aa9f2-6c1e-7d3a-9b52-0a1b2c3d4e5f', 1,
     decode('{"00" * 32}', 'hex'), 7, 'image/jpeg');
"""  # noqa: S608 - of our own


@pytest.fixture
def district(database: str) -> str:
    fill(database)
    execute(database, AREAS)
    return database


@pytest.fixture
def ask(district: str, tmp_path: Path) -> Iterator[Asker]:
    with asking(district, write_tokens(tmp_path / "tokens", TOKEN)) as asker:
        yield asker


def table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


@pytest.mark.parametrize(
    ("path", "name"),
    [
        (f"/v1/compliance?from={DAY}&to={DAY}", "days"),
        ("/v1/workers", "workers"),
        ("/v1/terminals", "terminals"),
        ("/v1/positions/latest", "positions"),
        (f"/v1/findings?from={DAY}&to={DAY}", "findings"),
    ],
)
def test_a_list_is_the_same_as_csv(ask: Asker, path: str, name: str) -> None:
    rows = ask.json(path)[name]
    answer = ask.get(path, accept="text/csv")

    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    found = table(answer.content.decode("utf-8-sig"))
    assert len(found) == len(rows)
    for row, line in zip(rows, found, strict=True):
        assert list(line) == list(row)
        for key, value in row.items():
            if isinstance(value, str):
                assert line[key] == value
            elif value is None:
                assert line[key] == ""
            elif key != "age_s":
                assert json.loads(line[key]) == value


def test_csv_leads_to_its_next_page(ask: Asker) -> None:
    first = ask.get(f"/v1/compliance?from={DAY}&to={DAY}&limit=1", accept="text/csv")
    link = first.headers["link"]
    second = ask.get(link[1 : link.index(">")], accept="text/csv")

    workers = [table(one.content.decode("utf-8-sig"))[0]["worker_id"] for one in (first, second)]
    assert workers == ["W1", "W2"]
    assert "link" not in second.headers


def test_a_name_is_no_formula_for_whoever_opens_the_table(ask: Asker, district: str) -> None:
    execute(district, "update worker set name = '=1+1' where worker_id = 'W1'")
    text = ask.get("/v1/workers", accept="text/csv").content.decode("utf-8-sig")
    book = ask.get("/v1/months/2026-11/compliance.xlsx").content

    assert table(text)[0]["name"] == "'=1+1"
    cell = openpyxl.load_workbook(io.BytesIO(book)).worksheets[0]["B2"]
    assert (cell.value, cell.data_type) == ("=1+1", "s")


def test_what_goes_wrong_is_a_problem_in_csv_too(ask: Asker) -> None:
    answer = ask.get("/v1/compliance?worker_id=nobody", accept="text/csv")

    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_track_is_the_same_in_gpx(ask: Asker) -> None:
    features = ask.json(f"{DAY_OF_LI}/track")["features"]
    answer = ask.get(f"{DAY_OF_LI}/track.gpx")

    assert answer.headers["content-type"] == "application/gpx+xml"
    root = ET.fromstring(answer.content)  # noqa: S314 - of our own
    points = [
        (float(one.attrib["lon"]), float(one.attrib["lat"])) for one in root.iter(f"{GPX}trkpt")
    ]
    assert points == [tuple(one["geometry"]["coordinates"][:2]) for one in features]
    # Nobody knows the way where nothing was heard.
    assert len(list(root.iter(f"{GPX}trkseg"))) == 5


def test_the_month_has_its_denominators_and_every_day_behind(ask: Asker) -> None:
    answer = ask.get("/v1/months/2026-11/compliance.xlsx?lang=en")
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    sums, days = book.worksheets
    head, *lines = [[cell.value for cell in row] for row in sums.iter_rows(max_row=3)]

    assert lines[0][:7] == ["W1", "Li Na", 2, 1, 0, 0, 1]
    assert lines[1][:7] == ["W2", "Wang Wei", 1, 1, 0, 0, 1]
    assert head[2:4] == ["days of duty", "judged"]
    assert [row[0].value for row in days.iter_rows(min_row=2)] == ["W1", "W2"]


def test_the_month_is_printed_in_chinese(ask: Asker) -> None:
    answer = ask.get("/v1/months/2026-11/compliance.pdf?lang=zh")

    assert answer.content.startswith(b"%PDF-")
    assert b"STSong-Light" in answer.content
    assert paper_of("2026-11", [], "en").startswith(b"%PDF-")


def test_a_month_holds_nobody_of_other_grids(ask: Asker, district: str) -> None:
    west = add_account(district, "west", Held("area_supervisor", "D2"))
    book = ask.get("/v1/months/2026-11/compliance.xlsx?grid_id=G2", token=west).content
    lines = openpyxl.load_workbook(io.BytesIO(book)).worksheets[1].iter_rows(min_row=2)

    # Li's day lies in both, Wang's in the west alone.
    assert [row[0].value for row in lines] == ["W1", "W2"]
    assert ask.get("/v1/months/2026-11/compliance.pdf?grid_id=G1", token=west).status_code == 422


@pytest.mark.parametrize("month", ["2026-13", "2026", "November"])
def test_what_is_no_month_is_refused(ask: Asker, month: str) -> None:
    assert ask.get(f"/v1/months/{month}/compliance.pdf").status_code == 422


@pytest.fixture
def with_photos(district: str, tmp_path: Path) -> Iterator[Asker]:
    execute(district, REPORT)
    folder = tmp_path / "photos"
    folder.mkdir()
    store = PhotoStore(folder, Objects(LocalStore(folder), folder=folder), most_bytes=1 << 20)
    store.prepare()
    (folder / key_of(hashlib.sha256(PHOTO).hexdigest())).write_bytes(PHOTO)
    with asking(district, write_tokens(tmp_path / "tokens", TOKEN)) as asker:
        asker.app.state.photos = store
        yield asker


def test_the_file_of_a_day_has_all_that_an_appeal_rests_on(with_photos: Asker) -> None:
    answer = with_photos.get(f"{DAY_OF_LI}/file")
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    photo = f"photos/{hashlib.sha256(PHOTO).hexdigest()}.jpg"

    assert archive.testzip() is None
    assert {"README.txt", "track.gpx", "track.csv", "day.json", "statements.json", photo} <= set(
        archive.namelist()
    )
    day = json.loads(archive.read("day.json"))
    assert day["result"][0]["visit_verdict"] == "met"
    assert len(day["visits"]) == 2
    # A report from between two windows is off duty, and nobody's business.
    assert [one["category"] for one in json.loads(archive.read("reports.json"))] == ["lamp", "lamp"]
    for line in archive.read("SHA256SUMS").decode().splitlines():
        digest, name = line.split("  ")
        assert hashlib.sha256(archive.read(name)).hexdigest() == digest


def test_the_file_of_a_day_is_written_down_where_the_worker_can_see_it(
    with_photos: Asker, district: str
) -> None:
    chen = add_account(district, "chen", Held("grid_supervisor", None, "G1"))
    li = add_account(district, "li", Held("worker"), worker_id="W1")
    assert with_photos.get(f"{DAY_OF_LI}/file", token=chen).status_code == 200

    seen = with_photos.get("/v1/access-log", token=li).json()
    assert ("chen", "export") in {(one["reader"], one["what"]) for one in seen["accesses"]}


@pytest.mark.parametrize("what", ["file", "track.gpx"])
def test_nobody_takes_away_what_is_not_theirs_to_see(ask: Asker, district: str, what: str) -> None:
    other = add_account(district, "other", Held("worker"), worker_id="W3")
    auditor = add_account(district, "auditor", Held("auditor"))

    assert ask.get(f"{DAY_OF_LI}/{what}", token=other).status_code == 404
    assert ask.get(f"{DAY_OF_LI}/{what}", token=auditor).status_code == 403
