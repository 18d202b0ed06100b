"""Coverage and times at checkpoints over HTTP: ranges, workers, grids, pages."""

from collections.abc import Iterator

import pytest

from tests.asking import DAY, Asker, known_day

KNOWN = """
insert into checkpoint (checkpoint_id, grid_id, name, geometry, radius_m)
values ('C1', 'G1', 'Gate', '{"type": "Point", "coordinates": [116.405, 39.905]}', 20);
insert into grid_coverage (worker_id, day, grid_id, kind, share, share_low, share_high, targets)
values ('W2', '2026-11-20', 'G2', 'streets', 0.5, 0.45, 1, '[]'),
       ('W1', '2026-11-20', 'G2', 'micro_grids', 0.25, 0.25, 0.5, '[]'),
       ('W1', '2026-11-20', 'G1', 'checkpoints', 1, 1, 1,
        '[{"name": "C1", "weight": 1.0, "p": 0.97, "reach": "reached"}]'),
       ('W1', '2026-11-21', 'G1', 'checkpoints', 0, 0, 1,
        '[{"name": "C1", "weight": 1.0, "p": 0.0, "reach": "unknown"}]');
insert into checkpoint_pass (worker_id, day, start_at, end_at, grid_id, checkpoint_id, p)
values ('W1', '2026-11-20', '2026-11-20 03:00Z', '2026-11-20 03:01Z', 'G1', 'C1', 0.97),
       ('W1', '2026-11-20', '2026-11-20 01:40Z', '2026-11-20 01:41:30Z', 'G1', 'C1', 0.9),
       ('W1', '2026-11-20', '2026-11-20 06:00Z', '2026-11-20 06:01Z', 'G2', 'C9', 0.6);
"""
DAYS = "from=2026-11-20&to=2026-11-21"
COVERAGE = f"/v1/coverage?{DAYS}"
PASSES = f"/v1/checkpoint-passes?{DAYS}"


@pytest.fixture(scope="module")
def ask(shared_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asker]:
    with known_day(shared_database, tmp_path_factory.mktemp("api"), KNOWN) as asker:
        yield asker


def covered(page: dict) -> list[tuple[str, str, str]]:
    return [(one["day"][-2:], one["worker_id"], one["grid_id"]) for one in page["coverage"]]


def passed(page: dict) -> list[tuple[str, str]]:
    return [(one["checkpoint_id"], one["start_at"][11:16]) for one in page["passes"]]


ALL_COVERED = [("20", "W1", "G1"), ("20", "W1", "G2"), ("20", "W2", "G2"), ("21", "W1", "G1")]
ALL_PASSED = [("C1", "01:40"), ("C1", "03:00"), ("C9", "06:00")]


def test_coverage_comes_by_day_worker_and_grid(ask: Asker) -> None:
    page = ask.json(COVERAGE)

    assert covered(page) == ALL_COVERED
    assert (page["from"], page["to"], page["next_cursor"]) == (DAY, "2026-11-21", None)


def test_coverage_is_told_with_its_bounds_and_targets(ask: Asker) -> None:
    first, _, streets, _ = ask.json(COVERAGE)["coverage"]

    assert (streets["kind"], streets["share"]) == ("streets", 0.5)
    assert (streets["share_low"], streets["share_high"]) == (0.45, 1)
    assert first["targets"] == [{"name": "C1", "weight": 1.0, "p": 0.97, "reach": "reached"}]


def test_times_at_checkpoints_come_by_checkpoint_and_start(ask: Asker) -> None:
    page = ask.json(PASSES)

    assert passed(page) == ALL_PASSED
    assert (page["from"], page["to"], page["next_cursor"]) == (DAY, "2026-11-21", None)


def test_a_time_at_a_checkpoint_is_told_whole(ask: Asker) -> None:
    first, _, withdrawn = ask.json(PASSES)["passes"]

    assert (first["checkpoint_name"], first["grid_id"], first["p"]) == ("Gate", "G1", 0.9)
    assert (first["end_at"], first["duration_s"]) == ("2026-11-20T01:41:30Z", 90)
    assert withdrawn["checkpoint_name"] == ""


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("&worker_id=W2", [("20", "W2", "G2")]),
        ("&grid_id=G1", [("20", "W1", "G1"), ("21", "W1", "G1")]),
        ("&worker_id=W3", []),
        ("&worker_id=W2&grid_id=G1", []),
    ],
)
def test_coverage_of_a_worker_or_a_grid_alone(ask: Asker, asked: str, found: list) -> None:
    assert covered(ask.json(COVERAGE + asked)) == found


@pytest.mark.parametrize(
    ("asked", "found"),
    [("&grid_id=G2", [("C9", "06:00")]), ("&worker_id=W2", []), ("&worker_id=W1", ALL_PASSED)],
)
def test_times_of_a_worker_or_a_grid_alone(ask: Asker, asked: str, found: list) -> None:
    assert passed(ask.json(PASSES + asked)) == found


def test_a_day_alone(ask: Asker) -> None:
    page = ask.json("/v1/coverage?from=2026-11-21&to=2026-11-21")

    assert covered(page) == [("21", "W1", "G1")]


def test_pages_of_coverage_follow_one_another(ask: Asker) -> None:
    first = ask.json(COVERAGE + "&limit=3")
    second = ask.json(f"{COVERAGE}&limit=3&cursor={first['next_cursor']}")

    assert covered(first) + covered(second) == ALL_COVERED
    assert second["next_cursor"] is None


def test_pages_of_times_follow_one_another(ask: Asker) -> None:
    first = ask.json(PASSES + "&limit=1")
    second = ask.json(f"{PASSES}&limit=1&cursor={first['next_cursor']}")
    third = ask.json(f"{PASSES}&limit=1&cursor={second['next_cursor']}")

    assert passed(first) + passed(second) + passed(third) == ALL_PASSED
    assert third["next_cursor"] is None


@pytest.mark.parametrize("route", [COVERAGE, PASSES])
@pytest.mark.parametrize(
    "asked",
    [
        "&worker_id=W9",
        "&grid_id=G9",
        "&kind=streets",
        "&cursor=x",
        "&cursor=2026-13-01.W1.G1",
        "&cursor=2026-13-01.W1.C1.5",
        "&cursor=2026-11-20.W1.C1.99999999999999999999",
        "&limit=0",
    ],
)
def test_a_slip_of_the_pen_is_refused(ask: Asker, route: str, asked: str) -> None:
    assert ask.get(route + asked).status_code == 422


@pytest.mark.parametrize("route", [COVERAGE, PASSES])
def test_coverage_needs_a_token(ask: Asker, route: str) -> None:
    assert ask.get(route, token=None).status_code == 401
