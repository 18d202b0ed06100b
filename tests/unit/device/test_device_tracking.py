"""Tracking in this process: what the tracker tells of the machine's clock."""

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest

from device.clock import Clock
from device.duty import Duty
from device.outbox import Outbox
from device.receivers.notices import ROLLOVER
from device.settings import DeviceSettings
from device.tracking import Tracker
from device.window.board import Board
from patrol.notices.events import EventKind, decode_event
from tests.unit.device.terminal import (
    SerialLine,
    always_on_duty,
    gga,
    plan_of,
    rmc,
    sentence,
    signed,
    wait_until,
    write_key,
)

DAY = timedelta(days=1)


class SystemClock:
    """The machine's, which somebody sets."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


@pytest.fixture
def settings(tmp_path: Path) -> DeviceSettings:
    return DeviceSettings(
        terminal_id="T01",
        port=str(tmp_path / "port"),
        outbox=tmp_path / "outbox.sqlite",
        plan_file=tmp_path / "duty-plan",
        plan_key_file=write_key(tmp_path),
    )


@pytest.fixture
def line(settings: DeviceSettings) -> Iterator[SerialLine]:
    made = SerialLine(Path(settings.port))
    made.plug_in()
    yield made
    made.unplug()


def letters(settings: DeviceSettings) -> list[bytes]:
    with Outbox(settings.outbox) as outbox:
        return [one.payload for one in outbox.read_letters(most=10)]


def track(settings: DeviceSettings, duty: Duty, system: SystemClock, *, ahead: timedelta) -> None:
    """Track until a step of the clock has been noticed, and a little longer."""
    stop = threading.Event()
    clock = Clock(system)
    tracker = Tracker(settings, duty, clock, board=Board())
    thread = threading.Thread(target=tracker.run, args=(stop,), daemon=True)
    thread.start()
    wait_until(lambda: tracker._said)
    system.ahead = ahead
    wait_until(lambda: abs(clock._start_by(system()) - clock._by_system) < timedelta(seconds=1))
    stop.set()
    thread.join()


@pytest.mark.usefixtures("line")
@pytest.mark.parametrize("ahead", [-DAY, timedelta(minutes=10)])
def test_a_step_of_the_clock_on_duty_is_told(settings: DeviceSettings, ahead: timedelta) -> None:
    duty = Duty(settings)
    duty.take(signed(always_on_duty()))
    track(settings, duty, SystemClock(), ahead=ahead)

    (event,) = map(decode_event, letters(settings))
    assert event.kind is EventKind.CLOCK_JUMP
    assert event.detail["cause"] == "system_clock"
    step_ms = event.detail["step_ms"]
    assert isinstance(step_ms, int)
    assert abs(timedelta(milliseconds=step_ms) - ahead) < timedelta(seconds=1)


def test_off_duty_nothing_is_told(settings: DeviceSettings) -> None:
    duty = Duty(settings)
    duty.take(signed(plan_of()))
    track(settings, duty, SystemClock(), ahead=-DAY)

    assert letters(settings) == []


def test_a_receiver_that_makes_positions_up_is_told_and_not_believed(
    settings: DeviceSettings, line: SerialLine
) -> None:
    duty = Duty(settings)
    duty.take(signed(always_on_duty()))
    stop = threading.Event()
    tracker = Tracker(settings, duty, Clock(), board=Board())
    thread = threading.Thread(target=tracker.run, args=(stop,), daemon=True)
    thread.start()
    sentences = (rmc(second, tail="") + gga(second, quality=8) for second in count())
    line.send_until(lambda: letters(settings), sentences)
    stop.set()
    thread.join()

    kinds = {one.kind for one in map(decode_event, letters(settings))}
    assert EventKind.MOCK_LOCATION in kinds
    assert tracker.counts()["read"] == 0


def rolled_over() -> bytes:
    """Return an RMC of now by a receiver that has counted too few weeks."""
    then = datetime.now(UTC) - ROLLOVER
    return sentence(f"GNRMC,{then:%H%M%S}.00,A,3030.0,N,10412.0,E,1,90,{then:%d%m%y},,,A")


def antenna_open() -> bytes:
    return sentence("GPTXT,01,01,01,ANTENNA OPEN")


@pytest.mark.parametrize(
    ("says", "kind", "detail"),
    [
        (rolled_over, EventKind.CLOCK_JUMP, {"cause": "rollover", "weeks": -1024}),
        (antenna_open, EventKind.ANTENNA, {"cause": "open"}),
    ],
)
def test_what_is_wrong_with_the_receiver_is_told(
    settings: DeviceSettings,
    line: SerialLine,
    *,
    says: Callable[[], bytes],
    kind: EventKind,
    detail: dict[str, int | str],
) -> None:
    duty = Duty(settings)
    duty.take(signed(always_on_duty()))
    stop = threading.Event()
    tracker = Tracker(settings, duty, Clock(SystemClock()), board=Board())
    thread = threading.Thread(target=tracker.run, args=(stop,), daemon=True)
    thread.start()
    # The outbox is made by then.
    wait_until(lambda: tracker._said)
    line.send_until(lambda: letters(settings), (says() for _ in count()))
    stop.set()
    thread.join()

    (event,) = map(decode_event, letters(settings))
    assert event.kind is kind
    assert detail.items() <= event.detail.items()
