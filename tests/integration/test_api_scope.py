"""Where somebody may see: what the database answers is what a plain model of the rule says.

Areas, grids, grants and duty windows are drawn at random; what is asked is asked of the v1 views
by the statements of the API.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api import statements

DAYS: Final = [date(2026, 11, 1) + timedelta(days=n) for n in range(3)]
GRIDS: Final = ["G0", "G1", "G2", "G3"]
WORKERS: Final = ["W0", "W1", "W2"]
AREAS: Final = ["A0", "A1", "A2", "A3"]
ROLES: Final = ["worker", "grid_supervisor", "area_supervisor"]


@dataclass(frozen=True)
class Grant:
    role: str
    area_id: str | None = None
    grid_id: str | None = None
    is_over: bool = False


@dataclass(frozen=True)
class Duty:
    worker_id: str
    grid_id: str
    day: date
    hour: int


@dataclass(frozen=True)
class District:
    """A world: the parent of each area, the area of each grid, grants, and duty."""

    parents: dict[str, str | None]
    areas: dict[str, str | None]
    grants: list[Grant]
    duties: list[Duty]
    counting: list[str]
    worker_id: str | None
    is_active: bool
    sees_all: bool

    def my_grids(self) -> set[str]:
        grants = [one for one in self.counted() if one.role != "worker"]
        if self.sees_all or any(one.area_id is None and one.grid_id is None for one in grants):
            return set(GRIDS)
        mine = {one.area_id for one in grants if one.area_id}
        return {one.grid_id for one in grants if one.grid_id} | {
            grid for grid in GRIDS if mine & set(self.above(self.areas[grid]))
        }

    def my_workers(self) -> set[str]:
        is_worker = any(one.role == "worker" for one in self.counted())
        return {self.worker_id} if is_worker and self.worker_id else set()

    def counted(self) -> list[Grant]:
        if not self.is_active:
            return []
        return [one for one in self.grants if one.role in self.counting and not one.is_over]

    def above(self, area: str | None) -> list[str]:
        return [] if area is None else [area, *self.above(self.parents[area])]

    def seen_days(self) -> set[tuple[str, date]]:
        grids, workers = self.my_grids(), self.my_workers()
        return {
            (one.worker_id, one.day)
            for one in self.duties
            if one.grid_id in grids or one.worker_id in workers
        }

    def seen_workers(self) -> set[str]:
        has_reach = any(
            one.role != "worker" and one.area_id is None and one.grid_id is None
            for one in self.counted()
        )
        if self.sees_all or has_reach:
            return set(WORKERS)
        grids = self.my_grids()
        return self.my_workers() | {one.worker_id for one in self.duties if one.grid_id in grids}

    def seen_grids(self) -> set[str]:
        own = {one.grid_id for one in self.duties if one.worker_id in self.my_workers()}
        return self.my_grids() | own


@st.composite
def grants(draw: st.DrawFn) -> Grant:
    role = draw(st.sampled_from(ROLES))
    area_id = grid_id = None
    if role == "grid_supervisor":
        grid_id = draw(st.sampled_from(GRIDS))
    if role == "area_supervisor":
        area_id = draw(st.sampled_from([None, *AREAS, *AREAS]))
    return Grant(role, area_id, grid_id, is_over=draw(st.integers(0, 4)) == 0)


@st.composite
def districts(draw: st.DrawFn) -> District:
    # Each lies in one before it, so that it is a tree.
    parents = {
        area: draw(st.sampled_from([None, *AREAS[:number]])) for number, area in enumerate(AREAS)
    }
    keys = st.tuples(st.sampled_from(WORKERS), st.sampled_from(DAYS), st.sampled_from([1, 5, 9]))
    taken = draw(st.sets(keys, max_size=8))
    return District(
        parents=parents,
        areas={grid: draw(st.sampled_from([None, *AREAS])) for grid in GRIDS},
        # One that is over and one that is not would be the same row.
        grants=draw(
            st.lists(
                grants(), max_size=3, unique_by=lambda one: (one.role, one.area_id, one.grid_id)
            )
        ),
        duties=[
            Duty(worker, draw(st.sampled_from(GRIDS)), day, hour)
            for worker, day, hour in sorted(taken)
        ],
        counting=draw(st.lists(st.sampled_from(ROLES), unique=True)),
        worker_id=draw(st.sampled_from([None, *WORKERS])),
        is_active=draw(st.integers(0, 5)) > 0,
        sees_all=draw(st.integers(0, 9)) == 0,
    )


_EMPTY = """
truncate area, grid, worker, terminal, account, latest_position, position cascade
"""
_RESULTS = """
insert into daily_compliance
    (worker_id, day, grid_ids, duty_s, inside_s, outside_s, unknown_s, inside_low_s, inside_high_s,
     visit_s, visit_low_s, visit_high_s, presence_verdict, presence_reason, visit_verdict,
     visit_reason, fixes, rules_version, assessed_at)
