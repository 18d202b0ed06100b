"""What one writes in an afternoon: rows of the tables as JSON, for anybody, written down nowhere.

`uvicorn benchmarks.api.plain:app` with PLAIN_DSN in its environment.
"""

import json
import os
import time
from collections.abc import Iterator
from datetime import date
from typing import Any

from fastapi import FastAPI
from fastapi.responses import Response, StreamingResponse
from psycopg.rows import dict_row
from psycopg_pool import ConnectionPool

app = FastAPI()
pool = ConnectionPool(os.environ["PLAIN_DSN"], min_size=1, max_size=8, open=True)

_TRACK = """
select p.* from position p join duty_window d on p.epoch >= d.start_at and p.epoch < d.end_at
 where p.terminal_id = %s and d.worker_id = %s and d.day = %s order by p.epoch
"""
_MONTH = """
select * from daily_compliance where %s = any (grid_ids) and day between %s and %s
 order by day, worker_id
"""
_DISTRICT = """
select grid_id, count(*) as days, count(*) filter (where presence_verdict = 'met') as present,
       count(*) filter (where visit_verdict = 'met') as visited, sum(duty_s) as duty_s,
       sum(inside_s) as inside_s, sum(visit_s) as visit_s
  from daily_compliance, unnest(grid_ids) grid_id where day between %s and %s
 group by grid_id order by grid_id
"""


def _rows(sql: str, *values: object) -> list[dict[str, Any]]:
    with pool.connection() as conn, conn.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(sql.encode(), values).fetchall()


def _answer(rows: list[dict[str, Any]]) -> Response:
    return Response(json.dumps(rows, default=str), media_type="application/json")


@app.get("/latest")
def latest() -> Response:
    """Return where all terminals were last."""
    return _answer(_rows("select * from latest_position"))


@app.get("/track/{number}/{day}")
def track(number: int, day: date) -> Response:
    """Return the fixes of a worker-day."""
    return _answer(_rows(_TRACK, f"T{number}", f"W{number}", day))


@app.get("/month/{grid_id}")
def month(grid_id: str, first: date, last: date) -> Response:
    """Return the results of a grid."""
    return _answer(_rows(_MONTH, grid_id, first, last))


@app.get("/district")
def district(first: date, last: date) -> Response:
    """Return what the results of each grid come to."""
    return _answer(_rows(_DISTRICT, first, last))


@app.get("/live")
def live() -> StreamingResponse:
    """Send where all terminals were last, once a second."""

    def events() -> Iterator[str]:
        while True:
            rows = _rows("select * from latest_position")
            yield f"data: {json.dumps({'positions': rows}, default=str)}\n\n"
            time.sleep(1)

    return StreamingResponse(events(), media_type="text/event-stream")
