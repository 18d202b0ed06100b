"""Acts on work orders: two at once, none by half, many together; and what administrators set."""

import json
import threading
from collections.abc import Iterator
from datetime import timedelta

import psycopg
import pytest

from ingest.erasure.erasing import erase_worker
from ingest.orders.checking import check_orders, rebuild_order
from patrol.workorders.workflow import DEFAULT_TEXT, default
from runtime.cli import run as patrol
from runtime.clock import utc_now
from runtime.workorders.acting import escalate_due
from runtime.workorders.workflows import Versions
from tests.asking import asking, execute
from tests.orders import PHOTO, Hands, opened, people, revision_of, row_of

WHY = {"reason_code": "beyond_means"}
DONE = {"photos": [PHOTO]}


@pytest.fixture(scope="module")
def hands(shared_database: str) -> Iterator[Hands]:
    tokens = people(shared_database)
    with asking(shared_database, None) as ask:
        yield Hands(shared_database, ask, tokens)


@pytest.fixture
def lamp(hands: Hands) -> str:
    return opened(hands.dsn)


def acts(lamp: str) -> str:
    return f"/v1/orders/{lamp}/acts"


def events_of(dsn: str, order_id: str) -> list[str]:
    with psycopg.connect(dsn) as conn:
        sql = "select act from work_order_event where order_id = %s order by revision"
        return [act for (act,) in conn.execute(sql, (order_id,))]


def test_of_two_who_act_at_once_exactly_one_does(hands: Hands) -> None:
    for _ in range(5):
        lamp = opened(hands.dsn)
        climb = ("POST", acts(lamp), {"act": "climb", "revision": 1, **WHY})
        settle = ("POST", acts(lamp), {"act": "settle", "revision": 1, **DONE})

        found = hands.ask.together([climb, settle, climb], token=hands.tokens["li"])

        assert sorted(found) == [200, 409, 409]
        assert len(events_of(hands.dsn, lamp)) == revision_of(hands.dsn, lamp) == 2


def test_who_comes_second_is_told_what_is_there(hands: Hands, lamp: str) -> None:
    hands.act("li", lamp, "climb", **WHY)
    late = hands.ask.send(
        "POST", acts(lamp), {"act": "settle", "revision": 1, **DONE}, token=hands.tokens["g1"]
    )

    assert late.status_code == 409
    assert late.json()["type"].endswith(":changed-meanwhile")
    assert late.json()["revision"] == 2


def test_what_is_not_legal_is_refused_with_what_would_be(hands: Hands, lamp: str) -> None:
    answer = hands.try_to("li", lamp, "accept")

    assert answer.status_code == 409
    assert answer.json()["type"].endswith(":illegal-act")
    assert set(answer.json()["legal"]) >= {"settle", "climb"}
    assert revision_of(hands.dsn, lamp) == 1


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"reason_code": "no_such_reason"},
        {**WHY, "text": "x" * 501},
        {**WHY, "department_id": "LIGHTS"},
        {**WHY, "photos": ["not-a-digest"]},
        {**WHY, "name_of_resident": "somebody"},
        {**WHY, "grid_id": "G2"},
    ],
)
def test_what_an_act_lacks_or_does_not_take_is_told(hands: Hands, lamp: str, given: dict) -> None:
    answer = hands.try_to("li", lamp, "climb", **given)

    assert answer.status_code == 422
    assert revision_of(hands.dsn, lamp) == 1


def test_an_act_names_the_revision_that_was_read(hands: Hands, lamp: str) -> None:
    without = hands.ask.send("POST", acts(lamp), {"act": "climb", **WHY}, token=hands.tokens["li"])
    tag = hands.get("li", f"/v1/orders/{lamp}").headers["ETag"]

    assert without.status_code == 422
    assert tag == '"1"'


def test_a_department_that_takes_no_orders_is_not_dispatched_to(hands: Hands, lamp: str) -> None:
    hands.act("li", lamp, "climb", **WHY)
    hands.act("street", lamp, "climb", **WHY)
    execute(hands.dsn, "update department set is_active = false where department_id = 'WATER'")
    answers = [
        hands.try_to("street", lamp, "dispatch", department_id=one) for one in ("WATER", "NONE")
    ]
    execute(hands.dsn, "update department set is_active = true where department_id = 'WATER'")

    assert [one.status_code for one in answers] == [422, 422]


