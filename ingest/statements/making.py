"""Statements made of settled worker-days, one behind the other."""

import threading
from collections.abc import Iterable
from datetime import date
from typing import cast

import psycopg
import structlog

from ingest.statements.content import read_content
from patrol.decisions.chain import canonical, link, sha256_of

log = structlog.get_logger()

# So many a transaction, and so many a run: the oldest first, whose points go next.
_LOT = 50
_MOST = 20_000

_DUE = """
-- settled or frozen worker-days of which there is no statement, or one of something older
select c.worker_id, c.day
  from daily_compliance c
  left join frozen_day f on f.worker_id = c.worker_id and f.day = c.day
 where (c.day < %(settled)s or f.worker_id is not null)
   and not exists (select from dirty_day d where d.worker_id = c.worker_id and d.day = c.day)
   and not exists (
       select from day_statement s
        where s.worker_id = c.worker_id and s.day = c.day and s.assessed_at = c.assessed_at
          and s.last_event_id = (select coalesce(max(e.event_id), 0) from decision_event e
                                  where e.worker_id = c.worker_id and e.day = c.day))
 order by c.day, c.worker_id
 limit %(limit)s
"""

# Whoever has the head is the only one to add.
_HEAD = "select number, digest from statement_head for update"

_PUT = """
insert into day_statement (number, worker_id, day, content, content_sha256, previous, digest,
                           assessed_at, last_event_id)
values (%(number)s, %(worker)s, %(day)s, %(content)s, %(sha256)s, %(previous)s, %(digest)s,
        %(assessed_at)s, %(last_event_id)s)
"""

_MOVE_HEAD = "update statement_head set number = %(number)s, digest = %(digest)s"


def make_statements(
    conn: psycopg.Connection, *, settled: date, points_from: date | None, stop: threading.Event
) -> int:
    """State what is due: worker-days before `settled`, and frozen ones; return how many it was.

    `points_from` is the first day whose points are there still; None: all are. `conn` commits
    each lot by itself.
    """
    values = {"settled": settled, "limit": _MOST}
    due = conn.execute(_DUE, values).fetchall()
    made = 0
    for first in range(0, len(due), _LOT):
        if stop.is_set():
            break
        made += _make(conn, due[first : first + _LOT], points_from)
    if made:
        log.info("ingest.days_stated", statements=made)
    return made


def count_due(conn: psycopg.Connection, *, settled: date) -> int:
    """Return of how many worker-days a statement is due, at most those of one run."""
    return len(conn.execute(_DUE, {"settled": settled, "limit": _MOST}).fetchall())


def _make(
    conn: psycopg.Connection, due: Iterable[tuple[str, date]], points_from: date | None
) -> int:
    with conn.transaction():
        number, digest = cast(tuple[int, bytes], conn.execute(_HEAD).fetchone())
        before = number
        for worker_id, day in due:
            has_points = points_from is None or day >= points_from
            content = read_content(conn, worker_id, day, has_points=has_points)
            if content is None:
                continue
            text, previous = canonical(content.said), digest
            number += 1
            digest = link(previous, number, sha256_of(text))
            values = {
                "number": number,
                "worker": worker_id,
                "day": day,
                "content": text,
                "sha256": sha256_of(text),
                "previous": previous,
                "digest": digest,
                "assessed_at": content.assessed_at,
                "last_event_id": content.last_event_id,
            }
            conn.execute(_PUT, values)
        conn.execute(_MOVE_HEAD, {"number": number, "digest": digest})
    return number - before
