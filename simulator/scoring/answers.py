"""What the rules make of trials, in the words of the measures."""

from dataclasses import replace

import numpy as np

from patrol.compliance import DayFacts, DayResult, Rules
from patrol.coverage import CoverageRules, find_coverage
from patrol.fix import epoch_of
from patrol.presence import State
from patrol.track import build_track
from simulator.scoring.measures import Answer
from simulator.scoring.trials import Trial


def answer_of(result: DayResult, facts: DayFacts) -> Answer:
    """Return the parts of a result that are held against the truth."""
    by_state = {
        state: [one.interval for _, one in result.presence if one.state is state] for state in State
    }
    return Answer(
        inside=by_state[State.INSIDE],
        outside=by_state[State.OUTSIDE],
        unknown=by_state[State.UNKNOWN],
        visits=[visit.interval for visit in result.visits],
        visited_low=result.compliance.visited_low,
        visited_high=result.compliance.visited_high,
        visit_verdict=result.compliance.visit_hours.verdict,
        epochs=[epoch_of(ms) for ms in np.sort(facts.fixes.epoch_ms).tolist()],
    )


def with_streets(answer: Answer, trial: Trial, rules: Rules) -> Answer:
    """Return the answer with the share of the grid's streets that was walked."""
    found = find_coverage(
        build_track(trial.facts.fixes, rules.track),
        trial.route,
        duty=[window.interval for window in trial.facts.windows],
        visits=answer.visits,
        rules=CoverageRules(),
    )
    return replace(answer, walked_share=(found.share, found.share_low, found.share_high))
