"""What goes to a library's own process and what comes back; the standard library alone."""

import json
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

# A radius and a shortest stay that fit doors 15 m apart and visits from 4 minutes on, for
# libraries whose defaults are made for journeys and diaries.
WALKING_RADIUS_M = 50.0
WALKING_STAY_MIN = 3.0
# Longer than any silence within a duty window.
WALKING_GAP_MIN = 240.0


class Stop(NamedTuple):
    """A stay that a library found: whose day, from when to when, around which place."""

    key: str
    start_ms: int
    end_ms: int
    lat_deg: float
    lon_deg: float


@dataclass(frozen=True)
class Rule:
    """One way to use a library: `find` is timed, `stops` turns what it returned into stops."""

    name: str
    text: str
    find: Callable[[], Any]
    stops: Callable[[Any], Iterable[Stop]]


@dataclass(frozen=True)
class Found:
    """What one rule found, and the seconds of each pass over all days."""

    name: str
    text: str
    times_s: Sequence[float]
    stops: Sequence[Stop]


@dataclass(frozen=True)
class Request:
    """Which tracks to read (`key,epoch_ms,lat_deg,lon_deg`), where to answer, how often to run."""

    tracks: Path
    answers: Path
    passes: int

    def arguments(self) -> list[str]:
        """Return it as the arguments of a process."""
        return [str(self.tracks), str(self.answers), str(self.passes)]


def read_request() -> Request:
    """Return the request that this process was started with."""
    tracks, answers, passes = sys.argv[1:]
    return Request(Path(tracks), Path(answers), int(passes))


def answer(request: Request, rules: Iterable[Rule], *, version: str) -> None:
    """Run every rule and write what it found and how long it took."""
    found = [_run(rule, request.passes) for rule in rules]
    text = json.dumps({"version": version, "found": found})
    request.answers.write_text(text, encoding="utf-8")


def read_answers(path: Path) -> tuple[str, list[Found]]:
    """Return the library's version and what its rules found."""
    said = json.loads(path.read_text(encoding="utf-8"))
    return said["version"], [
        Found(**{**one, "stops": [Stop(*stop) for stop in one["stops"]]}) for one in said["found"]
    ]


def timed(work: Callable[[], Any], *, passes: int) -> tuple[list[float], Any]:
    """Return the processor's seconds of each pass, and what the last one returned.

    Unlike the clock on the wall they do not count what else the machine does meanwhile.
    """
    times_s = []
    result = None
    for _ in range(passes):
        began = time.process_time()
        result = work()
        times_s.append(time.process_time() - began)
    return times_s, result


def _run(rule: Rule, passes: int) -> dict[str, Any]:
    times_s, result = timed(rule.find, passes=passes)
    stops = list(rule.stops(result))
    return {"name": rule.name, "text": rule.text, "times_s": times_s, "stops": stops}
