"""What truly becomes of a reported matter: where it is, until when, and what time does to it."""

from dataclasses import dataclass, field
from typing import NamedTuple

from simulator.loops.truth.facts import (
    ENDS,
    ESCALATIONS,
    LEADS,
    WITHOUT_DEPARTMENT,
    Escalation,
    Limit,
    close_limit,
    handle_limit,
    step_limit,
)
from simulator.loops.truth.hours import HOUR_S, Hours


class Happened(NamedTuple):
    """One line of a matter's story: when, what, and where it was afterwards."""

    at_s: int
    what: str
    step: str


class Stand(NamedTuple):
    """How a matter stood from a moment on, as far as it matters for what is due."""

    since_s: int
    handle_due_s: int
    close_due_s: int
    step: str
    is_paused: bool
    is_handled: bool


@dataclass(slots=True, kw_only=True)
class Matter:
    """A matter as it truly is at a moment; moments are seconds since 1970."""

    order_id: str
    grid_id: str | None
    category: str
    severity: str
    step: str
    opened_at_s: int
    entered_at_s: int = 0
    stood_s: int = 0
    report_id: str | None = None
    department_id: str | None = None
    reporter: str = ""
    due_s: int = 0
    handle_due_s: int = 0
    close_due_s: int = 0
    paused_at_s: int | None = None
    handled_at_s: int | None = None
    handled_by: str | None = None
    was_handled: bool = False
    was_settled: bool = False
    ended_at_s: int | None = None
    rework: int = 0
    escalated: int = 0
    hands: set[str] = field(default_factory=set)
    story: list[Happened] = field(default_factory=list)
    stands: list[Stand] = field(default_factory=list)

    @property
    def changed_at_s(self) -> int:
        """When the last thing happened to it."""
        return self.story[-1].at_s


class Course:
    """The rules by which matters go on, over the working hours of the city."""

    def __init__(self, hours: Hours) -> None:
        self.hours = hours

    def open(self, matter: Matter, at_s: int) -> Matter:
        """Begin a matter in its step."""
        matter.entered_at_s = at_s
        matter.handle_due_s = handle_limit(matter.severity).after(at_s, self.hours)
        matter.close_due_s = close_limit(matter.severity).after(at_s, self.hours)
        self._set_due(matter, at_s)
        _note(matter, at_s, "open")
        return matter

    def next_escalation(self, matter: Matter) -> tuple[int, Escalation] | None:
        """Return when time does something to it next, and what."""
        if matter.step in ENDS or matter.paused_at_s is not None:
            return None
        rules = ESCALATIONS[matter.step]
        if matter.escalated >= len(rules):
            return None
        rule = rules[matter.escalated]
        at_s = self.hours.after(matter.due_s, rule.after_hours * HOUR_S)
        return max(at_s, matter.changed_at_s), rule

    def escalate(self, matter: Matter, at_s: int, rule: Escalation) -> None:
        """Let time do it."""
        if rule.to is None:
            matter.escalated += 1
            _note(matter, at_s, "escalate")
        else:
            self._go(matter, at_s, what="escalate", to=rule.to)

    def act(
        self, matter: Matter, at_s: int, what: str, *, who: str, department_id: str | None = None
    ) -> None:
        """Let somebody do something that leads on."""
        to = LEADS[what][matter.step]
        if what in ("settle", "resolve"):
            matter.handled_at_s, matter.handled_by = at_s, who
            matter.was_handled, matter.was_settled = True, what == "settle"
        elif what in ("fail", "reopen"):
            matter.handled_at_s = matter.handled_by = None
            matter.rework += 1
        self._go(matter, at_s, what=what, to=to, department_id=department_id)

    def pause(self, matter: Matter, at_s: int) -> None:
        """Let its clock stand."""
        matter.paused_at_s = at_s
        _note(matter, at_s, "pause")

    def resume(self, matter: Matter, at_s: int) -> None:
        """Let its clock run: what was left is left."""
        since_s, severity = matter.paused_at_s, matter.severity
        if since_s is None:
            raise ValueError("its clock runs")
        matter.paused_at_s = None
        matter.stood_s += at_s - since_s

        def moved(due_s: int, limit: Limit) -> int:
            if not limit.is_working:
                return at_s + due_s - since_s
            left_s = self.hours.worked(due_s) - self.hours.worked(since_s)
            return self.hours.after(at_s, left_s)

        matter.due_s = moved(matter.due_s, step_limit(matter.step, severity))
        matter.handle_due_s = moved(matter.handle_due_s, handle_limit(severity))
        matter.close_due_s = moved(matter.close_due_s, close_limit(severity))
        _note(matter, at_s, "resume")

    def classify(self, matter: Matter, at_s: int, *, category: str, severity: str) -> None:
        """Say what it is truly about; what time was used stays used."""
        old, step = matter.severity, matter.step
        matter.category, matter.severity = category, severity

        def changed(due_s: int, since_s: int, *, before: Limit, after: Limit) -> int:
            if before.is_working == after.is_working:
                more_s = after.length_s - before.length_s
                return Limit(more_s, after.is_working).after(due_s, self.hours)
            # Measured otherwise: from the same beginning, without the time that it stood.
            return after.after(min(since_s + matter.stood_s, at_s), self.hours)

        matter.due_s = changed(
            matter.due_s,
            matter.entered_at_s,
            before=step_limit(step, old),
            after=step_limit(step, severity),
        )
        matter.handle_due_s = changed(
            matter.handle_due_s,
            matter.opened_at_s,
            before=handle_limit(old),
            after=handle_limit(severity),
        )
        matter.close_due_s = changed(
            matter.close_due_s,
            matter.opened_at_s,
            before=close_limit(old),
            after=close_limit(severity),
        )
        _note(matter, at_s, "classify")

    def stay(self, matter: Matter, at_s: int, what: str) -> None:
        """Note what leaves it as it is."""
        _note(matter, at_s, what)

    def _go(
        self, matter: Matter, at_s: int, *, what: str, to: str, department_id: str | None = None
    ) -> None:
        matter.step, matter.escalated = to, 0
        if matter.paused_at_s is not None:
            matter.stood_s += at_s - matter.paused_at_s
            matter.paused_at_s = None
        kept = None if to in WITHOUT_DEPARTMENT else matter.department_id
        matter.department_id = department_id or kept
        matter.entered_at_s = at_s
        matter.ended_at_s = at_s if to in ENDS else None
        self._set_due(matter, at_s)
        _note(matter, at_s, what)

    def _set_due(self, matter: Matter, at_s: int) -> None:
        if matter.step not in ENDS:
            matter.due_s = step_limit(matter.step, matter.severity).after(at_s, self.hours)


def _note(matter: Matter, at_s: int, what: str) -> None:
    matter.story.append(Happened(at_s, what, matter.step))
    matter.stands.append(
        Stand(
            at_s,
            matter.handle_due_s,
            matter.close_due_s,
            step=matter.step,
            is_paused=matter.paused_at_s is not None,
            is_handled=matter.handled_at_s is not None,
        )
    )
