"""Time that is excused because many terminals fell silent together: found anew with every fact.

Who judges a worker-day stores when its terminals were heard and marks the local day; the
common silence of marked days is then derived from all that is stored of them. Where it has
changed, late facts may take it away again, the worker-days that this touches are marked.

While duty lasts, a silence that nobody has ended grows in steps: else each fix of whoever is
heard would change it, and the result of everybody on duty.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime, timedelta

import psycopg

from ingest.judging.worklist import WorkerDay
from patrol.compliance import DayFacts
from patrol.intervals import Interval, subtract
from patrol.requirements import Heard, find_common_silence, hear

# By so much an open silence grows at a time.
_STEP = timedelta(minutes=5)

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

_FIND = """
-- marked days and the last mark of each, today first
select day, max(mark_id) from unsettled_day group by day order by day desc
"""

_MARKS = "select mark_id from unsettled_day where day = %(day)s"

_IS_CLOSED = "select exists (select from closed_day where day = %(day)s and what = 'silence')"

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
-- the worker-days with duty in a span; no duty lasts longer than a day, so the index tells
insert into dirty_day (worker_id, day)
select distinct worker_id, day from duty_window
 where start_at < %(end)s and end_at > %(start)s
   and end_at <= %(end)s::timestamptz + interval '24 hours'
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
    if set(conn.execute(_KNOWN_SPANS, key)) == spans or is_closed(conn, unit.day):
        return
    conn.execute(_DROP_SPANS, key)
    with conn.cursor() as cursor:
        names = ("duty_start", "duty_end", "start", "end")
        rows = [{**key, **dict(zip(names, span, strict=True))} for span in sorted(spans)]
        cursor.executemany(_PUT_SPAN, rows)
    conn.execute(_MARK, {"day": unit.day})


def is_closed(conn: psycopg.Connection, day: date) -> bool:
    """Return whether the common silence of a day is final."""
    return conn.execute(_IS_CLOSED, {"day": day}).fetchone() == (True,)


def unsettled_days(conn: psycopg.Connection) -> list[tuple[date, int]]:
    """Return the days with marks, and the last mark of each."""
    return conn.execute(_FIND).fetchall()


def settle_silence(conn: psycopg.Connection, day: date) -> int:
    """Derive the common silence of a day; return how many marks that took, 0 if none are left."""
    # Before what they announce: a later one stays.
    marks = [mark for (mark,) in conn.execute(_MARKS, {"day": day})]
    if marks and not is_closed(conn, day):
        _replace(conn, day, _find(conn, _heard(conn, day)))
    conn.execute(_DELETE_MARKS, {"marks": marks})
    return len(marks)


def _find(conn: psycopg.Connection, heard: Sequence[Heard]) -> list[Interval]:
    found = find_common_silence(heard)
    ((now,),) = conn.execute("select now()").fetchall()
    if not found or now >= max(one.duty.end for one in heard):
        return found
    known_until = max(end for one in heard for _, end in one.spans)
    return [_in_steps(one) if one.end == known_until else one for one in found]


def _in_steps(silence: Interval) -> Interval:
    # The shortest silence lasts a step.
    return Interval(silence.start, silence.start + silence.length // _STEP * _STEP)


def _heard(conn: psycopg.Connection, day: date) -> list[Heard]:
    spans: dict[tuple[str, Interval], list[tuple[datetime, datetime]]] = defaultdict(list)
    for worker, duty_start, duty_end, start, end in conn.execute(_SPANS_OF_DAY, {"day": day}):
        spans[worker, Interval(duty_start, duty_end)].append((start, end))
    return [Heard(duty, tuple(heard)) for (_, duty), heard in spans.items()]


def _replace(conn: psycopg.Connection, day: date, found: Sequence[Interval]) -> None:
    known = [Interval(start, end) for start, end in conn.execute(_KNOWN, {"day": day})]
    if sorted(known) == sorted(found):
        return
    conn.execute(_DROP, {"day": day})
    for one in found:
        conn.execute(_PUT, {"day": day, "start": one.start, "end": one.end})
    for one in subtract(found, known) + subtract(known, found):
        conn.execute(_MARK_DAYS, {"start": one.start, "end": one.end})