def test_a_connection_that_breaks_half_way_leaves_nothing(hands: Hands, lamp: str) -> None:
    """The state is written, the event waits for a lock, and then the line is cut."""
    with psycopg.connect(hands.dsn) as blocker:
        blocker.execute("lock table work_order_event in access exclusive mode")
        done: list[int] = []

        def cut() -> None:
            with psycopg.connect(hands.dsn, autocommit=True) as killer:
                sql = (
                    "select pg_terminate_backend(pid) from pg_stat_activity"
                    " where application_name = 'patrol api' and wait_event_type = 'Lock'"
                    " and datname = current_database()"
                )
                while not done:
                    done.extend(pid for (pid,) in killer.execute(sql) if pid)

        thread = threading.Thread(target=cut, daemon=True)
        thread.start()
        answer = hands.try_to("li", lamp, "climb", **WHY)
        thread.join(10)

    assert answer.status_code == 503
    assert (revision_of(hands.dsn, lamp), events_of(hands.dsn, lamp)) == (1, ["open"])
    hands.act("li", lamp, "climb", **WHY)


def test_no_state_is_stored_without_its_event(hands: Hands, lamp: str) -> None:
    sql = "update work_order set revision = 2 where order_id = %s"
    with (
        psycopg.connect(hands.dsn, autocommit=True) as conn,
        pytest.raises(psycopg.errors.CheckViolation, match="has no event"),
    ):
        conn.execute(sql, (lamp,))


@pytest.mark.parametrize("sql", ["update work_order_event set text = 'x'", "delete from {}"])
def test_what_was_done_is_never_changed(hands: Hands, lamp: str, sql: str) -> None:  # noqa: ARG001 - there is one
    with pytest.raises(psycopg.errors.CheckViolation, match="not changed afterwards"):
        execute(hands.dsn, sql.format("work_order_event"))


def test_many_acts_are_answered_each_by_itself(hands: Hands, lamp: str) -> None:
    other = opened(hands.dsn, "G2")
    again = opened(hands.dsn)
    given = [
        {"order_id": lamp, "act": "climb", "revision": 1, **WHY},
        {"order_id": other, "act": "climb", "revision": 1, **WHY},
        {"order_id": again, "act": "climb", "revision": 7, **WHY},
        {"order_id": again, "act": "accept", "revision": 1},
        {"order_id": again, "act": "climb", "revision": 1},
    ]
    answer = hands.ask.send("POST", "/v1/orders/acts", {"acts": given}, token=hands.tokens["g1"])
    done = answer.json()["acts"]

    assert [one["status"] for one in done] == [200, 404, 409, 409, 422]
    assert (done[0]["revision"], done[0]["step"]) == (2, "community")
    assert "climb" in done[3]["legal"]


def test_orders_about_one_matter_become_one(hands: Hands) -> None:
    at = utc_now()
    ids = [opened(hands.dsn, report=("T1", [one * 32]), at=at) for one in ("aa", "bb", "cc")]
    near = hands.read("street", f"/v1/orders/{ids[0]}/duplicates")["duplicates"]
    body = {"orders": [{"order_id": one, "revision": 1} for one in ids[1:]], "into": ids[0]}
    answer = hands.ask.send("POST", "/v1/orders/merge", body, token=hands.tokens["street"])

    assert set(ids[1:]) <= {one["order_id"] for one in near}
    assert answer.status_code == 200, answer.text
    photos = {one["photos"][0]["sha256"] for one in answer.json()["reports"]}
    assert photos == {"aa" * 32, "bb" * 32, "cc" * 32}
    assert [row_of(hands.dsn, one)["step_kind"] for one in ids] == ["handle", "merged", "merged"]


def test_orders_are_merged_all_or_none(hands: Hands) -> None:
    first, second, third = (opened(hands.dsn) for _ in range(3))
    stale = [{"order_id": second, "revision": 1}, {"order_id": third, "revision": 9}]
    answer = hands.ask.send(
        "POST", "/v1/orders/merge", {"orders": stale, "into": first}, token=hands.tokens["street"]
    )

    assert answer.status_code == 409
    assert [revision_of(hands.dsn, one) for one in (first, second, third)] == [1, 1, 1]


def test_what_is_another_matter_becomes_an_order_of_its_own(hands: Hands) -> None:
    order_id = opened(hands.dsn, report=("T1", [PHOTO]))
    hands.act("li", order_id, "climb", **WHY)
    body = {"revision": 2, "category": "manhole"}
    answer = hands.ask.send(
        "POST", f"/v1/orders/{order_id}/split", body, token=hands.tokens["street"]
    )
    part = answer.json()

    assert answer.status_code == 200, answer.text
    assert (part["category"], part["split_from"], part["step"]) == (
        "manhole",
        order_id,
        "community",
    )
    assert part["reports"][0]["photos"][0]["sha256"] == PHOTO


def test_supervisors_open_orders_once_and_workers_report(hands: Hands) -> None:
    body = {"category": "lamp", "grid_id": "G1", "order_id": "019aa9f2-6c1e-7d3a-9b52-00000000aaaa"}
    for who, status in (("street", 200), ("street", 200), ("g1", 409), ("li", 403), ("west", 422)):
        answer = hands.ask.send("POST", "/v1/orders", body, token=hands.tokens[who])
        assert answer.status_code == status, (who, answer.text)

    assert events_of(hands.dsn, body["order_id"]) == ["open"]


