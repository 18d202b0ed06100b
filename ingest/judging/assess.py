"""`patrol ingest assess`: worker-days with new facts, recomputed whole.

Any number of copies may run; a worker-day is one copy's at a time, and what is recomputed
does not depend on who does it or in which order facts came.
"""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import inf
from typing import NamedTuple, TypeAlias

import psycopg
import structlog

from ingest.database import Retry
from ingest.judging.facts import Areas, KeptAreas
from ingest.judging.judged import Judged, cause_of, judge_units, store_judged
from ingest.judging.live import LiveStates
from ingest.judging.settlement import Settler
from ingest.judging.upkeep import drop_old
from ingest.judging.worklist import SLICE, Task, WorkerDay, find_work, finish, mark_ended, take
from ingest.keeping.horizon import hold_facts
from ingest.operations.judging import JudgingMetrics
from patrol.compliance import Rules
from patrol.errors import StateError
from runtime.registers.turns import try_to_hold_registers

log = structlog.get_logger()

# Worker-days whose judging failed, and the marks they had then.
Aside: TypeAlias = dict[WorkerDay, frozenset[int]]

# What need not be looked for in every pass.
_MINUTE_S = 60.0
_HOUR_S = 3600.0
_SETTLE_EVERY_S = 5.0

_OTHERS_S = 0.2
# Whoever rests for long is alive all the same.
_BEAT_EVERY_S = 5.0

# So many days a transaction: statements and their round trips are shared.
_LOT = 8
# Judging lets the live states go before it this often.
_LIVE_EVERY_S = 1.0

# So many at once are no peculiarity of a day any more.
_MOST_ASIDE = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessor:
    """Works through the worklist again and again until told to stop."""

    dsn: str
    rules: Rules
    every_s: float
    stop: threading.Event
    rejudge_every_s: float = 0.0
    aside: Aside = field(default_factory=dict)
    metrics: JudgingMetrics = field(default_factory=JudgingMetrics)

    def run(self) -> None:
        """Recompute marked worker-days until `stop` is set."""
        Retry(dsn=self.dsn, stop=self.stop, vitals=self.metrics.vitals).run(self._work)

    def _work(self, conn: psycopg.Connection) -> None:
        judge = Judge(
            conn=conn,
            rules=self.rules,
            stop=self.stop,
            rejudge_every_s=self.rejudge_every_s,
            settle_every_s=_SETTLE_EVERY_S,
            aside=self.aside,
            metrics=self.metrics,
        )
        # What is lost with a machine is judged again: marks go with the result, or stay with it.
        conn.execute("set synchronous_commit = off")
        while not self.stop.is_set():
            done = judge.judge_marked()
            self.metrics.pass_done(conn, aside=len(self.aside))
            if not done.is_full:
                self._rest()

    def _rest(self) -> None:
        """Wait until it is time for the next look, or to stop."""
        until_s = time.monotonic() + self.every_s
        while not self.stop.wait(max(0.0, min(_BEAT_EVERY_S, until_s - time.monotonic()))):
            self.metrics.vitals.beat()
            if time.monotonic() >= until_s:
                return


class Pass(NamedTuple):
    """What one look at the worklist came to: worker-days judged, and what there was to do."""

    judged: int
    # Worker-days and days to settle that were marked, whoever did them, but not what is aside.
    found: int
    # Whether there may be more than was found.
    is_full: bool


