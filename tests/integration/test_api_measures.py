"""Measures over HTTP: what is told of which orders, and to whom."""

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from openpyxl import load_workbook

from patrol.ids import GridId, WorkerId
from patrol.workorders.machine import open_order, take
from patrol.workorders.values import Act, Actor, Opening, OrderState, Who
from patrol.workorders.workflow import DEFAULT_TEXT, default, read_workflow
from runtime.uuids import uuid7
from runtime.workorders.acting import write, writings_of
from runtime.workorders.workflows import Versions, digest_of, newest_workflow
from tests.accounts import AREAS, Held, add_account
from tests.asking import TOKEN, Asker, asking, fill, write_tokens

LI = Who("li", WorkerId("W1"))
CHEN = Who("chen")
PHOTO = ("ab" * 32,)
MONDAY = datetime(2026, 9, 7, 2, 0, tzinfo=UTC)
ALL = frozenset({"grid", "community", "street", "district", "department", "reporter"})
SEPTEMBER = "from=2026-09-01&to=2026-09-30"


class Office:
    """Whoever opens orders and acts on them in a test."""

    def __init__(self, conn: psycopg.Connection) -> None:
        self._conn = conn
        self._workflow = newest_workflow(conn, Versions())

    def open(self, grid_id: str | None, at: datetime, *, category: str = "hygiene") -> OrderState:
        """Open the order of a report."""
        opening = Opening(
            order_id=uuid7(),
            category=category,
            who=LI,
            grid_id=None if grid_id is None else GridId(grid_id),
            report_id=uuid7(),
        )
        taken = open_order(self._workflow, opening, at=at)
        with self._conn.transaction():
            write(self._conn, writings_of(self._workflow, taken))
        return taken.order

    def act(self, order: OrderState, code: str, at: datetime, **given: str) -> OrderState:
        """Do something to it: Li verifies, Chen does all else."""
        act = Act(code=code, photos=PHOTO, **given)
        actor = Actor(LI if code in ("confirm", "fail") else CHEN, ALL)
        taken = take(self._workflow, order, act, actor=actor, at=at)
        with self._conn.transaction():
            write(self._conn, writings_of(self._workflow, taken))
        return taken.order


@pytest.fixture(scope="module")
def dsn(shared_database: str) -> str:
    """Return a database with orders of September: one in time, one late, one in G2."""
    fill(shared_database)
    with psycopg.connect(shared_database, autocommit=True) as conn:
        conn.execute(AREAS.encode())
        conn.execute("insert into department (department_id, name) values ('lamps', 'Lamps')")
        office = Office(conn)
        order = office.open("G1", MONDAY)
        order = office.act(order, "settle", MONDAY + timedelta(hours=1))
        office.act(order, "confirm", MONDAY + timedelta(hours=2))
        late = office.open("G1", MONDAY, category="lamp")
        late = office.act(late, "climb", MONDAY + timedelta(hours=1), reason="beyond_means")
        late = office.act(late, "climb", MONDAY + timedelta(hours=1), reason="beyond_means")
        late = office.act(late, "dispatch", MONDAY + timedelta(hours=1), department_id="lamps")
        late = office.act(late, "accept", MONDAY + timedelta(hours=2))
        late = office.act(late, "resolve", MONDAY + timedelta(days=10), text="a new lamp")
        late = office.act(late, "feed_back", MONDAY + timedelta(days=10, hours=1))
        office.act(late, "fail", MONDAY + timedelta(days=11), reason="not_done")
        office.open("G2", MONDAY + timedelta(days=1))
        office.open(None, MONDAY + timedelta(days=1))
        # In October it is closed: what is told of September does not change by that.
        office.open("G1", datetime(2026, 10, 12, 2, 0, tzinfo=UTC))
    return shared_database


@pytest.fixture(scope="module")
def ask(dsn: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asker]:
    folder: Path = tmp_path_factory.mktemp("measures")
    with asking(dsn, write_tokens(folder / "tokens", TOKEN)) as asker:
        yield asker


def measured(ask: Asker, query: str, *, token: str | None = TOKEN) -> dict[str | None, dict]:
    answer = ask.get(f"/v1/measures?{query}", token=token)
    assert answer.status_code == 200, answer.text
    return {row["key"]: row for row in answer.json()["measured"]}


def test_every_measure_has_its_numerator_and_its_denominator(ask: Asker) -> None:
    """Counts by grid, and which is a part of which."""
    answer = ask.json(f"/v1/measures?{SEPTEMBER}")

    row = answer["measured"][0]
    parts = answer["parts"]
    told = {name: (row[one["numerator"]], row[one["denominator"]]) for name, one in parts.items()}
    assert row["key"] == "G1"
    assert told == {
        "valid": (2, 2),
        "self_resolved": (1, 2),
        "on_time_handling": (1, 2),
        "closure": (1, 2),
        "rework": (1, 2),
    }


