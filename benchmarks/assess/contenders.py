"""Those who are measured: this engine, a plain rule, and libraries in environments of their own."""

import subprocess
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import numpy as np

from benchmarks.assess.days import KnownDay
from benchmarks.assess.doors import NEAR_M
from benchmarks.assess.libraries.exchange import Request, Stop, read_answers, timed
from patrol.compliance import DayResult, Rules, judge_day
from patrol.fix import epoch_of
from patrol.intervals import Interval, intersect
from patrol.messages import SCALE_E7

ROOT = Path(__file__).parents[2]
ENGINE = "gridpatrol"
LIBRARIES = ("trackintel", "scikit-mobility", "movingpandas")
# The plain rule's shortest visit, and for how long a fix may be off without ending one.
_LEAST_MS = 180_000
_BRIDGE_MS = 90_000
_TIMEOUT_S = 900


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one way of finding visits found by day, and its median time over all days."""

    name: str
    text: str
    took_s: float
    visits: Mapping[str, Sequence[Interval]]


@dataclass(frozen=True, slots=True)
class Absent:
    """Somebody who could not be measured, and why."""

    name: str
    reason: str


def run_engine(days: Sequence[KnownDay], *, passes: int) -> Outcome:
    """Judge every day: presence, visits and verdicts."""
    rules = Rules()
    # The first one compiles, and fills caches: what is measured is the work.
    judge_day(days[0].facts, rules)
    results: list[DayResult]
    times_s, results = timed(lambda: [judge_day(day.facts, rules) for day in days], passes=passes)
    return Outcome(
        name=ENGINE,
        text=f"rules {rules.version}; presence and verdicts too",
        took_s=median(times_s),
        visits={
            day.key: [visit.interval for visit in result.visits]
            for day, result in zip(days, results, strict=True)
        },
    )


def run_radius(days: Sequence[KnownDay], *, passes: int) -> Outcome:
    """Take for a visit whatever is near the same premises for long enough."""
    found: list[list[Interval]]
    times_s, found = timed(lambda: [_long_near(day) for day in days], passes=passes)
    return Outcome(
        name="point-in-radius",
        text=f"{_LEAST_MS / 60_000:g} min within {NEAR_M:g} m of the same premises",
        took_s=median(times_s),
        visits={day.key: visits for day, visits in zip(days, found, strict=True)},
    )


def run_library(
    name: str, days: Sequence[KnownDay], folder: Path, *, request: Request
) -> list[Outcome] | Absent:
    """Ask a library, whose environment is in `folder`, in a process of its own."""
    made = folder / name
    if not (made / ".made").exists():
        return Absent(name, f"could not be installed here: {_last_line(made / 'install.log')}")
    module = f"benchmarks.assess.libraries.run_{name.replace('-', '_')}"
    command = [str(made.absolute() / "bin" / "python"), "-W", "ignore", "-m", module]
    try:
        done = subprocess.run(
            [*command, *request.arguments()],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=_TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Absent(name, f"not done after {_TIMEOUT_S} s")
    if done.returncode != 0:
        said = done.stderr.strip().splitlines() or [f"ended with {done.returncode}"]
        return Absent(name, f"fails here: {said[-1]}")
    return list(_outcomes(name, days, request.answers))


def visits_of(stops: Iterable[Stop], days: Sequence[KnownDay]) -> dict[str, list[Interval]]:
    """Return by day the stops on duty whose places are near premises."""
    by_day: dict[str, list[Stop]] = defaultdict(list)
    for stop in stops:
        by_day[stop.key].append(stop)
    return {day.key: _visits(by_day[day.key], day) for day in days}


def _outcomes(name: str, days: Sequence[KnownDay], answers: Path) -> Iterator[Outcome]:
    version, found = read_answers(answers)
    for one in found:
        yield Outcome(
            name=f"{name}.{one.name}",
            text=f"{version}, {one.text}",
            took_s=median(one.times_s),
            visits=visits_of(one.stops, days),
        )


def _visits(stops: Sequence[Stop], day: KnownDay) -> list[Interval]:
    if not stops:
        return []
    places = np.array([(stop.lat_deg, stop.lon_deg) for stop in stops])
    near = day.doors.are_near(places[:, 0], places[:, 1]).tolist()
    spans = [
        Interval(epoch_of(stop.start_ms), epoch_of(stop.end_ms))
        for stop, is_near in zip(stops, near, strict=True)
        if is_near and stop.end_ms > stop.start_ms
    ]
    return [part for span in spans for part in intersect([span], day.duty())]


def _long_near(day: KnownDay) -> list[Interval]:
    fixes = day.facts.fixes
    order = np.argsort(fixes.epoch_ms, kind="stable")
    at_ms = fixes.epoch_ms[order]
    lat_deg, lon_deg = fixes.lat_e7[order] / SCALE_E7, fixes.lon_e7[order] / SCALE_E7
    place, door = day.doors.near(lat_deg, lon_deg)
    pairs = np.lexsort((place, door))
    place, door = place[pairs], door[pairs]
    # A silence between two fixes near the same premises is spent there.
    apart = (np.diff(place) > 1) & (np.diff(at_ms[place]) > _BRIDGE_MS)
    breaks = np.flatnonzero(apart | (np.diff(door) != 0)) + 1
    starts, ends = at_ms[place[np.append(0, breaks)]], at_ms[place[np.append(breaks, 0) - 1]]
    long = ends - starts >= _LEAST_MS
    spans = zip(starts[long].tolist(), ends[long].tolist(), strict=True)
    near = [Interval(epoch_of(start_ms), epoch_of(end_ms)) for start_ms, end_ms in spans]
    return intersect(near, day.duty())


def _last_line(log: Path) -> str:
    said = log.read_text(encoding="utf-8").strip().splitlines() if log.exists() else []
    return said[-1] if said else "nobody tried; `make bench-assess` does"
