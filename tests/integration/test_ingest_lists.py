"""Lists of days for terminals: whose turn it is, orders on them, and who has none."""

from datetime import UTC, date, datetime, timedelta

import psycopg
import pytest

from ingest.telling.lists import Lister
from patrol.ids import GridId, TerminalId, WorkerId
from patrol.notices.daylist import Seen, TaskKind, Why, encode_list
from patrol.workorders.machine import open_order, take
from patrol.workorders.values import Act, Actor, Opening, Place, Who
from patrol.workorders.workflow import DEFAULT_TEXT, default
from runtime.daylists.settings import ListSettings
from runtime.workorders.acting import write, writings_of
from runtime.workorders.workflows import Versions, newest_workflow
from tests.asking import execute, fill

TODAY = date(2026, 11, 20)
NOW = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
T1, T2 = TerminalId("T1"), TerminalId("T2")
LI, WANG = Who(None, WorkerId("W1")), Who(None, WorkerId("W2"))
ORDER = "019aa9f2-6c1e-7d3a-9b52-0a1b2c3d4e5{}"


@pytest.fixture(scope="module")
def conn(shared_database: str):
    fill(shared_database)
    # Wang has the terminal a while longer.
    execute(shared_database, "delete from assignment where terminal_id = 'T2' and worker_id = 'W1'")
    execute(shared_database, "update assignment set valid_from = '2026-11-01Z'")
    with psycopg.connect(shared_database, autocommit=True) as connection:
        yield connection


def look(lister: Lister, conn: psycopg.Connection, *, at: datetime = NOW, **more: bool):
    return lister.look(conn, now=at, today=TODAY, **more)


def open_for(conn: psycopg.Connection, number: int, *, who: Who, grid: str = "G1"):
    workflow = newest_workflow(conn, Versions())
    opening = Opening(
        order_id=ORDER.format(number),
        category=min(workflow.categories),
        who=who,
        grid_id=GridId(grid),
        place=Place(399050000, 1164050000),
    )
    taken = open_order(workflow, opening, at=NOW - timedelta(hours=1))
    with conn.transaction():
        write(conn, writings_of(workflow, taken))
    return workflow, taken.order


def test_a_few_are_made_at_each_look_and_all_in_their_time(conn):
    lister = Lister(ListSettings(every_s=20), 10)
    looks = [look(lister, conn, at=NOW + timedelta(seconds=10 * n)) for n in range(3)]

    assert [sorted(one.found) for one in looks] == [["T1"], ["T2"], ["T1"]]
    assert [sorted(one.carriers) for one in looks] == [["T1", "T2"]] * 3


def test_whoever_is_told_once_is_told_all(conn):
    found = look(Lister(ListSettings(), 10), conn, is_whole=True).found

    assert {terminal: one.worker_id for terminal, one in found.items()} == {T1: "W1", T2: "W2"}
    assert {one.day for one in found.values()} == {TODAY}
    assert [encode_list(one) != b"" for one in found.values()] == [True, True]


def test_whoever_has_no_duty_today_has_no_list(conn):
    lister = Lister(ListSettings(), 10)

    assert lister.look(conn, now=NOW, today=TODAY - timedelta(days=30)).carriers == frozenset()


def test_a_list_begun_anew_is_made_before_its_time(conn):
    lister = Lister(ListSettings(), 10)
    look(lister, conn, is_whole=True)
    lister.begin()

    assert look(lister, conn).found != {}


def test_orders_are_settled_in_their_grid_and_ticked_off_by_what_was_done(conn):
    workflow, order = open_for(conn, 1, who=LI)
    before = look(Lister(ListSettings(), 10), conn, is_whole=True).found[T1]
    settle = next(one for one in workflow.acts if one.kind == "settle")
    act = Act(code=settle.code, photos=("0" * 64,), text="done", place=Place(399050000, 1164050000))
    taken = take(workflow, order, act, actor=Actor(LI, frozenset({"grid"})), at=NOW)
    with conn.transaction():
        write(conn, writings_of(workflow, taken))
    after = look(Lister(ListSettings(), 10), conn, is_whole=True).found[T1]

    def of_order(found):
        return [(t.kind, t.why, t.seen) for t in found.tasks if t.key == order.order_id]

    assert of_order(before) == [(TaskKind.SETTLE, Why.TO_SETTLE, Seen.NOT_SEEN)]
    assert of_order(after) == [(TaskKind.SETTLE, Why.TO_SETTLE, Seen.SEEN)]
    assert list(before.guides) == [order.category]


def test_a_deployments_own_workflow_gives_the_guides(conn):
    text = DEFAULT_TEXT.replace("version = 1", "version = 2", 1)
    assert text != DEFAULT_TEXT
    conn.execute(
        "insert into workflow (version, toml, sha256, loaded_by) values (2, %s, %s, 'test')",
        [text, "0" * 64],
    )
    lister = Lister(ListSettings(), 10)

    assert lister._read_workflow(conn).version == 2
    assert lister._read_workflow(conn) is lister._read_workflow(conn)
    assert default().version == 1