def test_orders_of_no_grid_are_told_last(ask: Asker) -> None:
    """Keys are in their order, and none is behind them."""
    assert list(measured(ask, SEPTEMBER)) == ["G1", "G2", None]


def test_a_month_that_is_over_stands(ask: Asker) -> None:
    """By month each is a span of its own."""
    months = measured(ask, "by=month&from=2026-09-01&to=2026-10-31&grid_id=G1")

    assert [(key, row["reports"], row["due_handled"]) for key, row in months.items()] == [
        ("2026-09", 2, 2),
        ("2026-10", 1, 1),
    ]


@pytest.mark.parametrize(
    ("by", "keys"),
    [
        ("area", ["C", "D1", "D2", "S1"]),
        ("category", ["hygiene", "lamp"]),
        ("department", ["lamps", None]),
    ],
)
def test_orders_are_counted_under_what_is_asked_for(ask: Asker, by: str, keys: list) -> None:
    """An area counts what lies within it, in whatever part."""
    assert list(measured(ask, f"by={by}&{SEPTEMBER}")) == keys


def test_an_area_counts_all_that_lies_within_it(ask: Asker) -> None:
    """Once in each of the areas above a grid."""
    areas = measured(ask, f"by=area&{SEPTEMBER}")

    assert {key: row["reports"] for key, row in areas.items()} == {
        "C": 3,
        "D1": 2,
        "D2": 1,
        "S1": 2,
    }


def test_a_supervisor_is_told_of_the_own_grids(dsn: str, ask: Asker) -> None:
    """What is elsewhere, or nowhere, is not counted."""
    token = add_account(dsn, "d2", Held("area_supervisor", "D2"))

    assert list(measured(ask, SEPTEMBER, token=token)) == ["G2"]
    assert list(measured(ask, f"{SEPTEMBER}&grid_id=G1", token=token)) == []
    assert list(measured(ask, f"by=area&{SEPTEMBER}", token=token)) == ["D2"]


def test_filters_hold_together(ask: Asker) -> None:
    """One of the lamps of an area."""
    rows = measured(ask, f"{SEPTEMBER}&area_id=D1&category=lamp")

    assert [(key, row["reports"], row["handled_in_time"]) for key, row in rows.items()] == [
        ("G1", 1, 0)
    ]


def test_pages_follow_one_another(ask: Asker) -> None:
    """The cursor of one is where the next begins; what has no key is on the last."""
    keys, cursor = [], None
    while True:
        more = "" if cursor is None else f"&cursor={cursor}"
        page = ask.json(f"/v1/measures?{SEPTEMBER}&limit=1{more}")
        keys += [row["key"] for row in page["measured"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break

    assert keys == ["G1", "G2", None]


def test_measures_come_as_a_table(ask: Asker) -> None:
    """CSV with the names of the JSON."""
    answer = ask.get(f"/v1/measures?{SEPTEMBER}", accept="text/csv")

    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [row["key"] for row in rows] == ["G1", "G2", ""]
    assert rows[0]["due_handled"] == "2"


@pytest.mark.parametrize(("lang", "head"), [("en", "by"), ("zh", "统计对象")])
def test_measures_come_as_a_workbook(ask: Asker, lang: str, head: str) -> None:
    """A line a key; without a quota nothing is told beside it."""
    answer = ask.get(f"/v1/measures.xlsx?{SEPTEMBER}&lang={lang}")

    sheet = load_workbook(io.BytesIO(answer.content)).active
    rows = list(sheet.iter_rows(values_only=True))
    assert (rows[0][0], len([one for one in rows[0] if one])) == (head, 10)
    assert rows[1][:2] == ("G1", 2)


def test_without_a_quota_nothing_is_told_of_duplicates(ask: Asker) -> None:
    """Nobody is held to a number of reports unless the deployment says so."""
    page = ask.json(f"/v1/measures?{SEPTEMBER}")

    assert page["quota"] is None
    assert {(row["duplicates"], row["self_closed"]) for row in page["measured"]} == {(None, None)}


def test_with_a_quota_duplicates_and_self_closed_reports_are_told(dsn: str, ask: Asker) -> None:
    """So that reports made for the number are seen beside it."""
    text = DEFAULT_TEXT.replace("version = 1", "version = 2", 1)
    text += "\n[quota]\nvalid_reports_a_month = 10\n"
    assert read_workflow(text).quota is not None
    assert default().quota is None
    with psycopg.connect(dsn) as conn:
        conn.execute(
            "insert into workflow (version, toml, sha256, loaded_by) values (2, %s, %s, 'test')",
            (text, digest_of(text)),
        )
    try:
        page = ask.json(f"/v1/measures?{SEPTEMBER}")
    finally:
        with psycopg.connect(dsn) as conn:
            conn.execute("delete from workflow where version = 2")

    assert page["quota"] == 10
    assert (page["measured"][0]["duplicates"], page["measured"][0]["self_closed"]) == (0, 0)
