"""Whatever people and time do to an order, its events tell all of it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

from patrol.errors import InputError
from patrol.intervals import Interval
from patrol.workorders.calendar import working_time_between
from patrol.workorders.history import replay
from patrol.workorders.limits import escalate_up_to
from patrol.workorders.machine import IllegalAct, legal_acts, open_order, take
from patrol.workorders.measures import tally
from patrol.workorders.terms import Workflow
from patrol.workorders.values import ENDS, Act, ActKind, Actor, Event, OrderState, Who
from patrol.workorders.workflow import default, read_workflow
from tests.house.tree import ROOT
from tests.workorders import ANYBODY, MONDAY, WORKER, act_for, opening

EXAMPLES = [
    read_workflow((ROOT / "deploy" / "workflows" / f"{name}-levels.toml").read_text("utf-8"))
    for name in ("two", "three", "five")
]
MINUTE = timedelta(minutes=1)
PEOPLE = [
    ANYBODY,
    WORKER,
    Actor(Who("u-2"), frozenset({"street", "community"})),
    Actor(Who("u-3"), frozenset({"department"})),
    Actor(Who("u-4"), frozenset({"grid"})),
]


class Turn(NamedTuple):
    """Who does which of the legal acts after how long, and when somebody looked before."""

    who: int
    choice: int
    waits: timedelta
    looks: tuple[float, ...]


turns = st.lists(
    st.builds(
        Turn,
        who=st.integers(0, len(PEOPLE) - 1),
        choice=st.integers(0, 30),
        waits=st.integers(0, 4_000).map(lambda one: one * MINUTE),
        looks=st.tuples(st.floats(0, 1), st.floats(0, 1)).map(lambda two: tuple(sorted(two))),
    ),
    min_size=1,
    max_size=25,
)
workflows = st.sampled_from(EXAMPLES)


def play(workflow: Workflow, played: Sequence[Turn], *, looking: bool) -> list[Event]:
    """Return the events of an order to which all this happens."""
    opened = open_order(workflow, opening("lamp"), at=MONDAY)
    order, events, now = opened.order, [*opened.events], MONDAY
    for turn in played:
        if looking:
            for share in turn.looks:
                seen = escalate_up_to(workflow, order, now + turn.waits * share)
                order, events = seen.order, [*events, *seen.events]
        now += turn.waits
        # What may be done is what may be done once time has done its part.
        present = escalate_up_to(workflow, order, now).order
        actor = PEOPLE[turn.who]
        legal = [
            one for one in legal_acts(workflow, present, actor) if one.kind is not ActKind.MERGE
        ]
        if not legal:
            continue
        act = act_for(legal[turn.choice % len(legal)], present, number=turn.choice)
        taken = take(workflow, order, act, actor=actor, at=now)
        order, events = taken.order, [*events, *taken.events]
        assert order == replay(events)
    return [*events, *escalate_up_to(workflow, order, now).events]


@settings(max_examples=50)
@given(workflow=workflows, played=turns)
def test_the_events_make_the_state(workflow: Workflow, played: list[Turn]) -> None:
    events = play(workflow, played, looking=False)

    assert [one.revision for one in events] == [*range(1, len(events) + 1)]
    assert all(one.at <= other.at for one, other in pairwise(events))
    assert all(one.step == other.from_step for one, other in pairwise(events))


@settings(max_examples=50)
@given(workflow=workflows, played=turns)
def test_it_does_not_matter_when_somebody_looks(workflow: Workflow, played: list[Turn]) -> None:
    assert play(workflow, played, looking=True) == play(workflow, played, looking=False)


@settings(max_examples=40)
@given(workflow=workflows, played=turns, actor=st.sampled_from(PEOPLE))
def test_what_is_not_listed_is_refused(
    workflow: Workflow, played: list[Turn], actor: Actor
) -> None:
    events = play(workflow, played, looking=False)
    order, now = replay(events), events[-1].at
    legal = {one.code for one in legal_acts(workflow, order, actor)}
    refused = {rule.code for rule in workflow.acts} - legal

    assert all(is_refused(workflow, order, code, (actor, now)) for code in refused)


def is_refused(
    workflow: Workflow, order: OrderState, code: str, by: tuple[Actor, datetime]
) -> bool:
    """Whether an act is refused as one that is not legal."""
    actor, now = by
    try:
        take(workflow, order, Act(code=code), actor=actor, at=now)
    except IllegalAct:
        return True
    except InputError:
        return False
    return False


@settings(max_examples=50)
@given(workflow=workflows, played=turns)
def test_an_end_is_left_by_reopening_alone(workflow: Workflow, played: list[Turn]) -> None:
    events = play(workflow, played, looking=False)

    left = {after.kind for one, after in pairwise(events) if one.step_kind in ENDS}
    assert left <= {ActKind.REOPEN}


@settings(max_examples=50)
@given(workflow=workflows, played=turns)
def test_nobody_verifies_what_they_did(workflow: Workflow, played: list[Turn]) -> None:
    order: OrderState | None = None
    for n, event in enumerate(events := play(workflow, played, looking=False)):
        if event.kind in {ActKind.CONFIRM, ActKind.FAIL, ActKind.CLOSE} and order is not None:
            own = event.who.is_same(order.handled_by)
            reported = event.who.is_same(order.reporter) and event.party == "reporter"
            assert not own or (order.is_settled and reported)
        order = replay(events[: n + 1])


@settings(max_examples=50)
@given(waits=st.lists(st.integers(1, 3_000).map(lambda one: one * MINUTE), min_size=3, max_size=3))
def test_time_adds_up_over_a_pause(waits: list[timedelta]) -> None:
    """Used before, and left after a pause, are together what the limit gave."""
    workflow = replace(default(), escalations=())
    opened = open_order(workflow, opening("lamp"), at=MONDAY).order
    paused_at, resumed_at = MONDAY + waits[0], MONDAY + waits[0] + waits[1]
    stop, go = Act(code="pause", reason="waits_for_weather"), Act(code="resume")
    order = take(workflow, opened, stop, actor=ANYBODY, at=paused_at).order
    order = take(workflow, order, go, actor=ANYBODY, at=resumed_at).order

    for before, after in (
        (opened.due_at, order.due_at),
        (opened.handle_due_at, order.handle_due_at),
        (opened.close_due_at, order.close_due_at),
    ):
        assert before is not None
        assert after is not None
        calendar = workflow.calendar
        left = working_time_between(paused_at, before, calendar)
        assert working_time_between(resumed_at, after, calendar) == left
    assert order.stood == waits[1]


@settings(max_examples=50)
@given(workflow=workflows, played=turns, days=st.integers(1, 20))
def test_days_and_months_add_up(workflow: Workflow, played: list[Turn], days: int) -> None:
    """An order is opened, due to be handled and due to be closed once in its life."""
    events = play(workflow, played, looking=False)
    end = events[-1].at + timedelta(days=60)
    edges = [MONDAY - timedelta(days=1)]
    while edges[-1] < end:
        edges.append(edges[-1] + timedelta(days=days))
    found = [tally(events, Interval(*pair)) for pair in pairwise(edges)]
    counts = [one.counts for one in found if one is not None]

    assert sum(one.reports for one in counts) == 1
    assert sum(one.due_handled for one in counts) <= 1
    assert sum(one.due_closed for one in counts) <= 1
    for one in counts:
        assert one.valid_reports + one.duplicates <= one.reports
        assert one.handled_in_time <= one.due_handled
        assert one.closed <= one.due_closed
        assert max(one.self_resolved, one.reworked) <= one.handled
        assert one.self_closed <= one.valid_reports
