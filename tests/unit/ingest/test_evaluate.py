"""`patrol evaluate`, as it is called: recorded days out of files, with known answers."""

import argparse
import csv
import json
import os
import random
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest

from ingest.evaluate import cli
from patrol.errors import InputError
from patrol.fix import epoch_of
from patrol.track import FixColumns
from tests.district import collection, write_registers
from tests.makers import NOON, at, join, square, walk
from tests.processes import PATROL

HEADER = ["worker_id", "epoch", "lat_deg", "lon_deg", "accuracy_m", "quality"]
# To a door, 25 minutes there, and back; nearly to the edge of the grid, and never over it.
DAY = walk([(0, -150, 0), (300, 100, 0), (1800, 100, 0), (2100, -150, 0), (3600, 150, 50)])


@dataclass
class Said:
    code: int
    out: str
    err: str

    @property
    def answers(self) -> list[dict]:
        return [json.loads(line) for line in self.out.splitlines()]


@pytest.fixture
def evaluate(capsys: pytest.CaptureFixture[str]):
    def run(*arguments: str | Path) -> Said:
        parser = argparse.ArgumentParser()
        cli.register(parser.add_subparsers())
        options = parser.parse_args(["evaluate", *map(str, arguments)])
        code = options.command(options)
        said = capsys.readouterr()
        return Said(code, said.out, said.err)

    return run


def rows_of(fixes: FixColumns, worker: str = "W01") -> list[list[str]]:
    return [
        [worker, epoch_of(t).isoformat(), str(lat / 1e7), str(lon / 1e7), str(acc / 10), str(q)]
        for t, lat, lon, acc, q in zip(
            fixes.epoch_ms.tolist(),
            fixes.lat_e7.tolist(),
            fixes.lon_e7.tolist(),
            fixes.accuracy_dm.tolist(),
            fixes.quality.tolist(),
            strict=True,
        )
    ]


def write_tracks(folder: Path, rows: Sequence[Sequence[str]], header: Sequence[str] = HEADER):
    text = StringIO()
    csv.writer(text).writerows([header, *rows])
    (folder / "tracks.csv").write_text(text.getvalue(), newline="")


def roster(*windows: tuple[str, datetime, datetime]) -> str:
    lines = [f"{who},G01,{start.isoformat()},{end.isoformat()}" for who, start, end in windows]
    return "\n".join(["worker_id,grid_id,start,end", *lines, ""])


def hours(count: float) -> timedelta:
    return timedelta(hours=count)


