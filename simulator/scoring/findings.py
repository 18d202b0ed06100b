"""What is found for a person to look at, beside what is truly wrong with a day."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from patrol.anomalies.days import Traces, find_in_day
from patrol.anomalies.findings import AnomalyRules, Finding, FindingKind
from patrol.anomalies.paths import find_same_paths, make_path
from patrol.anomalies.replays import find_replay, make_steps
from patrol.compliance import Rules
from patrol.ids import WorkerId
from patrol.intervals import Interval
from patrol.track import Track, build_track
from simulator.hazards.suspects import Anomaly
from simulator.scoring.trials import Trial
from simulator.scoring.truth import fixes_of, stray_fixes

_DAY = timedelta(days=1)
_DAY_MS = 24 * 3_600_000


@dataclass(frozen=True, slots=True)
class Told:
    """The kinds of findings of one worker-day, and the kind that ought to be among them."""

    named: FindingKind | None
    found: frozenset[FindingKind]

    @property
    def is_found(self) -> bool | None:
        """Whether what is wrong was found; None where nothing is wrong."""
        return None if self.named is None else self.named in self.found

    @property
    def others(self) -> int:
        """How many kinds were found that are not what is wrong."""
        return len(self.found - {self.named})


def findings_of(trials: Sequence[Trial], rules: Rules, looked_for: AnomalyRules) -> list[Told]:
    """Return what is found in the days of all workers of a city under one hazard."""
    tracks = [build_track(trial.facts.fixes, rules.track) for trial in trials]
    shared: dict[WorkerId, set[FindingKind]] = defaultdict(set)
    paths = [
        make_path(trial.facts.worker_id, track, _duty(trial))
        for trial, track in zip(trials, tracks, strict=True)
    ]
    for worker, finding in find_same_paths(paths, rules=looked_for.likeness):
        shared[worker].add(finding.kind)
    return [
        Told(
            named=_named(trials, index),
            found=frozenset(
                shared[trial.facts.worker_id]
                | {one.kind for one in _of_day(trial, track, rules, looked_for=looked_for)}
            ),
        )
        for index, (trial, track) in enumerate(zip(trials, tracks, strict=True))
    ]


def _named(trials: Sequence[Trial], index: int) -> FindingKind | None:
    anomaly = trials[index].hazard.anomaly
    is_without_pair = index % 2 == 0 and index == len(trials) - 1
    if anomaly is None or (anomaly is Anomaly.ONE_PATH and is_without_pair):
        return None
    return FindingKind(anomaly.value)


def _of_day(
    trial: Trial, track: Track, rules: Rules, *, looked_for: AnomalyRules
) -> Iterator[Finding]:
    traces = Traces(
        worker_id=trial.facts.worker_id,
        fixes=trial.facts.fixes,
        track=track,
        duty=_duty(trial),
        places=trial.facts.places,
        cleaning=rules.track,
        strays=stray_fixes(trial.reports, trial.facts.windows),
    )
    yield from find_in_day(traces, rules=looked_for)
    if trial.hazard.anomaly is Anomaly.REPLAY:
        yield from _replays(trial, track, rules, looked_for=looked_for)


def _replays(
    trial: Trial, track: Track, rules: Rules, *, looked_for: AnomalyRules
) -> Iterator[Finding]:
    """Yield where the day repeats the one before, which is what was sent, at its own time."""
    day, duty = trial.facts.day, _duty(trial)
    before = build_track(fixes_of(trial.reports.later(-_DAY_MS)), rules.track)
    duty_before = [Interval(one.start - _DAY, one.end - _DAY) for one in duty]
    likeness = looked_for.likeness
    earlier = make_steps(day - _DAY, before, duty_before, rules=likeness)
    yield from find_replay(make_steps(day, track, duty, rules=likeness), [earlier], rules=likeness)


def _duty(trial: Trial) -> list[Interval]:
    return [window.interval for window in trial.facts.windows]
