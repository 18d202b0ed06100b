"""Which worker-days of the past are meant, and working through them one by one."""

import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TypeVar

import psycopg
import structlog

from ingest.judging.judged import cause_of
from ingest.judging.worklist import WorkerDay
from ingest.keeping.horizon import facts_from
from patrol.errors import InputError, StateError
from patrol.ids import WorkerId

log = structlog.get_logger()

T = TypeVar("T")

_FIND = """
-- worker-days whose duty has begun, and whose facts are kept
select distinct worker_id, day
  from duty_window
 where day between %(from)s and %(to)s
   and start_at <= now()
   and (%(workers)s::text[] is null or worker_id = any(%(workers)s))
   -- What was dropped teaches nothing, and a result without facts is none.
   and (%(kept_from)s::date is null or day >= %(kept_from)s)
 order by day, worker_id
"""

_KNOWN = "select worker_id from worker where worker_id = any(%(workers)s)"

# So many at once are no peculiarity of a day any more.
_MOST_FAILED = 20
# How often progress is told to a person who watches, and to a log.
_WATCHED_S = 1.0
_LOGGED_S = 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Local days, the last one included, of some workers or (None) of all."""

    from_day: date
    to_day: date
    workers: Sequence[str] | None = None

    def __post_init__(self) -> None:
        if self.to_day < self.from_day:
            raise InputError(f"--to {self.to_day} is before --from {self.from_day}")


@dataclass(slots=True, kw_only=True)
class Progress:
    """How far a long run has come: told now and then on standard error."""

    stop: threading.Event
    done: int = 0
    of: int = 0
    failed: list[WorkerDay] = field(default_factory=list)
    _told: float = field(default_factory=time.monotonic)

    @property
    def is_whole(self) -> bool:
        """Whether nobody ended the run before its end."""
        return self.done == self.of

    def each(self, units: Sequence[WorkerDay], work: Callable[[WorkerDay], T]) -> Iterator[T]:
        """Yield what `work` makes of each worker-day, until `stop` is set.

        One that fails is logged and left out; raises StateError when so many do that no single
        day is at fault.
        """
        self.of = len(units)
        for unit in units:
            if self.stop.is_set():
                return
            try:
                found = work(unit)
            except psycopg.OperationalError:
                # The database is at fault, not the day.
                raise
            except Exception as error:  # noqa: BLE001 - whatever it is, other days are none the worse
                self._fail(unit, error)
            else:
                yield found
            self.done += 1
            self._tell()

    def check(self) -> None:
        """Raise StateError where days could not be judged."""
        if self.failed:
            raise StateError(f"{len(self.failed)} worker-days cannot be judged: the log says why")

    def _fail(self, unit: WorkerDay, error: Exception) -> None:
        cause = cause_of(error)
        self.failed.append(unit)
        log.error("ingest.day_failed", worker=unit.worker_id, day=unit.day, cause=cause)
        if len(self.failed) >= _MOST_FAILED:
            raise StateError(
                f"{len(self.failed)} worker-days cannot be judged, the last one because of "
                f"{cause}: the log names them all"
            ) from error

    def _tell(self) -> None:
        every_s = _WATCHED_S if sys.stderr.isatty() else _LOGGED_S
        if time.monotonic() - self._told >= every_s:
            self._told = time.monotonic()
            print(f"patrol: {self.done} of {self.of} worker-days", file=sys.stderr)  # noqa: T201 - the person at the terminal


def find_days(conn: psycopg.Connection, span: Span) -> list[WorkerDay]:
    """Return the worker-days with duty in a span of days, in order.

    Raises InputError where a worker is not known, nobody had duty, or all facts were dropped.
    """
    workers = None if span.workers is None else list(span.workers)
    if workers is not None:
        known = {worker for (worker,) in conn.execute(_KNOWN, {"workers": workers})}
        unknown = sorted(set(workers) - known)
        if unknown:
            raise InputError(f"worker {unknown[0]} is not known: load workers, or correct the id")
    kept_from = facts_from(conn)
    if kept_from is not None and span.from_day < kept_from:
        log.warning("ingest.days_left", before=kept_from)
    if kept_from is not None and span.to_day < kept_from:
        raise InputError(
            f"facts before {kept_from} are kept no longer, and what was found of them stays: "
            "name later days"
        )
    values: dict[str, object] = {"from": span.from_day, "to": span.to_day, "workers": workers}
    values["kept_from"] = kept_from
    units = [WorkerDay(WorkerId(worker), day) for worker, day in conn.execute(_FIND, values)]
    if not units:
        raise InputError(
            f"no duty from {span.from_day} to {span.to_day} has begun: "
            "name days that the roster has"
        )
    return units
