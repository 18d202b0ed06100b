"""Orders in notices: escalated by themselves, told when overdue or returned, and to other systems."""

import json
import time
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from api.notices import orders
from patrol.ids import GridId, WorkerId
from patrol.workorders.machine import open_order, take
from patrol.workorders.values import Act, Actor, Opening, OrderState, Place, Who
from runtime.workorders.acting import write, writings_of
from runtime.workorders.workflows import Versions, newest_workflow
from tests.accounts import Held, add_account
from tests.asking import asking, execute
from tests.integration.test_api_notices import NOW, Receiver, notifying, receiver, rows, rule
from tests.processes import eventually

LI = Who(None, WorkerId("W1"))
IN_GRID = Actor(LI, frozenset({"grid", "reporter"}))
ORDER = "019aa9f2-6c1e-7d3a-9b52-0a1b2c3d4e5{}"
__all__ = ["receiver"]


@pytest.fixture
def district(database: str) -> str:
    execute(database, NOW)
    execute(database, "update order_sweep set swept_to = now() - interval '1 day'")
    return database


def opened(dsn: str, number: int = 0, *, grid: str = "G1", days_ago: float = 0) -> OrderState:
    """Put an order of a grid into the database."""
    with psycopg.connect(dsn) as conn:
        workflow = newest_workflow(conn, Versions())
        opening = Opening(
            order_id=ORDER.format(number),
            category=min(workflow.categories),
            who=LI,
            grid_id=GridId(grid),
            place=Place(306600010, 1040600020),
        )
        taken = open_order(workflow, opening, at=datetime.now(UTC) - timedelta(days=days_ago))
        write(conn, writings_of(workflow, taken))
    return taken.order


def act_on(dsn: str, order: OrderState, kind: str, actor: Actor = IN_GRID) -> OrderState:
    """Do the first act of a kind that may be done."""
    with psycopg.connect(dsn) as conn:
        workflow = newest_workflow(conn, Versions())
        rule_of = next(one for one in workflow.acts_by_step[order.step] if one.kind == kind)
        reasons = workflow.reasons_for(rule_of.kind)
        act = Act(
            code=rule_of.code,
            reason=reasons[0].code if "reason" in rule_of.needs else None,
            text="done" if "text" in rule_of.needs else None,
            photos=("0" * 64,) if "photo" in rule_of.needs else (),
        )
        taken = take(workflow, order, act, actor=actor, at=datetime.now(UTC))
        write(conn, writings_of(workflow, taken))
    return taken.order


def notices(dsn: str) -> list[tuple]:
    return rows(dsn, "select kind, ended_at is not null from notice order by notice_id")


def test_an_order_that_is_overdue_is_told_once_and_is_over_when_it_moves_on(
    district: str, receiver: Receiver
) -> None:
    rule(district, "late", kind="report_overdue", target=receiver.url, area_id="A1")
    order = opened(district)
    execute(district, "update work_order set due_at = now() - interval '1 hour'")
    with notifying(district, orders_s=0.1):
        eventually(lambda: receiver.taken)
        time.sleep(0.4)
        act_on(district, order, "climb")
        eventually(lambda: notices(district) == [("report_overdue", True)])

    (told,) = receiver.told()
    assert (told["type"], told["order_id"], told["grid_id"], told["act"]) == (
        "notice.report_overdue",
        order.order_id,
        "G1",
        "open",
    )
    assert told["place"] == {"lat_deg": 30.660001, "lon_deg": 104.060002}
    assert "worker_id" not in told
    assert "W1" not in json.dumps(told)


def test_what_was_due_while_nobody_looked_is_escalated_with_the_moment_at_which_it_was_due(
    district: str,
) -> None:
    order = opened(district, days_ago=30)
    with notifying(district, orders_s=0.1):
        eventually(lambda: rows(district, "select 1 from work_order_event where kind = 'escalate'"))

    ((at, written_at),) = rows(
        district,
        "select at, written_at from work_order_event where kind = 'escalate' order by revision limit 1",
    )
    assert order.due_at is not None
    assert order.due_at <= at < datetime.now(UTC) - timedelta(days=1)
    assert written_at > datetime.now(UTC) - timedelta(minutes=5)


