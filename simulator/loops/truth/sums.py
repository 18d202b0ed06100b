"""What the measures of a simulated month have to be, counted of the matters themselves."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final, TypeAlias

from simulator.loops.truth.district import GRIDS_OF_COMMUNITY, area_of, street_of
from simulator.loops.truth.matters import Matter, Stand
from simulator.loops.truth.month import Month

# The city of the district, which holds all of it.
DISTRICT: Final = "D"
_OUT: Final = frozenset({"cancelled", "merged"})

Sums: TypeAlias = Mapping[str | None, Mapping[str, int]]


def sums_by(month: Month, by: str) -> Sums:
    """Return the counts of a month by `grid`, `area`, `category`, `department` or `month`."""
    return _sums(month.matters, _KEYS[by], end_s=month.plan.end_s)


def _sums(
    matters: Iterable[Matter], keys: Callable[[Matter], Iterable[str | None]], *, end_s: int
) -> Sums:
    found: dict[str | None, Counter[str]] = defaultdict(Counter)
    for matter in matters:
        counts = [*untimed_counts(matter), *_due_counts(matter, end_s)]
        for key in keys(matter):
            found[key].update(counts)
    return {key: dict(counts) for key, counts in found.items() if counts}


def untimed_counts(matter: Matter) -> Iterator[str]:
    """Yield the name of each count to which a matter adds one whenever it happens."""
    if matter.report_id is not None:
        yield from _report_counts(matter)
    if matter.was_handled:
        yield "handled"
        if matter.was_settled:
            yield "self_resolved"
        if matter.rework:
            yield "reworked"


def _report_counts(matter: Matter) -> Iterator[str]:
    yield "reports"
    if matter.step not in _OUT:
        yield "valid_reports"
    if matter.step == "merged":
        yield "duplicates"
    if matter.step == "closed" and matter.hands <= {matter.reporter}:
        yield "self_closed"


def _due_counts(matter: Matter, end_s: int) -> Iterator[str]:
    handled = _due(matter, [one.handle_due_s for one in matter.stands], end_s)
    if handled is not None:
        yield "due_handled"
        if handled.is_handled:
            yield "handled_in_time"
    if _due(matter, [one.close_due_s for one in matter.stands], end_s) is not None:
        yield "due_closed"
        if matter.step == "closed":
            yield "closed"


def _due(matter: Matter, dues_s: list[int], end_s: int) -> Stand | None:
    """Return how it stood when it was due, None when it never was."""
    for number, one in enumerate(matter.stands):
        last = number == len(matter.stands) - 1
        until_s = end_s if last else matter.stands[number + 1].since_s
        is_running = not one.is_paused and one.step not in _OUT
        # A limit that is already over when it begins is over at once.
        if is_running and max(one.since_s, dues_s[number]) < until_s:
            return one
    return None


def _areas(matter: Matter) -> Iterator[str]:
    if matter.grid_id is not None:
        grid = int(matter.grid_id[1:]) - 1
        yield from (area_of(grid), street_of(grid // GRIDS_OF_COMMUNITY), DISTRICT)


_KEYS: Final[Mapping[str, Callable[[Matter], Iterable[str | None]]]] = {
    "grid": lambda matter: (matter.grid_id,),
    "area": _areas,
    "category": lambda matter: (matter.category,),
    "department": lambda matter: (matter.department_id,),
}
