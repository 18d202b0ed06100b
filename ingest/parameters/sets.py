"""A version of learned parameters, and the rules that it makes of others."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace

from patrol.chains.evidence import EvidenceRules
from patrol.compliance import Rules
from patrol.learning import ReceiverParameters
from patrol.track import TrackRules


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterSet:
    """What is known of each model of terminal; others stay with the built-in parameters."""

    version: str
    models: Mapping[str, ReceiverParameters]

    def rules_for(self, rules: Rules, model: str | None) -> Rules:
        """Return `rules` with what is known of a model; they name this version in any case."""
        named = replace(rules, parameters_version=self.version)
        known = self.models.get(model or "")
        if known is None:
            return named
        evidence = known.evidence_rules(rules.visit.star.evidence)
        return with_parts(named, track=known.track_rules(rules.track), evidence=evidence)

    def teaching_rules_for(self, rules: Rules, model: str) -> Rules:
        """Return `rules` with what may help to learn anew of a model."""
        known = self.models.get(model)
        if known is None:
            return rules
        evidence = known.teaching_rules(rules.visit.star.evidence)
        return with_parts(rules, track=known.track_rules(rules.track), evidence=evidence)


# In force until something was learned.
BUILT_IN = ParameterSet(version=Rules().parameters_version, models={})


def with_parts(rules: Rules, *, track: TrackRules, evidence: EvidenceRules) -> Rules:
    """Return `rules` with other parts, which are what can be learned."""
    star = replace(rules.visit.star, evidence=evidence)
    return replace(rules, track=track, visit=replace(rules.visit, star=star))


def rules_file(parameters: ParameterSet, model: str) -> str:
    """Return the rules of a model as TOML, for judging recorded days out of files."""
    rules = parameters.rules_for(Rules(), model)
    evidence = rules.visit.star.evidence
    word = [f"{one.name} = {getattr(evidence.word, one.name)!r}" for one in fields(evidence.word)]
    lines = [
        f'version = "{rules.version}"',
        f'parameters_version = "{rules.parameters_version}"',
        "",
        "[track]",
        f"optimism = {rules.track.optimism!r}",
        "",
        "[visit.star.evidence]",
        f"signal_loss = {evidence.signal_loss!r}",
        "",
        "[visit.star.evidence.word]",
        *word,
    ]
    return "\n".join(lines) + "\n"
