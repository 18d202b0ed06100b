"""What is too old: positions into the columnstore, and what nobody keeps any longer dropped.

One works at a time, the others find it at work and leave. Every step is a transaction of its
own, and what is done already is not done again, so a run may end anywhere.
"""

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, timedelta
from typing import TypeAlias, cast
from zoneinfo import ZoneInfo

import psycopg
import structlog

from ingest.erasure.erasing import carry_out, count_confirmed
from ingest.keeping import chunks, photos, rows
from ingest.keeping.horizon import facts_from, move_horizon
from ingest.keeping.results import (
    Horizons,
    count_results,
    drop_results,
    enforced_by,
    note_retention,
)
from ingest.keeping.settings import KeepingSettings
from ingest.keeping.yielding import giving_way
from ingest.statements.making import count_due, make_statements
from patrol.duty import day_interval, local_day

log = structlog.get_logger()

ChunkWork: TypeAlias = Callable[[psycopg.Connection, chunks.Chunk], None]

# Any number, as long as every version of this program uses the same one.
_LOCK = 4_722_166_883
_TAKE = "select pg_try_advisory_lock(%(lock)s)"
_GIVE = "select pg_advisory_unlock(%(lock)s)"

# What says that others have a chunk in use, or wait for it.
_IN_USE = (
    psycopg.errors.DeadlockDetected,
    psycopg.errors.LockNotAvailable,
    psycopg.errors.QueryCanceled,
)
_GIVE_WAY_S = 2.0
# Who waits for a lock on a chunk keeps those waiting who come after.
_BE_IMPATIENT = "set lock_timeout = '2s'"
_BE_PATIENT = "reset lock_timeout"

_NOW = "select now()"

_UNJUDGED = """
-- days of before a day with facts that are still to be judged: how many worker-days, and whether
-- any of them began to wait within the last week
select day, count(distinct worker_id), max(marked_at) > now() - interval '7 days' from dirty_day
 where day < %(day)s and (%(from)s::date is null or day >= %(from)s)
 group by day order by day
"""

_DROP_MARKS = "delete from dirty_day where day < %(day)s::date"