select worker_id, day, array_agg(distinct grid_id), 10, 10, 0, 0, 10, 10, 0, 0, 0,
       'met', '', 'met', '', 1, 'chain-2', now()
  from duty_window group by worker_id, day
"""
_TELL_WHO = """
select set_config('gridpatrol.account', 'who', true), set_config('gridpatrol.roles', %s, true),
       set_config('gridpatrol.all', %s, true)
"""


def build(conn: psycopg.Connection, one: District) -> None:
    """Put a world into the database; whoever carries a terminal was heard at each duty's start."""
    conn.execute(_EMPTY)
    cursor = conn.cursor()
    cursor.executemany(
        "insert into area (area_id, name, parent_id) values (%s, '', %s)", one.parents.items()
    )
    cursor.executemany(
        "insert into grid (grid_id, name, outline, area_id) values (%s, '', '{}', %s)",
        one.areas.items(),
    )
    cursor.executemany("insert into worker values (%s, '')", [(w,) for w in WORKERS])
    cursor.executemany(
        "insert into duty_window values (%s, %s, %s, %s, %s)",
        [(d.worker_id, d.grid_id, d.day, _at(d), _at(d) + timedelta(hours=2)) for d in one.duties],
    )
    conn.execute(_RESULTS)
    # A terminal a duty: each of them was heard last in it.
    for number, duty in enumerate(one.duties):
        values = {"t": f"T{number}", "w": duty.worker_id, "at": _at(duty)}
        conn.execute("insert into terminal values (%(t)s)", values)
        conn.execute("insert into assignment values (%(t)s, %(w)s, %(at)s)", values)
        conn.execute(
            "insert into latest_position (terminal_id, epoch, lat_e7, lon_e7, received_at)"
            " values (%(t)s, %(at)s, 0, 0, %(at)s)",
            values,
        )
    conn.execute(
        "insert into account (account_id, worker_id, is_active) values ('who', %s, %s)",
        (one.worker_id, one.is_active),
    )
    cursor.executemany(
        "insert into account_role (account_id, role, area_id, grid_id, valid_from, valid_to)"
        " values ('who', %s, %s, %s, now() - interval '2 h',"
        "         case when %s then now() - interval '1 h' end) on conflict do nothing",
        [(g.role, g.area_id, g.grid_id, g.is_over) for g in one.grants],
    )
    conn.execute(_TELL_WHO, (",".join(one.counting), "on" if one.sees_all else "off"))


def _at(duty: Duty) -> datetime:
    return datetime.combine(duty.day, time(duty.hour), UTC)


def ask(conn: psycopg.Connection, statement: str, *columns: str, **values: object) -> set:
    """Return these columns of what one of the API's statements finds."""
    asked = {
        "first_day": DAYS[0],
        "last_day": DAYS[-1],
        "worker_id": None,
        "grid_id": None,
        "terminal_id": None,
        "after": None,
        "after_day": None,
        "after_worker_id": None,
        "after_period": None,
        "period": "day",
        "length": "1 day",
        "limit": 1000,
    } | values
    with conn.cursor(row_factory=psycopg.rows.dict_row) as cursor:
        rows = cursor.execute(statement.encode(), asked).fetchall()
    return {tuple(row[one] for one in columns) for row in rows}


@pytest.fixture(scope="module")
def conn(shared_database: str):
    with psycopg.connect(shared_database) as conn:
        conn.execute("set timezone = 'UTC'")
        conn.commit()
        yield conn
        conn.rollback()


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(one=districts())
def test_what_is_seen_is_what_the_rule_says(conn: psycopg.Connection, one: District) -> None:
    conn.rollback()
    build(conn, one)
    days = one.seen_days()
    grids = one.my_grids()

    assert ask(conn, statements.COMPLIANCE, "worker_id", "day") == days
    assert {
        (*key, grid)
        for grid in GRIDS
        for key in ask(conn, statements.COMPLIANCE_OF_GRID, "worker_id", "day", grid_id=grid)
    } == {(d.worker_id, d.day, d.grid_id) for d in one.duties if (d.worker_id, d.day) in days}
    assert {w for (w,) in ask(conn, statements.WORKERS, "worker_id")} == one.seen_workers()
    assert {g for (g,) in ask(conn, statements.GRIDS, "grid_id")} == one.seen_grids()
    assert ask(conn, statements.LATEST_POSITIONS, "terminal_id", "grid_id") == {
        (f"T{number}", d.grid_id)
        for number, d in enumerate(one.duties)
        if d.grid_id in grids or d.worker_id in one.my_workers()
    }
    assert ask(conn, statements.SUMMARY_OF_WORKER, "key", "period") == days
    assert ask(conn, statements.SUMMARY_OF_GRID, "key", "period") == {
        (d.grid_id, d.day)
        for d in one.duties
        if d.grid_id in grids or d.worker_id in one.my_workers()
    }
    for worker_id, day in {(d.worker_id, d.day) for d in one.duties}:
        windows = ask(conn, statements.DUTY, "start_at", worker_id=worker_id, day=day)
        assert bool(windows) is ((worker_id, day) in days)
