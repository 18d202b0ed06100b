"""What the worker-days of a deployment tell of its receivers, one model of terminal at a time."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import psycopg

from ingest.history.days import Progress
from ingest.judging.facts import Areas, read_facts
from ingest.judging.worklist import WorkerDay
from ingest.parameters.sets import ParameterSet
from patrol.compliance import DayFacts, Rules
from patrol.ids import GridId
from patrol.intervals import Interval
from patrol.learning import ReceiverParameters, Sums, add_up, fit, observe
from patrol.requirements import cuts_by_cover, owed_in
from patrol.track import build_track


@dataclass(slots=True, kw_only=True)
class Seen:
    """What was seen of a model of terminal, and on how many worker-days."""

    worker_days: int = 0
    sums: Sums = field(default_factory=Sums)


def see_days(
    conn: psycopg.Connection, units: Sequence[WorkerDay], *, rules: Rules, progress: Progress
) -> dict[str, Seen]:
    """Return what worker-days tell of each model of terminal; "" are those without a model.

    A day counts for the model that most of its fixes came from. Days without fixes tell nothing.
    """
    areas = Areas(conn)
    parameters = areas.learned.parameters()

    def see(unit: WorkerDay) -> tuple[str, Sums] | None:
        facts = read_facts(conn, unit, areas)
        if facts is None or not len(facts.fixes):
            return None
        model = areas.learned.model_of(facts.fixes) or ""
        return model, _see(facts, parameters.teaching_rules_for(rules, model))

    seen: dict[str, Seen] = defaultdict(Seen)
    for told in progress.each(units, see):
        if told is not None:
            model, sums = told
            seen[model].worker_days += 1
            seen[model].sums += sums
    return dict(sorted(seen.items()))


def fit_models(seen: Mapping[str, Seen], rules: Rules) -> dict[str, ReceiverParameters]:
    """Return the parameters of the models that were seen for long enough.

    Terminals whose model nobody told may be of many: of them nothing is learned.
    """
    known = rules.visit.star.evidence
    fitted = {
        model: fit(one.sums, known=known, track=rules.track) for model, one in seen.items() if model
    }
    return {model: one for model, one in fitted.items() if one is not None}


def describe(
    seen: Mapping[str, Seen], learned: Mapping[str, ReceiverParameters], before: ParameterSet
) -> str:
    """Return as a table what was seen of each model, and its parameters before and after."""
    lines: list[str] = []
    for model, one in seen.items():
        hours = f"{one.sums.inside_s / 3600:.1f} h indoors, {one.sums.street_s / 3600:.1f} h in the"
        lines.append(f"{model or '(no model)'}: {one.worker_days} worker-days, {hours} street")
        if model in learned:
            lines += _compare(_parameters(before, model), _parameters_of(learned[model]))
        else:
            why = "too little was seen of it" if model else "these may be of many models"
            lines.append(f"  stays with the built-in parameters: {why}")
    return "\n".join(lines)


def _see(facts: DayFacts, rules: Rules) -> Sums:
    track = build_track(facts.fixes, rules.track)
    return add_up(
        observe(track, facts.premises[grid], windows=parts, rules=rules.visit)
        for grid, parts in _own_time(facts).items()
    )


def _own_time(facts: DayFacts) -> dict[GridId, list[Interval]]:
    """Return the time that was owed in each grid, without that of cover for others."""
    parts: dict[GridId, list[Interval]] = defaultdict(list)
    for window in sorted(facts.windows):
        for owed in owed_in(window, facts.excuses):
            parts[window.grid_id] += [
                part for part, covered in cuts_by_cover(owed, facts.covers) if not covered
            ]
    return {grid: own for grid, own in parts.items() if own}


def _parameters(known: ParameterSet, model: str) -> dict[str, float]:
    rules = known.rules_for(Rules(), model)
    evidence = rules.visit.star.evidence
    word = evidence.word
    return {
        "optimism": rules.track.optimism,
        "signal_loss": evidence.signal_loss,
        "inside_mean": word.inside_mean,
        "inside_spread": word.inside_spread,
        "outside_mean": word.outside_mean,
        "outside_spread": word.outside_spread,
        "weight": word.weight,
    }


def _parameters_of(learned: ReceiverParameters) -> dict[str, float]:
    return _parameters(ParameterSet(version="", models={"": learned}), "")


def _compare(before: Mapping[str, float], after: Mapping[str, float]) -> list[str]:
    return [f"  {name:<15}{before[name]:8.2f} -> {after[name]:.2f}" for name in before]
