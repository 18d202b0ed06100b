"""What one writes in an afternoon: a row and a file for a report, an UPDATE for an act.

`uvicorn benchmarks.loop.plain:app` with PLAIN_DSN and PLAIN_FOLDER in its environment. It looks at
no token, finds no grid, checks no digest, knows no limits, keeps no history, and leaves it to the
machine when a file is on the disk.
"""

import json
import os
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

from fastapi import Body, FastAPI
from fastapi.responses import Response
from psycopg.rows import dict_row
from psycopg_pool import ConnectionPool

TABLES = """
create table plain_report (report_id uuid primary key, terminal_id text, category text,
                           lat double precision, lon double precision, photo text,
                           at timestamptz default now());
create table plain_order as select order_id, step, grid_id, due_at, now() as changed_at
  from work_order where step = 'grid';
create unique index on plain_order (order_id);
"""

app = FastAPI()
pool = ConnectionPool(os.environ.get("PLAIN_DSN", ""), min_size=1, max_size=8, open=False)
folder = Path(os.environ.get("PLAIN_FOLDER", "."))

_INBOX = """
select * from work_order where ended_at is null and holder = %s and grid_id = any(%s)
 order by due_at limit 50
"""
_OF_DEPARTMENT = """
select * from work_order where ended_at is null and department_id = %s order by due_at limit 50
"""
_GRIDS = """
select grid_id from grid where area_id in (select area_id from area where parent_id = %s)
"""

_MEASURES = """
select grid_id, count(*) as reports, count(*) filter (where handled_at <= handle_due_at) as in_time,
       count(*) filter (where step = 'closed') as closed, count(*) filter (where rework > 0) as rework
  from work_order where opened_at >= %s::date and opened_at < %s::date + 1
 group by grid_id order by grid_id
"""


@app.on_event("startup")
def open_pool() -> None:
    """Begin to connect."""
    pool.open()


def _rows(sql: str, *values: object) -> list[dict[str, Any]]:
    with pool.connection() as conn, conn.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(sql.encode(), values).fetchall()


def _answer(rows: list[dict[str, Any]]) -> Response:
    return Response(json.dumps(rows, default=str), media_type="application/json")


@app.post("/report/{report_id}")
def report(
    report_id: UUID, *, terminal_id: str, category: str, photo: Annotated[bytes, Body()]
) -> str:
    """Keep a report and its photo."""
    path = folder / f"{report_id}.jpg"
    path.write_bytes(photo)
    with pool.connection() as conn:
        conn.execute(
            "insert into plain_report (report_id, terminal_id, category, lat, lon, photo)"
            " values (%s, %s, %s, 30.0, 104.0, %s)",
            (report_id, terminal_id, category, path.name),
        )
    return "stored"


@app.post("/act/{order_id}")
def act(order_id: UUID, step: str) -> str:
    """Move an order on."""
    with pool.connection() as conn:
        conn.execute(
            "update plain_order set step = %s, changed_at = now() where order_id = %s",
            (step, order_id),
        )
    return step


@app.get("/inbox/street/{area_id}")
def street(area_id: str) -> Response:
    """Return what waits in a street."""
    grids = [row["grid_id"] for row in _rows(_GRIDS, area_id)]
    return _answer(_rows(_INBOX, "street", grids))


@app.get("/inbox/grid/{grid_id}")
def grid(grid_id: str) -> Response:
    """Return what waits in a grid."""
    return _answer(_rows(_INBOX, "grid", [grid_id]))


@app.get("/inbox/department/{department_id}")
def department(department_id: str) -> Response:
    """Return what waits with a department."""
    return _answer(_rows(_OF_DEPARTMENT, department_id))


@app.get("/measures")
def measures(first: str, last: str) -> Response:
    """Return how many orders of a month were opened, handled in time and closed, by grid."""
    return _answer(_rows(_MEASURES, first, last))
