"""How people go about a matter: what they do in a step, and after how long."""

import math
from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Final, NamedTuple

import numpy as np

from simulator.loops.truth.district import DEPARTMENTS
from simulator.loops.truth.facts import Limit, step_limit
from simulator.loops.truth.hours import Hours
from simulator.loops.truth.matters import Matter

# By step: what whoever holds it does, and how often; None is that nobody does anything.
_CHOICES: Final[Mapping[str, Sequence[tuple[float, str | None]]]] = {
    "grid": ((0.50, "settle"), (0.37, "climb"), (0.04, "classify"), (0.09, None)),
    "community": (
        *((0.34, "settle"), (0.35, "climb"), (0.06, "return"), (0.05, "classify")),
        *((0.03, "split"), (0.04, "cancel"), (0.04, "pause"), (0.09, None)),
    ),
    "street": (
        *((0.44, "whistle"), (0.32, "dispatch"), (0.05, "return"), (0.04, "classify")),
        *((0.03, "split"), (0.03, "cancel"), (0.09, None)),
    ),
    "district": ((0.80, "dispatch"), (0.05, "return"), (0.03, "cancel"), (0.12, None)),
    "accepting": ((0.90, "accept"), (0.06, "return"), (0.04, "transfer")),
    "resolving": ((0.88, "resolve"), (0.08, "pause"), (0.04, "return")),
    "feedback": ((0.97, "feed_back"), (0.03, None)),
    "verifying": ((0.88, "confirm"), (0.06, "close"), (0.06, None)),
    "checking": ((0.80, "confirm"), (0.08, "fail"), (0.05, "close"), (0.07, None)),
    "closed": ((0.97, None), (0.03, "reopen")),
}
_PAUSED: Final = ((0.85, "resume"), (0.15, None))
# Whoever was told that something is overdue does something now, so often.
_WAKES: Final = 0.4
# How long most take, as a share of what they may take, and how much that varies.
_MEDIAN_SHARE: Final = 0.35
_SPREAD: Final = 0.9
_LEAST_S: Final = 60
_REOPENED_AFTER: Final = Limit(6 * 3_600, is_working=True)
_OF_DEPARTMENTS: Final = frozenset({"accepting", "resolving"})
_BUSY: Final = ("split", "cancel", "return", "pause", "classify", "reopen", "transfer")
# So many things happen to a matter at most before everybody wants it done.
_ENOUGH: Final = 14


class Intention(NamedTuple):
    """What somebody will do unless time does something before."""

    at_s: int
    what: str


class People:
    """Those who handle the matters of one grid; the same `chance` makes the same of them."""

    def __init__(self, hours: Hours, chance: np.random.Generator) -> None:
        self._hours = hours
        self.chance = chance

    def intend(self, matter: Matter, *, is_duplicate: bool) -> Intention | None:
        """Return what will be done from here, or None when nobody does anything."""
        what = self._choose(matter, is_duplicate=is_duplicate)
        if what is None:
            return None
        return Intention(self._when(matter), what)

    def wakes(self) -> bool:
        """Whether somebody who is told of it does something now."""
        return bool(self.chance.random() < _WAKES)

    def _choose(self, matter: Matter, *, is_duplicate: bool) -> str | None:
        if is_duplicate and matter.step in ("community", "street") and self._is(0.8):
            return "merge"
        choices = _PAUSED if matter.paused_at_s is not None else _CHOICES[matter.step]
        manner = DEPARTMENTS.get(matter.department_id or "")
        if manner is not None and matter.paused_at_s is None:
            if matter.step in _OF_DEPARTMENTS and self._is(manner.never):
                return None
            if matter.step == "verifying" and self._is(manner.badly):
                return "fail"
        drawn, ends = self.chance.random(), accumulate(share for share, _ in choices)
        number = next((n for n, end in enumerate(ends) if drawn < end), len(choices) - 1)
        what = choices[number][1]
        return choices[0][1] if len(matter.story) > _ENOUGH and what in _BUSY else what

    def _when(self, matter: Matter) -> int:
        since_s = matter.changed_at_s
        if matter.step == "closed":
            limit = _REOPENED_AFTER
        else:
            limit = step_limit(matter.step, matter.severity)
        slowness = 1.0
        if matter.step in _OF_DEPARTMENTS and matter.department_id is not None:
            slowness = DEPARTMENTS[matter.department_id].slowness
        share = _MEDIAN_SHARE * slowness * math.exp(_SPREAD * self.chance.standard_normal())
        took = Limit(max(_LEAST_S, round(limit.length_s * share)), limit.is_working)
        return took.after(since_s, self._hours)

    def _is(self, share: float) -> bool:
        return bool(self.chance.random() < share)