def test_time_does_its_work_whoever_looks(hands: Hands) -> None:
    lamp = opened(hands.dsn, at=utc_now() - timedelta(days=400))
    due_at = row_of(hands.dsn, lamp)["escalates_at"]
    with psycopg.connect(hands.dsn, autocommit=True) as conn:
        done = escalate_due(conn, Versions(), now=utc_now())
        again = escalate_due(conn, Versions(), now=utc_now())
    history = hands.read("chief", f"/v1/orders/{lamp}")["history"]

    assert done >= 1
    assert again == 0
    assert history[1]["kind"] == "escalate"
    assert history[1]["at"] == due_at.isoformat().replace("+00:00", "Z")


def test_rows_are_what_their_events_make_of_them(hands: Hands, lamp: str) -> None:
    hands.act("li", lamp, "climb", **WHY)
    with psycopg.connect(hands.dsn, autocommit=True) as conn:
        whole = check_orders(conn)
        conn.execute("update work_order set step = 'street' where order_id = %s", (lamp,))
        broken = check_orders(conn)
        rebuilt = rebuild_order(conn, lamp)
        mended = check_orders(conn)

    assert (whole.differences, mended.differences, rebuilt) == ([], [], True)
    assert [(one.order_id, one.column, one.replayed) for one in broken.differences] == [
        (lamp, "step", "community")
    ]


def test_the_command_tells_what_differs_and_mends_it(
    hands: Hands, lamp: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATROL_DATABASE_DSN", hands.dsn)
    execute(hands.dsn, f"update work_order set rework = 9 where order_id = '{lamp}'")  # noqa: S608 - an id of ours
    codes = [patrol(["ingest", "orders", "check", *more]) for more in ([], ["--rebuild"], [])]
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    assert codes == [1, 0, 0]
    assert [one["column"] for one in told[0]["differences"]] == ["rework"]
    assert (told[1]["rebuilt"], told[2]["differences"]) == (1, [])


def test_who_is_erased_is_in_no_order_and_the_orders_stand(hands: Hands) -> None:
    order_id = opened(hands.dsn, worker_id="W3")
    with psycopg.connect(hands.dsn, autocommit=True) as conn:
        gone = erase_worker(conn, "W3", by="command").gone
        checked = check_orders(conn)

    assert gone["own_orders"] >= 1
    assert row_of(hands.dsn, order_id)["reporter_worker"] is None
    assert checked.differences == []


def test_a_workflow_is_loaded_version_by_version(hands: Hands, lamp: str) -> None:
    newer = DEFAULT_TEXT.replace("version = 1", "version = 2", 1)
    root = hands.tokens["root"]

    def put(text: str, more: str = ""):
        return hands.ask.send("PUT", f"/v1/workflow{more}", {"toml": text}, token=root)

    assert put("version = 2").status_code == 422
    assert put(newer, "?dry_run=true").json()["loaded_at"] is None
    assert hands.read("li", "/v1/workflow")["version"] == default().version
    assert put(newer).json()["version"] == 2
    assert put(newer).status_code == 200
    assert put(DEFAULT_TEXT).status_code == 422
    assert hands.read("lights", "/v1/workflow")["version"] == 2
    assert hands.act("li", lamp, "climb", **WHY)["workflow_version"] == 1
    assert row_of(hands.dsn, opened(hands.dsn))["workflow_version"] == 2


def test_departments_are_made_and_changed_by_revision(hands: Hands) -> None:
    def put(name: str, revision: int | None, who: str = "root"):
        body = {"name": name, "revision": revision}
        return hands.ask.send("PUT", "/v1/departments/PARKS", body, token=hands.tokens[who])

    made = [put("Parks", None), put("Parks", None), put("Gardens", 1), put("Old", 1)]
    told = {one["department_id"]: one for one in hands.read("li", "/v1/departments")["departments"]}

    assert [one.status_code for one in made] == [200, 409, 200, 409]
    assert (told["PARKS"]["name"], told["PARKS"]["revision"]) == ("Gardens", 2)
    assert put("X", 2, "chief").status_code == 403


def test_a_role_of_a_department_is_granted_with_it(hands: Hands) -> None:
    path, root = "/v1/accounts/water/roles", hands.tokens["root"]
    found = [
        hands.ask.send("POST", path, {"role": "department", **more}, token=root).status_code
        for more in ({}, {"department_id": "NONE"}, {"department_id": "LIGHTS"})
    ]
    roles = hands.read("root", "/v1/accounts/water")["roles"]

    assert found == [422, 422, 201]
    assert {one["department_id"] for one in roles} == {"WATER", "LIGHTS"}
