"""Keeping the registers through the API: who may change what, and what a change touches."""

import psycopg
import pytest

from tests.accounts import AREAS, Held, add_account
from tests.asking import asking, execute, fill

PREMISES = "/v1/premises/P9"
DOOR = {"type": "Point", "coordinates": [116.405, 39.905]}
WEST = {
    "type": "Polygon",
    "coordinates": [
        [[116.3, 39.9], [116.31, 39.9], [116.31, 39.91], [116.3, 39.91], [116.3, 39.9]]
    ],
}


def door(**changed: object) -> dict:
    return {"grid_id": "G1", "name": "Garden Lane 9", "geometry": DOOR, "radius_m": 12, **changed}


@pytest.fixture
def tokens(database) -> dict[str, str]:
    fill(database)
    execute(database, AREAS)
    return {
        "everywhere": add_account(database, "root", Held("administrator")),
        "east": add_account(database, "east", Held("administrator", "D1")),
        "supervisor": add_account(database, "boss", Held("grid_supervisor", None, "G1")),
        "worker": add_account(database, "li", Held("worker"), worker_id="W1"),
    }


@pytest.fixture
def asker(database):
    with asking(database, None) as one:
        yield one


def value(dsn: str, query: str) -> object:
    with psycopg.connect(dsn) as conn:
        row = conn.execute(query.encode()).fetchone()
    return None if row is None else row[0]


def test_premises_are_made_read_changed_and_taken_away(asker, tokens) -> None:
    east = tokens["east"]

    made = asker.send("PUT", PREMISES, door(), token=east)
    read = asker.get(PREMISES, token=east)
    changed = asker.send("PUT", PREMISES, door(name="Gate", revision=1), token=east)
    gone = asker.send("DELETE", f"{PREMISES}?revision=2", token=east)

    assert made.status_code == 200, made.text
    assert made.json()["revision"] == 1
    assert (read.json()["households"], read.headers["ETag"]) == (1, '"1"')
    assert (changed.json()["revision"], changed.json()["days_marked"]) == (2, 0)
    assert gone.json()["revision"] is None
    assert asker.get(PREMISES, token=east).status_code == 404


def test_who_has_read_an_older_revision_is_told_so(asker, tokens) -> None:
    asker.send("PUT", PREMISES, door(), token=tokens["east"])

    answers = [
        asker.send("PUT", PREMISES, door(name="Gate", revision=revision), token=tokens["east"])
        for revision in (None, 7, 1, 1)
    ]

    assert [one.status_code for one in answers] == [409, 409, 200, 409]
    assert answers[0].json()["type"].endswith("changed-meanwhile")


def test_two_who_change_the_same_at_once_do_not_both_succeed(asker, tokens) -> None:
    asker.send("PUT", PREMISES, door(), token=tokens["east"])
    request = ("PUT", PREMISES, door(name="Gate", revision=1))
    other = ("PUT", PREMISES, door(name="Door", revision=1))

    assert sorted(asker.together([request, other], token=tokens["east"])) == [200, 409]


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("premises/P3", door(revision=1), 404),
        ("premises/P9", door(grid_id="G2"), 422),
        ("grids/G2", {"name": "Mine", "geometry": WEST, "area_id": "S1", "revision": 1}, 404),
        ("areas/D2", {"name": "Mine", "kind": "district", "parent_id": "D1"}, 404),
        ("areas/D1", {"name": "Free", "kind": "district", "parent_id": None, "revision": 1}, 404),
        ("areas/S9", {"name": "Foreign", "kind": "street", "parent_id": "D2"}, 422),
        ("places/O1", {"geometry": DOOR, "radius_m": 30}, 422),
    ],
)
def test_an_administrator_changes_nothing_beyond_the_own_subtree(
    asker, tokens, path, body, status
) -> None:
    answer = asker.send("PUT", f"/v1/{path}", body, token=tokens["east"])

    assert answer.status_code == status, answer.text


