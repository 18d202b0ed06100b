"""A month of a district: who reports what, what everybody does about it, and what comes of it."""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from simulator.loops.truth.deeds import Deed, Person
from simulator.loops.truth.district import DEPARTMENTS, District, grid_id, terminal_id
from simulator.loops.truth.facts import ENDS, SEVERITIES, UNKNOWN
from simulator.loops.truth.hours import AHEAD_S, DAY_S, HOUR_S, Hours
from simulator.loops.truth.matters import Course, Happened, Matter
from simulator.loops.truth.people import Intention, People

# Nobody knows this one: terminals may have an older list.
_STRANGE: Final = "canopy"
_OFTEN: Final = {
    "hygiene": 0.38,
    "lamp": 0.17,
    "road": 0.16,
    "greenery": 0.12,
    "manhole": 0.11,
    "emergency": 0.04,
    _STRANGE: 0.02,
}
_DUPLICATES: Final = 0.09
_WITHOUT_PHOTO: Final = 0.08
_WITHOUT_PLACE: Final = 0.03
_FOUND_URGENT: Final = 0.15
# Reports come while workers are on their way.
_FIRST_S: Final = 8 * HOUR_S + HOUR_S // 2
_LAST_S: Final = 17 * HOUR_S + HOUR_S // 2
_REASONS: Final = {
    "climb": "beyond_means",
    "whistle": "beyond_means",
    "return": "not_competent",
    "transfer": "not_competent",
    "fail": "not_done",
    "reopen": "again_wrong",
    "pause": "waits_for_material",
    "close": "photo_suffices",
    "cancel": "nothing_found",
}
_WITH_PHOTO: Final = frozenset({"settle", "resolve", "confirm", "fail", "close"})
_TO_DEPARTMENT: Final = frozenset({"dispatch", "transfer"})
# How far from the middle of a grid reports are made at most: never near its edge.
_NEAR_E7: Final = 12_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is simulated: `start_s` is the local midnight with which it begins."""

    grids: int
    days: int
    start_s: int
    seed: int = 1
    reports_a_day: float = 0.5

    @property
    def end_s(self) -> int:
        """The local midnight with which it ends."""
        return self.start_s + self.days * DAY_S


@dataclass(slots=True)
class Month:
    """What truly happened: deeds in the order of time, and matters as they were left."""

    plan: Plan
    deeds: list[Deed] = field(default_factory=list)
    matters: list[Matter] = field(default_factory=list)


def simulate(plan: Plan) -> Month:
    """Return the month of a plan; the same plan gives the same month."""
    district, course = District(plan.grids), Course(Hours(plan.start_s))
    month = Month(plan)
    for grid in range(plan.grids):
        one = _Grid(plan, grid, district=district, course=course)
        one.play()
        month.deeds += one.deeds
        month.matters += one.matters
    # Deeds of one second are of different orders, or in their order.
    month.deeds.sort(key=lambda deed: deed.at_s)
    return month


class _Grid:
    """One grid's month."""

    def __init__(self, plan: Plan, grid: int, *, district: District, course: Course) -> None:
        self._plan, self._grid = plan, grid
        self._district, self._course = district, course
        self._chance = np.random.default_rng([plan.seed, grid])
        self._people = People(course.hours, self._chance)
        self.deeds: list[Deed] = []
        self.matters: list[Matter] = []
        self._waiting: list[Matter] = []

    def play(self) -> None:
        originals: list[Matter] = []
        for at_s in self._moments():
            original = self._original(originals, at_s)
            matter = self._report(at_s, original)
            self._follow(matter, original)
            while self._waiting:
                self._follow(self._waiting.pop(), None)
            if original is None:
                originals.append(matter)

    def _moments(self) -> Iterator[int]:
        for day in range(self._plan.days):
            count = int(self._chance.poisson(self._plan.reports_a_day))
            times = np.sort(self._chance.integers(_FIRST_S, _LAST_S, count))
            for second in np.unique(times).tolist():
                yield self._plan.start_s + day * DAY_S + second

    def _original(self, originals: list[Matter], at_s: int) -> Matter | None:
        still = [one for one in originals[-4:] if _is_open(one, at_s)]
        if not still or self._chance.random() > _DUPLICATES:
            return None
        return still[int(self._chance.integers(len(still)))]

    def _report(self, at_s: int, original: Matter | None) -> Matter:
        names, shares = list(_OFTEN), np.array(list(_OFTEN.values()))
        told = str(self._chance.choice(names, p=shares / shares.sum()))
        if original is not None:
            told = original.category
        category = UNKNOWN if told == _STRANGE else told
        matter = Matter(
            order_id=self._name(at_s),
            grid_id=grid_id(self._grid),
            category=category,
            severity=SEVERITIES[category],
            step="grid",
            opened_at_s=at_s,
            report_id=self._name(at_s),
            reporter=self._district.worker(self._grid).account_id,
        )
        self._course.open(matter, at_s)
        lat_e7, lon_e7 = self._district.middle_e7(self._grid)
        off = self._chance.integers(-_NEAR_E7, _NEAR_E7, 2).tolist()
        is_placed = self._chance.random() >= _WITHOUT_PLACE
        self.deeds.append(
            Deed(
                at_s=at_s,
                order_id=matter.order_id,
                what="report",
                who=self._district.worker(self._grid),
                text="seen on the round",
                photos=() if self._chance.random() < _WITHOUT_PHOTO else (self._photo(),),
                category=told,
                report_id=matter.report_id,
                terminal_id=terminal_id(self._grid),
                lat_e7=lat_e7 + off[0] if is_placed else None,
                lon_e7=lon_e7 + off[1] if is_placed else None,
            )
        )
        self.matters.append(matter)
        return matter

    def _follow(self, matter: Matter, original: Matter | None) -> None:
        """Let people and time go on with a matter until the end of the month."""
        is_duplicate = original is not None
        intention = self._people.intend(matter, is_duplicate=is_duplicate)
        while True:
            until_s = self._plan.end_s if intention is None else intention.at_s
            found = self._course.next_escalation(matter)
            if found is not None and found[0] <= until_s and found[0] < self._plan.end_s:
                step = matter.step
                self._course.escalate(matter, *found)
                if matter.step != step or (intention is None and self._people.wakes()):
                    intention = self._people.intend(matter, is_duplicate=is_duplicate)
                continue
            if intention is None or intention.at_s >= self._plan.end_s:
                return
            self._do(matter, intention, original)
            if matter.step in ENDS and matter.step != "closed":
                return
            intention = self._people.intend(matter, is_duplicate=is_duplicate)

    def _do(self, matter: Matter, intention: Intention, original: Matter | None) -> None:
        at_s, what = intention
        if what == "merge" and (original is None or not _is_open(original, at_s)):
            what = "climb" if matter.step == "community" else "whistle"
        who = self._who(what, matter)
        matter.hands.add(who.account_id)
        given: dict[str, Any] = {}
        if what == "merge" and original is not None:
            given["into_id"] = original.order_id
            _absorb(original, at_s)
            original.hands.add(who.account_id)
        given |= self._go_on(matter, at_s, what, who=who)
        self.deeds.append(
            Deed(
                at_s=at_s,
                order_id=matter.order_id,
                what=what,
                who=who,
                reason=_REASONS.get(what),
                text="done, the place is clean" if what == "resolve" else None,
                photos=(self._photo(),) if what in _WITH_PHOTO else (),
                **given,
            )
        )

    def _go_on(self, matter: Matter, at_s: int, what: str, *, who: Person) -> dict[str, str | None]:
        """Let it be done, and return what is to be said with it."""
        if what == "classify":
            return self._classify(matter, at_s)
        if what == "split":
            return self._split(matter, at_s)
        if what == "pause":
            self._course.pause(matter, at_s)
        elif what == "resume":
            self._course.resume(matter, at_s)
        else:
            department = self._department(matter) if what in _TO_DEPARTMENT else None
            self._course.act(matter, at_s, what, who=who.account_id, department_id=department)
            return {"department_id": department}
        return {}

    def _classify(self, matter: Matter, at_s: int) -> dict[str, str | None]:
        others = [one for one in SEVERITIES if one not in (matter.category, "emergency")]
        category = str(self._chance.choice(others))
        urgent = "urgent" if self._chance.random() < _FOUND_URGENT else None
        severity = urgent or SEVERITIES[category]
        self._course.classify(matter, at_s, category=category, severity=severity)
        return {"category": category, "severity": urgent}

    def _split(self, matter: Matter, at_s: int) -> dict[str, str | None]:
        category = str(self._chance.choice([one for one in SEVERITIES if one != matter.category]))
        part = Matter(
            order_id=self._name(at_s),
            grid_id=matter.grid_id,
            category=category,
            severity=SEVERITIES[category],
            step=matter.step,
            opened_at_s=at_s,
            reporter=matter.reporter,
            hands={self._who("split", matter).account_id},
        )
        self._course.open(part, at_s)
        self._course.stay(matter, at_s, "split")
        self.matters.append(part)
        self._waiting.append(part)
        return {"part_id": part.order_id, "category": category}

    def _department(self, matter: Matter) -> str:
        others = [one for one in DEPARTMENTS if one != matter.department_id]
        return str(self._chance.choice(others))

    def _who(self, what: str, matter: Matter) -> Person:
        district, grid, step = self._district, self._grid, matter.step
        if what in ("confirm", "fail") or (step == "grid" and what != "pause"):
            return district.worker(grid)
        if what in ("feed_back", "close", "reopen") or step == "street":
            return district.street(grid)
        if step == "community":
            return district.street(grid) if what == "pause" else district.community(grid)
        if what in ("transfer", "pause") or step == "district":
            return district.district()
        return district.department(matter.department_id or "")

    def _name(self, at_s: int) -> str:
        """Return a UUID of version 7 that is the same each time."""
        number = at_s * 1000 << 80 | int.from_bytes(self._chance.bytes(10), "big")
        number = number & ~(0xF << 76) | 0x7 << 76
        text = f"{number & ~(0x3 << 62) | 0x2 << 62:032x}"
        return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))

    def _photo(self) -> str:
        return self._chance.bytes(32).hex()


def _is_open(matter: Matter, at_s: int) -> bool:
    """Whether it is not at its end then, and nothing happens to it in the very same second."""
    number = bisect_right([one.at_s for one in matter.story], at_s) - 1
    last = matter.story[number]
    return last.at_s < at_s and last.step not in ENDS


def _absorb(matter: Matter, at_s: int) -> None:
    number = bisect_right([one.at_s for one in matter.story], at_s)
    matter.story.insert(number, Happened(at_s, "absorb", matter.story[number - 1].step))


def local_midnight(at_s: int) -> int:
    """Return the last local midnight until a moment."""
    return (at_s + AHEAD_S) // DAY_S * DAY_S - AHEAD_S
