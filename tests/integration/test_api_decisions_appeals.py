"""Appeals: within their time, heard, decided by somebody else; and nothing puts people in order."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta

import psycopg
import pytest

from tests.asking import DAY
from tests.deciding import CORRECTIONS, FINDING, FRESH, Office, office, problem

AGAINST_DAY = {"about": "day", "day": DAY, "text": "the terminal was in repair"}
GRANT = {"status": "granted", "reason_code": "evidence_accepted", "text": "seen the bill"}
UPHOLD = {"status": "upheld", "reason_code": "evidence_stands", "text": "seen"}


@pytest.fixture(scope="module")
def staff(shared_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with office(shared_database, tmp_path_factory.mktemp("tokens")) as made:
        yield made


@pytest.fixture
def desk(staff: Office) -> Office:
    staff.run(FRESH + FINDING)
    staff.run("update finding set found_at = now() - interval '9 days'")
    return staff


def hear(desk: Office, who: str = "ma") -> None:
    desk.say(who, "/v1/appeals/1/hearing", text="told us of the workshop", revision=1)


def test_an_appeal_is_filed_heard_and_decided(desk: Office) -> None:
    filed = desk.say("li", "/v1/appeals", **AGAINST_DAY)
    hear(desk)
    decided = desk.say("ma", "/v1/appeals/1/decision", revision=2, **GRANT)

    told, deadline = (datetime.fromisoformat(filed[one]) for one in ("told_at", "deadline_at"))
    assert (filed["status"], deadline - told) == ("new", timedelta(days=95))
    assert (decided["status"], decided["decided_by"]) == ("granted", "ma")
    history = desk.read("li", "/v1/appeals/1/history")
    assert [one["to_status"] for one in history["events"]] == ["new", "heard", "granted"]


def test_who_was_not_heard_is_not_decided_about(desk: Office) -> None:
    desk.say("li", "/v1/appeals", **AGAINST_DAY)

    answer = desk.post("ma", "/v1/appeals/1/decision", revision=1, **GRANT)

    assert problem(answer) == (409, "no-such-step")


def test_after_its_time_there_is_no_appeal(desk: Office) -> None:
    desk.run("update daily_compliance set assessed_at = now() - interval '96 days'")

    assert problem(desk.post("li", "/v1/appeals", **AGAINST_DAY)) == (409, "too-late")


def test_workers_appeal_against_own_things_only(desk: Office) -> None:
    others = desk.post("wang", "/v1/appeals", about="finding", finding_id=1, text="x")
    boss = desk.post("chen", "/v1/appeals", **AGAINST_DAY)

    assert problem(others) == (404, "unknown-subject")
    assert problem(boss) == (403, "not-permitted")


def test_one_appeal_at_a_time_about_the_same(desk: Office) -> None:
    both = [("POST", "/v1/appeals", AGAINST_DAY)] * 2

    assert sorted(desk.ask.together(both, token=desk.tokens["li"])) == [200, 409]


@pytest.mark.parametrize(
    "wrong",
    [
        {"about": "day"},
        {"about": "day", "day": DAY, "finding_id": 1},
        {"about": "month", "day": DAY},
        {"about": "year", "day": DAY},
        {"about": "finding", "finding_id": 0},
    ],
)
def test_an_appeal_names_one_thing(desk: Office, wrong: dict) -> None:
    answer = desk.post("li", "/v1/appeals", text="x", **wrong)

    assert problem(answer) == (422, "invalid-request")


def test_whoever_decided_first_does_not_decide_the_appeal(desk: Office) -> None:
    desk.say("chen", "/v1/findings/1/decision", revision=1, **UPHOLD)
    desk.say("li", "/v1/appeals", about="finding", finding_id=1, text="it was the workshop")
    hear(desk, "chen")
    same = desk.post("chen", "/v1/appeals/1/decision", revision=2, **GRANT)
    other = desk.say("ma", "/v1/appeals/1/decision", revision=2, **GRANT)

    assert problem(same) == (403, "another-person")
    assert other["status"] == "granted"
    history = desk.read("li", "/v1/findings/1/history")
    assert (history["status"], history["events"][-1]["reason"]) == (
        "dismissed", "an appeal was granted"
    )  # fmt: skip


def test_a_finding_that_is_not_upheld_is_explained_and_not_appealed_against(desk: Office) -> None:
    answer = desk.post("li", "/v1/appeals", about="finding", finding_id=1, text="x")

    assert problem(answer) == (409, "no-such-step")


def test_a_correction_is_withdrawn_with_the_appeal_that_is_granted(desk: Office) -> None:
    told = desk.say(
        "chen", CORRECTIONS, kind="visit_time", decided_s=8000, reason_code="witness",
        text="seen elsewhere", revision=0,
    )  # fmt: skip
    number = told["corrections"][0]["correction_id"]
    desk.say("li", "/v1/appeals", about="correction", correction_id=number, text="I was there")
    hear(desk)
    desk.say("ma", "/v1/appeals/1/decision", revision=2, **GRANT)

    after = desk.read("li", CORRECTIONS)
    assert told["decided"]["visit_s"] == 8000
    assert after["decided"] == after["measured"]


def test_what_is_frozen_is_opened_before_an_appeal_is_granted(desk: Office) -> None:
    desk.run(
        "with f as (insert into frozen_month (month, frozen_by) values ('2026-11-01', 'chen')"
        " returning freeze_id) insert into frozen_day (worker_id, day, freeze_id)"
        " select worker_id, day, freeze_id from f, daily_compliance"
    )
    month = desk.say("li", "/v1/appeals", about="month", month="2026-11", text="too little")
    hear(desk)
    frozen = desk.post("ma", "/v1/appeals/1/decision", revision=2, **GRANT)
    desk.run("delete from frozen_day")
    by_freezer = desk.post("chen", "/v1/appeals/1/decision", revision=2, **GRANT)

    assert month["day"] == "2026-11-01"
    assert problem(frozen) == (409, "month-frozen")
    assert problem(by_freezer) == (403, "another-person")
    assert desk.say("ma", "/v1/appeals/1/decision", revision=2, **GRANT)["status"] == "granted"


def test_appeals_are_read_by_those_who_may(desk: Office) -> None:
    desk.say("li", "/v1/appeals", **AGAINST_DAY)

    readers = ("li", "chen", "east", "auditor", "wang")
    seen = {who: len(desk.read(who, "/v1/appeals")["appeals"]) for who in readers}
    assert seen == {"li": 1, "chen": 1, "east": 1, "auditor": 1, "wang": 0}


THREE = """
insert into duty_window
select 'W3', grid_id, day, start_at, end_at from duty_window where worker_id = 'W2'
on conflict do nothing;
insert into daily_compliance
select (jsonb_populate_record(c, '{"worker_id": "W3"}')).* from daily_compliance c
 where worker_id = 'W2'