def test_a_grid_does_not_move_into_a_foreign_area(asker, tokens) -> None:
    grid = asker.get("/v1/grids/G1", token=tokens["east"]).json()
    body = {name: grid[name] for name in ("name", "geometry", "revision")}

    moved = asker.send("PUT", "/v1/grids/G1", {**body, "area_id": "D2"}, token=tokens["east"])
    stays = asker.send("PUT", "/v1/grids/G1", {**body, "area_id": "D1"}, token=tokens["east"])

    assert moved.status_code == 422
    assert (stays.status_code, stays.json()["days_marked"]) == (200, 0)


def test_an_area_does_not_lie_within_itself(asker, tokens) -> None:
    body = {"name": "East", "kind": "district", "parent_id": "S1", "revision": 1}

    answer = asker.send("PUT", "/v1/areas/D1", body, token=tokens["everywhere"])

    assert answer.status_code == 422
    assert "within itself" in answer.json()["detail"]


def test_what_something_refers_to_is_not_taken_away(asker, tokens) -> None:
    answer = asker.send("DELETE", "/v1/premises/P1?revision=1", token=tokens["east"])

    assert (answer.status_code, answer.json()["type"][-6:]) == (409, "in-use")
    assert "home_visit" in answer.json()["detail"]


def test_a_field_that_is_not_known_is_refused(asker, tokens) -> None:
    answer = asker.send("PUT", PREMISES, door(resident="Li"), token=tokens["east"])

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["name"] == "resident"


@pytest.mark.parametrize("who", ["supervisor", "worker"])
def test_registers_are_for_administrators(asker, tokens, who) -> None:
    assert asker.send("PUT", PREMISES, door(), token=tokens[who]).status_code == 403


def test_leave_is_for_the_supervisor_of_the_grid(asker, database, tokens) -> None:
    leave = {
        "reason": "leave",
        "worker_id": "W1",
        "start_at": "2026-11-20T00:00:00Z",
        "end_at": "2026-11-20T12:00:00Z",
    }
    boss = tokens["supervisor"]

    made = asker.send("POST", "/v1/excuses", leave, token=boss)
    foreign = asker.send("POST", "/v1/excuses", {**leave, "worker_id": "W2"}, token=boss)
    for_all = asker.send("POST", "/v1/excuses", {**leave, "worker_id": None}, token=boss)
    listed = asker.get("/v1/excuses?worker_id=W1&day=2026-11-20", token=boss).json()["entries"]

    assert (made.status_code, foreign.status_code, for_all.status_code) == (200, 422, 422)
    assert [one["reason"] for one in listed] == ["leave"]
    assert (made.json()["days_marked"], made.json()["verdicts_concerned"]) == (1, 1)
    assert value(database, "select array_agg(worker_id || day) from dirty_day") == ["W12026-11-20"]


def test_a_change_tells_how_many_verdicts_it_has_changed(asker, database, tokens) -> None:
    excuse = {
        "reason": "weather",
        "grid_id": "G2",
        "start_at": "2026-11-20T00:00:00Z",
        "end_at": "2026-11-20T12:00:00Z",
    }
    made = asker.send("POST", "/v1/excuses", excuse, token=tokens["everywhere"]).json()
    path = f"/v1/changes/{made['change_id']}"

    waiting = asker.get(path, token=tokens["everywhere"]).json()
    execute(database, "delete from dirty_day")
    execute(database, "update daily_compliance set visit_verdict = 'met' where worker_id = 'W2'")
    done = asker.get(path, token=tokens["everywhere"]).json()

    assert (made["days_marked"], made["verdicts_concerned"]) == (2, 2)
    assert (waiting["days_waiting"], waiting["verdicts_changed"]) == (2, 0)
    assert (done["days_waiting"], done["verdicts_changed"], done["verdicts_before"]) == (0, 1, 2)
    assert asker.get(path, token=tokens["east"]).status_code == 404


