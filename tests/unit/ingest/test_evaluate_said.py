"""`patrol evaluate`: what of the files had no effect is said, on standard error or as a refusal."""

import argparse
from pathlib import Path

import pytest

from ingest.evaluate import cli
from patrol.errors import InputError
from patrol.fix import epoch_of
from tests.district import write_registers
from tests.makers import at, walk

HEADER = "worker_id,epoch,lat_deg,lon_deg,accuracy_m\n"
DAY = walk([(0, 0, 0), (600, 0, 0)])
HOUR = f"{at(0).isoformat()},{at(3600).isoformat()}"


def track(fixes, accuracy_m: str = "5") -> str:
    columns = (fixes.epoch_ms.tolist(), fixes.lat_e7.tolist(), fixes.lon_e7.tolist())
    return HEADER + "".join(
        f"W01,{epoch_of(ms).isoformat()},{lat / 1e7},{lon / 1e7},{accuracy_m}\n"
        for ms, lat, lon in zip(*columns, strict=True)
    )


@pytest.fixture
def evaluate(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    write_registers(tmp_path)
    (tmp_path / "tracks.csv").write_text(track(DAY))

    def run(*arguments: str, **files: str):
        for name, text in files.items():
            (tmp_path / f"{name}.csv").write_text(text)
        parser = argparse.ArgumentParser()
        cli.register(parser.add_subparsers())
        options = parser.parse_args(["evaluate", str(tmp_path), *arguments])
        assert options.command(options) == 0
        return capsys.readouterr()

    return run


def test_values_taken_as_not_known_are_counted_and_named_and_cost_no_position(evaluate):
    without = evaluate(tracks=track(DAY, accuracy_m="")).out

    said = evaluate(tracks=track(DAY, accuracy_m="-1"))
    assert said.out == without
    count = len(DAY.epoch_ms)
    assert f"with a value that is taken as not known: {count}\n" in said.err
    assert "line 2: accuracy_m '-1' is not a number (metres)" in said.err
    assert "skipped" not in said.err


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (f"W01,{at(0).isoformat()},104.06,30.66,5\n", "lat_deg '104.06'"),
        ("W01,2026-03-02T12:00:00,30.66,104.06,5\n", "not a time with an offset"),
    ],
)
def test_tracks_of_which_no_row_can_be_used_are_refused(row, reason, evaluate):
    with pytest.raises(InputError, match=rf"none of the 3 rows of (.|\n)*{reason}"):
        evaluate(tracks=HEADER + row * 3)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("excuses", f"worker_id,grid_id,start,end,reason\nW09,,{HOUR},leave\n"),
        ("covers", f"worker_id,grid_id,start,end\nW09,G01,{HOUR}\n"),
    ],
)
def test_terms_of_a_worker_without_duty_are_refused(name, text, evaluate):
    with pytest.raises(InputError, match=rf"{name}.csv: line 2: worker W09 has no duty in roster"):
        evaluate(**{name: text})


def test_an_empty_roster_is_refused(evaluate):
    with pytest.raises(InputError, match=r"roster.csv names no duty"):
        evaluate(roster="worker_id,grid_id,start,end\n")


def test_fixes_that_all_lie_outside_duty_are_said(evaluate):
    late = walk([(5 * 3600, 0, 0), (5 * 3600 + 60, 0, 0)])

    said = evaluate(tracks=track(late)).err
    assert f"{len(late.epoch_ms)} fixes of 1 workers lie outside every duty" in said


def test_nothing_is_said_of_fixes_within_duty(evaluate):
    assert evaluate().err == ""


def test_chinese_is_printed_as_it_is_read(evaluate):
    assert "在格时长介于" in evaluate("--language", "zh").out