@dataclass(slots=True, kw_only=True)
class Judge:
    """Judges what is marked, a slice at a time, on one connection.

    While duty lasts, its worker-day is judged again after `rejudge_every_s`; in between, the
    live states are kept up.
    """

    conn: psycopg.Connection
    rules: Rules
    stop: threading.Event
    rejudge_every_s: float = 0.0
    settle_every_s: float = 0.0
    aside: Aside = field(default_factory=dict)
    metrics: JudgingMetrics = field(default_factory=JudgingMetrics)
    settler: Settler = field(init=False)
    _live: LiveStates = field(init=False)
    _areas: KeptAreas = field(init=False)
    _done_at: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.settler = Settler(rules=self.rules.anomaly.likeness, stop=self.stop)
        self._areas = KeptAreas(self.conn)
        self._live = LiveStates(conn=self.conn, rules=self.rules, areas=self._areas)

    def judge_marked(self) -> Pass:
        """Recompute the worker-days that are due next, and what is between them.

        One whose judging fails keeps its marks, is put `aside` until it has new ones, and keeps
        nobody else waiting. Raises StateError when so many fail that no single day is at fault.
        """
        if self._is_time_to("mark", every_s=_MINUTE_S):
            mark_ended(self.conn)
        self._live.keep_up()
        work = find_work(self.conn, rejudge_every_s=self.rejudge_every_s)
        tasks = [
            one for one in work if not self.aside.get(one.unit, frozenset()).issuperset(one.marks)
        ]
        judged = self._judge(tasks) if tasks else 0
        is_full = judged > 0 and len(work) == SLICE
        found = len(tasks)
        # While others are still to be judged, who was told of last looks silent.
        if self._is_time_to("settle", every_s=_MINUTE_S if is_full else self.settle_every_s):
            found += self.settler.settle(self.conn)
        if self._is_time_to("drop", every_s=_HOUR_S):
            drop_old(self.conn)
        return Pass(judged, found, is_full=is_full)

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

    def _judge(self, tasks: Sequence[Task]) -> int:
        with self.conn.transaction():
            # After the marks were read: a change that comes later has marks of its own. While
            # one is under way, nobody waits for it, and nothing that was read is kept.
            is_held = try_to_hold_registers(self.conn)
            areas = self._areas.now() if is_held else Areas(self.conn)
        done, began = 0, time.monotonic()
        for first in range(0, len(tasks), _LOT):
            if self.stop.is_set():
                break
            if time.monotonic() >= began + _LIVE_EVERY_S:
                self._live.keep_up()
                began = time.monotonic()
            lot = tasks[first : first + _LOT]
            lot_began = time.monotonic()
            judged = _try_lot(self.conn, lot, areas, rules=self.rules, aside=self.aside)
            self.metrics.days_judged(judged, took_s=time.monotonic() - lot_began)
            done += judged
        return done

    def _is_time_to(self, do: str, *, every_s: float) -> bool:
        now = time.monotonic()
        if now < self._done_at.get(do, -inf) + every_s:
            return False
        self._done_at[do] = now
        return True


def _try_lot(
    conn: psycopg.Connection, lot: Sequence[Task], areas: Areas, *, rules: Rules, aside: Aside
) -> int:
    try:
        done = assess_days(conn, lot, areas, rules=rules)
    except psycopg.OperationalError:
        # The database is at fault, not a day.
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, others' days are none the worse
        if len(lot) == 1:
            _put_aside(aside, lot[0], error)
            return 0
        return sum(_try_lot(conn, [one], areas, rules=rules, aside=aside) for one in lot)
    for task in lot:
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


def assess_days(
    conn: psycopg.Connection, tasks: Sequence[Task], areas: Areas, *, rules: Rules
) -> int:
    """Recompute worker-days in one transaction; return how many, for others may have some."""
    began = time.monotonic()
    judged: list[Judged] = []
    with conn.transaction():
        ours = take(conn, tasks)
        kept_from = hold_facts(conn)
        # What is known of days whose facts were dropped stands.
        kept = [task for task in ours if kept_from is None or task.unit.day >= kept_from]
        if len(kept) < len(ours):
            log.info("ingest.days_left", worker_days=len(ours) - len(kept), before=kept_from)
        if kept:
            judged = judge_units(conn, [task.unit for task in kept], areas, rules=rules)
            store_judged(conn, judged)
        finish(conn, ours)
    took_ms = round((time.monotonic() - began) * 1000 / max(1, len(kept)))
    for task, one in zip(kept, judged, strict=True):
        log.info(
            "ingest.day_assessed",
            day=task.unit.day,
            marks=len(task.marks),
            fixes=len(one.facts.fixes) if one.facts is not None else 0,
            took_ms=took_ms,
        )
    return len(kept)
