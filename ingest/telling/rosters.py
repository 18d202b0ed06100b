"""From rosters to plans of duty: what each terminal may track, and when."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice
from typing import NamedTuple

import psycopg

from ingest.telling.settings import TellSettings
from patrol.fix import epoch_ms
from patrol.ids import CheckpointId, TerminalId
from patrol.intervals import Interval, intersect, merge, subtract
from patrol.notices.plans import MOST_BREAKS, MOST_CHECKPOINTS, MOST_WINDOWS, DutyPlan, Span, Window

_DUTY = """
-- duty of those days by terminal, as far as it is the worker's then; without a grid where there is
-- none, for terminals that were told of duty before
select a.terminal_id, w.worker_id, w.grid_id,
       greatest(w.start_at, a.valid_from), least(w.end_at, coalesce(a.valid_to, 'infinity'))
  from duty_window w
  join assignment a using (worker_id)
 where w.day between %(first)s and %(last)s
   and w.start_at < coalesce(a.valid_to, 'infinity') and w.end_at > a.valid_from
 union all
select terminal_id, null, null, null, null from terminal_plan
"""

_EXCUSES = """
-- time that is known beforehand not to be owed
select worker_id, grid_id, start_at, end_at
  from excused_period
 where kind in ('leave', 'training', 'other') and end_at > %(start)s and start_at < %(end)s
"""

_CHECKPOINTS = """
-- where to pass, by grid
select grid_id, checkpoint_id from checkpoint where grid_id = any(%(grids)s) order by 1, 2
"""

_LONGEST = timedelta(hours=24)


class _Duty(NamedTuple):
    worker_id: str
    grid_id: str
    interval: Interval


class _Excuse(NamedTuple):
    worker_id: str | None
    grid_id: str | None
    interval: Interval

    def is_of(self, duty: _Duty) -> bool:
        """Whether it is one of this worker, or of this grid, or of all."""
        return self.worker_id in {None, duty.worker_id} and self.grid_id in {None, duty.grid_id}


@dataclass(frozen=True, slots=True, kw_only=True)
class Days:
    """Local days, the first and the last of them told."""

    first: date
    last: date


def read_plans(
    conn: psycopg.Connection, settings: TellSettings, *, days: Days, kept_days: int
) -> Mapping[TerminalId, DutyPlan]:
    """Return the plans of all terminals that have duty or had it, with the number 0."""
    duties: dict[TerminalId, list[_Duty]] = defaultdict(list)
    for terminal, worker, grid, start, end in conn.execute(
        _DUTY, {"first": days.first, "last": days.last}
    ):
        own = duties[TerminalId(terminal)]
        if worker is not None:
            own.append(_Duty(worker, grid, Interval(start, end)))
    excuses = _read_excuses(conn, [one for own in duties.values() for one in own])
    checkpoints = _read_checkpoints(conn, {one.grid_id for own in duties.values() for one in own})
    return {
        terminal: DutyPlan(
            number=0,
            # What lies farther ahead than a plan has room for is told later.
            windows=tuple(islice(_windows(own, excuses), MOST_WINDOWS)),
            pace=settings.pace,
            checkpoints=_of_grids(own, checkpoints),
            notice=settings.notice(days=kept_days),
        )
        for terminal, own in duties.items()
    }


def _windows(duties: Sequence[_Duty], excuses: Iterable[_Excuse]) -> Iterator[Window]:
    excused = [
        part
        for one in duties
        for excuse in excuses
        if excuse.is_of(one)
        for part in intersect([one.interval], [excuse.interval])
    ]
    for whole in merge(one.interval for one in duties):
        for window in _cut(whole):
            breaks = intersect([window], excused)
            if len(breaks) <= MOST_BREAKS:
                yield Window(_span(window), tuple(map(_span, breaks)))
            else:
                yield from (Window(_span(part)) for part in subtract([window], breaks))


def _cut(interval: Interval) -> Iterator[Interval]:
    """Yield an interval in parts of a day at most: duties may follow without a pause."""
    start: datetime = interval.start
    while start < interval.end:
        end = min(interval.end, start + _LONGEST)
        yield Interval(start, end)
        start = end


def _span(interval: Interval) -> Span:
    return Span(epoch_ms(interval.start), epoch_ms(interval.end))


def _read_excuses(conn: psycopg.Connection, duties: Sequence[_Duty]) -> list[_Excuse]:
    if not duties:
        return []
    bounds = {
        "start": min(one.interval.start for one in duties),
        "end": max(one.interval.end for one in duties),
    }
    return [
        _Excuse(worker, grid, Interval(start, end))
        for worker, grid, start, end in conn.execute(_EXCUSES, bounds)
    ]


def _read_checkpoints(
    conn: psycopg.Connection, grids: Iterable[str]
) -> Mapping[str, list[CheckpointId]]:
    found: dict[str, list[CheckpointId]] = defaultdict(list)
    for grid, checkpoint in conn.execute(_CHECKPOINTS, {"grids": sorted(grids)}):
        found[grid].append(CheckpointId(checkpoint))
    return found


def _of_grids(
    duties: Iterable[_Duty], checkpoints: Mapping[str, list[CheckpointId]]
) -> tuple[CheckpointId, ...]:
    grids = sorted({one.grid_id for one in duties})
    every = [checkpoint for grid in grids for checkpoint in checkpoints.get(grid, [])]
    return tuple(every[:MOST_CHECKPOINTS])
