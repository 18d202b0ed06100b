"""All protocols on bad lines, in short: exactly what terminals were answered is stored."""

import subprocess
from pathlib import Path

import pytest

from tests.processes import PATROL

SHORT = ("--workers", "6", "--minutes", "3", "--outage", "1")


@pytest.mark.timeout(120)
def test_whatever_the_lines_do_exactly_what_was_answered_is_stored(tmp_path: Path):
    command = [PATROL, "--log-level", "error", "simulate", "gateway", *SHORT]
    folder = tmp_path / "gateway"
    run = subprocess.run(
        [*command, "--folder", folder], capture_output=True, text=True, check=False
    )

    assert run.returncode == 0, run.stdout + run.stderr
    rows = {line.split()[1]: line.split()[2:] for line in run.stdout.splitlines()[1:7]}
    told_and_owed = {variety: (int(row[4]), int(row[5])) for variety, row in rows.items()}
    assert set(rows) == {"jt808", "jt808-2019", "gt06", "nmea", "osmand", "owntracks"}
    assert {told for told, _ in told_and_owed.values()} == {180}
    assert [name for name, (told, owed) in told_and_owed.items() if told != owed] in ([], ["nmea"])