on conflict do nothing;
update daily_compliance
   set visit_s = 100, inside_s = 7200, outside_s = 0, unknown_s = duty_s - 7200
"""
BETTER = """
update daily_compliance set visit_s = 9999, inside_s = 0, unknown_s = duty_s
 where worker_id = %(worker)s
"""

# Names by which people would be put in order, or paid.
NEVER = re.compile(r"rank|score|league|best|worst|pay\b|payment|salary|wage|bonus|fine\b|deduct")


def test_no_route_or_field_puts_people_in_order_or_pays_them(desk: Office) -> None:
    document = desk.ask.app.openapi()
    names = {
        *document["paths"],
        *(name for one in document["components"]["schemas"].values()
          for name in one.get("properties", {})),
        *(parameter["name"] for path in document["paths"].values() for one in path.values()
          for parameter in one.get("parameters", [])),
    }  # fmt: skip

    assert len(names) > 100
    assert sorted(name for name in names if NEVER.search(name.lower())) == []
    assert sorted(name for name in names if re.search(r"^(sort|order)(_by)?$", name)) == []


@pytest.mark.parametrize("better", ["W1", "W2", "W3"])
def test_no_list_comes_in_the_order_of_results(desk: Office, better: str) -> None:
    """Whoever of three has done most: the lists keep the order of their keys."""
    desk.run(THREE)
    with psycopg.connect(desk.dsn) as conn:
        conn.execute(BETTER, {"worker": better})
    days = desk.read("chen", f"/v1/compliance?from={DAY}&to={DAY}")["days"]

    assert [one["worker_id"] for one in days] == ["W1", "W2", "W3"]
