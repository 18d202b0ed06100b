"""The real gpsd, and the tool with which its own tests play recordings to it."""

import os
import shutil
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from device.receivers.source import Source, open_source
from device.receivers.state import Condition
from device.settings import DeviceSettings
from patrol.fix import Fix
from tests.plugins.services import go_without
from tests.unit.device.terminal import START, collect, gga, rmc, sentence, wait_until

HOST = "127.0.0.1"


def program(name: str) -> str:
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/bin")
    if found is None:
        go_without(f"gpsd is not installed: there is no {name}")
    return found


@pytest.fixture
def port() -> int:
    with socket.create_server((HOST, 0)) as door:
        return int(door.getsockname()[1])


@contextmanager
def running(*command: str) -> Iterator[None]:
    """Run a program and what it starts, until the block ends."""
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    try:
        yield
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(timeout=10)


@contextmanager
def reading(port: int, folder: Path) -> Iterator[tuple[Source, list[Fix]]]:
    stop = threading.Event()
    settings = DeviceSettings(
        terminal_id="T01", port=f"gpsd://{HOST}:{port}", outbox=folder / "outbox"
    )
    source = open_source(settings, stop)
    found: list[Fix] = []
    thread = collect(source.fixes(), found)
    yield source, found
    stop.set()
    thread.join(timeout=5)
    assert not thread.is_alive()


def test_what_gpsd_makes_of_a_recording_are_its_fixes(tmp_path: Path, port: int) -> None:
    recording = tmp_path / "walk.nmea"
    sky = sentence("GPGSA,A,3,01,02,03,04,,,,,,,,,1.5,1.1,1.2") + sentence(
        "GPGSV,1,1,04,01,40,083,46,02,17,308,41,03,07,344,39,04,22,228,45"
    )
    gst = "GNGST,{:%H%M%S}.00,20.0,2.5,2.4,126,1.0,1.0,3.1"
    recording.write_bytes(
        b"".join(
            rmc(second) + gga(second) + sky + sentence(gst.format(START.replace(second=second)))
            for second in range(60)
        )
    )
    play = [program("gpsfake"), "-q", "-c", "0.02", "-P", str(port), str(recording)]
    with reading(port, tmp_path) as (source, found):
        wait_until(lambda: source.state.condition is Condition.UNREACHABLE)
        with running(*play):
            wait_until(lambda: len(found) >= 10)
            assert source.state.condition is Condition.READING
        wait_until(lambda: source.state.condition is not Condition.READING)

    seconds = [(fix.epoch - START).total_seconds() for fix in found]
    assert len(set(seconds)) == len(seconds)
    for fix, second in zip(found, seconds, strict=True):
        assert fix.lat_deg == pytest.approx(30.5 + second / 60_000, abs=1e-7)
    last = found[-1]
    assert (last.satellites, last.hdop, last.quality) == (4, 1.1, 1)
    assert source.state.strongest_dbhz == 46
    assert last.speed_mps == pytest.approx(2 * 1852 / 3600, abs=0.01)
    assert max(fix.accuracy_m or 0 for fix in found) == pytest.approx(1.515)


def test_a_gpsd_without_a_receiver_is_said(tmp_path: Path, port: int) -> None:
    # Without a receiver gpsd stays only where it can be told of one.
    control = str(tmp_path / "control")
    with (
        running(program("gpsd"), "-N", "-F", control, "-S", str(port)),
        reading(port, tmp_path) as (source, _),
    ):
        wait_until(lambda: source.state.condition is Condition.NO_DEVICE)

        assert "has no receiver" in source.state.reason
