"""Faults under load, in short: exactly what terminals were told to forget is stored."""

import json
import subprocess
from pathlib import Path

import pytest

from simulator.services import find_mosquitto
from tests.processes import PATROL

FAULTS = (
    "all-killed",
    "broker-killed",
    "database-killed",
    "database-line-cut",
    "delivered-again",
    "disk-full",
    "ingest-killed",
    "ingest-twice",
    "terminals-clocks",
    "terminals-line-cut",
)
SHORT = ("--terminals", "20", "--fixes", "20000", "--longest", "1", "--resend", "2")


@pytest.mark.timeout(240)
def test_whatever_dies_under_load_nothing_is_lost_and_nothing_doubled(tmp_path: Path):
    if find_mosquitto() is None:
        pytest.skip("Mosquitto is not on this machine: install the package mosquitto")
    command = [PATROL, "--log-level", "error", "simulate", "chaos", "--folder", tmp_path / "chaos"]
    options = [*SHORT, "--faults", "8", "--kinds", *FAULTS]
    run = subprocess.run([*command, *options], capture_output=True, text=True, check=False)

    assert run.returncode == 0, run.stdout + run.stderr
    figures = {one["name"]: one for one in json.loads(run.stdout.splitlines()[-1])["figures"]}
    assert figures["faults"]["value"] == 8
    assert figures["fixes_told"]["value"] == 20_000
    kept = ("fixes_stored", "fixes_set_aside", "fixes_off_duty")
    assert sum(figures[name]["value"] for name in kept) == 20_000
    assert [name for name, one in figures.items() if one["reached"] is False] == []
