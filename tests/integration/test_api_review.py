"""What a review asked: two people who are two, readings that are written down, rules that end."""

from collections.abc import Iterator

import psycopg
import pytest

from tests.asking import DAY, bearer
from tests.deciding import CORRECTIONS, FINDING, FRESH, Office, office, problem

RANGE = f"from={DAY}&to={DAY}"
MONTH = "/v1/months/2026-11"
# All of the month that is settled is frozen by chen.
FROZEN = """
insert into frozen_month (area_id, month, frozen_by) values (null, '2026-11-01', 'chen');
insert into frozen_day (worker_id, day, freeze_id) values ('W1', '2026-11-20', 1);
"""
AT_THE_GATE = """
insert into checkpoint (checkpoint_id, grid_id, name, geometry, radius_m)
values ('C1', 'G1', 'gate', '{"type": "Point", "coordinates": [104, 30]}', 20)
on conflict do nothing;
insert into checkpoint_pass (worker_id, day, grid_id, checkpoint_id, start_at, end_at, p)
values ('W1', '2026-11-20', 'G1', 'C1', '2026-11-20 01:00Z', '2026-11-20 01:02Z', 0.9)
"""
RULE = """
insert into notice_rule (rule_id, kind, area_id, channel, target, secret, created_by)
values ('r1', 'outside', 'D1', 'email', 'desk@example.org', null, 'admin'),
       ('r2', 'outside', null, 'email', 'desk@example.org', null, 'script')
"""
IN_FORCE = "select rule_id from v1_rule_in_force order by rule_id"
THIRD = """
update account_role set granted_by = case account_id when 'ma' then 'east' else 'chen' end
 where account_id in ('ma', 'east')
"""
ASK = {"reason_code": "late_evidence", "text": "a box of terminals came back"}
AGREE = {"status": "confirmed", "revision": 1, "reason_code": "checked", "text": "seen the box"}
UPHOLD = {"status": "upheld", "reason_code": "evidence_stands", "text": "seen"}
REFUSE = {"status": "refused", "reason_code": "not_shown", "text": "no bill"}
YES = {"status": "in_force", "revision": 1, "reason_code": "checked", "text": "seen"}


