"""Time that is excused because many terminals fell silent together: found anew with every fact.

Who judges a worker-day stores when its terminals were heard and marks the local day; the
common silence of marked days is then derived from all that is stored of them. Where it has
changed, late facts may take it away again, the worker-days that it touches are marked.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime

import psycopg

from ingest.judging.worklist import WorkerDay
from patrol.compliance import DayFacts
from patrol.intervals import Interval
from patrol.requirements import Heard, find_common_silence, hear

_KNOWN_SPANS = """
select duty_start, duty_end, start_at, end_at from heard_span
 where worker_id = %(worker)s and day = %(day)s
"""

_DROP_SPANS = "delete from heard_span where worker_id = %(worker)s and day = %(day)s"

_PUT_SPAN = """
insert into heard_span (worker_id, day, duty_start, duty_end, start_at, end_at)
values (%(worker)s, %(day)s, %(duty_start)s, %(duty_end)s, %(start)s, %(end)s)
"""

_MARK = "insert into unsettled_day (day) values (%(day)s)"

_FIND = "select day, array_agg(mark_id) from unsettled_day group by day order by day"

_TAKE = "select pg_advisory_xact_lock(hashtextextended('silence/' || %(day)s, 0))"

_SPANS_OF_DAY = """
select worker_id, duty_start, duty_end, start_at, end_at from heard_span
 where day = %(day)s
 order by worker_id, duty_start, start_at
"""

_KNOWN = "select start_at, end_at from excused_period where day = %(day)s"

_DROP = "delete from excused_period where day = %(day)s"

_PUT = """
insert into excused_period (kind, start_at, end_at, day)
values ('common_silence', %(start)s, %(end)s, %(day)s)
"""

_MARK_DAYS = """
-- the worker-days with duty in a span
insert into dirty_day (worker_id, day)
select distinct worker_id, day from duty_window where start_at < %(end)s and end_at > %(start)s
"""

_DELETE_MARKS = "delete from unsettled_day where mark_id = any(%(marks)s)"


def store_heard(conn: psycopg.Connection, unit: WorkerDay, facts: DayFacts | None) -> None:
    """Keep when the terminals of a worker-day were heard; mark its day if that is news."""
    key = {"worker": unit.worker_id, "day": unit.day}
    windows = facts.windows if facts is not None else []
    spans = {
        (window.interval.start, window.interval.end, *span)
        for window in windows
        if facts is not None
        for span in hear(facts.fixes.epoch_ms, window.interval).spans
    }
    if set(conn.execute(_KNOWN_SPANS, key)) == spans:
        return
    conn.execute(_DROP_SPANS, key)
    with conn.cursor() as cursor:
        names = ("duty_start", "duty_end", "start", "end")
        rows = [{**key, **dict(zip(names, span, strict=True))} for span in sorted(spans)]
        cursor.executemany(_PUT_SPAN, rows)
    conn.execute(_MARK, {"day": unit.day})


def settle_silence(conn: psycopg.Connection) -> None:
    """Derive the common silence of marked days, each in one transaction."""
    for day, marks in conn.execute(_FIND).fetchall():
        with conn.transaction():
            # Who comes second sees what the first one has stored.
            conn.execute(_TAKE, {"day": day.isoformat()})
            _replace(conn, day, find_common_silence(_heard(conn, day)))
            conn.execute(_DELETE_MARKS, {"marks": marks})


def _heard(conn: psycopg.Connection, day: date) -> list[Heard]:
    spans: dict[tuple[str, Interval], list[tuple[datetime, datetime]]] = defaultdict(list)
    for worker, duty_start, duty_end, start, end in conn.execute(_SPANS_OF_DAY, {"day": day}):
        spans[worker, Interval(duty_start, duty_end)].append((start, end))
    return [Heard(duty, tuple(heard)) for (_, duty), heard in spans.items()]


def _replace(conn: psycopg.Connection, day: date, found: Iterable[Interval]) -> None:
    known = {Interval(start, end) for start, end in conn.execute(_KNOWN, {"day": day})}
    changed = known.symmetric_difference(found)
    if not changed:
        return
    conn.execute(_DROP, {"day": day})
    for one in found:
        conn.execute(_PUT, {"day": day, "start": one.start, "end": one.end})
    for one in changed:
        conn.execute(_MARK_DAYS, {"start": one.start, "end": one.end})
