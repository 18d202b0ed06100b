"""A district with all that was found of it, made in the database: nothing is judged here."""

import hashlib
import secrets
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial
from typing import Final, LiteralString

import psycopg

# As many as one district has, each with one worker and a fix every so often.
GRIDS: Final = 1_147
INTERVAL_S: Final = 10
DUTY_H: Final = 8
# Every so many workers one has longer duty, with as many fixes as the longest track asked for.
LONG_EVERY: Final = 20
LONG_DUTY_H: Final = 12
# For so long there are results, however few the days with positions: the month before is whole.
RESULT_DAYS: Final = 62

_REGISTERS: tuple[LiteralString, ...] = (
    # One city, one district, a dozen streets, a hundred communities; grids hang on these.
    "insert into area values ('C', 'City', 'city', null), ('D', 'District', 'district', 'C')",
    "insert into area select 'S' || n, 'Street ' || n, 'street', 'D' from generate_series(0, 11) n",
    """
    insert into area select 'M' || n, 'Community ' || n, 'community', 'S' || n %% 12
      from generate_series(0, 99) n
    """,
    """
    -- squares of 600 m in rows of 40
    insert into grid (grid_id, name, outline, area_id)
    select 'G' || n, 'Grid ' || n, json_build_object('type', 'Polygon', 'coordinates',
           json_build_array((select json_agg(json_build_array(104 + (n %% 40 + x) * 0.0063,
                                                              30 + (n / 40 + y) * 0.0054)
                                             order by corner)
                               from (values (1, 0, 0), (2, 1, 0), (3, 1, 1), (4, 0, 1), (5, 0, 0))
                                 as corners (corner, x, y))))::jsonb,
           'M' || n %% 100
      from generate_series(1, %(grids)s::integer) n
    """,
    """
    insert into premises (premises_id, grid_id, geometry, radius_m)
    select g.grid_id || '-' || n, g.grid_id, '{"type": "Point", "coordinates": [104, 30]}', 6
      from grid g, generate_series(1, 5) n
    """,
)

_PEOPLE: tuple[LiteralString, ...] = (
    "insert into worker select 'W' || n, 'Worker ' || n from generate_series(%(first)s::integer, %(last)s::integer) n",
    "insert into terminal select 'T' || n, 'simulated' from generate_series(%(first)s::integer, %(last)s::integer) n",
    """
    insert into assignment (terminal_id, worker_id, valid_from)
    select 'T' || n, 'W' || n, '2000-01-01' from generate_series(%(first)s::integer, %(last)s::integer) n
    """,
    """
    insert into duty_window (worker_id, grid_id, day, start_at, end_at)
    select 'W' || n, 'G' || (n - 1) %% %(grids)s + 1, (%(start)s + ago)::date, %(start)s + ago,
           %(start)s + ago + make_interval(
               hours => case when n %% %(long_every)s = 0 then %(long_h)s else %(duty_h)s end)
      from generate_series(%(first)s::integer, %(last)s::integer) n,
           generate_series(0, %(days)s::integer) day_before,
           make_interval(days => -day_before) ago
    """,
    """
    insert into latest_position (terminal_id, epoch, lat_e7, lon_e7, speed_cmps, accuracy_dm,
                                 battery_pct, received_at)
    select 'T' || n, now(), 300027000 + n, 1040031500 + n, 100, 50, 80, now()
      from generate_series(%(first)s::integer, %(last)s::integer) n
    """,
)

_RESULTS: tuple[LiteralString, ...] = (
    """
    insert into daily_compliance
           (worker_id, day, grid_ids, duty_s, inside_s, outside_s, unknown_s, inside_low_s,
            inside_high_s, visit_s, visit_low_s, visit_high_s, presence_verdict, presence_reason,
            presence_code, presence_values, visit_verdict, visit_reason, visit_code, visit_values,
            fixes, rules_version, parameters_version, assessed_at, visit_b_s)
    select worker_id, day, array[grid_id], s, s - 3000, 1000, 2000, s - 4000, s - 1500, 11000,
           10000, 12000, (array['met', 'not_met', 'undetermined'])[1 + chance],
           'inside for 90% of the duty or more', 'presence_met',
           json_build_object('low_s', s - 4000, 'high_s', s - 1500, 'required_s', 0.9 * s),
           (array['met', 'not_met', 'undetermined'])[1 + chance], 'visits of three hours or more',
           'visits_met', '{"low_s": 10000, "high_s": 12000, "required_s": 10800}', s / 10,
           'chain-2', 'builtin-1', end_at + interval '1 minute', 11000
      from (select *, extract(epoch from end_at - start_at)::integer as s,
                   (hashtext(worker_id || day) & 15) / 6 as chance
              from duty_window
             where end_at <= now()) d
    """,
    """
    insert into presence_interval (worker_id, day, start_at, end_at, grid_id, state)
    select worker_id, day, start_at + n * interval '40 minutes',
           start_at + (n + 1) * interval '40 minutes', grid_id,
           (array['inside', 'inside', 'outside', 'inside', 'unknown'])[1 + n % 5]
      from duty_window, generate_series(0, 11) n where end_at <= now()
    """,
    """
    insert into home_visit (worker_id, day, start_at, end_at, premises_id, observed_s, bridged_s,
                            grade, p_any, p_premises)
    select worker_id, day, start_at + n * interval '1 hour',
           start_at + n * interval '1 hour' + interval '30 minutes', grid_id || '-' || n, 1500, 300,
           'B', 0.97, 0.8
      from duty_window, generate_series(1, 5) n where end_at <= now()
    """,
    """
    insert into finding (worker_id, day, kind, start_at, end_at, evidence)
    select worker_id, day, 'clock_offset', start_at, start_at + interval '10 minutes', '{}'
      from duty_window where end_at <= now() and hashtext(worker_id || day) & 7 = 0
    """,
)

