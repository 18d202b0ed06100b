"""What is to be done on a worker-day, why, and in which order: an aid, never a verdict.

Premises are on the list because nobody has been there for longest, or because a supervisor asks
for it; nothing is known here of who lives there. Evidence alone ticks something off, and what no
evidence shows may still have been done. Nobody counts what is left.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from types import MappingProxyType
from typing import Final, NamedTuple

from patrol.datums import Place
from patrol.ids import WorkerId
from patrol.messages import SCALE_E7
from patrol.notices.daylist import (
    MOST_TASKS,
    DayList,
    Guide,
    Seen,
    Spot,
    Task,
    TaskKind,
    Why,
    Words,
)
from patrol.workorders.terms import Workflow
from patrol.workorders.tour import distances_dm, walk

# Why a supervisor asks for something: what is to be looked at, never who.
WISH_REASONS: Final[Mapping[str, Words]] = MappingProxyType(
    {
        "long_not_visited": {"en": "not visited for long", "zh": "较久未走访"},
        "fire_safety": {"en": "fire safety round", "zh": "消防安全巡查"},
        "after_weather": {"en": "after heavy weather", "zh": "恶劣天气后查看"},
        "construction": {"en": "construction work nearby", "zh": "周边施工"},
        "follow_up": {"en": "follow up a report", "zh": "上报事项回访"},
        "public_notice": {"en": "hand out a public notice", "zh": "发放公共通知"},
        "facility_check": {"en": "check of facilities", "zh": "设施检查"},
        "extra_round": {"en": "an additional round", "zh": "加巡"},
    }
)

_BY: Final = {
    Why.WISHED: 0,
    Why.TO_VERIFY: 1,
    Why.TO_SETTLE: 2,
    Why.PATROL_DUE: 3,
    Why.CHECK_DUE: 4,
    Why.NEVER_VISITED: 5,
    Why.LONGEST_NOT_VISITED: 5,
}
# What is here is no shorter for a metre.
_DECIMETRES: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class ListRules:
    """How long a list may become, and after how many days something is due again."""

    premises: int = 12
    visit_days: int = 7
    checkpoint_days: int = 1


class Sight(NamedTuple):
    """What evidence of the day shows of one thing: that it was done, and when; or what it cannot.

    `is_whole` is whether it would show it if it had been done.
    """

    is_whole: bool = False
    at: datetime | None = None

    @property
    def seen(self) -> Seen:
        """Whether it was done, as far as anybody can tell."""
        if self.at is not None:
            return Seen.SEEN
        return Seen.NOT_SEEN if self.is_whole else Seen.UNKNOWN


_NOTHING: Final = Sight()


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """What could be on a list. `last_on` is the last day before this one on which it was done.

    `every_days` is after how many days a facility is to be looked at again, None: not by itself.
    `wish` is the code of a supervisor's wish.
    """

    kind: TaskKind
    key: str
    name: str
    place: Place | None = None
    category: str | None = None
    last_on: date | None = None
    every_days: int | None = None
    due_at: datetime | None = None
    wish: str | None = None
    sight: Sight = _NOTHING


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """A worker-day; `start` is where its way begins where no evidence tells a later place."""

    worker_id: WorkerId
    day: date
    now: datetime
    start: Place | None = None


def make_list(
    day: Day, candidates: Iterable[Candidate], *, rules: ListRules, workflow: Workflow
) -> DayList:
    """Return what is to be done, the next things first, and what is done behind them."""
    due = sorted(_due(day.day, list(candidates), rules), key=lambda one: (_BY[one[1]], *_key(one)))
    chosen = due[:MOST_TASKS]
    done = sorted(
        (one for one in chosen if one[0].sight.at is not None),
        key=lambda one: (one[0].sight.at, *_key(one)),
    )
    tasks = _in_order([one for one in chosen if one[0].sight.at is None], _start(day, done))
    return DayList(
        worker_id=day.worker_id,
        day=day.day,
        computed_at=day.now,
        tasks=(*tasks, *(_task(one) for one in done)),
        left_off=len(due) - len(chosen),
        guides=guides_of(workflow, (one.category for one, _ in chosen)),
    )


def guides_of(workflow: Workflow, categories: Iterable[str | None]) -> Mapping[str, Guide]:
    """Return the guides of those categories that the workflow has."""
    wanted = {one for one in categories if one is not None}
    return {
        code: Guide(
            names=one.names,
            look_at=one.guide.look_at,
            photograph=one.guide.photograph,
            climb_when=one.guide.climb_when,
        )
        for code, one in workflow.categories.items()
        if code in wanted
    }


_Due = tuple[Candidate, Why]


def _key(one: _Due) -> tuple[str, str]:
    return one[0].kind, one[0].key


def _due(day: date, candidates: Sequence[Candidate], rules: ListRules) -> list[_Due]:
    found: dict[tuple[str, str], _Due] = {}
    for one in candidates:
        why = _why(day, one, rules)
        if why is not None and (one.wish or (one.kind, one.key) not in found):
            found[one.kind, one.key] = (one, why)
    visits = sorted(
        (one for one, why in found.values() if _BY[why] == _BY[Why.NEVER_VISITED]),
        key=lambda one: (one.last_on or date.min, one.key),
    )
    for one in visits[rules.premises :]:
        del found[one.kind, one.key]
    return list(found.values())


def _why(day: date, one: Candidate, rules: ListRules) -> Why | None:
    if one.wish is not None:
        return Why.WISHED
    if one.kind is TaskKind.VERIFY:
        return Why.TO_VERIFY
    if one.kind is TaskKind.SETTLE:
        return Why.TO_SETTLE
    if one.kind is TaskKind.VISIT:
        why = Why.NEVER_VISITED if one.last_on is None else Why.LONGEST_NOT_VISITED
        return why if _is_due(day, one, rules.visit_days) else None
    if one.kind is TaskKind.PATROL:
        return Why.PATROL_DUE if _is_due(day, one, rules.checkpoint_days) else None
    return Why.CHECK_DUE if one.every_days and _is_due(day, one, one.every_days) else None


def _is_due(day: date, one: Candidate, every_days: int) -> bool:
    return one.last_on is None or (day - one.last_on).days >= every_days


def _start(day: Day, done: Sequence[_Due]) -> Place | None:
    """Return where evidence puts the worker last, else where the day begins."""
    places = [one.place for one, _ in done if one.place is not None]
    return places[-1] if places else day.start


def _in_order(due: Sequence[_Due], start: Place | None) -> list[Task]:
    """Return tasks in the order of walking, those that are nowhere in particular behind."""
    placed = [one for one in due if one[0].place is not None]
    places = [one.place for one, _ in placed if one.place is not None]
    tasks = []
    here = start or (places[0] if places else None)
    if here is not None:
        for index in walk(here, places):
            leg_dm = int(distances_dm([here, places[index]])[0, 1])
            tasks.append(replace(_task(placed[index]), leg_m=round(leg_dm / _DECIMETRES)))
            here = places[index]
    return [*tasks, *(_task(one) for one in due if one[0].place is None)]


def _task(due: _Due) -> Task:
    one, why = due
    return Task(
        kind=one.kind,
        key=one.key,
        name=one.name,
        why=why,
        seen=one.sight.seen,
        reason=one.wish,
        category=one.category,
        spot=None if one.place is None else _spot(one.place),
        due_at=one.due_at,
        last_on=one.last_on,
    )


def _spot(place: Place) -> Spot:
    return Spot(round(place.lat_deg * SCALE_E7), round(place.lon_deg * SCALE_E7))
