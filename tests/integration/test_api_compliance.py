"""Daily compliance: ranges of days, workers, grids, and pages."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.asking import DAY, TOKEN, Asker, asking, execute, fill, write_tokens

# Every worker on every day from the 1st to the 10th, one result like the other.
MANY_DAYS = """
insert into daily_compliance
    (worker_id, day, grid_ids, duty_s, inside_s, outside_s, unknown_s, inside_low_s, inside_high_s,
     visit_s, visit_low_s, visit_high_s, presence_verdict, presence_reason, visit_verdict,
     visit_reason, fixes, rules_version, assessed_at)
select worker_id, day::date, '{{{grid}}}', 28800, 20000, 800, 8000, 19400, 28600, 9000, 8000, 12000,
       'met', '', 'undetermined', '', 900, 'chain-2', now()
  from unnest(array{workers}) worker_id,
       generate_series('{first}'::timestamp, '{last}', interval '1 day') day;
insert into duty_window
select worker_id, '{grid}', day::date, day, day + interval '8 hours'
  from unnest(array{workers}) worker_id,
       generate_series('{first}'::timestamptz, '{last}', interval '1 day') day
    on conflict do nothing;
"""
RANGE = "/v1/compliance?from=2026-10-01&to=2026-10-10"


def add_days(
    dsn: str,
    *workers: str,
    first: str = "2026-10-01",
    last: str = "2026-10-10",
    grid: str = "G1",
) -> None:
    execute(dsn, MANY_DAYS.format(grid=grid, workers=list(workers), first=first, last=last))


def keys(page: dict) -> list[tuple[str, str]]:
    return [(one["day"], one["worker_id"]) for one in page["days"]]


@pytest.fixture
def ask(database: str, tmp_path: Path) -> Iterator[Asker]:
    fill(database)
    with asking(database, write_tokens(tmp_path / "tokens", TOKEN)) as asker:
        yield asker


def test_a_page_says_its_range_and_that_it_is_the_last(ask: Asker) -> None:
    page = ask.json(f"/v1/compliance?from={DAY}&to={DAY}")

    assert keys(page) == [(DAY, "W1"), (DAY, "W2")]
    assert (page["from"], page["to"], page["next_cursor"]) == (DAY, DAY, None)


def test_a_range_holds_both_its_ends(ask: Asker, database: str) -> None:
    add_days(database, "W3")

    page = ask.json("/v1/compliance?from=2026-10-03&to=2026-10-05")
    assert [day for day, _ in keys(page)] == ["2026-10-03", "2026-10-04", "2026-10-05"]


def test_without_a_range_the_last_31_days_are_meant(ask: Asker, database: str) -> None:
    today = datetime.now(UTC).date()
    first, before = (str(today - timedelta(days=days)) for days in (29, 31))
    add_days(database, "W3", first=before, last=before)
    add_days(database, "W3", first=first, last=first)

    days = [one["day"] for one in ask.json("/v1/compliance?worker_id=W3")["days"]]
    assert days == [first]


def test_a_worker_alone(ask: Asker) -> None:
    page = ask.json(f"/v1/compliance?from={DAY}&to={DAY}&worker_id=W2")

    assert keys(page) == [(DAY, "W2")]


def test_a_grid_is_found_among_several_of_a_day(ask: Asker) -> None:
    of_grid = {
        grid: keys(ask.json(f"/v1/compliance?from={DAY}&to={DAY}&grid_id={grid}"))
        for grid in ("G1", "G2")
    }

    assert of_grid == {"G1": [(DAY, "W1")], "G2": [(DAY, "W1"), (DAY, "W2")]}


@pytest.mark.parametrize("limit", [1, 7, 20, 500])
def test_pages_together_hold_every_row_once_in_order(ask: Asker, database: str, limit: int) -> None:
    add_days(database, "W1", "W2")

    seen = walk(ask, limit)
    assert seen == sorted({(f"2026-10-{day:02}", f"W{n}") for day in range(1, 11) for n in (1, 2)})


def test_rows_that_come_in_meanwhile_neither_repeat_nor_hide_one(ask: Asker, database: str) -> None:
    add_days(database, "W2", last="2026-10-09")
    between = iter(
        [
            # Before the place that was reached, at it, and behind it.
            lambda: add_days(database, "W1", first="2026-10-01", last="2026-10-02"),
            lambda: add_days(database, "W3", first="2026-10-04", last="2026-10-04"),
            lambda: add_days(database, "W3", first="2026-10-10", last="2026-10-10"),
        ]
    )

    seen = walk(ask, 2, between)
    assert len(seen) == len(set(seen))
    assert set(seen) >= {(f"2026-10-{day:02}", "W2") for day in range(1, 10)}
    assert ("2026-10-10", "W3") in seen


def walk(ask: Asker, limit: int, between: Iterator = iter(())) -> list[tuple[str, str]]:  # noqa: B008 - it is empty
    """Return what all pages hold; after each one the next thing happens."""
    page = ask.json(f"{RANGE}&limit={limit}")
    seen = keys(page)
    while page["next_cursor"]:
        assert len(page["days"]) == limit
        next(between, lambda: None)()
        page = ask.json(f"{RANGE}&limit={limit}&cursor={page['next_cursor']}")
        seen += keys(page)
    return seen


def test_there_is_no_order_by_a_result(ask: Asker, database: str) -> None:
    add_days(database, "W1", "W2", "W3", last="2026-10-01")
    execute(
        database,
        "update daily_compliance set visit_s = case worker_id when 'W2' then 1 else 9999 end",
    )

    assert keys(ask.json(RANGE)) == [("2026-10-01", f"W{n}") for n in (1, 2, 3)]


@pytest.mark.parametrize("name", ["worker_id", "grid_id"])
def test_an_id_that_nobody_has_is_named(ask: Asker, name: str) -> None:
    """A slip of the pen must not look like a worker or a grid without any days."""
    answer = ask.get(f"/v1/compliance?{name}=X9")

    assert answer.status_code == 422
    assert [error["name"] for error in answer.json()["errors"]] == [name]
