"""Whether a workflow is whole: all that is named is there, reached, and comes to an end."""

from collections.abc import Callable, Iterable, Mapping
from itertools import product
from typing import Final

from patrol.errors import InputError
from patrol.workorders.terms import ActRule, EscalationRule, Until, Workflow
from patrol.workorders.values import ENDS, ActKind, Need, Party, Severity, StepKind

_WORKING: Final = frozenset(StepKind) - ENDS

# What is nobody's choice.
_NOT_CHOSEN: Final = frozenset({ActKind.OPEN, ActKind.ABSORB, ActKind.ESCALATE})
_STAYING: Final = frozenset({ActKind.PAUSE, ActKind.RESUME, ActKind.CLASSIFY, ActKind.SPLIT})

_HANDLED: Final = frozenset({StepKind.FEEDBACK, StepKind.VERIFY, StepKind.CLOSED})
_VERIFY: Final = frozenset({StepKind.VERIFY})
# From which kinds of steps an act may lead, and to which; what is not named is free.
_FROM: Final[Mapping[ActKind, frozenset[StepKind]]] = {
    ActKind.SETTLE: frozenset({StepKind.HANDLE}),
    ActKind.ACCEPT: frozenset({StepKind.ACCEPT}),
    ActKind.RESOLVE: frozenset({StepKind.RESOLVE}),
    ActKind.FEED_BACK: frozenset({StepKind.FEEDBACK}),
    ActKind.CONFIRM: _VERIFY,
    ActKind.FAIL: _VERIFY,
    ActKind.CLOSE: frozenset({StepKind.FEEDBACK, StepKind.VERIFY}),
    ActKind.REOPEN: frozenset({StepKind.CLOSED, StepKind.CANCELLED}),
}
_TO: Final[Mapping[ActKind, frozenset[StepKind]]] = {
    ActKind.SETTLE: _HANDLED,
    ActKind.CLIMB: frozenset({StepKind.HANDLE, StepKind.DISPATCH}),
    ActKind.DISPATCH: frozenset({StepKind.DISPATCH, StepKind.ACCEPT, StepKind.RESOLVE}),
    ActKind.ACCEPT: frozenset({StepKind.RESOLVE}),
    ActKind.TRANSFER: frozenset({StepKind.ACCEPT, StepKind.RESOLVE}),
    ActKind.RESOLVE: _HANDLED,
    ActKind.FEED_BACK: frozenset({StepKind.VERIFY, StepKind.CLOSED}),
    ActKind.CONFIRM: frozenset({StepKind.FEEDBACK, StepKind.CLOSED}),
    ActKind.CLOSE: frozenset({StepKind.CLOSED}),
    ActKind.CANCEL: frozenset({StepKind.CANCELLED}),
    ActKind.MERGE: frozenset({StepKind.MERGED}),
}


def check_whole(workflow: Workflow) -> None:
    """Raise InputError that names the key's path when the workflow is not whole."""
    _check_named(workflow)
    for n, rule in enumerate(workflow.acts, start=1):
        _check_act(workflow, rule, where=f"acts[{n}]")
    _check_codes(workflow)
    _check_pauses(workflow)
    _check_reached(workflow)
    _check_ends(workflow)
    _check_limits(workflow)
    _check_escalations(workflow)


def _check_named(workflow: Workflow) -> None:
    steps, levels = workflow.steps, workflow.levels
    for key in ("opens_at", "opens_unplaced_at"):
        code = getattr(workflow, key)
        if code not in steps or steps[code].kind in ENDS:
            raise InputError(f"{key} is {code!r}: name a step that is no end")
    if workflow.unknown_category not in workflow.categories:
        raise InputError(f"unknown_category is {workflow.unknown_category!r}, which is not listed")
    parties = _parties(workflow)
    for n, step in enumerate(steps.values(), start=1):
        if step.level is None:
            continue
        _check_in([step.level], levels, where=f"steps[{n}].level")
        _check_in([str(step.held_by)], parties, where=f"steps[{n}].held_by")
    for n, reason in enumerate(workflow.reasons.values(), start=1):
        if not reason.kinds & {rule.kind for rule in workflow.acts}:
            raise InputError(f"reasons[{n}].acts names no act of this workflow: leave it out")


