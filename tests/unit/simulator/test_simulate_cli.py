"""`patrol simulate`, as it is called."""

import argparse
import hashlib
import json
import os
import signal
import subprocess
import sys
import threading
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from patrol.errors import InputError
from simulator.cli import _longest_s, _pieces, register
from simulator.scenario import Scenario
from tests.processes import PATROL, eventually
from tests.unit.simulator.simulated import DAY, made

CITY = ["--workers", "2", "--day", "2026-03-02"]


def run(*arguments: str | Path) -> int:
    parser = argparse.ArgumentParser()
    register(parser.add_subparsers())
    options = parser.parse_args(["simulate", *map(str, arguments)])
    code: int = options.command(options)
    return code


def read_port(path: Path, found: bytearray) -> None:
    eventually(path.exists)
    port = os.open(path, os.O_RDWR | os.O_NOCTTY)
    try:
        while data := os.read(port, 4096):
            found += data
    except OSError:
        # The end: the other side closed the line.
        pass
    finally:
        os.close(port)


def digest(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


def sentences(folder: Path, terminal: str, to: Path) -> bytes:
    assert run("nmea", "--city", folder, "--terminal", terminal, "-o", to) == 0
    return to.read_bytes()


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("city")
    assert run("city", "--out", folder, *CITY) == 0
    return folder


def test_city_says_what_it_made(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    run("city", "--out", tmp_path, *CITY)

    said = json.loads(capsys.readouterr().out)
    assert (said["day"], said["grids"], said["workers"]) == ("2026-03-02", 2, 2)
    assert said["fixes"] == len((tmp_path / "tracks.csv").read_text().splitlines()) - 1


def test_the_same_options_make_the_same_bytes(city: Path, tmp_path: Path):
    run("city", "--out", tmp_path, *CITY)

    assert digest(tmp_path) == digest(city)


@pytest.mark.parametrize("options", [["--seed", "2"], ["--interval", "15"], ["--lat", "-33.9"]])
def test_other_options_make_another_city(options, city: Path, tmp_path: Path):
    run("city", "--out", tmp_path, *CITY, *options)

    assert digest(tmp_path)["tracks.csv"] != digest(city)["tracks.csv"]


def test_sparing_terminals_say_less(city: Path, tmp_path: Path):
    run("city", "--out", tmp_path, *CITY, "--sparing")

    said, usual = (len(sentences(one, "T01", tmp_path / "T01")) for one in (tmp_path, city))
    assert 0.05 < said / usual < 0.8


def test_a_silence_on_duty_is_played_and_the_time_off_duty_is_not():
    scenario, _, [one] = made(Scenario(workers=1, day=DAY, sparing=True))
    due_s = [piece.due_s for piece in _pieces(one, longest_s=_longest_s(scenario))]

    steps_s = np.diff(due_s)
    assert 300 <= steps_s.max() <= 310
    assert due_s[-1] < 7.6 * 3600


def test_the_bytes_are_those_of_any_machine(city: Path, tmp_path: Path):
    """A processor with fewer instructions, another order of sets: no byte differs."""
    found = np.show_config(mode="dicts")["SIMD Extensions"].get("found", [])
    plain = {**os.environ, "NPY_DISABLE_CPU_FEATURES": " ".join(found), "PYTHONHASHSEED": "7"}
    subprocess.run(
        [PATROL, "simulate", "city", "--out", tmp_path, *CITY],
        env=plain,
        check=True,
        stdout=subprocess.DEVNULL,
    )

    assert digest(tmp_path) == digest(city)


def test_the_day_is_yesterday_unless_given(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    zone = ZoneInfo("Pacific/Kiritimati")
    before = datetime.now(zone).date()
    run("city", "--out", tmp_path, "--workers", "1", "--timezone", "Pacific/Kiritimati")
    after = datetime.now(zone).date()

    day = json.loads(capsys.readouterr().out)["day"]
    assert day in {str(one - timedelta(days=1)) for one in (before, after)}


@pytest.mark.parametrize("day", ["2026-02-30", "yesterday", "02/03/2026"])
def test_a_day_that_is_none_is_refused(day, tmp_path: Path):
    with pytest.raises(InputError, match="YYYY-MM-DD"):
        run("city", "--out", tmp_path, "--day", day)


def test_nmea_goes_to_standard_output_by_default(
    city: Path, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
):
    run("nmea", "--city", city, "--terminal", "T02")
    sys.stdout.flush()

    assert capfdbinary.readouterr().out == sentences(city, "T02", tmp_path / "file")


def test_nmea_of_an_unknown_terminal_is_refused(city: Path):
    with pytest.raises(InputError, match="T09"):
        run("nmea", "--city", city, "--terminal", "T09")


def test_nmea_names_a_file_that_it_cannot_write(city: Path, tmp_path: Path):
    with pytest.raises(InputError, match="cannot be written"):
        run("nmea", "--city", city, "--terminal", "T01", "-o", tmp_path / "no" / "file")


def test_a_reader_of_nmea_may_stop_early(city: Path):
    with subprocess.Popen(
        [PATROL, "simulate", "nmea", "--city", city, "--terminal", "T01"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""

    assert process.returncode == 0


def test_play_gives_every_port_what_nmea_prints(
    city: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    ports = tmp_path / "ports"
    found = {name: bytearray() for name in ("T01", "T02")}
    readers = [
        threading.Thread(target=read_port, args=(ports / name, data))
        for name, data in found.items()
    ]
    for reader in readers:
        reader.start()
    code = run("play", "--city", city, "--tty", ports, "--speed-up", "0")
    for reader in readers:
        reader.join()

    said = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    truth = json.loads((city / "truth.json").read_text())["workers"]
    assert code == 0
    assert all(bytes(found[name]) == sentences(city, name, tmp_path / name) for name in found)
    assert {one["terminal_id"]: one["fixes"] for one in said} == {
        one["terminal_id"]: one["epochs_with_solution"] for one in truth
    }
    assert list(ports.iterdir()) == []


def test_play_opens_the_ports_that_are_named(city: Path, tmp_path: Path):
    with subprocess.Popen(
        [PATROL, "simulate", "play", "--city", city, "--tty", tmp_path, "--terminals", "T02"]
    ) as process:
        eventually(lambda: list(tmp_path.iterdir()) == [tmp_path / "T02"])
        process.send_signal(signal.SIGTERM)

    assert process.returncode == 130


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_play_leaves_no_port_behind_when_it_is_stopped(number, city: Path, tmp_path: Path):
    with subprocess.Popen(
        [PATROL, "simulate", "play", "--city", city, "--tty", tmp_path, "--speed-up", "60"],
        stderr=subprocess.PIPE,
    ) as process:
        eventually(lambda: len(list(tmp_path.iterdir())) == 2)
        port = os.open(tmp_path / "T01", os.O_RDWR | os.O_NOCTTY)
        assert os.read(port, 1) == b"$"
        process.send_signal(number)
        assert process.stderr
        assert process.stderr.read() == b""
        os.close(port)

    assert process.returncode == 130
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("speed_up", ["-1", "inf", "nan"])
def test_play_refuses_a_speed_that_is_none(speed_up, city: Path, tmp_path: Path):
    with pytest.raises(InputError, match="speed-up"):
        run("play", "--city", city, "--tty", tmp_path, "--speed-up", speed_up)


def test_play_names_a_folder_that_it_cannot_make(city: Path, tmp_path: Path):
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(InputError, match="file"):
        run("play", "--city", city, "--tty", tmp_path / "file")


def test_the_demo_says_what_is_not_installed(monkeypatch, tmp_path: Path):
    """The other commands of the room do without the services that the demo starts."""
    monkeypatch.delitem(sys.modules, "simulator.demo", raising=False)
    monkeypatch.setitem(sys.modules, "psycopg", None)

    with pytest.raises(InputError, match=r"needs the Python package of 'psycopg': install grid"):
        run("demo", "--folder", tmp_path)
