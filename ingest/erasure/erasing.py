"""A worker erased: all that goes in one transaction, and what stays told with its reason."""

import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, cast

import psycopg
import structlog
from psycopg.types.json import Jsonb

from ingest.erasure.tables import FACTS, PERSON, RESULTS, TOTALS
from patrol.errors import InputError

log = structlog.get_logger()

_IS_WORKER = "select exists (select from worker where worker_id = %(worker)s)"

# Any decision about a day or a month waits, and none is under way.
_LOCK = "select hold_months()"

_STILL_HERE = """
-- whoever has duty to come, or a terminal, has not left
select (select count(*) from duty_window
         where worker_id = %(worker)s and end_at > now())::integer,
       (select count(*) from assignment
         where worker_id = %(worker)s
           and (valid_to is null or valid_to > now()))::integer
"""

_HELD = "select why, reason, until from v1_held_worker where worker_id = %(worker)s order by 1, 2"

_FROZEN = """
select to_char(m.month, 'YYYY-MM'), count(*)::integer
  from frozen_day d join frozen_month m using (freeze_id)
 where d.worker_id = %(worker)s
 group by 1 order by 1
"""

_MAY_ERASE = "select set_config('gridpatrol.erasing', 'on', true)"

_CONFIRMED = "select worker_id from erasure where status = 'confirmed' order by erasure_id"

_NOTE = """
update erasure set status = 'done', done_at = now(), report = %(report)s, revision = revision + 1
 where worker_id = %(worker)s and status in ('asked', 'confirmed')
"""

_NOTE_HELD = """
update erasure set report = %(report)s where worker_id = %(worker)s and status = 'confirmed'
"""

_WRITE_DOWN = """
insert into change_log (account_id, what, key, before, after, reason)
values (%(by)s, 'erasure', %(worker)s, null, %(report)s, '')
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """How many rows went, by kind; and what stays, with the reason."""

    worker_id: str
    gone: Mapping[str, int] = field(default_factory=dict)
    stays: tuple[str, ...] = ()
    is_held: bool = False


def erase_worker(conn: psycopg.Connection, worker_id: str, *, by: str) -> Erased:
    """Erase somebody who has left; again, it finds nothing more to do.

    Nothing goes while there is a hold or an appeal that is not decided. InputError when there
    is no such worker, or duty or a terminal still.
    """
    with conn.transaction():
        conn.execute(_LOCK)
        _check_left(conn, worker_id)
        held = conn.execute(_HELD, {"worker": worker_id}).fetchall()
        if held:
            erased = _held(worker_id, held)
            _note(conn, _NOTE_HELD, erased)
            return erased
        erased = _erase(conn, worker_id)
        _note(conn, _NOTE, erased)
        if erased.gone:
            report = Jsonb({"gone": dict(erased.gone), "stays": list(erased.stays)})
            conn.execute(_WRITE_DOWN, {"by": by, "worker": worker_id, "report": report})
    log.info("ingest.worker_erased", rows=sum(erased.gone.values()), stays=len(erased.stays))
    return erased


def carry_out(conn: psycopg.Connection, *, stop: threading.Event) -> int:
    """Erase those of whom two people have said so; return how many it was.

    Who is held, or has not left yet, waits for the next time.
    """
    done = 0
    for (worker_id,) in conn.execute(_CONFIRMED).fetchall():
        if stop.is_set():
            break
        try:
            done += not erase_worker(conn, worker_id, by="command").is_held
        except InputError as error:
            log.warning("ingest.erasure_waits", worker=worker_id, reason=str(error))
    return done


def count_confirmed(conn: psycopg.Connection) -> int:
    """Return how many workers are to be erased."""
    return len(conn.execute(_CONFIRMED).fetchall())


def _check_left(conn: psycopg.Connection, worker_id: str) -> None:
    values = {"worker": worker_id}
    if conn.execute(_IS_WORKER, values).fetchone() != (True,):
        raise InputError(f"no worker has the id {worker_id!r}")
    duty, terminals = cast(tuple[int, int], conn.execute(_STILL_HERE, values).fetchone())
    if duty or terminals:
        raise InputError(
            f"worker {worker_id!r} has not left: {duty} duty windows are to come or last, "
            f"{terminals} terminals are assigned: end them first"
        )


def _erase(conn: psycopg.Connection, worker_id: str) -> Erased:
    values = {"worker": worker_id}
    conn.execute(_MAY_ERASE)
    conn.execute(TOTALS, values)
    gone = {
        kind: count
        for statements in (FACTS, RESULTS, PERSON)
        for kind, statement in statements.items()
        if (count := conn.execute(statement.encode(), values).rowcount) > 0
    }
    frozen = conn.execute(_FROZEN, values).fetchall()
    stays = [
        f"{days} worker-days of {month}: the month is frozen; they go with results_days"
        for month, days in frozen
    ]
    stays += [
        "totals of months under the worker's id alone: they go with totals_days",
        "the chain of statements without their words: it shows that nothing was taken out",
        "the worker's id and when which terminal was carried: other records refer to them",
    ]
    return Erased(worker_id=worker_id, gone=gone, stays=tuple(stays))


def _held(worker_id: str, held: list[Any]) -> Erased:
    stays = tuple(
        f"everything: {reason}" + (f", until {until}" if until else "") for _, reason, until in held
    )
    return Erased(worker_id=worker_id, stays=stays, is_held=True)


def _note(conn: psycopg.Connection, statement: str, erased: Erased) -> None:
    report = Jsonb(asdict(erased))
    conn.execute(statement.encode(), {"worker": erased.worker_id, "report": report})