def _check_act(workflow: Workflow, rule: ActRule, *, where: str) -> None:
    if rule.kind in _NOT_CHOSEN:
        raise InputError(f"{where}.kind is {str(rule.kind)!r}, which nobody chooses: leave it out")
    if not rule.from_steps:
        raise InputError(f"{where}.from is missing: name the steps from which it may be done")
    _check_in(rule.from_steps, workflow.steps, where=f"{where}.from")
    _check_in(sorted(rule.by), _parties(workflow), where=f"{where}.by")
    origins = frozenset(workflow.steps[one].kind for one in rule.from_steps)
    if not origins <= _FROM.get(rule.kind, _WORKING):
        raise InputError(
            f"{where}.from: {rule.kind} begins at a step of kind "
            f"{', '.join(sorted(_FROM.get(rule.kind, _WORKING)))}"
        )
    _check_target(workflow, rule, where=where)
    if not rule.by and origins & ENDS:
        raise InputError(f"{where}.by is missing: nobody holds an end, so say who may do it")
    if Need.REASON in rule.needs and not workflow.reasons_for(rule.kind):
        raise InputError(f"{where}.needs a reason, and no [[reasons]] has {rule.kind} in its acts")


def _check_target(workflow: Workflow, rule: ActRule, *, where: str) -> None:
    if (rule.to is None) != (rule.kind in _STAYING):
        hint = "leave it out: the order stays" if rule.to is not None else "name a step"
        raise InputError(f"{where}.to of {rule.kind}: {hint}")
    if rule.to is None:
        return
    _check_in([rule.to], workflow.steps, where=f"{where}.to")
    allowed = _TO.get(rule.kind, _WORKING)
    if workflow.steps[rule.to].kind not in allowed:
        raise InputError(
            f"{where}.to: {rule.kind} leads to a step of kind {', '.join(sorted(allowed))}"
        )
    if Need.DEPARTMENT in rule.needs and workflow.steps[rule.to].held_by != Party.DEPARTMENT:
        raise InputError(f"{where}.needs a department, and {rule.to} is not held by one")


def _check_codes(workflow: Workflow) -> None:
    for step, rules in workflow.acts_by_step.items():
        codes = [one.code for one in rules]
        for code in codes:
            if codes.count(code) > 1:
                raise InputError(f"acts: {code!r} stands twice at step {step}: give one a `code`")


def _check_pauses(workflow: Workflow) -> None:
    for step, rules in workflow.acts_by_step.items():
        kinds = {one.kind for one in rules}
        if (ActKind.PAUSE in kinds) != (ActKind.RESUME in kinds):
            raise InputError(f"acts: step {step} has one of pause and resume: give both or neither")


def _check_reached(workflow: Workflow) -> None:
    ways: dict[str, set[str]] = {code: set() for code in workflow.steps}
    for rule in workflow.acts:
        for code in rule.from_steps if rule.to is not None else ():
            ways[code].add(str(rule.to))
    for n, escalation in enumerate(workflow.escalations, start=1):
        _check_escalation(workflow, escalation, where=f"escalations[{n}]")
        for code in escalation.steps if escalation.to is not None else ():
            ways[code].add(str(escalation.to))
    reached = _spread([workflow.opens_at, workflow.opens_unplaced_at], lambda one: ways[one])
    for n, code in enumerate(workflow.steps, start=1):
        if code not in reached:
            raise InputError(f"steps[{n}] ({code}) is never reached: let an act lead there")