def test_a_dry_run_tells_and_takes_back(asker, database, tokens) -> None:
    outline = {**WEST, "coordinates": [[[x + 0.1, y] for x, y in WEST["coordinates"][0]]]}
    outline["coordinates"][0][1] = [116.4101, 39.9]
    body = {"name": "East Gate", "geometry": outline, "area_id": "S1", "revision": 2}

    answer = asker.send("PUT", "/v1/grids/G1?dry_run=true", body, token=tokens["east"]).json()

    assert (answer["days_marked"], answer["change_id"], answer["dry_run"]) == (2, None, True)
    assert value(database, "select count(*) from dirty_day") == 0
    assert value(database, "select revision from grid where grid_id = 'G1'") == 2


def test_frozen_months_stand_unless_it_is_said_that_they_do(asker, database, tokens) -> None:
    execute(
        database,
        "insert into frozen_month (month, frozen_by) values ('2026-11-01', 'x');"
        "insert into frozen_day select worker_id, day, freeze_id"
        "  from daily_compliance, frozen_month",
    )
    path = "/v1/premises/P1"
    body = door(households=6, revision=1)
    excuse = {
        "reason": "leave",
        "worker_id": "W1",
        "start_at": "2026-11-20T00:00:00Z",
        "end_at": "2026-11-20T12:00:00Z",
    }

    refused = asker.send("PUT", path, body, token=tokens["east"])
    kept = asker.send("PUT", f"{path}?keep_frozen=true", body, token=tokens["east"])
    dated = asker.send("POST", "/v1/excuses?keep_frozen=true", excuse, token=tokens["supervisor"])

    assert (refused.status_code, dated.status_code, kept.status_code) == (409, 409, 200)
    assert "2026-11" in refused.json()["detail"]


def test_a_terminal_is_with_one_worker_at_a_time(asker, tokens) -> None:
    body = {"terminal_id": "T1", "worker_id": "W3", "valid_from": "2026-11-21T00:00:00Z"}

    answer = asker.send("POST", "/v1/assignments", body, token=tokens["everywhere"])

    assert answer.status_code == 422
    assert "W1 has it" in answer.json()["detail"]


def test_a_split_grid_ends_and_its_duty_stays_within(asker, tokens) -> None:
    grid = asker.get("/v1/grids/G1", token=tokens["east"]).json()
    body = {name: grid[name] for name in ("name", "geometry", "area_id", "revision")}

    early, late = (
        asker.send("PUT", "/v1/grids/G1", {**body, "valid_to": day}, token=tokens["east"])
        for day in ("2026-11-21", "2026-11-22")
    )

    assert (early.status_code, late.status_code) == (422, 200)
    assert "1 duty windows" in early.json()["detail"]


def test_gaps_and_overlaps_of_grids_are_named(asker, tokens) -> None:
    overlapping = [[[x + 0.105, y] for x, y in WEST["coordinates"][0]]]
    body = {
        "name": "New",
        "geometry": {"type": "Polygon", "coordinates": overlapping},
        "area_id": "S1",
    }
    asker.send("PUT", "/v1/grids/G3", body, token=tokens["east"])

    checks = asker.get("/v1/grids/checks?area_id=D1", token=tokens["east"]).json()

    (fault,) = checks["faults"]
    assert (fault["kind"], fault["grid_ids"]) == ("overlap", ["G1", "G3"])
    # Half a grid of 854 m by 1,110 m.
    assert fault["area_m2"] == pytest.approx(474_000, rel=0.01)


def test_lists_have_pages_and_filters(asker, tokens) -> None:
    root = tokens["everywhere"]
    first = asker.get("/v1/premises?limit=2", token=root).json()
    second = asker.get(f"/v1/premises?limit=2&cursor={first['next_cursor']}", token=root).json()
    east = asker.get("/v1/premises?area_id=D1", token=root).json()

    assert [one["premises_id"] for one in first["entries"]] == ["P1", "P2"]
    assert [one["premises_id"] for one in second["entries"]] == ["P3"]
    assert second["next_cursor"] is None
    assert [one["premises_id"] for one in east["entries"]] == ["P1", "P2"]
    assert asker.get("/v1/areas?worker_id=W1", token=root).status_code == 422
