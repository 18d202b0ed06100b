"""Who has looked is written down first; what has not changed is said so; days are added up."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.accounts import AREAS, Held, add_account
from tests.asking import DAY, DAY_OF_LI, TOKEN, Asker, asking, bearer, execute, fill, write_tokens
from tests.matrix.cast import MORE

RANGE = f"from={DAY}&to={DAY}"


@pytest.fixture(scope="module")
def dsn(shared_database: str) -> str:
    fill(shared_database)
    execute(shared_database, AREAS)
    execute(shared_database, MORE)
    return shared_database


@pytest.fixture(scope="module")
def asker(dsn: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asker]:
    folder: Path = tmp_path_factory.mktemp("reading")
    with asking(dsn, write_tokens(folder / "tokens", TOKEN)) as asker:
        yield asker


@pytest.fixture
def ask(dsn: str, asker: Asker) -> Asker:
    """Give somebody who asks while nobody has looked."""
    execute(dsn, "delete from access_log; delete from account")
    asker.app.state.accesses._watched.clear()
    return asker


def written(dsn: str) -> list[tuple]:
    with psycopg.connect(dsn) as conn:
        return conn.execute(
            "select reader, role, what, worker_id, day::text, worker_ids from access_log"
            " order by access_id"
        ).fetchall()


@pytest.mark.parametrize("what", ["track", "presence", "visits", "day"])
def test_a_reading_of_a_worker_is_written_down(ask: Asker, dsn: str, what: str) -> None:
    token = add_account(dsn, "boss", Held("area_supervisor"))
    path = DAY_OF_LI if what == "day" else f"{DAY_OF_LI}/{what}"

    assert ask.get(path, token=token).status_code == 200
    assert written(dsn) == [("boss", "area_supervisor", what, "W1", DAY, None)]


def test_what_was_not_there_was_not_read(ask: Asker, dsn: str) -> None:
    assert ask.get("/v1/workers/W3/days/2026-11-20/track").status_code == 404
    assert written(dsn) == []


@pytest.mark.parametrize(
    "path", [DAY_OF_LI, f"{DAY_OF_LI}/track", f"{DAY_OF_LI}/visits", "/v1/positions/latest"]
)
def test_what_cannot_be_written_down_is_not_read(ask: Asker, dsn: str, path: str) -> None:
    execute(dsn, "alter table access_log rename to elsewhere")
    answer = ask.get(path)
    execute(dsn, "alter table elsewhere rename to access_log")

    assert answer.status_code == 503
    assert "G1" not in answer.text
    assert "access log" in answer.json()["detail"]


def test_latest_positions_are_one_row_an_hour_with_all_who_were_in_them(
    ask: Asker, dsn: str
) -> None:
    token = add_account(dsn, "boss", Held("area_supervisor"))
    execute(dsn, "update latest_position set epoch = '2026-11-25Z' where terminal_id = 'T1'")
    ask.get("/v1/positions/latest", token=token)
    execute(dsn, "update latest_position set epoch = '2026-11-20 08:29Z' where terminal_id = 'T1'")
    for _ in range(3):
        ask.get("/v1/positions/latest", token=token)
    ask.get("/v1/positions/latest?grid_id=G2", token=token)

    # The turn of the hour may come in between.
    assert [row[-1] for row in written(dsn)][-2:] == [["W1", "W2"], ["W1", "W2"]]
    assert len(written(dsn)) <= 3


def test_a_worker_sees_who_has_looked_and_nobody_elses(ask: Asker, dsn: str) -> None:
    li = add_account(dsn, "li", Held("worker"), worker_id="W1")
    ask.get(f"{DAY_OF_LI}/track")
    ask.get(f"/v1/workers/W2/days/{DAY}/track")
    ask.get("/v1/positions/latest")

    found = ask.get("/v1/access-log", token=li).json()["accesses"]
    assert [(one["what"], one["worker_id"], one["reader"]) for one in found] == [
        ("latest", "W1", "reader-0"),
        ("track", "W1", "reader-0"),
    ]
    assert found[1]["day"] == DAY
    assert found[0]["hour"].endswith(":00:00Z")
    refused = ask.get("/v1/access-log?worker_id=W2", token=li)
    assert refused.status_code == 422


def test_an_auditor_sees_the_subtree(ask: Asker, dsn: str) -> None:
    auditor = add_account(dsn, "audit", Held("auditor", "D1"))
    ask.get(f"{DAY_OF_LI}/track")
    ask.get(f"/v1/workers/W2/days/{DAY}/track")

    found = ask.get("/v1/access-log", token=auditor).json()["accesses"]
    assert [one["worker_id"] for one in found] == ["W1"]
    # To read the log is no reading of a worker.
    assert len(written(dsn)) == 2


def test_the_access_log_comes_in_pages(ask: Asker, dsn: str) -> None:
    li = add_account(dsn, "li", Held("worker"), worker_id="W1")
    for _ in range(3):
        ask.get(f"{DAY_OF_LI}/track")

    first = ask.get("/v1/access-log?limit=2", token=li).json()
    second = ask.get(f"/v1/access-log?limit=2&cursor={first['next_cursor']}", token=li).json()
    ids = [one["access_id"] for page in (first, second) for one in page["accesses"]]
    assert len(set(ids)) == 3
    assert ids == sorted(ids, reverse=True)
    assert second["next_cursor"] is None


@pytest.mark.parametrize(
    "path",
    [
        DAY_OF_LI,
        f"{DAY_OF_LI}/presence",
        f"{DAY_OF_LI}/visits",
        "/v1/grids",
        f"/v1/compliance?{RANGE}",
        f"/v1/compliance/summary?{RANGE}",
    ],
)
def test_who_has_the_answer_already_is_told_so(ask: Asker, path: str) -> None:
    tag = ask.get(path).headers["etag"]
    again = ask.ask("GET", path, bearer(TOKEN) | {"If-None-Match": f'"other", W/{tag}'})
    other = ask.ask("GET", path, bearer(TOKEN) | {"If-None-Match": '"other"'})

    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert other.status_code == 200


def test_an_answer_in_another_language_is_another_one(ask: Asker) -> None:
    path = f"/v1/workers/W2/days/{DAY}?lang="
    tag = ask.get(f"{path}en").headers["etag"]
    answer = ask.ask("GET", f"{path}zh", bearer(TOKEN) | {"If-None-Match": tag})

    assert (answer.status_code, answer.headers["content-language"]) == (200, "zh")


def summaries(ask: Asker, question: str, token: str = TOKEN) -> dict[str, dict]:
    page = ask.get(f"/v1/compliance/summary?{RANGE}&{question}", token=token).json()
    return {one["key"]: one for one in page["summaries"]}


def test_days_are_counted_with_what_they_are_a_part_of(ask: Asker) -> None:
    li = summaries(ask, "of=worker&by=month")["W1"]

    assert (li["period"], li["first_day"], li["last_day"]) == ("2026-11-01", DAY, DAY)
    assert (li["days_with_duty"], li["days_judged"], li["days_excused"]) == (1, 1, 0)
    assert li["presence"] == {"met": 0, "not_met": 0, "undetermined": 1}
    assert li["visits"] == {"met": 1, "not_met": 0, "undetermined": 0}
    assert (li["duty_s"], li["presence_low_s"], li["presence_high_s"]) == (25200, 19400, 25200)


def test_duty_that_is_not_judged_is_counted_beside(ask: Asker) -> None:
    page = ask.json("/v1/compliance/summary?of=worker&by=week&from=2026-11-16&to=2026-11-22")
    (li,) = [one for one in page["summaries"] if one["key"] == "W1"]

    assert (li["period"], li["days_with_duty"], li["days_judged"]) == ("2026-11-16", 2, 1)


def test_a_day_in_two_grids_is_in_both_and_once_in_the_area_above(ask: Asker) -> None:
    grids = summaries(ask, "of=grid")
    areas = summaries(ask, "of=area")

    assert {key: one["days_judged"] for key, one in grids.items()} == {"G1": 1, "G2": 2}
    assert {key: one["days_judged"] for key, one in areas.items()} == {
        "C": 2,
        "D1": 1,
        "D2": 2,
        "S1": 1,
    }


def test_areas_beyond_the_own_are_not_counted(ask: Asker, dsn: str) -> None:
    token = add_account(dsn, "d1", Held("area_supervisor", "D1"))

    assert set(summaries(ask, "of=area", token)) == {"D1", "S1"}
    assert set(summaries(ask, "of=grid", token)) == {"G1"}


def test_summaries_come_in_pages_by_key(ask: Asker) -> None:
    question = "/v1/compliance/summary?of=worker&by=day&from=2026-11-20&to=2026-11-21&limit=1"
    keys, cursor = [], ""
    for _ in range(9):
        page = ask.json(question + cursor)
        keys += [(one["key"], one["period"]) for one in page["summaries"]]
        cursor = f"&cursor={page['next_cursor']}"
        if page["next_cursor"] is None:
            break

    assert keys == [("W1", "2026-11-20"), ("W1", "2026-11-21"), ("W2", "2026-11-20")]


def test_losses_add_up(ask: Asker, dsn: str) -> None:
    execute(
        dsn,
        "update outbox_seq set heard = '{[1,5),[7,11)}', off_duty = '{[1,2)}', set_aside = '{[2,3)}'"
        " where terminal_id = 'T1'",
    )
    first = ask.json("/v1/losses?limit=1")
    (one,) = first["losses"]

    assert (one["terminal_id"], one["first_seq"], one["last_seq"]) == ("T1", 1, 10)
    assert one["numbered"] == one["received"] + one["missing"] + one["thinned"] == 10
    assert one["received"] == one["stored"] + one["off_duty"] + one["set_aside"] == 8
    (two,) = ask.json(f"/v1/losses?cursor={first['next_cursor']}")["losses"]
    assert two["terminal_id"] == "T2"


def test_what_came_late_is_counted_by_day(ask: Asker) -> None:
    days = ask.json(f"/v1/terminals/T2/losses?{RANGE}")["days"]

    assert [(one["worker_id"], one["stored"], one["late"]) for one in days] == [
        ("W1", 1, 1),
        ("W2", 1, 1),
    ]


def test_a_terminal_that_is_not_heard_on_duty_is_silent(ask: Asker, dsn: str) -> None:
    execute(
        dsn,
        "insert into duty_window values"
        " ('W2', 'G2', current_date, now() - interval '1 h', now() + interval '1 h')",
    )
    silent = ask.json("/v1/terminals/T2")["silent_since"]
    execute(dsn, "delete from duty_window where start_at > now() - interval '2 h'")

    assert silent is not None
    assert ask.json("/v1/terminals/T2")["silent_since"] is None


@pytest.mark.parametrize(
    "path",
    [
        "/v1/compliance/summary?cursor=W1.2026-13-01",
        "/v1/compliance/summary?by=year",
        "/v1/compliance/summary?of=community",
        "/v1/compliance/summary?worker_id=W9",
        "/v1/losses?terminal_id=T9",
        "/v1/losses?cursor=..%00",
        "/v1/terminals/T1/losses?from=2026-01-01&to=2026-03-01",
        "/v1/live?grid_id=G9",
        "/v1/compliance/summary?sort=met",
    ],
)
def test_what_cannot_be_asked_is_refused(ask: Asker, path: str) -> None:
    assert ask.get(path).status_code == 422
