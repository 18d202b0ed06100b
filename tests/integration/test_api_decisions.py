"""Findings explained and decided; corrections beside what was measured; who may do which."""

from collections.abc import Iterator

import psycopg
import pytest

from api.decisions.shapes import check_text
from patrol.decisions.steps import STEPS
from tests.asking import DAY
from tests.deciding import CORRECTIONS, FINDING, FRESH, Office, office, problem

WHY = {"reason_code": "explained", "text": "seen with the workshop"}
VISIT = {
    "kind": "visit_added",
    "start_at": "2026-11-20T02:00:00Z",
    "end_at": "2026-11-20T02:20:00Z",
    "premises_id": "P2",
    "reason_code": "paper_record",
    "text": "by the list of the station",
}
# Three hours more: nobody decides that alone.
MUCH = {
    "kind": "visit_time",
    "decided_s": 19800,
    "reason_code": "terminal_fault",
    "text": "the terminal was in repair",
}


@pytest.fixture(scope="module")
def staff(shared_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with office(shared_database, tmp_path_factory.mktemp("tokens")) as made:
        yield made


@pytest.fixture
def desk(staff: Office) -> Office:
    staff.run(FRESH + FINDING)
    return staff


def explain(desk: Office, revision: int = 1) -> dict:
    return desk.say("li", "/v1/findings/1/explanation", text="tried a phone", revision=revision)


def test_a_worker_explains_and_somebody_else_decides(desk: Office) -> None:
    explained = explain(desk)
    decided = desk.say("chen", "/v1/findings/1/decision", status="dismissed", revision=2, **WHY)

    assert (explained["status"], explained["next_statuses"]) == (
        "explained", ["dismissed", "explained", "upheld"]
    )  # fmt: skip
    steps = [(one["actor"], one["from_status"], one["to_status"]) for one in decided["events"]]
    assert steps == [("li", "new", "explained"), ("chen", "explained", "dismissed")]
    assert decided["events"][1]["reason"] == "the explanation is plausible"
    (told, *_) = desk.read("chen", f"/v1/findings?from={DAY}&to={DAY}")["findings"]
    assert (told["decided_by"], told["decision_reason"]) == ("chen", WHY["text"])


def test_a_worker_explains_the_own_findings_only(desk: Office) -> None:
    answer = desk.post("wang", "/v1/findings/1/explanation", text="mine", revision=1)

    assert problem(answer) == (404, "unknown-subject")


@pytest.mark.parametrize("who", ["li", "auditor", "admin", "file"])
def test_who_has_no_role_for_it_decides_nothing(desk: Office, who: str) -> None:
    answer = desk.post(who, "/v1/findings/1/decision", status="dismissed", revision=1, **WHY)

    assert problem(answer) == (403, "not-permitted")


def test_a_finding_of_another_grid_is_not_there(desk: Office) -> None:
    answer = desk.post("east", "/v1/findings/2/decision", status="dismissed", revision=1, **WHY)

    assert problem(answer) == (404, "unknown-subject")


def test_nobody_decides_about_the_own_days(desk: Office) -> None:
    desk.run("update finding set worker_id = 'W3' where finding_id = 1")
    desk.run(
        "insert into duty_window values ('W3', 'G1', '2026-11-20', '2026-11-20 00:30Z', "
        "'2026-11-20 04:30Z') on conflict do nothing"
    )

    answer = desk.post("zhao", "/v1/findings/1/decision", status="dismissed", revision=1, **WHY)

    assert problem(answer) == (403, "another-person")


def test_of_two_who_decide_at_once_one_is_told(desk: Office) -> None:
    explain(desk)
    path = "/v1/findings/1/decision"
    both = [
        ("POST", path, {"status": status, "revision": 2, "reason_code": "other", "text": "seen"})
        for status in ("upheld", "dismissed")
    ]

    assert sorted(desk.ask.together(both, token=desk.tokens["chen"])) == [200, 409]
    history = desk.read("auditor", "/v1/findings/1/history")
    assert [one["from_status"] for one in history["events"]] == ["new", "explained"]


def test_what_was_not_explained_is_upheld_after_its_time_only(desk: Office) -> None:
    why = {"reason_code": "no_explanation", "text": "asked twice"}
    early = desk.post("chen", "/v1/findings/2/decision", status="upheld", revision=1, **why)
    desk.run("update finding set found_at = now() - interval '8 days' where finding_id = 2")
    late = desk.say("chen", "/v1/findings/2/decision", status="upheld", revision=1, **why)

    assert problem(early) == (409, "not-yet")
    assert late["status"] == "upheld"
    assert late["appeal_until"] is not None


def test_an_older_revision_is_refused(desk: Office) -> None:
    explain(desk)
    answer = desk.post("chen", "/v1/findings/1/decision", status="dismissed", revision=1, **WHY)

    assert problem(answer) == (409, "changed-meanwhile")


def test_a_reason_comes_from_the_list(desk: Office) -> None:
    answer = desk.post(
        "chen", "/v1/findings/1/decision",
        status="dismissed", revision=1, reason_code="because", text="so",
    )  # fmt: skip

    assert problem(answer) == (422, "invalid-request")
    listed = desk.read("li", "/v1/reason-codes?lang=zh")["decisions"]
    assert {one["reason_code"]: one["reason"] for one in listed[1]["codes"]}["terminal_fault"] == (
        "终端故障"
    )


@pytest.mark.parametrize("text", ["", "   ", "a\0b", "x" * 2001])
def test_a_decision_needs_words(desk: Office, text: str) -> None:
    body = {"status": "dismissed", "revision": 1, "reason_code": "explained", "text": text}

    assert desk.post("chen", "/v1/findings/1/decision", **body).status_code == 422


@pytest.mark.parametrize("text", ["\ud800", "so \udfff", "\0"])
def test_half_a_character_is_no_text(text: str) -> None:
    with pytest.raises(ValueError, match="a few words"):
        check_text(text)


def test_the_system_upholds_nothing(desk: Office) -> None:
    by_itself = (
        "update finding set status = 'upheld', decided_by = 'system', decision_reason = 'so', "
        "decided_at = now() where finding_id = 1"
    )
    by_its_worker = by_itself.replace("'system'", "'li'")

    for statement in (by_itself, by_its_worker):
        with pytest.raises(psycopg.errors.CheckViolation, match="by a person"):
            desk.run(statement)


def test_what_was_decided_is_not_changed_afterwards(desk: Office) -> None:
    explain(desk)

    for statement in ("update decision_event set actor = 'x'", "delete from decision_event"):
        with pytest.raises(psycopg.errors.CheckViolation, match="not changed"):
            desk.run(statement)


def test_database_and_rules_know_the_same_steps(desk: Office) -> None:
    with psycopg.connect(desk.dsn) as conn:
        known = conn.execute("select subject, from_status, to_status from decision_step").fetchall()

    assert set(known) == {(what.value, *step) for what, steps in STEPS.items() for step in steps}


def test_a_visit_that_is_added_stands_beside_what_was_measured(desk: Office) -> None:
    told = desk.say("chen", CORRECTIONS, revision=0, **VISIT)

    assert told["measured"]["visit_s"] == 9000
    assert told["decided"]["visit_s"] == 10200
    assert [one["status"] for one in told["corrections"]] == ["in_force"]
    (day, *_) = desk.read("chen", f"/v1/compliance?from={DAY}&to={DAY}")["days"]
    assert (day["visit_s"], day["decided_visit_s"], day["corrections"]) == (9000, 10200, 1)


def test_time_that_was_measured_already_is_not_added_twice(desk: Office) -> None:
    # Twenty of these thirty minutes are of a visit that was measured.
    span = {"start_at": "2026-11-20T01:20:00Z", "end_at": "2026-11-20T01:50:00Z"}
    told = desk.say("chen", CORRECTIONS, revision=0, **{**VISIT, **span})

    assert told["decided"]["visit_s"] == 9000 + 600


def test_a_visit_that_is_taken_away_counts_no_more(desk: Office) -> None:
    gone = {
        "kind": "visit_removed",
        "start_at": "2026-11-20T01:20:00Z",
        "end_at": "2026-11-20T01:30:00Z",
        "reason_code": "wrong_premises",
        "text": "the house next door",
    }
    told = desk.say("chen", CORRECTIONS, revision=0, **gone)

    assert told["decided"]["visit_s"] == 9000 - 600


def test_much_waits_for_a_second_person(desk: Office) -> None:
    asked = desk.say("chen", CORRECTIONS, revision=0, **MUCH)
    path = f"/v1/corrections/{asked['corrections'][0]['correction_id']}/decision"
    alone = desk.post(
        "chen", path,
        status="in_force", revision=1, reason_code="checked", text="by me",
    )  # fmt: skip
    both = desk.say(
        "ma", path,
        status="in_force", revision=1, reason_code="checked", text="called the workshop",
    )  # fmt: skip

    assert asked["corrections"][0]["status"] == "pending"
    assert asked["decided"] == asked["measured"]
    assert problem(alone) == (403, "another-person")
    assert both["decided"]["visit_s"] == 19800


def test_a_verdict_that_turns_needs_two_however_little_it_takes(desk: Office) -> None:
    desk.run(
        "update daily_compliance set visit_values = jsonb_set(visit_values, '{required_s}', '9100')"
        " , visit_verdict = 'undetermined' where worker_id = 'W1'"
    )
    told = desk.say("chen", CORRECTIONS, revision=0, **VISIT)
    desk.run(
        "update daily_compliance set visit_values = jsonb_set(visit_values, '{required_s}', '7200')"
        " , visit_verdict = 'met' where worker_id = 'W1'"
    )

    assert told["corrections"][0]["status"] == "pending"


def test_many_small_ones_are_no_way_round(desk: Office) -> None:
    later = {"start_at": "2026-11-20T03:00:00Z", "end_at": "2026-11-20T03:20:00Z"}
    first = desk.say("chen", CORRECTIONS, revision=0, **VISIT)
    told = desk.say("chen", CORRECTIONS, revision=first["revision"], **{**VISIT, **later})

    assert [one["status"] for one in told["corrections"]] == ["in_force", "pending"]


def test_of_two_corrections_at_once_one_is_told(desk: Office) -> None:
    both = [("POST", CORRECTIONS, {**VISIT, "revision": 0})] * 2

    assert sorted(desk.ask.together(both, token=desk.tokens["chen"])) == [200, 409]


def test_a_correction_is_withdrawn_by_whoever_made_it(desk: Office) -> None:
    (made,) = desk.say("chen", CORRECTIONS, revision=0, **VISIT)["corrections"]
    path = f"/v1/corrections/{made['correction_id']}"
    told = desk.say(
        "chen", f"{path}/decision",
        status="withdrawn", revision=1, reason_code="entered_wrongly", text="another day",
    )  # fmt: skip

    assert told["decided"] == told["measured"]
    history = desk.read("li", f"{path}/history")
    assert [one["to_status"] for one in history["events"]] == ["in_force", "withdrawn"]
    assert history["events"][1]["reason"] == "it was entered wrongly"


@pytest.mark.parametrize(
    "wrong",
    [
        {"end_at": "2026-11-20T05:00:00Z"},
        {"end_at": "2026-11-20T01:00:00Z"},
        {"premises_id": "P9"},
        {"premises_id": None},
        {"decided_s": 60},
        {"kind": "visit_time"},
        {"kind": "visit_time", "decided_s": 99_999, "start_at": None, "end_at": None,
         "premises_id": None},
        {"reason_code": "checked"},
        {"resident": "Zhang"},
    ],
)  # fmt: skip
def test_what_is_no_correction_is_refused(desk: Office, wrong: dict) -> None:
    answer = desk.post("chen", CORRECTIONS, **{**VISIT, "revision": 0, **wrong})

    assert problem(answer) == (422, "invalid-request")


def test_workers_read_what_was_decided_of_them_and_not_of_others(desk: Office) -> None:
    desk.say("chen", CORRECTIONS, revision=0, **VISIT)

    assert desk.read("li", "/v1/corrections")["corrections"][0]["text"] == VISIT["text"]
    assert desk.read("wang", "/v1/corrections")["corrections"] == []
    assert problem(desk.get("wang", CORRECTIONS)) == (404, "unknown-subject")
    assert desk.read("auditor", "/v1/corrections?status=in_force")["corrections"] != []


def test_every_step_is_in_the_log_of_changes_without_words(desk: Office) -> None:
    explain(desk)
    desk.say("chen", CORRECTIONS, revision=0, **VISIT)
    with psycopg.connect(desk.dsn) as conn:
        rows = conn.execute("select what, account_id, after::text from change_log").fetchall()

    assert [one[:2] for one in rows] == [("finding", "li"), ("correction", "chen")]
    assert not any("phone" in one[2] for one in rows)
