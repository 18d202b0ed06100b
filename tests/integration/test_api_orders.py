"""Work orders over HTTP: who sees which, what waits for whom, and how they move on."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise

import pytest

from runtime.clock import utc_now
from tests.asking import asking
from tests.orders import PHOTO, Hands, opened, people, row_of

DONE = {"photos": [PHOTO]}


@pytest.fixture(scope="module")
def hands(shared_database: str) -> Iterator[Hands]:
    tokens = people(shared_database)
    with asking(shared_database, None) as ask:
        yield Hands(shared_database, ask, tokens)


@pytest.fixture
def lamp(hands: Hands) -> str:
    return opened(hands.dsn, report=("T1", [PHOTO]))


@pytest.fixture
def at_department(hands: Hands, lamp: str) -> str:
    hands.act("li", lamp, "climb", reason_code="beyond_means")
    hands.act("street", lamp, "climb", reason_code="beyond_means")
    hands.act("street", lamp, "dispatch", department_id="LIGHTS")
    return lamp


def test_an_order_goes_all_the_way_to_its_verification(hands: Hands, at_department: str) -> None:
    hands.act("lights", at_department, "accept")
    hands.act("lights", at_department, "resolve", text="a new lamp", **DONE)
    hands.act("street", at_department, "feed_back")
    near = {"lat_deg": 39.90501, "lon_deg": 116.40501, "accuracy_m": 5, "age_s": 3}
    whole = hands.act("li", at_department, "confirm", position=near, **DONE)

    assert [one["act"] for one in whole["history"]] == [
        *("open", "climb", "climb", "dispatch", "accept", "resolve", "feed_back", "confirm")
    ]
    confirmed = whole["history"][-1]
    assert (confirmed["nearness"], confirmed["distance_m"], confirmed["age_s"]) == ("near", 1, 3)
    assert (whole["step_kind"], whole["rework"], whole["holder"]) == ("closed", 0, None)


def test_nobody_is_told_where_whoever_acted_was(hands: Hands, lamp: str) -> None:
    there = {"lat_deg": 39.91234, "lon_deg": 116.40501, "accuracy_m": 5, "age_s": 3}
    hands.act("li", lamp, "settle", position=there, **DONE)
    answer = hands.get("chief", f"/v1/orders/{lamp}")

    assert "91234" not in answer.text
    assert answer.json()["history"][-1]["distance_m"] > 500


@pytest.mark.parametrize(
    ("who", "is_told"),
    [
        ("li", True),
        ("wang", False),
        ("g1", True),
        ("g2", False),
        ("street", True),
        ("east", True),
        ("west", False),
        ("chief", True),
        ("lights", False),
    ],
)
def test_an_order_is_read_by_those_whom_it_concerns_alone(
    hands: Hands, lamp: str, who: str, *, is_told: bool
) -> None:
    answers = [
        hands.get(who, f"/v1/orders/{lamp}"),
        hands.get(who, f"/v1/orders/{lamp}/duplicates"),
    ]
    listed = [one["order_id"] for one in hands.read(who, "/v1/orders?limit=500")["orders"]]

    assert {one.status_code for one in answers} == {200 if is_told else 404}
    assert (lamp in listed) == is_told


def test_who_may_not_read_an_order_cannot_tell_it_from_one_that_is_not_there(
    hands: Hands, lamp: str
) -> None:
    nowhere = lamp[:-4] + "0000"
    body = {"act": "climb", "revision": 1, "reason_code": "beyond_means"}
    found = [
        hands.ask.send("POST", f"/v1/orders/{one}/acts", body, token=hands.tokens["wang"])
        for one in (lamp, nowhere)
    ]

    assert [one.status_code for one in found] == [404, 404]
    assert found[0].text.replace(lamp, nowhere) == found[1].text


def test_a_department_reads_what_was_dispatched_to_it_for_good(
    hands: Hands, at_department: str
) -> None:
    before = hands.read("lights", f"/v1/orders/{at_department}")
    hands.act("lights", at_department, "return", reason_code="not_competent")
    hands.act("chief", at_department, "dispatch", department_id="WATER")
    after = hands.read("lights", f"/v1/orders/{at_department}")

    assert "accept" in [one["act"] for one in before["legal"]]
    assert after["legal"] == []
    assert at_department in hands.inbox("water")
    assert at_department not in hands.inbox("lights")
    listed = hands.read("lights", "/v1/orders?limit=500")["orders"]
    assert at_department in [one["order_id"] for one in listed]


def test_a_department_is_not_told_who_reported_or_did_what(
    hands: Hands, at_department: str
) -> None:
    told = hands.get("lights", f"/v1/orders/{at_department}")
    listed = hands.get("lights", "/v1/orders/inbox")

    assert told.json()["reports"][0]["photos"][0]["sha256"] == PHOTO
    for answer in (told, listed):
        assert "W1" not in answer.text
        assert '"street"' not in answer.text.replace('"step":"street"', "").replace(
            '"from_step":"street"', ""
        ).replace('"party":"street"', "")


@pytest.mark.parametrize(
    ("step", "acts", "waits_for"),
    [
        ("grid", [], {"li", "g1"}),
        ("community", [("li", "climb", {"reason_code": "beyond_means"})], {"street", "chief"}),
        ("checking", [("li", "settle", DONE)], {"li"}),
    ],
)
def test_what_waits_is_in_the_inbox_of_those_who_hold_it(
    hands: Hands, lamp: str, step: str, acts: list, waits_for: set[str]
) -> None:
    for who, act, given in acts:
        hands.act(who, lamp, act, **given)
    people_of = {"li", "wang", "g1", "g2", "street", "east", "west", "chief", "lights"}

    assert row_of(hands.dsn, lamp)["step"] == step
    assert {who for who in people_of if lamp in hands.inbox(who)} == waits_for


def test_a_district_sees_what_waits_below_when_it_asks_for_it(hands: Hands, lamp: str) -> None:
    assert lamp not in hands.inbox("east")
    assert lamp in hands.inbox("east", "&below=true")
    assert lamp not in hands.inbox("west", "&below=true")


def test_an_order_without_a_grid_is_for_who_supervises_everything(hands: Hands) -> None:
    order_id = opened(hands.dsn, None, worker_id="W3")

    assert order_id in hands.inbox("chief")
    assert hands.get("east", f"/v1/orders/{order_id}").status_code == 404
    hands.act("chief", order_id, "classify", grid_id="G1")
    assert hands.get("east", f"/v1/orders/{order_id}").status_code == 200


def test_what_is_due_first_comes_first_and_pages_have_each_once(hands: Hands) -> None:
    now = utc_now()
    for days in (3, 1, 2, 1):
        opened(hands.dsn, at=now - timedelta(days=days))
    pages = [hands.read("g1", "/v1/orders/inbox?limit=2")]
    while cursor := pages[-1]["next_cursor"]:
        pages.append(hands.read("g1", f"/v1/orders/inbox?limit=2&cursor={cursor}"))
    seen = [one for page in pages for one in page["orders"]]

    assert all(one["due_at"] <= other["due_at"] for one, other in pairwise(seen))
    assert len({one["order_id"] for one in seen}) == len(seen) == pages[0]["waiting"]["orders"]
    assert pages[1]["waiting"] is None


def test_overdue_orders_are_counted_and_can_be_asked_for(hands: Hands) -> None:
    late = opened(hands.dsn, at=utc_now() - timedelta(days=400))
    counts = hands.read("g1", "/v1/orders/inbox")["waiting"]
    found = hands.inbox("g1", "&overdue=true")

    assert late in found
    assert counts["overdue"] == len(found)
    assert late not in hands.inbox("g1", "&overdue=false")


@pytest.mark.parametrize(
    ("question", "is_found"),
    [
        ("category=lamp", True),
        ("category=manhole", False),
        ("step=grid&level=grid&state=open", True),
        ("state=ended", False),
        ("severity=urgent", False),
        ("grid_id=G1", True),
        ("grid_id=G2", False),
        ("area_id=S1", True),
        ("area_id=D2", False),
        ("department_id=LIGHTS", False),
        ("opened_before=2026-01-01T00:00:00Z", False),
        ("opened_from=2026-01-01T00:00:00Z", True),
        ("due_before=2027-01-01T00:00:00Z&limit=500", True),
    ],
)
def test_lists_are_narrowed(hands: Hands, lamp: str, question: str, *, is_found: bool) -> None:
    narrowed = {"due_before": "2099-01-01T00:00:00Z"}
    query = question.replace("2027-01-01T00:00:00Z", narrowed["due_before"])
    for who in ("chief", "east", "li"):
        found = hands.read(who, f"/v1/orders?{query}")["orders"]
        assert (lamp in [one["order_id"] for one in found]) == is_found, who


def test_pages_of_lists_have_each_order_once(hands: Hands) -> None:
    for _ in range(5):
        opened(hands.dsn)
    for who in ("chief", "east", "li"):
        pages = [hands.read(who, "/v1/orders?limit=3")]
        while cursor := pages[-1]["next_cursor"]:
            pages.append(hands.read(who, f"/v1/orders?limit=3&cursor={cursor}"))
        seen = [one["order_id"] for page in pages for one in page["orders"]]
        assert len(seen) == len(set(seen)) == len(hands.read(who, "/v1/orders?limit=500")["orders"])


def test_mine_is_what_i_have_reported(hands: Hands, lamp: str) -> None:
    others = opened(hands.dsn, worker_id="W3")
    mine = [one["order_id"] for one in hands.read("li", "/v1/orders?mine=true")["orders"]]

    assert lamp in mine
    assert others not in mine


def test_lists_are_told_as_csv_and_xlsx(hands: Hands, lamp: str) -> None:
    token = hands.tokens["chief"]
    table = hands.ask.get("/v1/orders", token=token, accept="text/csv")
    sheet = hands.ask.get("/v1/orders/list.xlsx?limit=1", token=token)

    assert lamp in table.text
    assert sheet.content.startswith(b"PK")
    assert 'rel="next"' in sheet.headers["Link"]


def test_reading_an_order_is_written_into_the_log(hands: Hands, lamp: str) -> None:
    hands.read("g1", f"/v1/orders/{lamp}")
    log = hands.read("audit", "/v1/access-log?worker_id=W1")

    assert ("g1", "order") in {(one["reader"], one["what"]) for one in log["accesses"]}


def test_nobody_else_has_routes_of_orders(hands: Hands, lamp: str) -> None:
    for who in ("root", "audit"):
        assert hands.get(who, f"/v1/orders/{lamp}").status_code == 403
        assert hands.get(who, "/v1/orders").status_code == 403


def test_a_department_has_no_other_route(hands: Hands) -> None:
    paths = ("positions/latest", "grids", "compliance", "findings", "workers", "notices")
    found = {path: hands.get("lights", f"/v1/{path}").status_code for path in paths}

    assert set(found.values()) <= {403, 404}, found


def test_time_is_told_before_it_is_written(hands: Hands) -> None:
    late = opened(hands.dsn, at=utc_now() - timedelta(days=400))
    told = hands.read("street", f"/v1/orders/{late}")

    assert told["timing"] == "overdue"
    assert told["revision"] == 1
