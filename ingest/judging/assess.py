"""`patrol ingest assess`: worker-days with new facts, recomputed whole.

Any number of copies may run; a worker-day is one copy's at a time, and what is recomputed
does not depend on who does it or in which order facts came.
"""

import threading
import time
from dataclasses import dataclass

import psycopg
import structlog

from ingest.database import Retry
from ingest.judging.facts import Areas, read_facts
from ingest.judging.results import replace_result
from ingest.judging.worklist import Task, find_work, finish, take
from patrol.compliance import Rules, judge_day
from runtime.clock import utc_now

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessor:
    """Works through the worklist again and again until told to stop."""

    dsn: str
    rules: Rules
    every_s: float
    stop: threading.Event

    def run(self) -> None:
        """Recompute marked worker-days until `stop` is set."""
        Retry(dsn=self.dsn, stop=self.stop).run(self._work)

    def _work(self, conn: psycopg.Connection) -> None:
        while not self.stop.is_set():
            assess_marked(conn, self.rules, self.stop)
            self.stop.wait(self.every_s)


def assess_marked(conn: psycopg.Connection, rules: Rules, stop: threading.Event) -> int:
    """Recompute the worker-days that are marked now and return how many were ours."""
    done = 0
    work = find_work(conn)
    # Read after the marks: a change that comes later has a mark of its own.
    areas = Areas(conn)
    for task in work:
        if stop.is_set():
            break
        done += assess_day(conn, task, areas, rules=rules)
    return done


def assess_day(conn: psycopg.Connection, task: Task, areas: Areas, *, rules: Rules) -> bool:
    """Recompute one worker-day in one transaction; False when somebody else has it."""
    began = time.monotonic()
    with conn.transaction():
        if not take(conn, task):
            return False
        facts = read_facts(conn, task.unit, areas)
        result = judge_day(facts, rules) if facts is not None else None
        replace_result(conn, task.unit, result, now=utc_now())
        finish(conn, task)
    log.info(
        "ingest.day_assessed",
        day=task.unit.day,
        marks=len(task.marks),
        fixes=len(facts.fixes) if facts is not None else 0,
        took_ms=round((time.monotonic() - began) * 1000),
    )
    return True
