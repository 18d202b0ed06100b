"""What was made of facts, dropped in its time: worker-days by whole months, totals stay longer.

Of somebody with a hold or an appeal that is not decided, nothing goes.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, LiteralString

import psycopg
from psycopg import sql

from ingest.keeping.settings import KeepingSettings

# Some 30 ms of work.
_LOT: Final = 5_000

_TOTALS = """
-- whole months that are about to go; what was summed before stands
insert into month_total
select m.*, now() from v1_month_sum m
 where m.month < %(before)s
   and m.worker_id not in (select worker_id from v1_held_worker)
on conflict do nothing
"""

_DELETE = """
delete from {table} where ctid = any(array(
    select t.ctid from {table} t
     where t.{time} < %(before)s {more}
       and t.worker_id not in (select worker_id from v1_held_worker)
     limit %(lot)s))
"""

_COUNT = """
select count(*) from {table} t
 where t.{time} < %(before)s {more}
   and t.worker_id not in (select worker_id from v1_held_worker)
"""

# An appeal outlives the day that it was about; so does what it was against.
_NOT_APPEALED_FINDING: LiteralString = (
    "and not exists (select from appeal a where a.finding_id = t.finding_id)"
)
_NOT_APPEALED_CORRECTION: LiteralString = (
    "and not exists (select from appeal a where a.correction_id = t.correction_id)"
)

_ERASE_STATEMENTS = """
-- that they were made, and in which order, stays verifiable
update day_statement set content = null, erased_at = now()
 where number = any(array(
    select t.number from day_statement t
     where t.day < %(before)s and t.content is not null
       and t.worker_id not in (select worker_id from v1_held_worker)
     limit %(lot)s))
"""

_DELETE_LOG = """
delete from access_log where access_id = any(array(
    select access_id from access_log
     where at < %(before)s
       and (worker_id is null
            or worker_id not in (select worker_id from v1_held_worker))
     limit %(lot)s))
"""

# Deliveries go with them. Of somebody who is held they stay; an order is nobody's.
_DELETE_NOTICES = """
delete from notice where notice_id = any(array(
    select notice_id from notice
     where found_at < %(before)s
       and (worker_id is null
            or worker_id not in (select worker_id from v1_held_worker))
     limit %(lot)s))
"""

# Events are written once; who drops them in their time says so.
_MAY_DROP = "select set_config('gridpatrol.erasing', 'on', true)"

_NOTE = """
insert into retention (kind, days, kept_from, enforced_at)
values (%(kind)s, %(days)s, %(kept_from)s, now())
on conflict (kind) do update
   set days = excluded.days, kept_from = excluded.kept_from, enforced_at = excluded.enforced_at
"""

_OLD_KINDS = "delete from retention where kind <> all(%(kinds)s)"


@dataclass(frozen=True, slots=True)
class Results:
    """A table of what was made of workers' days, and by which column it grows old."""

    table: str
    time: str = "day"
    more: LiteralString = ""

    def say(self, statement: LiteralString) -> sql.Composed:
        """Return one of the statements above about this table."""
        return sql.SQL(statement).format(
            table=sql.Identifier(self.table),
            time=sql.Identifier(self.time),
            more=sql.SQL(self.more),
        )


