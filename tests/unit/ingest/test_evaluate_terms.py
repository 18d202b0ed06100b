"""`patrol evaluate` with requirements, excused time, cover, and reasons in words."""

import argparse
import json
from pathlib import Path

import pytest

from ingest.evaluate import cli
from patrol.errors import InputError
from patrol.fix import epoch_of
from tests.district import collection, write_registers
from tests.makers import at, square, walk, without

DAY = walk([(0, -150, 0), (300, 100, 0), (1800, 100, 0), (2100, -150, 0), (3600, 150, 50)])
STAY = walk([(0, 0, 0), (3600, 0, 0)])
REQUIREMENTS = "grid_id,valid_from,valid_to,presence_share,visit_s,coverage_share\n"
EXCUSES = "worker_id,grid_id,start,end,reason\n"
COVERS = "worker_id,grid_id,start,end\n"


def hour(start_s: float, end_s: float) -> str:
    return f"{at(start_s).isoformat()},{at(end_s).isoformat()}"


def track(fixes, worker: str = "W01") -> str:
    columns = zip(
        *(one.tolist() for one in (fixes.epoch_ms, fixes.lat_e7, fixes.lon_e7)), strict=True
    )
    return "".join(
        f"{worker},{epoch_of(ms).isoformat()},{lat / 1e7},{lon / 1e7},5\n"
        for ms, lat, lon in columns
    )


def write(folder: Path, tracks: str, **files: str) -> None:
    (folder / "tracks.csv").write_text(f"worker_id,epoch,lat_deg,lon_deg,accuracy_m\n{tracks}")
    for name, text in files.items():
        (folder / f"{name}.csv").write_text(text)


@pytest.fixture
def evaluate(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    write_registers(tmp_path)
    write(tmp_path, track(DAY))

    def run(*arguments: str, **files: str) -> list[dict]:
        for name, text in files.items():
            (tmp_path / f"{name}.csv").write_text(text)
        parser = argparse.ArgumentParser()
        cli.register(parser.add_subparsers())
        options = parser.parse_args(["evaluate", str(tmp_path), *arguments])
        options.command(options)
        return [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    return run


def test_verdicts_are_words_and_reasons_are_told_beside_them(evaluate):
    (day,) = evaluate()

    assert day["verdicts"]["visit_hours"] == "undetermined"
    assert day["reasons"]["visit_hours"].endswith("duty of 1 h 00 min is too short for it")
    assert set(day["reasons"]) == set(day["verdicts"]) == {"presence", "visit_hours", "coverage"}


def test_reasons_are_told_in_chinese(evaluate):
    (day,) = evaluate("--language", "zh")

    assert day["reasons"]["presence"].startswith("在格时长介于 ")
    assert day["verdicts"]["presence"] in {"met", "undetermined"}


def test_columns_that_nobody_asked_for_are_ignored(evaluate):
    roster = f"worker_id,shift,grid_id,start,end\nW01,early,G01,{hour(0, 3600)}\n"

    (day,) = evaluate(roster=roster)

    assert (day["worker_id"], day["duty_s"]) == ("W01", 3600)


def test_a_result_names_its_parameters_and_what_is_plausible(evaluate):
    (day,) = evaluate()

    assert day["parameters_version"] == "builtin-1"
    assert (day["plausible_s"], day["excused_s"], day["excused"]) == (0, 0, [])


def test_the_requirement_in_force_is_asked_for(evaluate):
    (day,) = evaluate(requirements=f"{REQUIREMENTS},,,,7200,\nG01,2026-03-01,,,600,\n")

    assert day["verdicts"]["visit_hours"] == "met"
    assert day["reasons"]["visit_hours"].endswith("required 0 h 10 min")


def test_a_requirement_of_the_past_is_not_asked_for(evaluate):
    (day,) = evaluate(requirements=f"{REQUIREMENTS}G01,2026-01-01,2026-03-02,,600,\n")

    assert day["verdicts"]["visit_hours"] == "undetermined"


def test_excused_time_is_told_and_not_owed(evaluate):
    (day, _) = evaluate(
        roster=f"worker_id,grid_id,start,end\nW01,G01,{hour(0, 3600)}\nW02,G01,{hour(0, 3600)}\n",
        excuses=f"{EXCUSES}W01,,{hour(1800, 9000)},fault\nW02,,{hour(0, 60)},leave\n",
    )

    assert day["excused_s"] == 1800
    assert day["excused"] == [
        {
            "reason": "fault",
            "start": "2026-03-02T04:30:00.000Z",
            "end": "2026-03-02T05:00:00.000Z",
        }
    ]
    assert day["inside_s"] + day["outside_s"] + day["unknown_s"] == 1800
    assert day["reasons"]["visit_hours"].endswith("0 h 30 min of duty is excused")


def test_cover_makes_another_grid_count(evaluate, tmp_path):
    grids = json.loads(collection({"grid_id": "G01"}, square()))
    east = json.loads(collection({"grid_id": "G02"}, square(middle_m=(0, 900, 0))))
    grids["features"] += east["features"]
    (tmp_path / "grids.geojson").write_text(json.dumps(grids))
    write(tmp_path, track(walk([(0, 900, 0), (3600, 900, 0)])))

    (before,) = evaluate()
    (after,) = evaluate(covers=f"{COVERS}W01,G02,{hour(0, 3600)}\n")

    assert (before["outside_s"], after["outside_s"], after["inside_s"]) == (3600, 0, 3600)


def test_terminals_silent_together_are_excused_and_who_was_heard_keeps_the_time(evaluate, tmp_path):
    silent = without(STAY, 1200, 2400)
    tracks = [track(silent, f"W0{number}") for number in range(1, 6)]
    write(tmp_path, "".join([*tracks, track(STAY, "W06")]))
    windows = "".join(f"W0{number},G01,{hour(0, 3600)}\n" for number in range(1, 7))

    days = evaluate(roster=f"worker_id,grid_id,start,end\n{windows}")

    assert [(day["excused_s"], day["unknown_s"]) for day in days[:5]] == [(1210, 0)] * 5
    assert (days[5]["excused_s"], days[5]["excused"]) == (0, [])
    assert days[0]["excused"][0]["reason"] == "common_silence"


@pytest.mark.parametrize(
    ("kind", "text", "said"),
    [
        ("requirements", f"{REQUIREMENTS}G09,,,,,\n", "line 2: grid G09 is not known"),
        ("requirements", f"{REQUIREMENTS},2026-3-1,,,,\n", "valid_from '2026-3-1' is not a day"),
        ("requirements", f"{REQUIREMENTS},2026-03-01,2026-03-01,,,\n", "is not after valid_from"),
        ("requirements", f"{REQUIREMENTS},,,90,,\n", "presence_share '90' is not a number from 0 to 1"),
        ("requirements", f"{REQUIREMENTS},,,,3h,\n", "visit_s '3h' is not a number"),
        ("requirements", f"{REQUIREMENTS},,,nan,,\n", "presence_share 'nan' is not a number"),
        ("excuses", f"{EXCUSES},,{hour(0, 60)},holiday\n", "reason 'holiday' is not one of leave,"),
        ("excuses", f"{EXCUSES},,{hour(0, 60)},common_silence\n", "is not one of leave,"),
        ("excuses", f"{EXCUSES},,{hour(60, 60)},leave\n", "is not after start"),
        ("covers", f"{COVERS}W01,,{hour(0, 60)}\n", "grid_id '' is not an id"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_named_with_its_line(evaluate, kind, text, said):
    with pytest.raises(InputError, match="1 row cannot be loaded") as refused:
        evaluate(**{kind: text})

    assert said in str(refused.value)
