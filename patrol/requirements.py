"""What is owed: requirements with effective dates, excused time, and cover for other grids."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from math import ceil
from typing import TypeAlias

import numpy as np

from patrol.duty import DutyWindow
from patrol.fix import epoch_of
from patrol.ids import GridId, WorkerId
from patrol.intervals import Interval, intersect, merge, subtract, total
from patrol.reasons import Judgement, Reason, Value, Verdict, judge
from patrol.track import Integers

# Between what and what the true time lies.
Bounds: TypeAlias = tuple[timedelta, timedelta]


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """What a duty day asks for in a grid, or in all grids, from a day on.

    It holds from `valid_from` until the day before `valid_to`. `visit` is for a whole duty
    day, the shares are parts of 1; a `coverage_share` of None asks for none.
    """

    grid_id: GridId | None = None
    valid_from: date = date.min
    valid_to: date | None = None
    presence_share: float = 0.9
    visit: timedelta = timedelta(hours=3)
    coverage_share: float | None = None

    def holds(self, grid_id: GridId, day: date) -> bool:
        """Whether it is about this grid on this day."""
        concerned = self.grid_id is None or self.grid_id == grid_id
        return concerned and self.valid_from <= day and (not self.valid_to or day < self.valid_to)


class ExcuseKind(StrEnum):
    """Why time is not owed; the last kind is found, the others are told."""

    LEAVE = "leave"
    TRAINING = "training"
    FAULT = "fault"
    WEATHER = "weather"
    OTHER = "other"
    COMMON_SILENCE = "common_silence"


@dataclass(frozen=True, slots=True, kw_only=True)
class Excuse:
    """Time that is not owed: by one worker, in one grid, or, where neither is named, by all."""

    interval: Interval
    kind: ExcuseKind
    worker_id: WorkerId | None = None
    grid_id: GridId | None = None

    def concerns(self, window: DutyWindow) -> bool:
        """Whether it is about this duty."""
        return self.worker_id in (None, window.worker_id) and self.grid_id in (None, window.grid_id)


@dataclass(frozen=True, slots=True, order=True)
class Cover:
    """A span in which a worker stands in for others: another grid is in order, too."""

    worker_id: WorkerId
    interval: Interval
    grid_id: GridId


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """What a worker-day owes. `whole_visit` is what it would owe if nothing were excused."""

    duty: timedelta
    excused: timedelta
    presence: timedelta
    visit: timedelta
    whole_visit: timedelta
    coverage_share: float | None
    # The grid with most of duty, if there are several: its requirements are the day's.
    of_grid_id: GridId | None

    @property
    def rest(self) -> timedelta:
        """The duty that is not excused."""
        return self.duty - self.excused


def requirement_of(
    grid_id: GridId, day: date, requirements: Iterable[Requirement], *, otherwise: Requirement
) -> Requirement:
    """Return the requirement in force: the grid's own before one for all, then the latest."""
    holding = [one for one in requirements if one.holds(grid_id, day)]
    return max(
        holding, key=lambda one: (one.grid_id is not None, one.valid_from), default=otherwise
    )


def excused_in(window: DutyWindow, excuses: Iterable[Excuse]) -> list[Interval]:
    """Return the time of a duty window that is excused, as disjoint intervals in order."""
    given = [one.interval for one in excuses if one.concerns(window)]
    return intersect([window.interval], given)


def owed_in(window: DutyWindow, excuses: Iterable[Excuse]) -> list[Interval]:
    """Return the time of a duty window that is owed, as disjoint intervals in order."""
    return subtract([window.interval], excused_in(window, excuses))


def excused_parts(window: DutyWindow, excuses: Iterable[Excuse]) -> list[Excuse]:
    """Return the same time with the reason, in order; what was told is named before what was found."""
    rest, parts = [window.interval], []
    for excuse in sorted(excuses, key=_order):
        taken = intersect(rest, excused_in(window, [excuse]))
        rest = subtract(rest, taken)
        parts += [
            replace(excuse, interval=one, worker_id=window.worker_id, grid_id=window.grid_id)
            for one in taken
        ]
    return sorted(parts, key=lambda one: one.interval)


def _order(excuse: Excuse) -> tuple[object, ...]:
    return excuse.kind is ExcuseKind.COMMON_SILENCE, excuse.interval, excuse.kind


def cuts_by_cover(
    span: Interval, covers: Iterable[Cover]
) -> Iterator[tuple[Interval, tuple[GridId, ...]]]:
    """Yield the parts of `span` in order, and the grids that are covered in each."""
    own = sorted(covers)
    edges = {edge for one in own for edge in (one.interval.start, one.interval.end)}
    inner = sorted(edge for edge in edges if span.start < edge < span.end)
    starts, ends = [span.start, *inner], [*inner, span.end]
    for start, end in zip(starts, ends, strict=True):
        covered = {one.grid_id for one in own if one.interval.start <= start < one.interval.end}
        yield Interval(start, end), tuple(sorted(covered))


def find_owed(
    windows: Sequence[DutyWindow],
    excuses: Sequence[Excuse],
    requirements: Sequence[Requirement],
    *,
    day: date,
    otherwise: Requirement,
) -> Owed:
    """Return what these windows of one worker-day owe together."""
    lasts: dict[GridId, timedelta] = defaultdict(timedelta)
    owed: dict[GridId, timedelta] = defaultdict(timedelta)
    for window in windows:
        lasts[window.grid_id] += window.interval.length
        owed[window.grid_id] += total(owed_in(window, excuses))
    asked = {
        grid: requirement_of(grid, day, requirements, otherwise=otherwise) for grid in sorted(lasts)
    }
    main = max(asked, key=lambda grid: lasts[grid])
    duty, rest = sum(lasts.values(), timedelta()), sum(owed.values(), timedelta())
    return Owed(
        duty=duty,
        excused=duty - rest,
        presence=sum((owed[grid] * one.presence_share for grid, one in asked.items()), timedelta()),
        visit=asked[main].visit * (rest / duty),
        whole_visit=asked[main].visit,
        coverage_share=asked[main].coverage_share,
        of_grid_id=main if len(asked) > 1 else None,
    )


