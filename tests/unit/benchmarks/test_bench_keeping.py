"""`make bench-keeping` without a server: what positions it measures, and what it says then."""

import json
from datetime import date
from itertools import groupby, pairwise

import pytest

from benchmarks.keeping.__main__ import Figure, main
from benchmarks.keeping.room import _held
from benchmarks.keeping.tracks import Stored, random_walks, simulated_days
from patrol.fix import epoch_of
from patrol.messages import Position

DAY = date(2026, 3, 2)


@pytest.fixture(scope="module")
def simulated() -> list[Stored]:
    return list(simulated_days(workers=4, day=DAY, interval_s=60, seed=1, batch=(10, 50)))


def test_what_is_committed_together_came_together(simulated):
    for one in simulated:
        batches = [len(list(batch)) for _, batch in groupby(one.received_at)]
        assert all(10 <= size <= 50 for size in batches[:-1])


def test_nothing_comes_before_it_happened(simulated):
    for one in simulated:
        pairs = zip(one.positions, one.received_at, strict=True)
        assert all(epoch_of(position.epoch_ms) < received for position, received in pairs)


def test_simulated_terminals_tell_what_receivers_tell(simulated):
    told = {name for one in simulated for fix in one.positions for name in fix._fields}
    known = {
        name
        for one in simulated
        for fix in one.positions
        for name, value in fix._asdict().items()
        if value is not None
    }

    # No receiver knows the battery.
    assert told - known == {"battery_pct"}


def test_a_walk_has_a_fix_at_every_interval():
    (walk,) = random_walks(terminals=1, day=DAY, interval_s=10, fixes=100)
    times = [one.epoch_ms for one in walk.positions]

    assert [after - before for before, after in pairwise(times)] == [10_000] * 99


def test_what_never_changes_holds_no_information():
    still = Stored(
        terminal_id="T", positions=[Position(1, 1, 1, battery_pct=50)] * 9, received_at=[]
    )

    assert _held([still], "battery_pct") == _held([still], "altitude_dm") == 0


def test_a_goal_is_the_most_that_is_allowed():
    assert Figure("bytes", 6.5, "B", 6.5).as_json()["reached"] is True
    assert Figure("bytes", 6.6, "B", 6.5).as_json()["reached"] is False
    assert Figure("bytes", 6.6, "B").as_json()["reached"] is None


def test_without_a_server_it_says_what_it_needs(monkeypatch, capsys):
    monkeypatch.delenv("PATROL_TEST_DSN", raising=False)

    assert main(["--seeds", "1"]) == 1
    said, last = capsys.readouterr().out.strip().splitlines()
    assert "name it by --dsn or PATROL_TEST_DSN" in said
    assert json.loads(last) == {"bench": "keeping", "figures": []}
