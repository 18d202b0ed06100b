"""The chain of statements: made of settled days, and whatever is tampered with is seen."""

import json
import threading
from collections.abc import Iterator
from datetime import date, timedelta

import psycopg
import pytest

from ingest.keeping.keep import Keeper
from ingest.keeping.settings import KeepingSettings
from ingest.statements.making import make_statements
from ingest.statements.verifying import Verified, Wanted, verify
from runtime.cli import run as patrol
from runtime.registers.load import load
from tests.asking import execute
from tests.district import SHANGHAI, assess, letters, positions, rows, store, write_registers
from tests.makers import at, walk

DAY = date(2026, 3, 2)
LATER = at(400_000)
# Three days of one worker, the third without any fix.
DAYS = (0, 86_400, 172_800)
TABLES = ("day_statement", "statement_head", "position", "daily_compliance", "home_visit",
          "presence_interval")  # fmt: skip
KEPT = "".join(f"create table kept_{name} as table {name};" for name in TABLES)
BACK = "".join(f"delete from {name}; insert into {name} table kept_{name};" for name in TABLES)  # noqa: S608 - a test's own words


@pytest.fixture(scope="module")
def stated(shared_database: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return a database with three settled worker-days and their statements."""
    roster = "worker_id,grid_id,start,end\n" + "".join(
        f"W01,G01,{at(day_s).isoformat()},{at(day_s + 3600).isoformat()}\n" for day_s in DAYS
    )
    folder = tmp_path_factory.mktemp("registers")
    load(shared_database, write_registers(folder, roster=roster), zone=SHANGHAI)
    for day_s in DAYS[:2]:
        fixes = walk([(0, 0, 0), (600, 95, 0), (2400, 96, 1)], shift=timedelta(seconds=day_s))
        store(shared_database, letters(positions(fixes)), LATER)
    assess(shared_database)
    make(shared_database)
    execute(shared_database, KEPT)
    return shared_database


@pytest.fixture
def chain(stated: str) -> Iterator[str]:
    yield stated
    with psycopg.connect(stated) as conn:
        conn.execute("delete from dirty_day")
        conn.execute(BACK.encode())


def make(dsn: str, *, settled: date = date(2026, 4, 1)) -> int:
    with psycopg.connect(dsn, autocommit=True) as conn:
        return make_statements(conn, settled=settled, points_from=None, stop=threading.Event())


def verified(dsn: str, *, points_from: date | None = None, **wanted: object) -> Verified:
    expected = wanted.pop("expected", None)
    with psycopg.connect(dsn, autocommit=True) as conn:
        return verify(conn, Wanted(**wanted), points_from=points_from, expected=expected)


def breaks(dsn: str, **wanted: object) -> list[tuple[int, str]]:
    return [(one["number"], one["what"]) for one in verified(dsn, **wanted).breaks]


def test_a_chain_that_nobody_touched_holds(chain: str) -> None:
    found = verified(chain)

    assert (found.breaks, found.statements, found.worker_days) == ([], 3, 3)
    assert (found.points_checked, found.points_gone) == (3, 0)
    said = json.loads(rows(chain, "select content from day_statement where number = 1")[0][0])
    assert (said["day"], said["points"]["count"]) == ("2026-03-02", 241)
    assert said["result"]["duty_s"] == 3600


def test_what_was_stated_is_stated_once(chain: str) -> None:
    assert make(chain) == 0


def test_what_was_judged_again_is_stated_again(chain: str) -> None:
    execute(chain, "update daily_compliance set assessed_at = now() where day = '2026-03-03'")
    before = verified(chain)
    made = make(chain)

    assert (before.renewed, before.breaks) == (1, [])
    assert (made, breaks(chain)) == (1, [])


@pytest.mark.parametrize(
    ("tampering", "told"),
    [
        (
            ("update day_statement set content = replace(content, '\"duty_s\":3600', '\"duty_s\":36')"
            " where number = 2"),
            [(2, "content_changed"), (2, "result_changed")],
        ),
        (
            ("update day_statement set content = content || ' ', content_sha256 ="
            " sha256(convert_to(content || ' ', 'UTF8')) where number = 2"),
            [(2, "digest_differs")],
        ),
        ("delete from day_statement where number = 2", [(2, "missing"), (3, "does_not_follow")]),
        ("delete from day_statement where number = 3", [(3, "end_missing")]),
        (
            ("update day_statement set number = number + 10 where number < 3;"
            "update day_statement set number = 13 - number where number > 10"),
            [(1, "does_not_follow"), (1, "digest_differs"), (2, "does_not_follow"),
             (2, "digest_differs"), (3, "does_not_follow")],
        ),
        ("update day_statement set worker_id = 'W02' where number = 2", [(2, "of_another_day")]),
        (
            "update position set lat_e7 = lat_e7 + 1 where epoch = '2026-03-02 04:10Z'",
            [(1, "points_changed")],
        ),
        ("delete from position where epoch = '2026-03-03 04:10Z'", [(2, "points_changed")]),
        (
            ("insert into position (terminal_id, epoch, lat_e7, lon_e7, received_at) select"
            " terminal_id, epoch + interval '1 s', lat_e7, lon_e7, received_at from position"
            " where epoch = '2026-03-03 04:10Z'"),
            [(2, "points_changed")],
        ),
        ("update daily_compliance set visit_s = visit_s + 1 where day = '2026-03-02'",
         [(1, "result_changed")]),
        ("delete from presence_interval where day = '2026-03-03'", [(2, "result_changed")]),
        ("update statement_head set number = 2", [(4, "end_missing")]),
    ],
)  # fmt: skip
def test_tampering_is_seen_where_it_was(chain: str, tampering: str, told: list) -> None:
    execute(chain, tampering)

    assert breaks(chain) == told


def test_a_chain_that_was_made_anew_lacks_the_digest_that_was_noted(chain: str) -> None:
    head = verified(chain).head
    execute(chain, "delete from day_statement; delete from statement_head;"
            " insert into statement_head default values;"
            " update daily_compliance set visit_s = visit_s + 1")  # fmt: skip
    make(chain)

    assert breaks(chain) == []
    assert breaks(chain, expected=head) == [(3, "expected_digest_missing")]


def test_points_that_came_later_are_no_forgery(chain: str) -> None:
    execute(
        chain,
        "insert into position (terminal_id, epoch, lat_e7, lon_e7, received_at)"
        " select terminal_id, epoch + interval '1 s', lat_e7, lon_e7, now() from position",
    )

    assert breaks(chain) == []


def test_without_points_the_statement_is_verified_still(chain: str) -> None:
    execute(chain, "delete from position where epoch < '2026-03-03Z'")
    found = verified(chain, points_from=date(2026, 3, 3))

    assert (found.breaks, found.points_gone, found.points_checked) == ([], 1, 2)


def test_erased_words_leave_the_chain_whole(chain: str) -> None:
    execute(chain, "update day_statement set content = null, erased_at = now() where number = 2")
    found = verified(chain)

    assert (found.breaks, found.erased, found.worker_days) == ([], 1, 2)


def test_a_day_alone_is_held_against_its_points(chain: str) -> None:
    execute(chain, "update position set lat_e7 = lat_e7 + 1")

    assert breaks(chain, from_day=DAY, to_day=DAY) == [(1, "points_changed")]
    assert breaks(chain, worker_id="W02") == []


def test_a_decision_makes_a_new_statement(chain: str) -> None:
    execute(
        chain,
        "insert into correction (worker_id, day, kind, decided_s, reason_code, text, status,"
        " proposed_by) values ('W01', '2026-03-02', 'visit_time', 60, 'witness', 'seen',"
        " 'in_force', 'chen')",
    )
    made = make(chain)
    said = rows(chain, "select content::json->'decided'->>'visit_s' from day_statement"
                       " order by number desc limit 1")  # fmt: skip
    with psycopg.connect(chain) as conn:
        conn.execute("set gridpatrol.erasing = 'on'")
        conn.execute("delete from correction")
        conn.execute("delete from corrected_day")
        conn.execute("delete from decision_event")

    assert (made, said) == (1, [("60",)])


def test_keeping_states_what_is_settled_before_it_drops_points(chain: str) -> None:
    execute(chain, "delete from day_statement; update statement_head set number = 0,"
                   " digest = decode(repeat('00', 32), 'hex')")  # fmt: skip
    keeper = Keeper(settings=KeepingSettings(positions_days=8, results_days=3660), zone=SHANGHAI)
    with psycopg.connect(chain, autocommit=True) as conn:
        kept = keeper.keep(conn)
        conn.execute("update facts_kept set from_day = null")

    assert kept is not None
    # A hypertable drops whole days, and counts no rows.
    assert (kept.stated, rows(chain, "select count(*) from position")) == (3, [(0,)])
    assert rows(chain, "select content::json->'points'->>'count' from day_statement"
                       " order by number") == [("241",), ("241",), ("0",)]  # fmt: skip


def test_the_command_tells_breaks_and_ends_with_a_code(
    chain: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATROL_DATABASE_DSN", chain)
    fine = patrol(["ingest", "verify"])
    told = capsys.readouterr().out
    execute(chain, "update day_statement set content = '{}' where number = 1")
    broken = patrol(["ingest", "verify", "--json"])
    document = json.loads(capsys.readouterr().out)

    assert (fine, broken) == (0, 70)
    assert "all of it holds" in told
    assert document["breaks"] == [
        {"number": 1, "what": "content_changed", "worker_id": "W01", "day": "2026-03-02"}
    ]