def judge_presence(bounds: Bounds, owed: Owed) -> Judgement:
    """Return the verdict on the time in the grid."""
    return _judge("presence", bounds, owed.presence, owed=owed)


def judge_visits(bounds: Bounds, owed: Owed) -> Judgement:
    """Return the verdict on the time of home visits."""
    notes: dict[str, Value] = {"of_grid_id": owed.of_grid_id} if owed.of_grid_id else {}
    found = _judge("visits", bounds, owed.visit, owed=owed, **notes)
    if owed.duty >= owed.whole_visit or not owed.rest:
        return found
    # Nobody can do in a short duty what a whole one asks for.
    values = {**found.reason.values, "duty_s": round(owed.duty.total_seconds())}
    return Judgement(verdict=Verdict.UNDETERMINED, reason=Reason("visits_duty_too_short", values))


def judge_coverage(bounds: tuple[float, float], owed: Owed) -> Judgement | None:
    """Return the verdict on the share of what is to be reached, None where none is asked for."""
    if owed.coverage_share is None:
        return None
    if not owed.rest:
        return Judgement(verdict=Verdict.MET, reason=Reason("nothing_owed", {}))
    # In a part of the day, a part of it.
    required = owed.coverage_share * (owed.rest / owed.duty)
    return judge("coverage", bounds, required, unit="share")


def _judge(
    what: str, bounds: Bounds, required: timedelta, *, owed: Owed, **notes: Value
) -> Judgement:
    if not owed.rest:
        return Judgement(verdict=Verdict.MET, reason=Reason("nothing_owed", {}))
    if owed.excused:
        notes["excused_s"] = round(owed.excused.total_seconds())
    low, high = bounds
    bounds_s = low.total_seconds(), high.total_seconds()
    return judge(what, bounds_s, required.total_seconds(), unit="s", **notes)


@dataclass(frozen=True, slots=True, kw_only=True)
class SilenceRules:
    """When silence is common: so many terminals, so great a share of those heard until then.

    Terminals that fall silent for reasons of their own (indoors, resting) do so at different
    times: of one cause are silences that begin within `together` of one another.
    """

    terminals: int = 5
    share: float = 0.5
    shortest: timedelta = timedelta(minutes=5)
    together: timedelta = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Heard:
    """A duty window, and the spans in which its terminal was heard without a long break.

    A span, of first and last fix, may be a single moment; spans are disjoint and in order.
    """

    duty: Interval
    spans: tuple[tuple[datetime, datetime], ...]

    @property
    def silences(self) -> list[Interval]:
        """The times between the spans, and from the last one to the end of duty."""
        ends = [end for _, end in self.spans]
        starts = [*(start for start, _ in self.spans[1:]), max([self.duty.end, *ends[-1:]])]
        return [
            Interval(end, start) for end, start in zip(ends, starts, strict=False) if end < start
        ]


def hear(epochs_ms: Integers, duty: Interval, rules: SilenceRules = SilenceRules()) -> Heard:
    """Return when a terminal was heard that had fixes at these moments, in any order."""
    ordered = np.sort(epochs_ms)
    cuts = np.flatnonzero(np.diff(ordered) >= rules.shortest // timedelta(milliseconds=1)) + 1
    parts = np.split(ordered, cuts) if len(ordered) else []
    spans = tuple((epoch_of(int(one[0])), epoch_of(int(one[-1]))) for one in parts)
    return Heard(duty, spans)


def find_common_silence(
    heard: Sequence[Heard], rules: SilenceRules = SilenceRules()
) -> list[Interval]:
    """Return when many terminals on duty fell silent together, as disjoint intervals in order.

    Nobody knows of a time after which no terminal at all was heard whether it was silent or
    is yet to be told of, so that is not found.
    """
    known_until = max((end for one in heard for _, end in one.spans), default=None)
    if known_until is None:
        return []
    silences = sorted(
        part
        for one in heard
        if one.duty.start < known_until
        for part in intersect(
            # Who had fallen silent before duty did not do so together with others at its start.
            [silence for silence in one.silences if silence.start >= one.duty.start],
            [Interval(one.duty.start, min(one.duty.end, known_until))],
        )
        if part.length >= rules.shortest
    )
    begun = sorted(one.duty.start for one in heard if one.spans)
    ended = sorted(one.duty.end for one in heard if one.spans)
    starts, ends = [one.start for one in silences], sorted(one.end for one in silences)
    found: list[Interval] = []
    for place, start in enumerate(starts):
        at_once = silences[place : bisect_right(starts, start + rules.together)]
        on_duty = bisect_right(begun, start) - bisect_right(ended, start)
        silent_before = place - bisect_right(ends, start)
        needed = max(rules.terminals, ceil((on_duty - silent_before) * rules.share))
        if len(at_once) < needed:
            continue
        # While at least so many of them are silent.
        since = at_once[needed - 1].start
        until = sorted(one.end for one in at_once)[-needed]
        if until - since >= rules.shortest:
            found.append(Interval(since, until))
    return merge(found)