@dataclass(slots=True, kw_only=True)
class Kept:
    """What one run did, or would do: how many chunks and rows, and where facts begin now."""

    facts_from: date | None = None
    # For so many days facts are kept beyond their time, because some are still to be judged.
    held_days: int = 0
    # Worker-days of which a statement was made.
    stated: int = 0
    columnstore_chunks: int = 0
    dropped_chunks: int = 0
    dropped_positions: int = 0
    dropped_checkins: int = 0
    dropped_set_aside: int = 0
    dropped_reports: int = 0
    dropped_events: int = 0
    # Photos whose time is over; the API takes them away within the hour.
    due_photos: int = 0
    dropped_latest: int = 0
    dropped_refused: int = 0
    # Rows of results, decisions and of the access log.
    dropped_results: int = 0
    erased_workers: int = 0
    # Worker-days whose facts were dropped before they were judged.
    unjudged: int = 0
    # Chunks that somebody else had in use; the next run has them.
    busy_chunks: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeper:
    """Keeps facts as `settings` say; `zone` cuts the local days."""

    settings: KeepingSettings
    zone: ZoneInfo
    stop: threading.Event = field(default_factory=threading.Event)

    def keep(self, conn: psycopg.Connection, *, dry_run: bool = False) -> Kept | None:
        """Do what is due, and return what it was; None when somebody else is doing it.

        `conn` commits each statement by itself. A dry run changes nothing and takes no turn.
        """
        if dry_run:
            return self._look(conn)
        with _turn(conn) as is_ours:
            if not is_ours:
                return None
            kept = self._work(conn)
        log.info("ingest.kept", **{name: told for name, told in asdict(kept).items() if told})
        return kept

    def _work(self, conn: psycopg.Connection) -> Kept:
        now = _now(conn)
        kept, day = self._plan(conn, now)
        before = day_interval(day, self.zone).start
        # What is about to be dropped can still be hashed.
        kept.stated = make_statements(
            conn, settled=self._settled(now, day), points_from=facts_from(conn), stop=self.stop
        )
        # Where there is nothing to drop, older days may still be loaded, and are judged then.
        if _has_facts(conn, before):
            move_horizon(conn, day)
        kept.facts_from = facts_from(conn)
        if kept.unjudged:
            log.warning("ingest.unjudged_dropped", worker_days=kept.unjudged, before=day)
        conn.execute(_DROP_MARKS, {"day": kept.facts_from})
        if chunks.has_columnstore(conn) is None:
            kept.dropped_positions = rows.delete_facts(conn, rows.POSITIONS, before, stop=self.stop)
        else:
            self._work_on_chunks(conn, kept, now=now, before=before)
        kept.dropped_checkins = rows.delete_facts(conn, rows.CHECKINS, before, stop=self.stop)
        kept.dropped_set_aside = rows.delete_facts(conn, rows.SET_ASIDE, before, stop=self.stop)
        told = self._told_before(now)
        kept.dropped_reports = rows.delete_facts(conn, rows.REPORTS, told, stop=self.stop)
        kept.dropped_events = rows.delete_facts(conn, rows.EVENTS, told, stop=self.stop)
        kept.due_photos = photos.end_photos(conn, self._photos_before(now), stop=self.stop)
        kept.dropped_latest = rows.delete_latest(conn, before)
        kept.dropped_refused = rows.delete_refused(conn, self._refused_before(now), stop=self.stop)
        horizons = Horizons.of(self.settings, today=local_day(now, self.zone), now=now)
        kept.dropped_results = sum(drop_results(conn, horizons, stop=self.stop).values())
        kept.erased_workers = carry_out(conn, stop=self.stop)
        note_retention(conn, enforced_by(self.settings, horizons, before=before, now=now))
        return kept

    def _look(self, conn: psycopg.Connection) -> Kept:
        now = _now(conn)
        kept, day = self._plan(conn, now)
        before = day_interval(day, self.zone).start
        kept.stated = count_due(conn, settled=self._settled(now, day))
        kept.facts_from = facts_from(conn)
        if _has_facts(conn, before):
            kept.facts_from = max(day, kept.facts_from or day)
        if chunks.has_columnstore(conn) is None:
            kept.dropped_positions = rows.count_facts(conn, rows.POSITIONS, before)
        else:
            old = chunks.find_chunks(conn, before=before)
            kept.dropped_chunks = len(old)
            kept.columnstore_chunks = sum(chunk not in old for chunk in self._due(conn, now))
        kept.dropped_checkins = rows.count_facts(conn, rows.CHECKINS, before)
        kept.dropped_set_aside = rows.count_facts(conn, rows.SET_ASIDE, before)
        kept.dropped_reports = rows.count_facts(conn, rows.REPORTS, self._told_before(now))
        kept.dropped_events = rows.count_facts(conn, rows.EVENTS, self._told_before(now))
        kept.due_photos = photos.count_photos(conn, self._photos_before(now))
        kept.dropped_latest = rows.count_latest(conn, before)
        kept.dropped_refused = rows.count_refused(conn, self._refused_before(now))
        horizons = Horizons.of(self.settings, today=local_day(now, self.zone), now=now)
        kept.dropped_results = count_results(conn, horizons)
        kept.erased_workers = count_confirmed(conn)
        return kept

    def _plan(self, conn: psycopg.Connection, now: datetime) -> tuple[Kept, date]:
        """Return from which day on facts are kept: what is still to be judged a bit longer."""
        day = local_day(now, self.zone) - timedelta(days=self.settings.positions_days)
        unjudged = conn.execute(_UNJUDGED, {"day": day, "from": facts_from(conn)}).fetchall()
        first = min((one for one, _, is_fresh in unjudged if is_fresh), default=day)
        if first < day:
            log.warning("ingest.facts_held", first_day=first, until=day)
        lost = sum(count for one, count, _ in unjudged if one < first)
        return Kept(held_days=(day - first).days, unjudged=lost), first

    def _work_on_chunks(
        self, conn: psycopg.Connection, kept: Kept, *, now: datetime, before: datetime
    ) -> None:
        conn.execute(_BE_IMPATIENT)
        old = chunks.find_chunks(conn, before=before)
        kept.dropped_chunks, busy = self._each(conn, old, chunks.drop)
        kept.columnstore_chunks, more = self._each(conn, self._due(conn, now), _convert)
        kept.busy_chunks = busy + more
        conn.execute(_BE_PATIENT)

    def _each(
        self, conn: psycopg.Connection, todo: Iterable[chunks.Chunk], work: ChunkWork
    ) -> tuple[int, int]:
        """Return how many chunks were worked on until `stop`, and how many could not be."""
        done = busy = 0
        for chunk in todo:
            if self.stop.is_set():
                break
            try:
                work(conn, chunk)
                done += 1
            except _IN_USE:
                busy += 1
                log.warning("ingest.chunk_busy", chunk=chunk.start)
        return done, busy

    def _due(self, conn: psycopg.Connection, now: datetime) -> list[chunks.Chunk]:
        if not chunks.has_columnstore(conn):
            return []
        due = now - timedelta(days=self.settings.columnstore_days)
        return [one for one in chunks.find_chunks(conn, before=due) if chunks.is_due(conn, one)]

    def _settled(self, now: datetime, day: date) -> date:
        """Return before which day all worker-days are stated: settled ones, and what is dropped."""
        return max(day, local_day(now, self.zone) - timedelta(days=self.settings.settled_days))

    def _told_before(self, now: datetime) -> datetime:
        return now - timedelta(days=self.settings.told_days)

    def _photos_before(self, now: datetime) -> datetime:
        return now - timedelta(days=self.settings.photos_days)

    def _refused_before(self, now: datetime) -> datetime:
        return now - timedelta(days=self.settings.quarantine_days)


@contextmanager
def _turn(conn: psycopg.Connection) -> Iterator[bool]:
    """Have the turn for the time of the block, or not."""
    if conn.execute(_TAKE, {"lock": _LOCK}).fetchone() != (True,):
        yield False
        return
    try:
        yield True
    finally:
        # A connection that broke has given it back.
        if not conn.closed:
            conn.execute(_GIVE, {"lock": _LOCK})


def _convert(conn: psycopg.Connection, chunk: chunks.Chunk) -> None:
    with giving_way(conn, after_s=_GIVE_WAY_S):
        chunks.convert(conn, chunk)


def _has_facts(conn: psycopg.Connection, before: datetime) -> bool:
    if any(rows.has_facts(conn, facts, before) for facts in (rows.CHECKINS, rows.SET_ASIDE)):
        return True
    if chunks.has_columnstore(conn) is None:
        return rows.has_facts(conn, rows.POSITIONS, before)
    return bool(chunks.find_chunks(conn, before=before))


def _now(conn: psycopg.Connection) -> datetime:
    ((now,),) = conn.execute(_NOW).fetchall()
    return cast(datetime, now)
