"""The commands that look: `device fixes` and `device status`."""

import argparse
import json
import subprocess
from pathlib import Path

import pytest

from device.cli import register
from device.outbox import Outbox
from patrol.errors import InputError
from patrol.messages import Position
from tests.unit.device.terminal import PATROL, gga, patrol, rmc, sentence

FULL = (
    rmc(0)
    + gga(0)
    + sentence("GNGST,040000.00,20.0,2.5,2.4,126,1.0,1.0,3.1")
    + b"\xb5\x62\x01\x07\x24\x0a\x00"
    + sentence("GNRMC,040001.00,A,3030.00000,N,10412.00000,W,,,020326,,,A")
)


def run(*arguments: str | Path) -> int:
    """Run a command in this very process and return its exit code."""
    parser = argparse.ArgumentParser()
    register(parser.add_subparsers())
    options = parser.parse_args(["device", *map(str, arguments)])
    code: int = options.command(options)
    return code


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    path = tmp_path / "recording.nmea"
    path.write_bytes(FULL.rstrip())
    return path


def test_fixes_are_printed_one_a_line(recording: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = run("fixes", recording)

    assert code == 0
    assert [json.loads(line) for line in capsys.readouterr().out.splitlines()] == [
        {
            "epoch": "2026-03-02T04:00:00.000Z",
            "lat_deg": 30.5,
            "lon_deg": 104.2,
            "altitude_m": 500.0,
            "speed_mps": 1.029,
            "course_deg": 90.0,
            "hdop": 1.1,
            "accuracy_m": 1.51,
            "satellites": 9,
            "quality": 1,
        },
        {
            "epoch": "2026-03-02T04:00:01.000Z",
            "lat_deg": 30.5,
            "lon_deg": -104.2,
            "altitude_m": None,
            "speed_mps": None,
            "course_deg": None,
            "hdop": None,
            "accuracy_m": None,
            "satellites": None,
            "quality": 1,
        },
    ]


def test_refused_sentences_are_summed_up_at_the_end(
    recording: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recording.write_bytes(b"1,A*00\r\n" + rmc(0) + rmc(1).replace(b"3030", b"3031"))
    run("fixes", recording)

    assert json.loads(capsys.readouterr().err) == {
        "sentences": 1,
        "refused": {"no_sentence": 1, "checksum": 1},
    }


def test_fixes_come_out_while_more_go_in() -> None:
    command = [*PATROL, "device", "fixes", "-"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as reader:
        assert reader.stdin is not None
        assert reader.stdout is not None
        reader.stdin.write(rmc(0) + rmc(1))
        reader.stdin.flush()
        first = json.loads(reader.stdout.readline())
        reader.communicate()

    assert first["epoch"] == "2026-03-02T04:00:00.000Z"


def test_a_reader_that_has_seen_enough_ends_it_quietly() -> None:
    command = [*PATROL, "device", "fixes", "-"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as reader:
        assert reader.stdout is not None
        reader.stdout.close()
        reader.stdout = None
        _, said = reader.communicate(FULL)

    assert reader.returncode == 0
    assert list(json.loads(said)) == ["sentences", "refused"]


@pytest.mark.parametrize("command", [["fixes"], ["status", "--outbox"]])
def test_a_missing_file_is_named(command: list[str], tmp_path: Path) -> None:
    missing = tmp_path / "missing"
    with pytest.raises(InputError, match=str(missing)):
        run(*command, missing)


def test_a_missing_setting_is_named(tmp_path: Path) -> None:
    done = patrol("device", "run", "--terminal-id", "T01", "--outbox", str(tmp_path / "o"))

    assert done.returncode == 65
    assert "port is not set" in done.stderr.decode()


def test_status_says_what_an_outbox_holds(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Outbox(tmp_path / "o") as outbox:
        outbox.put([Position(number, 0, 0) for number in range(7)], now_s=1.0)
        outbox.forget([(1, 5)])
        run("status", "--outbox", tmp_path / "o")

    assert json.loads(capsys.readouterr().out) == {
        "outbox": outbox.id,
        "written": 7,
        "waiting": 2,
        "forgotten": 5,
        "thinned": 0,
        "letters": 0,
    }
