"""`patrol evaluate` with recorded check-ins."""

import argparse
import json
from pathlib import Path

import pytest

from ingest.evaluate import cli
from patrol.errors import InputError
from patrol.fix import epoch_of
from tests.district import write_registers
from tests.makers import at, walk

# Up and down the street all the time, never far from the door P1.
STREET = walk([(180.0 * n, 200.0 * (n % 2), -60) for n in range(21)])
HEADER = "worker_id,at,kind,phase,premises_id\n"


def line(at_s: float, kind: str, phase: str, premises: str = "P1", worker: str = "W01") -> str:
    return f"{worker},{at(at_s).isoformat()},{kind},{phase},{premises}\n"


TAGS = HEADER + line(600, "tag", "begin") + line(1500, "tag", "end")
SAID = HEADER + line(600, "declared", "begin") + line(1500, "declared", "end")


@pytest.fixture
def evaluate(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    write_registers(tmp_path)
    columns = zip(
        *(one.tolist() for one in (STREET.epoch_ms, STREET.lat_e7, STREET.lon_e7)), strict=True
    )
    fixes = [f"W01,{epoch_of(ms).isoformat()},{lat / 1e7},{lon / 1e7}" for ms, lat, lon in columns]
    (tmp_path / "tracks.csv").write_text("\n".join(["worker_id,epoch,lat_deg,lon_deg", *fixes]))

    def run(checkins: str | None = None) -> dict:
        if checkins is not None:
            (tmp_path / "checkins.csv").write_text(checkins)
        parser = argparse.ArgumentParser()
        cli.register(parser.add_subparsers())
        options = parser.parse_args(["evaluate", str(tmp_path)])
        options.command(options)
        (day,) = capsys.readouterr().out.splitlines()
        return json.loads(day)

    return run


def test_two_tags_are_a_visit_of_grade_a(evaluate):
    day = evaluate(TAGS)

    (visit,) = day["visits"]
    assert (visit["grade"], visit["premises_id"]) == ("A", "P1")
    assert (visit["p_any"], visit["p_premises"]) == (1.0, 1.0)
    assert visit["evidence"] == {"observed": 0.0, "gap": 0.0, "check_in": 1.0}
    assert day["visit_s_by_grade"] == {"A": 900.0, "B": 0.0, "C": 0.0}
    assert day["visit_s"] == 900.0


def test_what_is_declared_only_is_listed_and_totalled_apart(evaluate):
    before, day = evaluate(), evaluate(SAID)

    (visit,) = day["visits"]
    assert (visit["grade"], visit["p_any"], visit["p_premises"]) == ("C", None, None)
    assert day["visit_s_by_grade"] == {"A": 0.0, "B": 0.0, "C": 900.0}
    assert day["visit_s"] == before["visit_s"]
    assert day["visit_interval_s"][0] == before["visit_interval_s"][0]
    assert day["visit_interval_s"][1] == before["visit_interval_s"][1] + 900


def test_check_ins_may_have_ids_and_stand_in_any_order(evaluate):
    first, second = TAGS.splitlines()[1:]
    turned = f"{HEADER.strip()},checkin_id\n{second},b\n{first},a\n"

    assert evaluate(turned) == evaluate(TAGS)


def test_check_ins_of_others_and_of_other_days_change_nothing(evaluate):
    strangers = HEADER + line(600, "tag", "begin", worker="W99")
    strangers += line(1500, "tag", "end", worker="W99") + line(90_000, "tag", "begin")

    assert evaluate(strangers) == evaluate(HEADER)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (HEADER + line(600, "nfc", "begin"), "line 2: kind 'nfc' is not one of tag, photo, decl"),
        (HEADER + line(600, "tag", "start"), "line 2: phase 'start' is not one of begin, end, n"),
        (HEADER + line(600, "tag", "begin", "P9"), "premises P9 are not in premises.geojson"),
        (HEADER + "W01,noon,tag,begin,P1\n", "at 'noon' is not a time"),
        ("worker_id,at\n", "line 1 must name the columns worker_id,at,kind,phase,premises_id"),
    ],
)
def test_a_check_in_that_cannot_be_read_is_named(evaluate, text, reason):
    with pytest.raises(InputError) as refused:
        evaluate(text)

    assert reason in str(refused.value)


def test_a_check_in_need_not_know_the_premises(evaluate):
    assert evaluate(HEADER + line(600, "photo", "begin", "")) == evaluate(HEADER)