@pytest.fixture(scope="module")
def staff(shared_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with office(shared_database, tmp_path_factory.mktemp("tokens")) as made:
        yield made


@pytest.fixture
def desk(staff: Office) -> Office:
    staff.run(FRESH + FINDING)
    staff.run("update account_role set granted_by = ''; truncate access_log, purpose cascade")
    return staff


def found(desk: Office, sql: str) -> list[tuple]:
    with psycopg.connect(desk.dsn) as conn:
        return conn.execute(sql.encode()).fetchall()


def propose(desk: Office, who: str = "chen") -> str:
    told = desk.say(
        who, CORRECTIONS, kind="visit_time", decided_s=0,
        reason_code="other", text="nobody was there", revision=0,
    )  # fmt: skip
    (one,) = told["corrections"]
    assert one["status"] == "pending"
    return f"/v1/corrections/{one['correction_id']}/decision"


@pytest.mark.parametrize(
    "made",
    [
        "update account_role set granted_by = 'chen' where account_id = 'ma'",
        "update account_role set granted_by = 'ma' where account_id = 'chen'",
        "insert into change_log (account_id, what, key, after) values ('chen', 'account', 'ma', '{}')",
        THIRD,
    ],
    ids=["granted", "granted the other way", "made", "by way of a third"],
)
def test_an_account_that_comes_from_the_first_is_no_second_person(desk: Office, made: str) -> None:
    path = propose(desk)
    desk.run(made)

    assert problem(desk.post("ma", path, **YES)) == (403, "another-person")
    assert desk.post("zhao", path, **YES).status_code == 200


def test_two_whom_a_third_one_made_are_two(desk: Office) -> None:
    path = propose(desk)
    desk.run("update account_role set granted_by = 'root' where account_id in ('ma', 'chen')")

    assert desk.post("ma", path, **YES).status_code == 200


def test_nobody_decides_an_appeal_against_an_account_of_the_own_making(desk: Office) -> None:
    desk.run("update finding set found_at = now() - interval '9 days'")
    desk.say("chen", "/v1/findings/1/decision", revision=1, **UPHOLD)
    desk.say("li", "/v1/appeals", about="finding", finding_id=1, text="it was the workshop")
    desk.say("ma", "/v1/appeals/1/hearing", text="told us of the workshop", revision=1)
    desk.run("update account_role set granted_by = 'ma' where account_id in ('chen', 'li')")
    linked = desk.post("ma", "/v1/appeals/1/decision", revision=2, **REFUSE)
    # That the worker's own account comes from there is no matter.
    desk.run("update account_role set granted_by = '' where account_id = 'chen'")

    assert problem(linked) == (403, "another-person")
    assert desk.post("ma", "/v1/appeals/1/decision", revision=2, **REFUSE).status_code == 200


def test_nobody_opens_a_month_with_own_days_in_it(desk: Office) -> None:
    desk.run(FROZEN)
    desk.run("insert into frozen_day values ('W3', '2026-11-20', 1)")
    own = desk.post("zhao", f"{MONTH}/unlockings", **ASK)
    asked = desk.say("chen", f"{MONTH}/unlockings", **ASK)
    decided = desk.post("zhao", f"/v1/unlockings/{asked['unlocking_id']}/decision", **AGREE)

    assert problem(own) == problem(decided) == (403, "another-person")


def test_a_month_is_not_opened_by_one_and_an_account_of_the_own_making(desk: Office) -> None:
    desk.run(FROZEN)
    desk.run("update account_role set granted_by = 'chen' where account_id = 'ma'")
    asked = desk.say("chen", f"{MONTH}/unlockings", **ASK)
    path = f"/v1/unlockings/{asked['unlocking_id']}/decision"

    assert problem(desk.post("ma", path, **AGREE)) == (403, "another-person")


def test_who_reads_the_results_of_one_worker_is_written_down(desk: Office) -> None:
    desk.read("chen", f"/v1/compliance?{RANGE}")
    desk.read("chen", f"/v1/compliance/summary?{RANGE}")
    desk.read("chen", f"/v1/compliance?{RANGE}&worker_id=W1")
    desk.read("chen", f"/v1/compliance/summary?of=worker&{RANGE}&worker_id=W1")

    once = ("chen", "compliance", "W1", DAY)
    assert found(desk, "select reader, what, worker_id, day::text from access_log") == [once, once]


def test_who_reads_times_at_checkpoints_is_written_down(desk: Office) -> None:
    desk.run(AT_THE_GATE)
    told = desk.read("chen", f"/v1/checkpoint-passes?{RANGE}")

    assert [one["worker_id"] for one in told["passes"]] == ["W1"]
    assert found(desk, "select reader, what, worker_ids from access_log") == [
        ("chen", "checkpoints", ["W1"])
    ]


def test_who_watches_says_what_for(desk: Office) -> None:
    desk.run(
        "insert into purpose (purpose_id, text_en, text_zh, legal_basis)"
        " values ('safety', 'x', 'x', 'law')"
    )
    token = bearer(desk.tokens["chen"])
    asked = {
        name: desk.ask.ask("GET", "/v1/positions/latest", token | {"Reading-Purpose": name})
        for name in ("safety", "gossip")
    }
    live = desk.ask.ask("GET", "/v1/live", token | {"Reading-Purpose": "gossip"})

    assert [asked["safety"].status_code, asked["gossip"].status_code, live.status_code] == [
        200,
        422,
        422,
    ]
    assert found(desk, "select what, purpose from access_log") == [("latest", "safety")]


def test_what_is_decided_is_counted_beside_what_was_measured(desk: Office) -> None:
    desk.say("ma", propose(desk), **YES)
    page = desk.read("chen", f"/v1/compliance/summary?{RANGE}&of=worker")
    li = {one["key"]: one for one in page["summaries"]}["W1"]

    assert (li["visits"]["met"], li["decided_visits"]["met"]) == (1, 0)
    assert li["decided_visits"]["not_met"] == 1
    assert (li["visit_s"] > 0, li["decided_visit_s"]) == (True, 0)
    assert li["presence"] == li["decided_presence"]


@pytest.mark.parametrize(
    "ended",
    [
        "update account set is_active = false where account_id = 'admin'",
        "update account_role set valid_to = now() where account_id = 'admin'",
        "update account_role set area_id = 'D2' where account_id = 'admin'",
    ],
    ids=["account closed", "role ended", "role elsewhere"],
)
def test_a_rule_ends_with_what_its_maker_may(desk: Office, ended: str) -> None:
    desk.run("delete from notice_rule")
    desk.run(RULE)
    before = found(desk, IN_FORCE)
    desk.run(ended)
    after = found(desk, IN_FORCE)
    desk.run(
        "update account set is_active = true;"
        "update account_role set valid_to = null, area_id = null where account_id = 'admin'"
    )

    assert (before, after) == ([("r1",), ("r2",)], [("r2",)])