def time(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.fixture
def district(tmp_path: Path) -> Path:
    """Return a folder with one grid, one door, and the day of one worker."""
    folder = tmp_path / "district"
    folder.mkdir()
    write_registers(folder)
    write_tracks(folder, rows_of(DAY))
    return folder


def test_a_recorded_day_is_judged(district, evaluate):
    (day,) = evaluate(district).answers

    assert [day["worker_id"], day["day"], day["duty_s"]] == ["W01", "2026-03-02", 3600]
    assert [day["inside_s"], day["outside_s"], day["unknown_s"]] == [3600, 0, 0]
    assert day["presence"] == [
        {
            "state": "inside",
            "start": "2026-03-02T04:00:00.000Z",
            "end": "2026-03-02T05:00:00.000Z",
        }
    ]
    assert day["verdicts"]["visit_hours"] == "undetermined"
    assert day["verdicts"]["presence"] != "not_met"
    assert day["verdicts"]["coverage"] is None
    assert day["findings"] == []


def test_a_visit_says_where_when_and_by_what_evidence(district, evaluate):
    (day,) = evaluate(district).answers

    (visit,) = day["visits"]
    assert visit["premises_id"] == "P1"
    assert abs(time(visit["start"]) - at(300)) < timedelta(minutes=2)
    assert abs(time(visit["end"]) - at(1800)) < timedelta(minutes=2)
    assert day["visit_s"] == (time(visit["end"]) - time(visit["start"])).total_seconds()
    low, high = day["visit_interval_s"]
    assert low <= day["visit_s"] <= high
    assert visit["grade"] == "B"
    assert visit["evidence"] == {"observed": 1.0, "gap": 0.0, "check_in": 0.0}
    assert 0 < visit["p_premises"] <= visit["p_any"] <= 1


def test_the_answer_has_these_fields_in_this_order(district, evaluate):
    (day,) = evaluate(district).answers

    assert list(day) == [
        *("worker_id", "day", "duty_s", "inside_s", "outside_s", "unknown_s", "excused_s"),
        *(
            "plausible_s",
            "presence",
            "visits",
            "visit_s",
            "visit_s_by_grade",
            "visit_interval_s",
            "coverage",
        ),
        *("excused", "verdicts", "reasons", "findings", "rules_version", "parameters_version"),
    ]


def test_order_repeats_and_columns_change_no_byte(district, evaluate):
    usual = evaluate(district)
    rows = rows_of(DAY)
    mixed = random.Random(1).sample(rows + rows[::3], k=len(rows) + len(rows[::3]))  # noqa: S311
    write_tracks(
        district,
        [[*row[::-1], "of no use"] for row in mixed],
        header=[*HEADER[::-1], "note"],
    )

    assert evaluate(district) == usual


def test_values_that_are_not_known_may_be_empty_or_have_no_column(district, evaluate):
    write_tracks(district, [[*row[:4], "", ""] for row in rows_of(DAY)])
    empty = evaluate(district)
    write_tracks(district, [row[:4] for row in rows_of(DAY)], header=HEADER[:4])

    assert evaluate(district) == empty
    assert empty.answers[0]["inside_s"] == 3600


def test_a_day_without_fixes_is_unknown(district, evaluate):
    write_tracks(district, [])

    (day,) = evaluate(district).answers
    assert [day["inside_s"], day["outside_s"], day["unknown_s"]] == [0, 0, 3600]
    assert day["visits"] == []
    assert day["verdicts"]["presence"] == "undetermined"


def test_two_windows_of_one_day_are_one_answer(district, evaluate):
    write_registers(
        district,
        roster=roster(("W01", at(0), at(3600)), ("W01", NOON + hours(3), NOON + hours(5))),
    )

    (day,) = evaluate(district).answers
    assert day["duty_s"] == 3 * 3600
    assert [one["state"] for one in day["presence"]] == ["inside", "unknown"]
    assert sum(day[f"{state}_s"] for state in ("inside", "outside", "unknown")) == day["duty_s"]


def test_answers_come_by_worker_and_day(district, evaluate):
    shifts = [("W02", NOON), ("W01", NOON + hours(24)), ("W01", NOON)]
    write_registers(
        district, roster=roster(*((who, start, start + hours(1)) for who, start in shifts))
    )

    found = [(day["worker_id"], day["day"]) for day in evaluate(district).answers]
    assert found == [("W01", "2026-03-02"), ("W01", "2026-03-03"), ("W02", "2026-03-02")]


@pytest.mark.parametrize(
    ("zone", "day"), [("Asia/Shanghai", "2026-03-02"), ("Pacific/Auckland", "2026-03-03")]
)
def test_a_night_counts_to_the_local_day_on_which_it_begins(zone, day, district, evaluate):
    evening = NOON + hours(11)
    write_registers(district, roster=roster(("W01", evening, evening + hours(4))))

    (answer,) = evaluate(district, "--timezone", zone).answers
    assert answer["day"] == day


def test_fixes_far_from_duty_change_nothing(district, evaluate):
    usual = evaluate(district)
    late = walk([(3600 + 2 * 3600, 900, 0), (4 * 3600, 900, 0)])
    write_tracks(district, rows_of(join(DAY, late)))

    assert evaluate(district) == usual


def test_a_bad_row_loses_no_good_one(district, evaluate):
    usual = evaluate(district)
    rows = rows_of(DAY)
    bad = [["W01", "noon", *rows[0][2:]], ["W 1", *rows[0][1:]], [*rows[0], "30", "66"]]
    write_tracks(district, [rows[0], *bad, *rows[1:]])

    said = evaluate(district)
    path = district / "tracks.csv"
    assert said.code == 0
    assert said.out == usual.out
    reasons = (
        "epoch 'noon' is not a time with an offset: write it like 2026-03-02T08:30:00+08:00",
        "worker_id 'W 1' is not an id",
        "has 8 values for 6 columns: put a value with a comma into quotation marks",
    )
    assert said.err.splitlines() == [
        f"patrol: rows of {path} that were skipped: 3",
        f"  {path}: line 3: {reasons[0]}",
        f"  {path}: line 4: {reasons[1]}",
        f"  {path}: line 5: {reasons[2]}",
    ]


def test_ten_of_many_bad_rows_are_named(district, evaluate):
    good = rows_of(DAY)[:1]
    write_tracks(district, [["W01", str(at(0)), "91", "0", "", ""]] * 25 + good)

    said = evaluate(district).err.splitlines()
    assert len(said) == 12
    assert said[-2].startswith(f"  {district / 'tracks.csv'}: line 11: lat_deg '91'")
    assert said[-1] == "  and 15 more"


def test_a_line_is_named_behind_values_of_several_lines(district, evaluate):
    note = ["W01", str(at(0)), "30.66", "104.06", "two\nlines"]
    write_tracks(district, [note, [*note[:2], "x", *note[3:]]], header=[*HEADER[:4], "note"])

    assert f"{district / 'tracks.csv'}: line 4: lat_deg 'x'" in evaluate(district).err


def test_workers_without_duty_are_counted_and_named(district, evaluate):
    usual = evaluate(district)
    write_tracks(district, rows_of(DAY) + rows_of(DAY, "W07")[:5] + rows_of(DAY, "W05")[:2])

    said = evaluate(district)
    assert said.out == usual.out
    assert (
        said.err == "patrol: fixes of workers without duty in roster.csv, not used: 7 of W05, W07\n"
    )


def test_every_bad_row_of_the_registers_is_named_at_once(district, evaluate):
    write_registers(
        district,
        grids=collection({"grid_id": "G02"}, square()),
        roster=roster(("W01", at(0), at(3600)), ("W01", at(60), at(120))),
    )

    with pytest.raises(InputError) as refused:
        evaluate(district)

    said = str(refused.value)
    assert "premises.geojson: feature 1 P1: grid G01 is not in grids.geojson" in said
    assert "roster.csv: line 2: grid G01 is not in grids.geojson" in said
    assert "roster.csv: line 3: duty 2026-03-02T04:01:00" in said


def test_premises_on_the_other_side_of_the_earth_are_refused(district, evaluate):
    point = {"type": "Point", "coordinates": [30.66, 10.4]}
    about = {"premises_id": "P1", "grid_id": "G01", "radius_m": 5}
    write_registers(district, premises=collection(about, point))

    with pytest.raises(InputError, match="km from its grid G01"):
        evaluate(district)


@pytest.mark.parametrize("name", ["grids.geojson", "premises.geojson", "roster.csv", "tracks.csv"])
def test_a_file_that_is_needed_is_named(name, district, evaluate):
    (district / name).unlink()

    with pytest.raises(InputError, match=f"{name} cannot be read"):
        evaluate(district)


def test_places_may_be_missing(district, evaluate):
    (district / "places.geojson").unlink()

    assert evaluate(district).answers[0]["inside_s"] == 3600


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "line 1 must name the columns .*no worker_id,epoch,lat_deg,lon_deg"),
        ("worker_id,epoch,lat_deg\n", "no lon_deg"),
        ("worker_id,epoch,lat_deg,lon_deg,epoch\n", "names epoch more than once"),
        ('worker_id,epoch,lat_deg,lon_deg\nW01,"x\n', "quotation marks in pairs"),
    ],
)
def test_tracks_of_another_form_are_refused(content, reason, district, evaluate):
    (district / "tracks.csv").write_text(content)

    with pytest.raises(InputError, match=reason):
        evaluate(district)


