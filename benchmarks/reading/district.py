"""A district in a database: workers on duty, and what their terminals have told so far."""

from datetime import datetime
from typing import LiteralString

import psycopg

# As many as one district has, each with a fix every so often.
TERMINALS = 1_147
INTERVAL_S = 10

_REGISTERS: tuple[LiteralString, ...] = (
    """
    insert into worker select 'W' || lpad(n::text, 4, '0'), 'Worker ' || n
      from generate_series(0, %(terminals)s - 1) n
    """,
    """
    insert into terminal select 'T' || lpad(n::text, 4, '0'), 'simulated'
      from generate_series(0, %(terminals)s - 1) n
    """,
    """
    insert into assignment select replace(worker_id, 'W', 'T'), worker_id, '2000-01-01', null
      from worker
    """,
    """
    -- squares of 600 m in rows of 40
    insert into grid
    select replace(worker_id, 'W', 'G'), '', json_build_object('type', 'Polygon', 'coordinates',
           json_build_array((select json_agg(json_build_array(
                                                 104 + (number %% 40 + x) * 0.0063,
                                                 30 + (number / 40 + y) * 0.0054) order by n)
                               from (values (1, 0, 0), (2, 1, 0), (3, 1, 1), (4, 0, 1), (5, 0, 0))
                                 as corner (n, x, y))))::jsonb
      from (select worker_id, substr(worker_id, 2)::integer as number from worker) as w
    """,
    """
    -- forty doors in each
    insert into premises (premises_id, grid_id, geometry, radius_m)
    select grid_id || '-' || n, grid_id, json_build_object('type', 'Point', 'coordinates',
           json_build_array(104 + 0.0063 * (number %% 40 + ((n * 7919) %% 1000) / 1000.0),
                            30 + 0.0054 * (number / 40 + ((n * 104729) %% 1000) / 1000.0)))::jsonb,
           6
      from (select grid_id, substr(grid_id, 2)::integer as number from grid) as g,
           generate_series(1, 40) n
    """,
    """
    insert into duty_window
    select worker_id, replace(worker_id, 'W', 'G'), %(start)s::timestamptz::date, %(start)s, %(end)s
      from worker
    """,
)

_TOLD = """
-- rounds through the grid, in the order in which a live line brings them
insert into position (terminal_id, epoch, lat_e7, lon_e7, speed_cmps, hdop_d, accuracy_dm,
                      satellites, quality, battery_pct, flags, received_at)
select t.terminal_id, e.epoch,
       300027000 + number / 40 * 54000 + (22000 * sin(n / 90.0 + number))::integer + n %% 150,
       1040031500 + number %% 40 * 63000 + (26000 * cos(n / 130.0 + number))::integer + n %% 170,
       100, 9, 40 + n %% 60, 9, 1, 80, 0, e.epoch + interval '1 s'
  from generate_series(0, %(fixes)s - 1) n
 cross join (select terminal_id, substr(terminal_id, 2)::integer as number from terminal) as t
 cross join lateral (
       select date_trunc('second', %(start)s::timestamptz) + n * make_interval(secs => %(every)s)
     ) e (epoch)
"""

_LATEST = """
insert into latest_position (terminal_id, epoch, lat_e7, lon_e7, flags, received_at)
select distinct on (terminal_id) terminal_id, epoch, lat_e7, lon_e7, flags, received_at
  from position order by terminal_id, epoch desc
"""


def fill(
    conn: psycopg.Connection, *, start: datetime, end: datetime, terminals: int, fixes: int
) -> None:
    """Put a district on duty from `start` to `end`, with so many fixes a terminal."""
    values = {
        "terminals": terminals,
        "start": start,
        "end": end,
        "fixes": fixes,
        "every": INTERVAL_S,
    }
    for statement in _REGISTERS:
        conn.execute(statement, values)
    conn.execute(_TOLD, values)
    conn.execute(_LATEST)
    conn.execute("vacuum analyze")