# Rounds through the grid, in the order in which a live line brings them.
_POSITIONS: LiteralString = """
insert into position (terminal_id, epoch, lat_e7, lon_e7, altitude_dm, speed_cmps, course_ddeg,
                      hdop_d, accuracy_dm, satellites, quality, battery_pct, flags, received_at)
select 'T' || t, e.epoch,
       300000000 + t / 40 * 54000 + (t * 7919 + n * 151) %% 54000,
       1040000000 + t %% 40 * 63000 + (t * 104729 + n * 173) %% 63000,
       4800, n %% 200, n %% 3600, 9, 40 + n %% 60, 9, 1, 80, 0, e.epoch + interval '1 s'
  from generate_series(0, %(fixes)s::integer - 1) n
 cross join lateral (select %(start)s::timestamptz + n * %(every)s * interval '1 s') e (epoch)
 cross join lateral generate_series(%(step)s::integer, %(grids)s::integer, %(step)s::integer) t
 where n >= %(from)s
"""

_ACCOUNTS: tuple[LiteralString, ...] = (
    "insert into account (account_id, name) values (%(name)s, %(name)s)",
    """
    insert into account_role (account_id, role, area_id, grid_id)
    values (%(name)s, %(role)s, %(area_id)s, %(grid_id)s)
    """,
    """
    insert into bearer (digest, account_id, kind, family, expires_at)
    values (%(digest)s, %(name)s, 'session', %(name)s, now() + interval '2 hours')
    """,
)


def fill(dsn: str, *, start: datetime, grids: int = GRIDS) -> None:
    """Make registers, duty of today from `start` and of `RESULT_DAYS` before, and results."""
    with psycopg.connect(dsn, autocommit=True) as conn:
        fill_registers(conn, start=start, days=RESULT_DAYS, grids=grids)
        for statement in _RESULTS:
            conn.execute(statement)


def fill_registers(conn: psycopg.Connection, *, start: datetime, days: int, grids: int) -> None:
    """Make registers, and duty from `start` on and on `days` before."""
    for statement in _REGISTERS:
        conn.execute(statement, {"grids": grids})
    add_workers(conn, range(1, grids + 1), start=start, days=days, grids=grids)


def add_workers(
    conn: psycopg.Connection, numbers: range, *, start: datetime, days: int, grids: int
) -> None:
    """Make workers by number, with duty from `start` on and on `days` before."""
    values = {
        "first": numbers[0],
        "last": numbers[-1],
        "grids": grids,
        "start": start,
        "days": days,
        "duty_h": DUTY_H,
        "long_h": LONG_DUTY_H,
        "long_every": LONG_EVERY,
    }
    for statement in _PEOPLE:
        conn.execute(statement, values)


def fill_positions(dsn: str, *, start: datetime, days: int, grids: int = GRIDS) -> int:
    """Put the fixes of `days` days before `start` into the database; return how many."""
    with psycopg.connect(dsn, autocommit=True) as conn:
        is_plain = not _has_hypertable(conn)
        if is_plain:
            # Of what is measured nothing is written here.
            conn.execute("alter table position drop constraint position_once, set unlogged")
        one_day = partial(_fill_day, dsn, grids=grids)
        beginnings = [start - timedelta(days=ago) for ago in range(days, 0, -1)]
        with ThreadPoolExecutor(2) as threads:
            count = sum(threads.map(one_day, beginnings))
        if is_plain:
            conn.execute("set maintenance_work_mem = '1GB'")
            conn.execute(
                "alter table position add constraint position_once unique (terminal_id, epoch)"
            )
        else:
            _pack(conn)
        conn.execute("vacuum analyze")
        conn.execute("checkpoint")
    return count


def add_account(
    conn: psycopg.Connection,
    name: str,
    role: str,
    *,
    area: str | None = None,
    grid: str | None = None,
) -> str:
    """Make an account with one role; return the token of an open session."""
    token = "patrol_" + secrets.token_urlsafe(32)
    values = {
        "name": name,
        "role": role,
        "area_id": area,
        "grid_id": grid,
        "digest": hashlib.sha256(token.encode()).digest(),
    }
    for statement in _ACCOUNTS:
        conn.execute(statement, values)
    return token


def fixes_a_day(grids: int = GRIDS) -> int:
    """Return how many fixes a day has."""
    long_fixes = (LONG_DUTY_H - DUTY_H) * 3600 // INTERVAL_S
    return grids * DUTY_H * 3600 // INTERVAL_S + grids // LONG_EVERY * long_fixes


def _fill_day(dsn: str, start: datetime, *, grids: int) -> int:
    spans = ((1, 0, DUTY_H), (LONG_EVERY, DUTY_H, LONG_DUTY_H))
    count = 0
    with psycopg.connect(dsn, autocommit=True) as conn:
        for step, first_h, end_h in spans:
            values = {
                "start": start,
                "every": INTERVAL_S,
                "grids": grids,
                "step": step,
                "from": first_h * 3600 // INTERVAL_S,
                "fixes": end_h * 3600 // INTERVAL_S,
            }
            count += conn.execute(_POSITIONS, values).rowcount
    return count


def _has_hypertable(conn: psycopg.Connection) -> bool:
    found = conn.execute("select from pg_extension where extname = 'timescaledb'").fetchone()
    return found is not None


def _pack(conn: psycopg.Connection) -> None:
    conn.execute(
        "select compress_chunk(c, if_not_compressed => true) from show_chunks('position') c"
    )
