"""What a deployment's workflow consists of: levels, steps, acts, categories, limits.

All of it is data, read and checked by `patrol.workorders.workflow`. One that exists is whole:
whatever it names is in it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from functools import cached_property
from typing import TypeAlias

from patrol.reasons import Language
from patrol.workorders.calendar import Calendar, Span
from patrol.workorders.values import ActKind, Need, PartyCode, Severity, StepKind

Words: TypeAlias = Mapping[Language, str]


class Concern(StrEnum):
    """What a category is about, as in city management."""

    # A thing that stands somewhere: a lamp, a manhole.
    COMPONENT = "component"
    # What happens at a place: rubbish, a blocked stairwell.
    EVENT = "event"


class Until(StrEnum):
    """What a limit lasts for: the step, or the whole order until it is handled or closed."""

    STEP = "step"
    HANDLED = "handled"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """A level of the deployment: `area` is the kind of area that holds it, None for the two others.

    `city`, `district`, `street` or `community`. The levels `grid` and `department` have no area.
    """

    code: str
    names: Words
    area: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Where an order can be; an end has neither level nor holder."""

    code: str
    names: Words
    kind: StepKind
    level: str | None
    held_by: PartyCode | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ActRule:
    """What may be done from some steps, by whom, where it leads and what it needs.

    `to` is None where the order stays; without `by` it is for whoever holds the step. An act's
    code is unique among those of a step.
    """

    code: str
    names: Words
    kind: ActKind
    from_steps: tuple[str, ...]
    to: str | None
    by: frozenset[PartyCode]
    needs: frozenset[Need]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReasonRule:
    """A reason that may be given for acts of some kinds."""

    code: str
    names: Words
    kinds: frozenset[ActKind]


@dataclass(frozen=True, slots=True, kw_only=True)
class LegalAct:
    """An act that somebody may do now, for which party, what it needs and why it may be done."""

    rule: ActRule
    party: str
    needs: frozenset[Need]
    reasons: tuple[ReasonRule, ...]

    @property
    def code(self) -> str:
        """By which name it is asked for."""
        return self.rule.code

    @property
    def kind(self) -> ActKind:
        """What it is."""
        return self.rule.kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Guide:
    """How to go about a matter: what to look at, what to photograph, when to let it climb."""

    look_at: Words
    photograph: Words
    climb_when: Words


@dataclass(frozen=True, slots=True, kw_only=True)
class Category:
    """What a report can be about: a thing or a place, never somebody."""

    code: str
    names: Words
    concern: Concern
    severity: Severity
    guide: Guide


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitRule:
    """How long something may take; what is empty is any. Of those that fit, the last one holds."""

    within: Span
    until: Until
    categories: frozenset[str]
    severities: frozenset[Severity]
    levels: frozenset[str]
    steps: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class EscalationRule:
    """What time does to an order that is overdue in one of `steps`.

    `after` its due moment, and `every` so often up to `times` times; it moves to the step `to`,
    or stays and `tells` a level.
    """

    steps: frozenset[str]
    after: Span
    every: Span | None
    times: int
    to: str | None
    tells: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DuplicateRule:
    """Within which radius and time reports of one category may be about one matter."""

    radius_m: float
    within: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class VerificationRule:
    """What counts as being at the place, and whether reporters verify what they settled themselves."""

    within_m: float
    oldest_fix: timedelta
    own_settled: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacingRule:
    """When a position alone tells the grid of a report, and how fast it grows old.

    `least_share` is the part of where the position may be that has to lie in the grid;
    `walking_mps` is how far from it somebody may be by every second of its age.
    """

    least_share: float
    walking_mps: float


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaRule:
    """How many valid reports a grid is to have in a month."""

    valid_reports_a_month: int


@dataclass(frozen=True, kw_only=True)
class Workflow:
    """How a deployment handles its orders. An order keeps the version with which it was opened."""

    version: int
    names: Words
    # Where orders begin, and those whose grid is not known.
    opens_at: str
    opens_unplaced_at: str
    # Of reports whose category is not in the list.
    unknown_category: str
    due_soon_share: float
    calendar: Calendar
    levels: Mapping[str, Level]
    steps: Mapping[str, Step]
    acts: tuple[ActRule, ...]
    reasons: Mapping[str, ReasonRule]
    categories: Mapping[str, Category]
    limits: tuple[LimitRule, ...]
    escalations: tuple[EscalationRule, ...]
    placing: PlacingRule
    duplicates: DuplicateRule
    verification: VerificationRule
    quota: QuotaRule | None

    @cached_property
    def acts_by_step(self) -> Mapping[str, tuple[ActRule, ...]]:
        """The acts that may be done from each step, in the order of the file."""
        return {
            code: tuple(one for one in self.acts if code in one.from_steps) for code in self.steps
        }

    @cached_property
    def escalations_by_step(self) -> Mapping[str, tuple[EscalationRule, ...]]:
        """What time does in each step, in the order of the file."""
        return {
            code: tuple(one for one in self.escalations if code in one.steps) for code in self.steps
        }

    def reasons_for(self, kind: ActKind) -> tuple[ReasonRule, ...]:
        """Return the reasons that may be given for acts of a kind, in the order of the file."""
        return tuple(one for one in self.reasons.values() if kind in one.kinds)

    def limit_of(
        self, until: Until, *, category: str, severity: Severity, step: str | None = None
    ) -> Span | None:
        """Return how long a step (or, without one, the whole order) may take; None: as it likes."""
        rule = self.limit_rule_of(until, category=category, severity=severity, step=step)
        return None if rule is None else rule.within

    def limit_rule_of(
        self, until: Until, *, category: str, severity: Severity, step: str | None = None
    ) -> LimitRule | None:
        """Return the rule that says so: of those that fit, the last one."""
        asked = (until, category, severity, step)
        if asked not in self._rules:
            level = None if step is None else self.steps[step].level
            fitting = [
                one
                for one in self.limits
                if one.until is until
                and _allows(one.categories, category)
                and _allows(one.severities, severity)
                and _allows(one.levels, level)
                and _allows(one.steps, step)
            ]
            self._rules[asked] = fitting[-1] if fitting else None
        return self._rules[asked]

    @cached_property
    def _rules(self) -> dict[object, LimitRule | None]:
        return {}


def _allows(named: frozenset[str], one: str | None) -> bool:
    return not named or one in named
