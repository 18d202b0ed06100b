"""`patrol ingest assess`: worker-days with new facts, recomputed whole.

Any number of copies may run; a worker-day is one copy's at a time, and what is recomputed
does not depend on who does it or in which order facts came.
"""

import threading
import time
from dataclasses import dataclass, field
from traceback import walk_tb
from typing import TypeAlias

import psycopg
import structlog

from ingest.database import Retry
from ingest.judging.facts import Areas, read_facts
from ingest.judging.findings import OF_ONE_DAY, replace_findings
from ingest.judging.likeness import settle_likeness, store_trace
from ingest.judging.live import store_live
from ingest.judging.results import replace_result
from ingest.judging.silence import settle_silence, store_heard
from ingest.judging.worklist import Task, WorkerDay, find_work, finish, mark_ended, take
from patrol.compliance import Rules, judge_day
from patrol.errors import StateError
from runtime.clock import utc_now

log = structlog.get_logger()

# Worker-days whose judging failed, and the marks they had then.
Aside: TypeAlias = dict[WorkerDay, frozenset[int]]

# So many at once are no peculiarity of a day any more.
_MOST_ASIDE = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessor:
    """Works through the worklist again and again until told to stop."""

    dsn: str
    rules: Rules
    every_s: float
    stop: threading.Event
    aside: Aside = field(default_factory=dict)

    def run(self) -> None:
        """Recompute marked worker-days until `stop` is set."""
        Retry(dsn=self.dsn, stop=self.stop).run(self._work)

    def _work(self, conn: psycopg.Connection) -> None:
        while not self.stop.is_set():
            assess_marked(conn, self.rules, self.stop, aside=self.aside)
            self.stop.wait(self.every_s)


def assess_marked(
    conn: psycopg.Connection, rules: Rules, stop: threading.Event, *, aside: Aside
) -> int:
    """Recompute the worker-days that are marked now and return how many were ours.

    One whose judging fails keeps its marks, is put `aside` until it has new ones, and keeps
    nobody else waiting. Raises StateError when so many fail that no single day is at fault.
    """
    done = 0
    mark_ended(conn)
    work = find_work(conn)
    # Read after the marks: a change that comes later has a mark of its own.
    areas = Areas(conn)
    for task in work:
        if stop.is_set():
            break
        if aside.get(task.unit, frozenset()).issuperset(task.marks):
            continue
        done += _try_day(conn, task, areas, rules=rules, aside=aside)
    settle_silence(conn)
    settle_likeness(conn, rules.anomaly.likeness)
    return done


def _try_day(
    conn: psycopg.Connection, task: Task, areas: Areas, *, rules: Rules, aside: Aside
) -> bool:
    try:
        done = assess_day(conn, task, areas, rules=rules)
    except psycopg.OperationalError:
        # The database is at fault, not the day.
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, others' days are none the worse
        _put_aside(aside, task, error)
        return False
    aside.pop(task.unit, None)
    return done


def _put_aside(aside: Aside, task: Task, error: Exception) -> None:
    aside[task.unit] = frozenset(task.marks)
    *_, frame = walk_tb(error.__traceback__)
    # Where and of which kind, but not its text, which may quote positions.
    cause = f"{type(error).__name__} at {frame[0].f_code.co_filename}:{frame[1]}"
    unit = task.unit
    log.error("ingest.day_failed", worker=unit.worker_id, day=unit.day, cause=cause)
    if len(aside) >= _MOST_ASIDE:
        raise StateError(
            f"{len(aside)} worker-days cannot be judged, the last one because of {cause}: "
            "the log names them all"
        ) from error


def assess_day(conn: psycopg.Connection, task: Task, areas: Areas, *, rules: Rules) -> bool:
    """Recompute one worker-day in one transaction; False when somebody else has it."""
    began = time.monotonic()
    with conn.transaction():
        if not take(conn, task):
            return False
        facts = read_facts(conn, task.unit, areas)
        result = judge_day(facts, rules) if facts is not None else None
        now = utc_now()
        replace_result(conn, task.unit, result, now=now)
        if facts is not None:
            store_live(conn, facts, rules, now=now)
        findings = result.findings if result is not None else ()
        replace_findings(conn, task.unit, findings, kinds=OF_ONE_DAY)
        store_heard(conn, task.unit, facts)
        store_trace(conn, task.unit, facts, rules=rules)
        finish(conn, task)
    log.info(
        "ingest.day_assessed",
        day=task.unit.day,
        marks=len(task.marks),
        fixes=len(facts.fixes) if facts is not None else 0,
        took_ms=round((time.monotonic() - began) * 1000),
    )
    return True
