"""`patrol evaluate` names what a person should look at, also across days and workers."""

import csv
import json
import subprocess
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from patrol.anomalies.clocks import ROUND_MS
from patrol.fix import epoch_of
from tests.district import write_registers
from tests.makers import at
from tests.processes import PATROL
from tests.unit.patrol.traces import rounds

DAY_MS = 86_400_000


@pytest.fixture
def district(tmp_path: Path) -> Path:
    """Return a folder with one grid and duty of two workers on two days."""
    duty = [(worker, at(day * 86_400)) for worker in ("W01", "W02") for day in (0, 1)]
    write_registers(tmp_path, roster=roster(duty))
    return tmp_path


def roster(duty: list[tuple[str, datetime]]) -> str:
    lines = [
        f"{worker},G01,{start.isoformat()},{(start + timedelta(hours=2)).isoformat()}"
        for worker, start in duty
    ]
    return "\n".join(["worker_id,grid_id,start,end", *lines, ""])


def tracks(folder: Path, *told: tuple[str, object, int]) -> None:
    """Write tracks of workers, so many milliseconds later than they were."""
    with (folder / "tracks.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["worker_id", "epoch", "lat_deg", "lon_deg", "accuracy_m"])
        for worker, fixes, later_ms in told:
            columns = (fixes.epoch_ms, fixes.lat_e7, fixes.lon_e7)
            for ms, lat_e7, lon_e7 in zip(*(one.tolist() for one in columns), strict=True):
                moment = epoch_of(ms + later_ms).isoformat()
                writer.writerow([worker, moment, lat_e7 / 1e7, lon_e7 / 1e7, 5])


def evaluate(folder: Path, *options: str) -> dict[tuple[str, str], list[dict]]:
    said = subprocess.run(
        [PATROL, "evaluate", folder, *options], capture_output=True, text=True, check=True
    )
    days = [json.loads(line) for line in said.stdout.splitlines()]
    return {(day["worker_id"], day["day"]): day["findings"] for day in days}


def test_honest_days_have_no_findings(district):
    told = [("W01", rounds(1), 0), ("W01", rounds(2), DAY_MS), ("W02", rounds(3), DAY_MS // 2)]
    tracks(district, *told)

    assert set(map(len, evaluate(district).values())) == {0}


def test_two_terminals_on_one_path_are_named_in_both_days(district):
    tracks(district, ("W01", rounds(1), 0), ("W02", rounds(2), 0))

    found = evaluate(district)

    (mine,), (theirs,) = found["W01", "2026-03-02"], found["W02", "2026-03-02"]
    assert list(mine) == ["kind", "start", "end", "evidence", "text"]
    assert (mine["kind"], mine["start"]) == ("same_path", "2026-03-02T04:00:00.000Z")
    assert mine["evidence"]["other_worker_id"] == "W02"
    assert theirs["evidence"]["other_worker_id"] == "W01"
    assert mine["text"].startswith(
        "this terminal and that of worker W02 went one way for 1 h 59 min"
    )


def test_a_replayed_day_names_the_one_that_it_repeats(district):
    tracks(district, ("W01", rounds(1), 0), ("W01", rounds(1), DAY_MS))

    found = evaluate(district, "--language", "zh")

    assert found["W01", "2026-03-02"] == []
    (replayed,) = found["W01", "2026-03-03"]
    assert (replayed["kind"], replayed["evidence"]["other_day"]) == ("replayed_day", "2026-03-02")
    assert "2026-03-02" in replayed["text"]
    assert "轨迹" in replayed["text"]


def test_a_clock_that_has_lost_a_round_of_weeks_is_named(district):
    tracks(district, ("W01", rounds(1), -ROUND_MS))

    (lost,) = evaluate(district)["W01", "2026-03-02"]
    assert (lost["kind"], lost["start"]) == ("clock_rollover", "2026-03-02T04:00:00.000Z")
