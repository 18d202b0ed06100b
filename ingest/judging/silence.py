"""Time that is excused because many terminals fell silent together: found anew with every fact.

Who judges a worker-day stores when its terminals were heard and marks the local day; the
common silence of marked days is then derived from all that is stored of them. Where it has
changed, late facts may take it away again, the worker-days that this touches are marked.

While duty lasts, a silence that nobody has ended grows in steps: else each fix of whoever is
heard would change it, and the result of everybody on duty.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

import psycopg

from ingest.judging.worklist import WorkerDay, day_columns
from patrol.compliance import DayFacts
from patrol.ids import WorkerId
from patrol.intervals import Interval, subtract
from patrol.requirements import Heard, find_common_silence, hear

# By so much an open silence grows at a time.
_STEP = timedelta(minutes=5)

_KNOWN_SPANS = """
select h.worker_id, h.day, h.duty_start, h.duty_end, h.start_at, h.end_at
  from unnest(%(workers)s::text[], %(days)s::date[]) as u (worker_id, day)
  join heard_span h on h.worker_id = u.worker_id and h.day = u.day
"""

_DROP_SPANS = """
delete from heard_span h
 using unnest(%(workers)s::text[], %(days)s::date[]) as u (worker_id, day)
 where h.worker_id = u.worker_id and h.day = u.day
"""

_PUT_SPANS = """
insert into heard_span (worker_id, day, duty_start, duty_end, start_at, end_at)
select * from unnest(%(workers)s::text[], %(days)s::date[], %(duty_starts)s::timestamptz[],
                     %(duty_ends)s::timestamptz[], %(starts)s::timestamptz[],
                     %(ends)s::timestamptz[])
"""

_MARK = "insert into unsettled_day (day) select * from unnest(%(days)s::date[])"

_FIND = """
-- marked days and the last mark of each, today first
select day, max(mark_id) from unsettled_day group by day order by day desc
"""

_MARKS = "select mark_id from unsettled_day where day = %(day)s"

_CLOSED = "select day from closed_day where day = any(%(days)s) and what = 'silence'"

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


class _Span(NamedTuple):
    """When the terminals of a duty were heard without a long break."""

    duty_start: datetime
    duty_end: datetime
    start: datetime
    end: datetime


def store_heard(conn: psycopg.Connection, judged: Mapping[WorkerDay, DayFacts | None]) -> None:
    """Keep when the terminals of worker-days were heard; mark the days of which that is news."""
    known: dict[WorkerDay, set[_Span]] = {unit: set() for unit in judged}
    for worker, day, *span in conn.execute(_KNOWN_SPANS, day_columns(judged)):
        known[WorkerDay(WorkerId(worker), day)].add(_Span(*span))
    heard = {unit: _spans(facts) for unit, facts in judged.items()}
    news = {unit for unit in judged if heard[unit] != known[unit]}
    closed = _closed(conn, {unit.day for unit in news})
    units = sorted(unit for unit in news if unit.day not in closed)
    if not units:
        return
    conn.execute(_DROP_SPANS, day_columns(units))
    rows = [(unit, span) for unit in units for span in sorted(heard[unit])]
    values = {
        **day_columns(unit for unit, _ in rows),
        "duty_starts": [span.duty_start for _, span in rows],
        "duty_ends": [span.duty_end for _, span in rows],
        "starts": [span.start for _, span in rows],
        "ends": [span.end for _, span in rows],
    }
    conn.execute(_PUT_SPANS, values)
    conn.execute(_MARK, {"days": sorted({unit.day for unit in units})})


def _spans(facts: DayFacts | None) -> set[_Span]:
    return {
        _Span(window.interval.start, window.interval.end, *span)
        for window in (facts.windows if facts is not None else ())
        if facts is not None
        for span in hear(facts.fixes.epoch_ms, window.interval).spans
    }


def is_closed(conn: psycopg.Connection, day: date) -> bool:
    """Return whether the common silence of a day is final."""
    return bool(_closed(conn, {day}))


def _closed(conn: psycopg.Connection, days: Collection[date]) -> set[date]:
    return {day for (day,) in conn.execute(_CLOSED, {"days": list(days)})} if days else set()


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