# Those that others refer to come last.
OF_DAYS: Final = (
    Results("recomputed_day"),
    Results("frozen_day"),
    Results("presence_interval"),
    Results("home_visit"),
    Results("excused_interval"),
    Results("grid_coverage"),
    Results("checkpoint_pass"),
    Results("wished_task"),
    Results("corrected_day"),
    Results("finding", more=_NOT_APPEALED_FINDING),
    Results("daily_compliance"),
)
# What people decided is told as long as the totals that rest on it.
OF_TOTALS: Final = (
    Results("decision_event", time="at"),
    Results("appeal"),
    Results("correction", more=_NOT_APPEALED_CORRECTION),
    Results("finding"),
    Results("duty_window"),
    Results("month_total", time="month"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Horizons:
    """Before which days results and totals go, and before which times notices and the access log."""

    results: date
    totals: date
    notices: datetime
    access_log: datetime

    @classmethod
    def of(cls, settings: KeepingSettings, *, today: date, now: datetime) -> "Horizons":
        """Return the horizons of a day: of results and totals the first of a month.

        Neither go before that which they were made of.
        """
        results_days = max(settings.results_days, settings.positions_days)
        totals_days = max(settings.totals_days, results_days)
        return cls(
            results=(today - timedelta(days=results_days)).replace(day=1),
            totals=(today - timedelta(days=totals_days)).replace(day=1),
            notices=now - timedelta(days=settings.notices_days),
            access_log=now - timedelta(days=settings.access_log_days),
        )


def enforced_by(
    settings: KeepingSettings, horizons: Horizons, *, before: datetime, now: datetime
) -> dict[str, tuple[int, datetime | date]]:
    """Return by kind how many days it is kept, and from when on; positions are kept `before`."""
    told_from = now - timedelta(days=settings.told_days)
    results = settings.results_days, horizons.results
    totals = settings.totals_days, horizons.totals
    return {
        "positions": (settings.positions_days, before),
        "checkins": (settings.positions_days, before),
        "photo_reports": (settings.told_days, told_from),
        "terminal_events": (settings.told_days, told_from),
        "photos": (settings.photos_days, now - timedelta(days=settings.photos_days)),
        "refused_messages": (
            settings.quarantine_days,
            now - timedelta(days=settings.quarantine_days),
        ),
        "daily_results": results,
        "visits": results,
        "findings": results,
        "statements": results,
        "month_totals": totals,
        "decisions": totals,
        "duty": totals,
        "notices": (settings.notices_days, horizons.notices),
        "access_log": (settings.access_log_days, horizons.access_log),
    }


def drop_results(
    conn: psycopg.Connection, horizons: Horizons, *, stop: threading.Event
) -> dict[str, int]:
    """Sum up months that are about to go, and drop them; return how many rows went, by table."""
    dropped: dict[str, int] = {}
    conn.execute(_TOTALS, {"before": horizons.results})
    for tables, before in ((OF_DAYS, horizons.results), (OF_TOTALS, horizons.totals)):
        for one in tables:
            count = _in_lots(conn, one.say(_DELETE), before, stop=stop)
            dropped[one.table] = dropped.get(one.table, 0) + count
    statements = sql.SQL(_ERASE_STATEMENTS)
    dropped["day_statement"] = _in_lots(conn, statements, horizons.results, stop=stop)
    notices = sql.SQL(_DELETE_NOTICES)
    dropped["notice"] = _in_lots(conn, notices, horizons.notices, stop=stop)
    log = sql.SQL(_DELETE_LOG)
    dropped["access_log"] = _in_lots(conn, log, horizons.access_log, stop=stop)
    return {table: count for table, count in dropped.items() if count}


def count_results(conn: psycopg.Connection, horizons: Horizons) -> int:
    """Return how many rows of results and decisions are due to be dropped."""
    return sum(
        _count(conn, one.say(_COUNT), before)
        for tables, before in ((OF_DAYS, horizons.results), (OF_TOTALS, horizons.totals))
        for one in tables
    )


def note_retention(
    conn: psycopg.Connection, enforced: Mapping[str, tuple[int, datetime | date]]
) -> None:
    """Write down what is enforced: by kind, how many days, and from when on things are kept."""
    with conn.transaction():
        for kind, (days, kept_from) in enforced.items():
            conn.execute(_NOTE, {"kind": kind, "days": days, "kept_from": kept_from})
        conn.execute(_OLD_KINDS, {"kinds": list(enforced)})


def _in_lots(
    conn: psycopg.Connection,
    statement: sql.SQL | sql.Composed,
    before: date | datetime,
    *,
    stop: threading.Event,
) -> int:
    total = 0
    while not stop.is_set():
        with conn.transaction():
            conn.execute(_MAY_DROP)
            count = conn.execute(statement, {"before": before, "lot": _LOT}).rowcount
        total += count
        if count < _LOT:
            break
    return total


def _count(conn: psycopg.Connection, statement: sql.SQL | sql.Composed, before: date) -> int:
    row = conn.execute(statement, {"before": before}).fetchone()
    return 0 if row is None else int(row[0])