def test_every_event_goes_once_to_the_systems_that_asked_for_it(
    district: str, receiver: Receiver
) -> None:
    rule(district, "city", kind="order_event", target=receiver.url, grid_id="G1")
    rule(district, "other", kind="order_event", target=receiver.url + "?2", grid_id="G2")
    order = opened(district, 0)
    opened(district, 1, grid="G2")
    with notifying(district, orders_s=0.1), notifying(district, orders_s=0.1):
        eventually(lambda: len(receiver.taken) == 2)
        act_on(district, order, "climb")
        eventually(lambda: len(receiver.taken) == 3)
        time.sleep(0.3)

    told = sorted((one["order_id"], one["revision"], one["type"]) for one in receiver.told())
    assert told == [
        (ORDER.format(0), 1, "order.open"),
        (ORDER.format(0), 2, "order.climb"),
        (ORDER.format(1), 1, "order.open"),
    ]
    assert len({headers["webhook-id"] for headers, _ in receiver.taken}) == 3


def test_events_before_a_rule_was_made_are_not_told_by_it(district: str) -> None:
    opened(district)
    rule(district, "city", kind="order_event", target="http://127.0.0.1:9/")
    with psycopg.connect(district, autocommit=True) as conn:
        orders.find_orders(conn)

    assert notices(district) == []


def test_new_and_returned_orders_are_noted_while_they_wait(district: str) -> None:
    rule(district, "new", kind="order_new", target="http://127.0.0.1:9/")
    order = opened(district)
    with psycopg.connect(district, autocommit=True) as conn:
        found = [orders.find_orders(conn) for _ in range(2)]
        climbed = act_on(district, order, "climb")
        orders.find_orders(conn)
        above = Actor(Who("chief"), frozenset({climbed.step, "community", "street"}))
        act_on(district, climbed, "return", above)
        orders.find_orders(conn)

    assert found == [1, 0]
    assert sorted(notices(district)) == [
        ("order_new", False),
        ("order_new", True),
        ("order_new", True),
        ("order_returned", False),
    ]


def test_supervisors_see_what_waits_and_what_happens_all_day_only_when_asked(
    district: str,
) -> None:
    rule(district, "city", kind="order_event", target="http://127.0.0.1:9/")
    opened(district, 0)
    execute(district, "update work_order set due_at = now() - interval '1 hour'")
    with psycopg.connect(district, autocommit=True) as conn:
        orders.find_orders(conn)
    mine = add_account(district, "mine", Held("grid_supervisor", grid_id="G1"))
    other = add_account(district, "other", Held("grid_supervisor", grid_id="G2"))
    with asking(district, None) as ask:
        seen = {
            path: [one["kind"] for one in ask.get(path, token=mine).json()["notices"]]
            for path in ("/v1/notices", "/v1/notices?kind=order_event")
        }
        one = ask.get("/v1/notices", token=mine).json()["notices"][0]
        beyond = ask.get("/v1/notices", token=other).json()["notices"]

    assert seen == {
        "/v1/notices": ["report_overdue"],
        "/v1/notices?kind=order_event": ["order_event"],
    }
    assert (one["order_id"], one["worker_id"], one["revision"]) == (ORDER.format(0), None, 1)
    assert beyond == []


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"kind": "sos", "department_id": "D1"}, "department_id"),
        ({"kind": "order_new", "department_id": "D9"}, "department_id"),
        ({"kind": "order_event", "channel": "email", "target": "a@desk.example"}, "channel"),
    ],
)
def test_a_rule_of_orders_is_made_only_as_it_can_be_followed(
    district: str, given: dict[str, str], field: str
) -> None:
    admin = add_account(district, "admin", Held("administrator"))
    execute(district, "insert into department (department_id, name) values ('D1', 'Roads')")
    good = {"kind": "order_event", "channel": "webhook", "target": "https://city.example/orders"}
    with asking(district, None) as ask:
        bad = ask.send("PUT", "/v1/notice-rules/bad", {**good, **given}, token=admin)
        made = ask.send(
            "PUT", "/v1/notice-rules/good", {**good, "department_id": "D1"}, token=admin
        )

    assert (bad.status_code, [one["name"] for one in bad.json()["errors"]]) == (422, [field])
    assert (made.status_code, made.json()["department_id"]) == (200, "D1")
