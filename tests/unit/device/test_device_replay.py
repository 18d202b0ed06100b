"""Recordings, played as they were, faster, at once."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from device.receivers.source import Source, open_source
from device.receivers.state import Condition
from device.settings import DeviceSettings
from patrol.fix import Fix
from tests.unit.device.terminal import collect, gga, rmc, sentence, wait_until


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    path = tmp_path / "a walk.nmea"
    path.write_bytes(b"".join(rmc(second) + gga(second) for second in range(60)).rstrip())
    return path


@contextmanager
def playing(path: Path, *, speed: float) -> Iterator[tuple[Source, list[Fix]]]:
    stop = threading.Event()
    port = f"{path.as_uri().replace('file:', 'replay:')}?speed={speed}"
    settings = DeviceSettings(terminal_id="T01", port=port, outbox=path.parent / "outbox")
    source = open_source(settings, stop)
    found: list[Fix] = []
    thread = collect(source.fixes(), found)
    yield source, found
    stop.set()
    thread.join(timeout=5)
    assert not thread.is_alive()


def test_at_once_everything_comes_and_the_end_is_known(recording: Path) -> None:
    with playing(recording, speed=0) as (source, found):
        wait_until(lambda: source.state.condition is Condition.ENDED)

        assert len(found) == 60
        assert source.state.date is None


def test_a_recording_takes_its_time_by_its_speed(recording: Path) -> None:
    began_s = time.monotonic()
    with playing(recording, speed=60) as (source, found):
        wait_until(lambda: found)
        assert time.monotonic() - began_s < 0.8
        wait_until(lambda: source.state.condition is Condition.ENDED)

        assert 0.9 < time.monotonic() - began_s < 3
        assert len(found) == 60


def test_midnight_and_steps_back_do_not_stop_it(tmp_path: Path) -> None:
    path = tmp_path / "steps"
    tail = "A,3030.00000,N,10412.00000,E,1.0,90.0"
    night = [("235958", "02"), ("235959", "02"), ("000000", "03"), ("235950", "02")]
    path.write_bytes(
        b"".join(sentence(f"GNRMC,{time},{tail},{day}0326,,,A") for time, day in night)
    )
    with playing(path, speed=50) as (source, _):
        wait_until(lambda: source.state.condition is Condition.ENDED, within_s=5)

        assert source.state.epoch == datetime(2026, 3, 2, 23, 59, 50, tzinfo=UTC)


def test_a_recording_that_is_not_there_is_said(tmp_path: Path) -> None:
    with playing(tmp_path / "none", speed=1) as (source, _):
        wait_until(lambda: source.state.condition is Condition.MISSING)

        assert "cannot be read" in source.state.reason