def _check_ends(workflow: Workflow) -> None:
    """Whether people can close an order from everywhere; what time does is no way out."""
    back: dict[str, set[str]] = {code: set() for code in workflow.steps}
    for rule in workflow.acts:
        if rule.to is not None:
            back[rule.to].update(rule.from_steps)
    closed = [one.code for one in workflow.steps.values() if one.kind is StepKind.CLOSED]
    if not closed:
        raise InputError("steps: none is of kind closed, so no order could be")
    leading = _spread(closed, lambda one: back[one])
    for n, step in enumerate(workflow.steps.values(), start=1):
        if step.kind not in ENDS and step.code not in leading:
            raise InputError(f"steps[{n}] ({step.code}) never leads to a closed order: give an act")


def _check_limits(workflow: Workflow) -> None:
    for n, rule in enumerate(workflow.limits, start=1):
        where = f"limits[{n}]"
        if rule.until is not Until.STEP and (rule.levels or rule.steps):
            raise InputError(f"{where}.steps, levels: a limit until {rule.until} is of the order")
        _check_in(sorted(rule.categories), workflow.categories, where=f"{where}.categories")
        _check_in(sorted(rule.levels), workflow.levels, where=f"{where}.levels")
        _check_in(sorted(rule.steps), _working_steps(workflow), where=f"{where}.steps")
    used = {
        id(workflow.limit_rule_of(until, category=category, severity=severity, step=step))
        for category, severity in product(workflow.categories, Severity)
        for until, step in _subjects(workflow)
    }
    for n, rule in enumerate(workflow.limits, start=1):
        if id(rule) not in used:
            raise InputError(f"limits[{n}] never holds: later ones hold wherever it would")


def _subjects(workflow: Workflow) -> list[tuple[Until, str | None]]:
    steps: list[tuple[Until, str | None]] = [(Until.STEP, one) for one in _working_steps(workflow)]
    return [*steps, (Until.HANDLED, None), (Until.CLOSED, None)]


def _check_escalation(workflow: Workflow, rule: EscalationRule, *, where: str) -> None:
    if not rule.steps:
        raise InputError(f"{where}.steps is missing: name the steps in which it happens")
    working = _working_steps(workflow)
    _check_in(sorted(rule.steps), working, where=f"{where}.steps")
    if rule.tells is not None:
        _check_in([rule.tells], workflow.levels, where=f"{where}.tells")
    if rule.to is None:
        return
    _check_in([rule.to], working, where=f"{where}.to")
    if workflow.steps[rule.to].held_by == Party.DEPARTMENT:
        raise InputError(f"{where}.to is held by a department, and time chooses none")


def _check_escalations(workflow: Workflow) -> None:
    moves = {
        code: {str(rule.to) for rule in rules if rule.to is not None}
        for code, rules in workflow.escalations_by_step.items()
    }
    for code, rules in workflow.escalations_by_step.items():
        if code in _spread(moves[code], lambda one: moves[one]):
            raise InputError(f"escalations lead from step {code} back to it: leave one out")
        if any(rule.to is not None for rule in rules[:-1]):
            raise InputError(
                f"escalations of step {code}: what follows one that moves never happens"
            )
        limited = [
            workflow.limit_rule_of(Until.STEP, category=category, severity=severity, step=code)
            for category, severity in product(workflow.categories, Severity)
        ]
        if rules and not any(limited):
            raise InputError(f"escalations: step {code} has no limit, so it is never overdue")


def _spread(starts: Iterable[str], ways: Callable[[str], Iterable[str]]) -> set[str]:
    found: set[str] = set()
    waiting = [*starts]
    while waiting:
        one = waiting.pop()
        if one not in found:
            found.add(one)
            waiting += ways(one)
    return found


def _parties(workflow: Workflow) -> list[str]:
    return [*dict.fromkeys([Party.GRID, *workflow.levels, Party.DEPARTMENT, Party.REPORTER])]


def _working_steps(workflow: Workflow) -> list[str]:
    return [one.code for one in workflow.steps.values() if one.kind not in ENDS]


def _check_in(named: Iterable[str], known: Iterable[str], *, where: str) -> None:
    for one in named:
        if one not in known:
            raise InputError(f"{where} names {one!r}, which is not there: use {', '.join(known)}")
