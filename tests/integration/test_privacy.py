"""What people may know and ask for: purposes, retention, the copy of all that is kept, erasure."""

import io
import json
import zipfile
from collections.abc import Iterator

import psycopg
import pytest

from ingest.keeping.keep import Keeper
from ingest.keeping.settings import KeepingSettings
from runtime.cli import run as patrol
from tests.deciding import FINDING, FRESH, Office, office, problem
from tests.district import SHANGHAI

PURPOSE = {
    "text_en": "to show that homes were visited",
    "text_zh": "核实入户走访",
    "legal_basis": "contract",
}


LEFT = """
update assignment set valid_to = '2026-11-22Z' where worker_id = 'W1' and valid_to is null;
delete from dirty_day
"""


@pytest.fixture(scope="module")
def staff(shared_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with office(shared_database, tmp_path_factory.mktemp("tokens")) as made:
        yield made


@pytest.fixture
def desk(staff: Office) -> Office:
    staff.run(FRESH + FINDING)
    staff.run("truncate purpose, retention, legal_hold, erasure restart identity cascade")
    return staff


def export(desk: Office, who: str) -> dict[str, list[dict]]:
    answer = desk.get(who, "/v1/me/export")
    assert answer.status_code == 200, answer.text
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        return {
            name.removesuffix(".json"): json.loads(archive.read(name))
            for name in archive.namelist()
            if name.endswith(".json")
        }


def test_purposes_are_registered_once_and_told_to_everybody(desk: Office) -> None:
    put = {"method": "PUT", "path": "/v1/purposes/visits", "token": desk.tokens["admin"]}
    made = desk.ask.send(body={**PURPOSE, "revision": 0}, **put)
    again = desk.ask.send(body={**PURPOSE, "revision": 0}, **put)
    changed = desk.ask.send(body={**PURPOSE, "legal_basis": "law", "revision": 1}, **put)

    assert made.status_code == changed.status_code == 200
    assert problem(again) == (409, "changed-meanwhile")
    for who in ("li", "chen", "auditor", "file"):
        (told,) = desk.read(who, "/v1/purposes?lang=zh")["purposes"]
        assert (told["text"], told["legal_basis"]) == ("核实入户走访", "law")


def test_only_who_keeps_the_house_registers_purposes(desk: Office) -> None:
    path, token = "/v1/purposes/visits", desk.tokens["chen"]

    assert problem(desk.ask.send("PUT", path, {**PURPOSE, "revision": 0}, token=token)) == (
        403, "not-permitted",
    )  # fmt: skip


def test_a_worker_gets_all_that_is_kept_and_nothing_of_others(desk: Office) -> None:
    desk.say("li", "/v1/findings/1/explanation", text="tried a phone", revision=1)
    desk.run(
        "insert into outbox_seq (terminal_id, outbox, heard, off_duty, heard_at)"
        " values ('T1', 'o1', '{[1,101)}', '{[90,101)}', now()) on conflict do nothing"
    )
    kinds = export(desk, "li")

    assert len(kinds) >= 20
    assert kinds["worker"] == [{"worker_id": "W1", "name": "Li Na"}]
    assert len(kinds["tracks"]) == 6
    assert (kinds["findings"][0]["explanation"], len(kinds["decisions"])) == ("tried a phone", 1)
    (t1,) = (one for one in kinds["terminals"] if one["terminal_id"] == "T1")
    assert (t1["off_duty"], t1["stored"]) == (11, 89)
    others = {one["worker_id"] for rows in kinds.values() for one in rows if "worker_id" in one}
    assert others == {"W1"}
    assert not any("password" in name for one in kinds["account"] for name in one)


def test_a_copy_is_in_the_access_log_that_its_owner_reads(desk: Office) -> None:
    desk.run("delete from access_log")
    export(desk, "wang")

    (logged,) = export(desk, "wang")["access_log"][:1]
    assert (logged["reader"], logged["what"]) == ("wang", "export")


def test_what_somebody_reads_for_is_told_to_the_worker(desk: Office) -> None:
    desk.run("delete from access_log")
    put = ("PUT", "/v1/purposes/visits", {**PURPOSE, "revision": 0})
    desk.ask.send(*put, token=desk.tokens["admin"])
    day = "/v1/workers/W1/days/2026-11-20/track"
    headers = {"Authorization": f"Bearer {desk.tokens['chen']}", "Reading-Purpose": "visits"}
    read = desk.ask.ask("GET", day, headers)
    curious = desk.ask.ask("GET", day, {**headers, "Reading-Purpose": "curiosity"})

    assert (read.status_code, problem(curious)) == (200, (422, "invalid-request"))
    (logged,) = desk.read("li", "/v1/access-log")["accesses"]
    assert (logged["reader"], logged["purpose"]) == ("chen", "visits")


@pytest.mark.parametrize("who", ["chen", "auditor", "admin", "file"])
def test_nobody_else_gets_a_copy(desk: Office, who: str) -> None:
    assert problem(desk.get(who, "/v1/me/export")) == (403, "not-permitted")


def test_a_hold_is_placed_and_ended(desk: Office) -> None:
    hold = desk.say("admin", "/v1/holds", worker_id="W3", reason="case 17", until="2999-01-01")
    ended = desk.say(
        "root", f"/v1/holds/{hold['hold_id']}/end", until="2026-01-01", text="case closed"
    )

    assert (hold["placed_by"], ended["until"]) == ("admin", "2026-01-01")
    assert problem(desk.get("chen", "/v1/holds")) == (403, "not-permitted")
    with psycopg.connect(desk.dsn) as conn:
        reasons = conn.execute("select reason from change_log order by change_id").fetchall()
    assert reasons == [("case 17",), ("case closed",)]


def test_erasure_takes_two_administrators(desk: Office) -> None:
    asked = desk.say("admin", "/v1/erasures", worker_id="W3", text="left in October")
    path = f"/v1/erasures/{asked['erasure_id']}/decision"
    yes = {"status": "confirmed", "text": "seen", "revision": 1}
    alone = desk.post("admin", path, **yes)
    twice = desk.post("root", "/v1/erasures", worker_id="W3", text="again")
    both = desk.say("root", path, **yes)

    assert problem(alone) == (403, "another-person")
    assert problem(twice) == (409, "no-such-step")
    assert (both["status"], both["decided_by"]) == ("confirmed", "root")
    assert problem(desk.post("root", path, **yes)) == (409, "changed-meanwhile")
    assert problem(desk.post("admin", "/v1/erasures", worker_id="W9", text="x")) == (
        404, "unknown-worker",
    )  # fmt: skip


def keep(dsn: str, **days: int):
    with psycopg.connect(dsn, autocommit=True) as conn:
        return Keeper(settings=KeepingSettings(**days), zone=SHANGHAI).keep(conn)


def test_what_was_enforced_is_told(desk: Office) -> None:
    before = desk.read("li", "/v1/retention")
    keep(desk.dsn, positions_days=3000, results_days=3000)
    kinds = {one["kind"]: one["days"] for one in desk.read("li", "/v1/retention")["kinds"]}

    assert before == {"kinds": []}
    assert (kinds["positions"], kinds["visits"], kinds["month_totals"]) == (3000, 3000, 1826)


@pytest.fixture
def left(database: str, tmp_path) -> Iterator[Office]:
    """Give a database in which Li has left: no terminal any more, and no duty to come."""
    with office(database, tmp_path) as made:
        made.run(FINDING)
        made.run(LEFT)
        yield made


def counts(dsn: str) -> dict[str, int]:
    tables = ("position", "daily_compliance", "home_visit", "finding", "duty_window", "month_total")
    with psycopg.connect(dsn) as conn:
        return {
            one: conn.execute(f"select count(*) from {one}").fetchone()[0]  # noqa: S608 - as above
            for one in tables
        }


def erase(capsys: pytest.CaptureFixture[str], worker: str = "W1") -> tuple[int, dict]:
    code = patrol(["ingest", "erase-worker", worker, "--confirm", worker])
    return code, json.loads(capsys.readouterr().out.splitlines()[-1])


@pytest.fixture(autouse=True)
def quiet(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if "left" in request.fixturenames:
        monkeypatch.setenv("PATROL_DATABASE_DSN", request.getfixturevalue("database"))


def test_who_has_left_is_erased_and_others_are_not(
    left: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    code, told = erase(capsys)
    again, nothing = erase(capsys)

    assert (code, again, nothing["gone"]) == (0, 0, {})
    # One fix of T2 at six is Wang's, and nobody carried T3.
    assert counts(left.dsn) == {
        "position": 2, "daily_compliance": 1, "home_visit": 0, "finding": 1, "duty_window": 1,
        "month_total": 1,
    }  # fmt: skip
    with psycopg.connect(left.dsn) as conn:
        names = conn.execute("select worker_id, name from worker order by 1").fetchall()
    assert names[:2] == [("W1", "erased"), ("W2", "Wang Wei")]
    assert left.get("li", "/v1/findings").status_code == 401
    assert any("totals" in one for one in told["stays"])


def test_nobody_is_erased_who_is_still_here(
    left: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    code = patrol(["ingest", "erase-worker", "W2", "--confirm", "W2"])
    wrong = patrol(["ingest", "erase-worker", "W1", "--confirm", "W2"])

    assert (code, wrong) == (65, 65)
    assert "has not left" in capsys.readouterr().err
    assert counts(left.dsn)["daily_compliance"] == 2


@pytest.mark.parametrize(
    "held",
    [
        (
            "insert into legal_hold (worker_id, reason, until, placed_by)"
            " values ('W1', 'case 17', '2999-01-01', 'admin')"
        ),
        (
            "insert into appeal (worker_id, about, day, text, status, told_at, deadline_at)"
            " values ('W1', 'day', '2026-11-20', 'no', 'new', now(), now())"
        ),
    ],
)
def test_what_is_held_stays_whole(
    left: Office, capsys: pytest.CaptureFixture[str], held: str
) -> None:
    left.run(held)
    capsys.readouterr()
    before = counts(left.dsn)
    code, told = erase(capsys)

    assert (code, told["is_held"], counts(left.dsn)) == (69, True, before)
    assert told["stays"][0].startswith("everything: ")


def test_frozen_days_stay_and_their_statements_hold(
    left: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    left.run(
        "with f as (insert into frozen_month (month, frozen_by) values ('2026-11-01', 'chen')"
        " returning freeze_id) insert into frozen_day (worker_id, day, freeze_id)"
        " select worker_id, day, freeze_id from f, daily_compliance"
    )
    keep(left.dsn, positions_days=3000)
    capsys.readouterr()
    _, told = erase(capsys)
    verified = patrol(["ingest", "verify"])

    assert "1 worker-days of 2026-11: the month is frozen" in told["stays"][0]
    assert counts(left.dsn)["home_visit"] == 2
    assert (verified, "all of it holds" in capsys.readouterr().out) == (0, True)


def test_an_erasure_that_two_confirmed_is_carried_out_by_keeping(left: Office) -> None:
    asked = left.say("admin", "/v1/erasures", worker_id="W1", text="left")
    left.say(
        "root", f"/v1/erasures/{asked['erasure_id']}/decision",
        status="confirmed", text="seen", revision=1,
    )  # fmt: skip
    kept = keep(left.dsn, positions_days=3000)
    (done,) = left.read("admin", "/v1/erasures")["erasures"]

    assert (kept.erased_workers, done["status"]) == (1, "done")
    assert done["report"]["gone"]["daily_compliances"] == 1


def test_results_go_by_whole_months_and_leave_their_totals(left: Office) -> None:
    left.run(
        "update daily_compliance set day = day - 730; update home_visit set day = day - 730;"
        "update finding set day = day - 730; delete from position"
    )
    left.run(
        "insert into legal_hold (worker_id, reason, until, placed_by)"
        " values ('W2', 'case 17', '2999-01-01', 'admin')"
    )
    kept = keep(left.dsn)
    with psycopg.connect(left.dsn) as conn:
        totals = conn.execute(
            "select worker_id, month::text, days, visit_s, visits_met from month_total"
        ).fetchall()
        stays = conn.execute("select worker_id from daily_compliance").fetchall()

    assert totals == [("W1", "2024-11-01", 1, 9000, 1)]
    assert stays == [("W2",)]
    assert kept.dropped_results > 0


NOTICES = """
insert into notice (kind, occasion, worker_id, began_at, found_at)
values ('outside', 'of li', 'W1', now(), now() - interval '{days} days'),
       ('outside', 'of wang', 'W2', now(), now());
"""


def test_a_copy_has_the_own_notices(desk: Office) -> None:
    desk.run("truncate notice cascade;" + NOTICES.format(days=1))

    assert [one["worker_id"] for one in export(desk, "li")["notices"]] == ["W1"]


def test_notices_go_in_their_time(desk: Office) -> None:
    desk.run("truncate notice cascade;" + NOTICES.format(days=20))
    keep(desk.dsn, positions_days=3000, results_days=3000, notices_days=15)
    kinds = {one["kind"]: one["days"] for one in desk.read("li", "/v1/retention")["kinds"]}
    with psycopg.connect(desk.dsn) as conn:
        left = conn.execute("select worker_id from notice").fetchall()

    assert (left, kinds["notices"]) == ([("W2",)], 15)


def test_who_is_erased_is_in_no_notice_rule_or_log_of_accounts(
    left: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    left.run(NOTICES.format(days=1))
    left.run(
        "insert into change_log (account_id, what, key, after)"
        """ values ('admin', 'account', 'li', '{"name": "Li Na"}');"""
        "update notice set seen_by = 'li', seen_at = now() where worker_id = 'W2';"
        "insert into notice_rule (rule_id, kind, channel, target, created_by)"
        " values ('own', 'sos', 'email', 'li@example.org', 'li')"
    )
    erase(capsys)
    with psycopg.connect(left.dsn) as conn:
        log = conn.execute("select after from change_log where what = 'account'").fetchall()
        notices = conn.execute("select worker_id, seen_by from notice").fetchall()
        rules = conn.execute("select created_by, is_active from notice_rule").fetchall()

    assert (log, notices, rules) == ([(None,)], [("W2", "erased")], [("erased", False)])
