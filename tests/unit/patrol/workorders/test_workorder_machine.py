"""Who may do what to an order, and what it makes of it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from patrol.errors import InputError, StateError
from patrol.workorders.history import replay
from patrol.workorders.machine import IllegalAct, legal_acts, merge, open_order, take
from patrol.workorders.terms import Workflow
from patrol.workorders.transitions import Matter
from patrol.workorders.values import (
    CLOCK,
    Act,
    ActKind,
    Actor,
    Nearness,
    Need,
    Part,
    Severity,
    StepKind,
    Who,
)
from patrol.workorders.workflow import default
from tests.workorders import (
    ANYBODY,
    COMMUNITY,
    COVER,
    DISTRICT,
    HERE,
    HOUR,
    MONDAY,
    PHOTO,
    REPORTER,
    STREET,
    WATER,
    WORKER,
    Played,
    opening,
)

OTHER_ID = "019aa9f2-0000-7000-8000-000000000002"


def codes(played: Played, actor: Actor) -> list[str]:
    return [one.code for one in legal_acts(played.workflow, played.order, actor)]


def strict(workflow: Workflow | None = None) -> Workflow:
    """Return a workflow in which nobody verifies what they settled themselves."""
    workflow = workflow or default()
    return replace(workflow, verification=replace(workflow.verification, own_settled=False))


def test_a_report_opens_an_order_in_its_grid() -> None:
    order = Played().order

    assert (order.step, order.grid_id, order.reporter, order.revision) == (
        "grid",
        "G01",
        REPORTER,
        1,
    )


def test_a_report_without_a_grid_begins_elsewhere() -> None:
    taken = open_order(default(), opening(grid_id=None), at=MONDAY)

    assert taken.order.step == "district"


def test_a_category_that_is_not_listed_becomes_the_one_for_such() -> None:
    taken = open_order(default(), opening("unheard_of"), at=MONDAY)

    assert taken.order.category == "other_matter"


def test_a_severity_is_the_categorys_unless_it_is_told() -> None:
    told = open_order(default(), opening("lamp", severity=Severity.URGENT), at=MONDAY)

    assert (Played().order.severity, told.order.severity) == (Severity.NORMAL, Severity.URGENT)


def test_the_five_levels_lead_to_a_closed_order() -> None:
    played = Played().to_verifying()
    played.take("confirm", WORKER, photos=(PHOTO,), place=HERE)

    assert [one.step for one in played.events] == [
        "grid",
        "community",
        "street",
        "accepting",
        "resolving",
        "feedback",
        "verifying",
        "closed",
    ]
    assert played.order.ended_at == MONDAY


def test_whoever_stands_in_no_party_may_do_nothing() -> None:
    assert codes(Played(), WATER) == []


def test_what_is_not_legal_is_refused_with_what_is() -> None:
    played = Played()
    with pytest.raises(IllegalAct, match="legal is settle, climb, classify") as refused:
        played.take("resolve", WORKER)

    assert [one.code for one in refused.value.legal] == ["settle", "climb", "classify"]


def test_what_nobody_may_do_is_refused_as_such() -> None:
    with pytest.raises(IllegalAct, match="legal is nothing"):
        Played().take("settle", WATER)


def test_an_act_is_of_the_party_that_holds_the_step() -> None:
    played = Played()
    played.take("settle", ANYBODY, photos=(PHOTO,))

    assert played.last.party == "grid"


def test_an_act_by_others_is_of_their_party() -> None:
    played = Played()
    played.take("cancel", COMMUNITY, reason="test")

    assert (played.last.party, played.order.step_kind) == ("community", StepKind.CANCELLED)


def test_who_resolved_it_does_not_verify_it() -> None:
    played = Played().to_verifying()
    both = Actor(WATER.who, WATER.parties | WORKER.parties)

    assert codes(played, both) == []


def test_who_has_handled_it_as_a_worker_is_the_same_with_an_account() -> None:
    played = Played().to_verifying()
    played.order = replace(played.order, handled_by=Who(None, REPORTER.worker_id))

    assert codes(played, WORKER) == []


def test_reporters_verify_what_they_settled_themselves() -> None:
    played = Played()
    played.take("settle", WORKER, photos=(PHOTO,))

    assert codes(played, WORKER) == ["confirm", "fail"]
    assert legal_acts(played.workflow, played.order, WORKER)[0].party == "reporter"


def test_others_do_not_verify_what_they_settled_themselves() -> None:
    played = Played()
    played.take("settle", COVER, photos=(PHOTO,))

    assert codes(played, COVER) == []
    assert codes(played, WORKER) == ["confirm", "fail"]


def test_only_who_may_have_been_at_the_place_confirms() -> None:
    played = Played().to_verifying()

    assert "confirm" not in codes(played, DISTRICT)


def test_a_workflow_may_want_another_one_to_verify() -> None:
    played = Played(strict())
    played.take("settle", WORKER, photos=(PHOTO,))

    assert codes(played, WORKER) == []
    assert codes(played, COVER) == ["confirm", "fail"]


def test_a_department_is_named_where_one_begins() -> None:
    played = Played()
    played.take("climb", WORKER, reason="beyond_means")
    played.take("climb", COMMUNITY, reason="beyond_means")
    with pytest.raises(InputError, match="dispatch needs a department"):
        played.take("dispatch", STREET)


def test_a_department_is_needed_where_the_order_has_none() -> None:
    rules = tuple(
        replace(one, needs=frozenset()) if one.kind is ActKind.DISPATCH else one
        for one in default().acts
    )
    played = Played(replace(default(), acts=rules))
    played.take("climb", WORKER, reason="beyond_means")
    played.take("climb", COMMUNITY, reason="beyond_means")
    dispatch = next(
        one for one in legal_acts(played.workflow, played.order, STREET) if one.code == "dispatch"
    )

    assert dispatch.needs == {Need.DEPARTMENT}


def test_a_department_keeps_an_order_that_failed() -> None:
    played = Played().to_verifying()
    played.take("fail", WORKER, reason="not_done", photos=(PHOTO,))

    assert (played.order.step, played.order.department_id) == ("resolving", "water")


def test_a_department_is_left_by_returning() -> None:
    played = Played().to_department()
    played.take("return", WATER, reason="not_competent")

    assert (played.order.step, played.order.department_id) == ("district", None)


def test_an_order_is_transferred_to_another_department() -> None:
    played = Played().to_department()
    played.take("transfer", DISTRICT, department_id="power", reason="not_competent")

    assert (played.order.step, played.order.department_id) == ("accepting", "power")


def test_an_order_is_not_transferred_to_where_it_is() -> None:
    played = Played().to_department()
    with pytest.raises(InputError, match="with water already"):
        played.take("transfer", DISTRICT, department_id="water", reason="not_competent")


def test_a_failed_verification_is_rework() -> None:
    played = Played().to_verifying()
    played.take("fail", WORKER, reason="not_done", photos=(PHOTO,))

    assert (played.order.rework, played.order.handled_at, played.order.handled_by) == (
        1,
        None,
        None,
    )


def test_a_closed_order_is_only_reopened() -> None:
    played = Played().to_verifying()
    played.take("confirm", WORKER, photos=(PHOTO,))

    assert codes(played, ANYBODY) == ["reopen"]


def test_a_reopened_order_goes_on() -> None:
    played = Played().to_verifying()
    played.take("confirm", WORKER, photos=(PHOTO,))
    played.take("reopen", STREET, reason="again_wrong")

    assert (played.order.step, played.order.ended_at, played.order.rework) == ("street", None, 1)
    assert played.order.department_id is None


def test_while_the_clock_stands_it_can_only_go_on_or_be_cancelled() -> None:
    played = Played()
    played.take("pause", STREET, reason="waits_for_weather")

    assert codes(played, ANYBODY) == ["resume", "cancel"]


def test_what_does_not_stand_does_not_go_on() -> None:
    assert "resume" not in codes(Played(), ANYBODY)


def test_a_paused_order_that_is_cancelled_stands_no_more() -> None:
    played = Played()
    played.take("pause", STREET, reason="waits_for_weather")
    played.wait(HOUR).take("cancel", STREET, reason="test")

    assert (played.order.paused_at, played.order.stood) == (None, HOUR)


def test_a_matter_is_classified_anew() -> None:
    played = Played()
    played.take("classify", WORKER, category="manhole")

    assert (played.order.category, played.order.severity) == ("manhole", Severity.HIGH)


def test_a_severity_is_corrected_alone() -> None:
    played = Played()
    played.take("classify", WORKER, severity=Severity.LOW)

    assert (played.order.category, played.order.severity) == ("lamp", Severity.LOW)


def test_a_grid_is_corrected() -> None:
    played = Played()
    played.take("classify", WORKER, grid_id="G02")

    assert (played.order.grid_id, played.order.severity) == ("G02", Severity.NORMAL)


def test_a_part_is_an_order_of_its_own() -> None:
    played = Played()
    played.take("climb", WORKER, reason="beyond_means")
    taken = played.take("split", COMMUNITY, part=Part(OTHER_ID, "manhole"))

    assert taken.part is not None
    part = taken.part.order
    assert (part.split_from, part.step, part.category, part.severity, part.revision) == (
        played.order.order_id,
        "community",
        "manhole",
        Severity.HIGH,
        1,
    )
    assert (part.reporter, part.place, played.last.other_id) == (REPORTER, HERE, OTHER_ID)
    assert taken.part.events[0].who == COMMUNITY.who


def test_a_part_has_a_severity_of_its_own() -> None:
    played = Played()
    played.take("climb", WORKER, reason="beyond_means")
    taken = played.take("split", COMMUNITY, part=Part(OTHER_ID, "manhole", Severity.LOW))

    assert taken.part is not None
    assert taken.part.order.severity is Severity.LOW


def merged(played: Played, into: Played, actor: Actor = COMMUNITY) -> None:
    matters = Matter(played.workflow, played.order), Matter(into.workflow, into.order)
    found = merge(*matters, Act(code="merge"), actor=actor, at=played.at)
    played.order, into.order = found.order.order, found.into.order
    played.events += found.order.events
    into.events += found.into.events


def another(**others: object) -> Played:
    """Return an order of another report."""
    found = Played()
    taken = open_order(found.workflow, opening(order_id=OTHER_ID, **others), at=MONDAY)
    found.order, found.events = taken.order, [*taken.events]
    return found


def test_a_duplicate_is_merged_and_both_say_so() -> None:
    played, into = Played(), another()
    merged(played, into)

    assert (played.order.merged_into, played.order.step_kind) == (OTHER_ID, StepKind.MERGED)
    assert (into.last.kind, into.last.other_id) == (ActKind.ABSORB, played.order.order_id)
    assert replay(into.events) == into.order


def test_what_absorbs_goes_on_as_it_was() -> None:
    played, into = Played(), another()
    before = into.order
    merged(played, into)

    assert (into.order.step, into.order.due_at) == (before.step, before.due_at)


def test_nothing_is_merged_into_itself() -> None:
    played = Played()
    with pytest.raises(InputError, match="into itself"):
        merged(played, played)


def test_nothing_is_merged_into_what_was_merged() -> None:
    played, into = Played(), another()
    merged(into, played)
    with pytest.raises(InputError, match=f"it was merged into {played.order.order_id}"):
        merged(played, into)


def test_nothing_is_merged_into_what_is_cancelled() -> None:
    played, into = Played(), another()
    into.take("cancel", COMMUNITY, reason="test")
    with pytest.raises(InputError, match="name one that is open"):
        merged(played, into)


def test_who_may_not_merge_does_not() -> None:
    with pytest.raises(IllegalAct):
        merged(Played(), another(), WORKER)


def test_merging_is_about_two_orders() -> None:
    with pytest.raises(InputError, match="name the order into which"):
        Played().take("merge", COMMUNITY)


def test_what_does_not_merge_is_not_merged() -> None:
    played, into = Played(), another()
    matters = Matter(played.workflow, played.order), Matter(into.workflow, into.order)
    with pytest.raises(InputError, match="settle does not merge"):
        merge(*matters, Act(code="settle"), actor=WORKER, at=MONDAY)


@pytest.mark.parametrize(
    ("code", "given", "lacks"),
    [
        ("settle", {}, "settle needs a photo"),
        ("settle", {"photos": ("x",)}, "not a SHA-256"),
        ("settle", {"photos": (PHOTO,) * 11}, "11 photos: at most 10"),
        ("climb", {}, "climb needs a reason: one of beyond_means, not_competent"),
        ("climb", {"reason": "test"}, "reason 'test' is none of climb"),
        ("settle", {"photos": (PHOTO,), "reason": "test"}, "it has none"),
        ("settle", {"photos": (PHOTO,), "department_id": "water"}, "takes no department"),
        ("settle", {"photos": (PHOTO,), "category": "lamp"}, "classify does"),
        ("settle", {"photos": (PHOTO,), "part": Part(OTHER_ID, "lamp")}, "takes no part"),
        ("settle", {"photos": (PHOTO,), "text": "x" * 501}, "at most 500"),
        ("classify", {}, "needs a category, a severity or a grid"),
        ("classify", {"category": "people"}, "'people' is not in the list"),
    ],
)
def test_an_act_without_what_it_needs_is_refused(
    code: str, given: dict[str, object], lacks: str
) -> None:
    with pytest.raises(InputError, match=lacks):
        Played().take(code, WORKER, **given)


@pytest.mark.parametrize(
    ("part", "lacks"),
    [
        (None, "split needs part"),
        (Part("019aa9f2-0000-7000-8000-000000000001", "lamp"), "a new order_id"),
        (Part(OTHER_ID, "people"), "not in the list"),
    ],
)
def test_a_split_without_what_it_needs_is_refused(part: Part | None, lacks: str) -> None:
    played = Played()
    played.take("climb", WORKER, reason="beyond_means")
    with pytest.raises(InputError, match=lacks):
        played.take("split", COMMUNITY, part=part)


def test_a_text_is_needed_where_something_was_done() -> None:
    played = Played().to_department()
    with pytest.raises(InputError, match="resolve needs a text"):
        played.take("resolve", WATER, photos=(PHOTO,))


def test_a_department_has_an_id() -> None:
    played = Played().to_department()
    with pytest.raises(InputError, match="department_id 'water works' is not an id"):
        played.take("transfer", DISTRICT, department_id="water works", reason="not_competent")


def test_an_order_keeps_its_version_of_the_workflow() -> None:
    newer = replace(default(), version=2)
    with pytest.raises(StateError, match="is of workflow 1, not of 2"):
        legal_acts(newer, Played().order, WORKER)


def test_the_time_of_an_order_does_not_run_backwards() -> None:
    played = Played()
    played.wait(-HOUR).take("settle", WORKER, photos=(PHOTO,))

    assert played.last.at == MONDAY


def test_how_near_somebody_was_is_noted() -> None:
    played = Played()
    played.take("settle", WORKER, photos=(PHOTO,), place=HERE)

    assert (played.last.distance_m, played.last.nearness) == (0, Nearness.NEAR)


def test_nothing_is_noted_of_who_told_no_place() -> None:
    played = Played()
    played.take("settle", WORKER, photos=(PHOTO,))

    assert (played.last.distance_m, played.last.nearness) == (None, None)


def test_who_handled_it_is_kept() -> None:
    played = Played()
    played.take("settle", WORKER, photos=(PHOTO,))

    assert (played.order.handled_by, played.order.is_settled) == (REPORTER, True)


def test_nobody_is_the_same_as_nobody() -> None:
    assert not CLOCK.is_same(CLOCK)
    assert not REPORTER.is_same(None)


def test_taking_applies_what_time_did_before() -> None:
    played = Played().wait(timedelta(days=30))
    with pytest.raises(IllegalAct, match="at step district"):
        take(played.workflow, played.order, Act(code="settle"), actor=WORKER, at=played.at)
