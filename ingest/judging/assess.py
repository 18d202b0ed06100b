"""`patrol ingest assess`: worker-days with new facts, recomputed whole.

Any number of copies may run; a worker-day is one copy's at a time, and what is recomputed
does not depend on who does it or in which order facts came.
"""

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

import psycopg
import structlog

from ingest.database import Retry
from ingest.judging.facts import Areas, KeptAreas
from ingest.judging.judged import cause_of, judge_unit, store_judged
from ingest.judging.settlement import Settler
from ingest.judging.upkeep import drop_old
from ingest.judging.worklist import (
    SLICE,
    Task,
    WorkerDay,
    find_work,
    finish,
    mark_ended,
    take,
    try_to_hold_registers,
)
from patrol.compliance import Rules
from patrol.errors import StateError

log = structlog.get_logger()

# Worker-days whose judging failed, and the marks they had then.
Aside: TypeAlias = dict[WorkerDay, frozenset[int]]

# What need not be looked for in every pass.
_MINUTE_S = 60.0
_HOUR_S = 3600.0

_OTHERS_S = 0.2

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
        judge = Judge(conn=conn, rules=self.rules, stop=self.stop, aside=self.aside)
        while not self.stop.is_set():
            if not judge.judge_marked().is_full:
                self.stop.wait(self.every_s)


class Pass(NamedTuple):
    """What one look at the worklist came to: worker-days judged, and what there was to do."""

    judged: int
    # Worker-days and days to settle that were marked, whoever did them, but not what is aside.
    found: int
    # Whether there may be more than was found.
    is_full: bool


@dataclass(slots=True, kw_only=True)
class Judge:
    """Judges what is marked, a slice at a time, on one connection."""

    conn: psycopg.Connection
    rules: Rules
    stop: threading.Event
    aside: Aside = field(default_factory=dict)
    settler: Settler = field(init=False)
    _areas: KeptAreas = field(init=False)
    _due: dict[Callable[[psycopg.Connection], None], float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.settler = Settler(rules=self.rules.anomaly.likeness, stop=self.stop)
        self._areas = KeptAreas(self.conn)

    def judge_marked(self) -> Pass:
        """Recompute the worker-days that are due next, and what is between them.

        One whose judging fails keeps its marks, is put `aside` until it has new ones, and keeps
        nobody else waiting. Raises StateError when so many fail that no single day is at fault.
        """
        self._now_and_then(mark_ended, every_s=_MINUTE_S)
        work = find_work(self.conn)
        tasks = [
            one for one in work if not self.aside.get(one.unit, frozenset()).issuperset(one.marks)
        ]
        judged = self._judge(tasks) if tasks else 0
        found = len(tasks) + self.settler.settle(self.conn)
        self._now_and_then(drop_old, every_s=_HOUR_S)
        return Pass(judged, found, is_full=judged > 0 and len(work) == SLICE)

    def judge_all(self) -> int:
        """Recompute until nothing is marked but what is aside; return how many days were ours."""
        judged = 0
        while not self.stop.is_set():
            one = self.judge_marked()
            judged += one.judged
            if not one.found:
                break
            if not one.judged:
                # It may be another copy that has the rest, and that may fail.
                self.stop.wait(_OTHERS_S)
        return judged

    def _judge(self, tasks: Iterable[Task]) -> int:
        with self.conn.transaction():
            # After the marks were read: a change that comes later has marks of its own. While
            # one is under way, nobody waits for it, and nothing that was read is kept.
            is_held = try_to_hold_registers(self.conn)
            areas = self._areas.now() if is_held else Areas(self.conn)
        done = 0
        for task in tasks:
            if self.stop.is_set():
                break
            done += _try_day(self.conn, task, areas, rules=self.rules, aside=self.aside)
        return done

    def _now_and_then(self, do: Callable[[psycopg.Connection], None], *, every_s: float) -> None:
        if time.monotonic() >= self._due.get(do, 0.0):
            do(self.conn)
            self._due[do] = time.monotonic() + every_s


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
    cause = cause_of(error)
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
        judged = judge_unit(conn, task.unit, areas, rules=rules)
        store_judged(conn, task.unit, judged)
        finish(conn, task)
    log.info(
        "ingest.day_assessed",
        day=task.unit.day,
        marks=len(task.marks),
        fixes=len(judged.facts.fixes) if judged.facts is not None else 0,
        took_ms=round((time.monotonic() - began) * 1000),
    )
    return True