def test_tracks_in_another_encoding_are_refused(district, evaluate):
    (district / "tracks.csv").write_bytes("worker_id,备注\n".encode("gb18030"))

    with pytest.raises(InputError, match="is not UTF-8"):
        evaluate(district)


def test_what_is_no_folder_is_refused(tmp_path, evaluate):
    with pytest.raises(InputError, match="is not a folder"):
        evaluate(tmp_path / "nowhere")


def test_rules_of_ones_own_are_named_by_the_result(district, tmp_path, evaluate):
    path = tmp_path / "rules.toml"
    path.write_text('version = "strict-1"\nrequired_visit_s = 600\n')

    (day,) = evaluate(district, "--rules", path).answers
    assert day["rules_version"] == "strict-1"
    assert day["verdicts"]["visit_hours"] == "met"


def test_a_long_run_says_how_far_it_is(district, evaluate, monkeypatch):
    monkeypatch.setattr(cli, "_LOGGED_S", 0.0)

    said = evaluate(district).err
    assert "1 of 1 worker-days judged" in said


def call(*arguments: str | Path, environment: Mapping[str, str] | None = None):
    return subprocess.run(
        [PATROL, "evaluate", *arguments],
        env={**os.environ, **(environment or {})},
        capture_output=True,
        text=True,
        check=False,
    )


def test_it_works_as_a_process(district, evaluate):
    done = call(district, environment={"PYTHONHASHSEED": "7"})

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == evaluate(district).out


def test_bad_registers_end_it_with_65(district):
    (district / "grids.geojson").write_text("[]")

    done = call(district)
    assert (done.returncode, done.stdout) == (65, "")
    assert "is not a GeoJSON FeatureCollection" in done.stderr


def test_a_reader_may_stop_early(district):
    shifts = [NOON + hours(24 * day) for day in range(400)]
    write_registers(district, roster=roster(*(("W01", one, one + hours(1)) for one in shifts)))
    with subprocess.Popen(
        [PATROL, "evaluate", district], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""

    assert process.returncode == 0


def test_it_needs_neither_database_nor_broker():
    loaded = subprocess.run(
        [
            PATROL.with_name("python"),
            "-c",
            "import sys, ingest.evaluate.cli; print(*sys.modules)",
        ],
        capture_output=True,
        text=True,
        check=True,
    )

    assert {"psycopg", "paho"} & set(loaded.stdout.split()) == set()
