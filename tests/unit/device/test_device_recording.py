"""The agent's parts: what it can be told, and what it does when the disk is full."""

import argparse
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from structlog.testing import CapturingLogger

from device import recording
from device.outbox import Outbox, OutboxFullError
from device.recording import MOST_HELD, Recorder
from device.sampling import Sampler
from device.settings import DeviceSettings, load_settings
from patrol.errors import InputError
from patrol.fix import epoch_ms
from patrol.messages import Position
from patrol.notices.plans import Pace
from runtime.settings import load
from tests.unit.device.terminal import fix_at


def options(**given: object) -> argparse.Namespace:
    named = {"config": None, "terminal_id": "T01", "port": "/dev/null", "outbox": None}
    return argparse.Namespace(**{**named, **given})


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    with Outbox(tmp_path / "outbox.sqlite") as opened:
        yield opened


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> CapturingLogger:
    captured = CapturingLogger()
    monkeypatch.setattr(recording, "log", captured)
    return captured


def recorder_on(outbox: Outbox) -> Recorder:
    return Recorder(outbox, Sampler(Pace(10, 10, 10)))


def fill_disk(outbox: Outbox) -> None:
    """Let the file grow no more, and leave no room in it."""
    outbox._connection.execute("pragma max_page_count = 1")
    with suppress(OutboxFullError):
        while True:
            outbox.put([Position(1, 2, 3)], now_s=1.0)


def free_disk(outbox: Outbox) -> None:
    outbox._connection.execute("pragma max_page_count = 4294967294")


def epochs_in(outbox: Outbox) -> list[int]:
    return [row[0] for row in outbox._connection.execute("select epoch_ms from position")]


def test_fixes_wait_in_memory_while_the_disk_is_full(outbox: Outbox) -> None:
    recorder = recorder_on(outbox)
    fill_disk(outbox)
    for second in (0, 10, 20):
        recorder.record([fix_at(second)])
    before = epochs_in(outbox)
    free_disk(outbox)
    recorder.record([])

    assert epochs_in(outbox)[len(before) :] == [
        epoch_ms(fix_at(second).epoch) for second in (0, 10, 20)
    ]


def test_a_full_disk_is_said_once_and_so_is_its_end(outbox: Outbox, log: CapturingLogger) -> None:
    recorder = recorder_on(outbox)
    fill_disk(outbox)
    for second in (0, 10, 20):
        recorder.record([fix_at(second)])
    free_disk(outbox)
    recorder.record([])

    assert [call.args[0] for call in log.calls] == ["outbox.full", "outbox.writable_again"]
    assert log.calls[1].kwargs["written"] == 3


def test_memory_does_not_grow_for_ever_and_what_is_lost_is_said(
    outbox: Outbox, log: CapturingLogger
) -> None:
    recorder = recorder_on(outbox)
    fill_disk(outbox)
    before = len(epochs_in(outbox))
    recorder.record(fix_at(10 * number) for number in range(MOST_HELD + 5))
    free_disk(outbox)
    recorder.record([])

    assert log.calls[-1].kwargs["lost"] == 5
    assert epochs_in(outbox)[before] == epoch_ms(fix_at(50).epoch)


def test_what_a_full_disk_loses_at_the_end_is_said(outbox: Outbox, log: CapturingLogger) -> None:
    recorder = recorder_on(outbox)
    fill_disk(outbox)
    recorder.record([fix_at(0), fix_at(10)])
    recorder.close()

    assert log.calls[-1].args == ("outbox.full_at_the_end",)
    assert log.calls[-1].kwargs == {"lost": 2}


def test_the_command_line_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = tmp_path / "settings.toml"
    config.write_text('[device]\nterminal_id = "T02"\nport = "/dev/a"\nbaud = 4800\n')
    monkeypatch.setenv("PATROL_DEVICE_TERMINAL_ID", "T03")
    device, _ = load_settings(options(config=config, terminal_id="T04", port=None))

    assert (device.terminal_id, device.port, device.baud) == ("T04", "/dev/a", 4800)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("terminal_id", "T 01"),
        ("baud", 1234),
        ("resend_s", 0.0),
        ("status_s", float("nan")),
        ("batch_fixes", 501),
        ("batch_age_s", -1.0),
        ("window_batches", 0),
    ],
)
def test_a_setting_that_cannot_be_is_named(name: str, value: object) -> None:
    table = {"terminal_id": "T01", "port": "/dev/null", name: value}
    with pytest.raises(InputError, match=name):
        load(DeviceSettings, "device", file={"device": table}, environment={})


def test_a_terminal_with_a_password_gives_its_own_name(tmp_path: Path) -> None:
    config = tmp_path / "settings.toml"
    config.write_text('[broker]\npassword_file = "secret"\n')
    _, broker = load_settings(options(config=config))

    assert broker.username == "T01"


@pytest.mark.parametrize(
    "table", ['username = "other"\npassword_file = "secret"', 'username = "other"', ""]
)
def test_a_user_name_is_made_up_only_where_it_is_needed(tmp_path: Path, table: str) -> None:
    config = tmp_path / "settings.toml"
    config.write_text(f"[broker]\n{table}\n")
    _, broker = load_settings(options(config=config))

    assert broker.username == ("other" if table else None)


def test_the_agent_knows_nothing_of_the_servers_parts() -> None:
    heavy = ("numpy", "shapely", "psycopg", "fastapi", "msgspec")
    code = f"import device.cli, sys; print([m for m in {heavy} if m in sys.modules])"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert said.stdout.strip() == "[]"
