"""What the terminal leaves out at rest changes nothing that is judged of a day."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device.sampling import Sampler
from patrol.compliance import DayResult, Rules, judge_day
from patrol.fix import Fix, epoch_of
from patrol.intervals import total
from patrol.notices.plans import DEFAULT_PACE, Pace
from simulator.hazards.reports import Reports, reports_of
from simulator.scenario import Scenario
from simulator.scoring.scenarios import Case, Hazard
from simulator.scoring.trials import trials

EVEN = Pace(10, 10, 10)
MINUTE = timedelta(minutes=1)
START = datetime(2026, 3, 2, tzinfo=UTC)
STEP_DEG = 1 / 111_320
# Twice the widest spot.
MOST_M = 80.0


def sampled(reports: Reports, pace: Pace) -> Reports:
    """Return what the terminal keeps of what its receiver told."""
    sampler = Sampler(pace)
    kept = {
        one.epoch_ms
        for epoch_ms, lat_e7, lon_e7, speed_cmps, accuracy_dm in zip(
            reports.epoch_ms.tolist(),
            reports.lat_e7.tolist(),
            reports.lon_e7.tolist(),
            reports.speed_cmps.tolist(),
            reports.accuracy_dm.tolist(),
            strict=True,
        )
        for one in sampler.sample(
            Fix(
                epoch=epoch_of(epoch_ms),
                lat_deg=lat_e7 / 1e7,
                lon_deg=lon_e7 / 1e7,
                speed_mps=speed_cmps / 100,
                accuracy_m=accuracy_dm / 10,
            )
        )
    }
    return reports.at(np.isin(reports.epoch_ms, list(kept)))


def hazard(pace: Pace) -> Hazard:
    def tell(case: Case) -> Reports:
        return sampled(reports_of(case.one.solutions), pace)

    return Hazard(name=str(pace.standing_s), tell=tell)


def minutes(result: DayResult) -> tuple[float, float]:
    visits = total(visit.interval for visit in result.visits)
    return visits / MINUTE, result.compliance.inside / MINUTE


@pytest.mark.parametrize("seed", [1, 3])
def test_a_day_is_judged_the_same_with_fewer_fixes_at_rest(seed: int) -> None:
    """A visit at the edge of the rules may fall either way, as it may by another second."""
    scenario = Scenario(seed=seed, workers=3, day=date(2026, 3, 2), interval_s=2)
    judged: dict[str, list[tuple[float, float]]] = {}
    fixes: dict[str, int] = {}
    for trial in trials(scenario, [hazard(EVEN), hazard(DEFAULT_PACE)]):
        name = trial.hazard.name
        judged.setdefault(name, []).append(minutes(judge_day(trial.facts, Rules())))
        fixes[name] = fixes.get(name, 0) + len(trial.facts.fixes)

    full, thinned = (np.array(judged[name]) for name in ("10", "60"))
    visits_off, inside_off = np.abs(thinned - full).T
    assert fixes["60"] < fixes["10"]
    assert visits_off.mean() < 2
    assert inside_off.max() < 3


@st.composite
def ways(draw: st.DrawFn) -> list[Fix]:
    """Draw what a receiver tells of somebody who goes and stands, a fix a second."""
    legs = draw(
        st.lists(
            st.tuples(st.sampled_from([0.0, 0.0, 0.3, 0.6, 1.2, 8.0]), st.integers(1, 900)),
            min_size=1,
            max_size=6,
        )
    )
    tells_speed, error_m = draw(st.booleans()), draw(st.sampled_from([0.0, 3.0, 10.0]))
    speeds = np.concatenate([np.full(seconds, speed) for speed, seconds in legs])
    chance = np.random.default_rng(draw(st.integers(0, 1000)))
    north_m = np.cumsum(speeds) + chance.normal(0.0, error_m, len(speeds))
    return [
        Fix(
            epoch=START + timedelta(seconds=second),
            lat_deg=30.0 + float(metres) * STEP_DEG,
            lon_deg=104.0,
            speed_mps=float(speed) if tells_speed else None,
        )
        for second, (metres, speed) in enumerate(zip(north_m, speeds, strict=True))
    ]


@settings(max_examples=60, deadline=None)
@given(fixes=ways())
def test_no_way_is_made_within_what_was_left_out(fixes: list[Fix]) -> None:
    sampler = Sampler(DEFAULT_PACE)
    kept = [one for fix in fixes for one in sampler.sample(fix)] + sampler.flush()

    seconds = [(epoch_of(one.epoch_ms) - START) // timedelta(seconds=1) for one in kept]
    assert (seconds[0], seconds[-1]) == (0, len(fixes) - 1)
    assert len(kept) + sampler.thinned == len(fixes)
    for first, last in pairwise(seconds):
        if last - first > DEFAULT_PACE.moving_s:
            lat_deg = [one.lat_deg for one in fixes[first : last + 1]]
            assert (max(lat_deg) - min(lat_deg)) / STEP_DEG <= MOST_M
            assert last - first <= DEFAULT_PACE.heartbeat_s
