"""The serial line: there, silent, noisy, gone and back."""

import errno
import itertools
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import serial
from structlog.testing import CapturingLogger

from device.receivers import source as module
from device.receivers.source import Source, open_source
from device.receivers.state import Condition
from device.settings import DeviceSettings
from patrol.fix import Fix
from tests.unit.device.terminal import (
    START,
    SerialLine,
    collect,
    gga,
    rmc,
    sentence,
    wait_until,
)


def source_at(path: Path, stop: threading.Event, *, baud: int = 9600) -> Source:
    outbox = path.parent / "outbox.sqlite"
    settings = DeviceSettings(terminal_id="T01", port=str(path), baud=baud, outbox=outbox)
    return open_source(settings, stop)


@pytest.fixture
def line(tmp_path: Path) -> Iterator[SerialLine]:
    made = SerialLine(tmp_path / "port")
    yield made
    made.unplug()


@pytest.fixture
def fixes(line: SerialLine) -> Iterator[list[Fix]]:
    """Return what a receiver on the line gives, growing."""
    stop = threading.Event()
    found: list[Fix] = []
    reading = collect(source_at(line.path, stop).fixes(), found)
    yield found
    stop.set()
    reading.join(timeout=5)
    assert not reading.is_alive()


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> CapturingLogger:
    captured = CapturingLogger()
    monkeypatch.setattr(module, "log", captured)
    return captured


def said(log: CapturingLogger) -> list[str]:
    return [call.args[0] for call in log.calls]


def epochs() -> Iterator[bytes]:
    return (rmc(second) + gga(second) for second in itertools.count())


def seconds(fixes: list[Fix]) -> list[float]:
    return [(fix.epoch - START).total_seconds() for fix in fixes]


def test_fixes_come_without_waiting_for_the_next_epoch(line: SerialLine, fixes: list[Fix]) -> None:
    """The last epoch is given out when the line falls silent."""
    line.plug_in()
    line.send_until(lambda: fixes, epochs())
    line.send(rmc(1000) + gga(1000))
    wait_until(lambda: 1000 in seconds(fixes), within_s=2.0)

    assert fixes[-1].satellites == 9


def test_a_fix_is_cut_together_however_its_bytes_arrive(line: SerialLine, fixes: list[Fix]) -> None:
    line.plug_in()
    line.send_until(lambda: fixes, epochs())
    for byte in rmc(1000):
        line.send(bytes([byte]))
    wait_until(lambda: 1000 in seconds(fixes))

    assert seconds(fixes).count(1000) == 1


def test_noise_on_the_line_does_not_end_it(line: SerialLine, fixes: list[Fix]) -> None:
    line.plug_in()
    line.send_until(lambda: fixes, epochs())
    line.send(bytes(range(256)) * 4 + b"$GPRMC,\xff*00\r\n" + rmc(1000))
    wait_until(lambda: 1000 in seconds(fixes))

    assert seconds(fixes)[-1] == 1000

    assert seconds(fixes).count(1000) == 1


def test_a_port_that_is_not_there_is_waited_for(
    line: SerialLine, log: CapturingLogger, fixes: list[Fix]
) -> None:
    wait_until(lambda: log.calls)
    line.plug_in()
    line.send_until(lambda: fixes, epochs())

    assert said(log)[:2] == ["receiver.port_unavailable", "receiver.opened"]


def test_a_receiver_may_be_unplugged_and_plugged_in_again(
    line: SerialLine, fixes: list[Fix]
) -> None:
    line.plug_in()
    line.send_until(lambda: fixes, epochs())
    line.unplug()
    line.plug_in()
    line.send_until(lambda: max(seconds(fixes)) >= 5000, map(rmc, itertools.count(5000)))

    assert min(seconds(fixes)) < 5000


def test_what_was_read_before_the_plug_was_pulled_is_given_out(
    line: SerialLine, fixes: list[Fix]
) -> None:
    """An epoch is given out when the next one has been read, so that one was read, too."""
    line.plug_in()
    line.send_until(lambda: fixes, epochs())
    line.send(rmc(1000) + rmc(1001))
    wait_until(lambda: 1000 in seconds(fixes))
    line.unplug()
    wait_until(lambda: 1001 in seconds(fixes))

    assert seconds(fixes)[-2:] == [1000, 1001]


def test_trouble_is_said_once_with_what_to_do(tmp_path: Path, log: CapturingLogger) -> None:
    source = source_at(tmp_path / "port", threading.Event())
    tries = itertools.islice(source.fixes(), 3)

    assert list(tries) == [[], [], []]
    assert said(log) == ["receiver.port_unavailable"]
    assert "plug the receiver in" in log.calls[0].kwargs["advice"]


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the receiver worry after half a second."""
    monkeypatch.setattr(module, "_WORRY_S", 0.5)


@pytest.mark.usefixtures("soon")
def test_a_port_on_which_nothing_comes_is_said(
    line: SerialLine, log: CapturingLogger, fixes: list[Fix]
) -> None:
    line.plug_in()
    wait_until(lambda: "receiver.no_sentences" in said(log))

    assert fixes == []
    assert "nothing comes" in log.calls[-1].kwargs["advice"]


@pytest.mark.usefixtures("soon")
def test_a_port_on_which_only_noise_comes_is_said(
    line: SerialLine, log: CapturingLogger, fixes: list[Fix]
) -> None:
    line.plug_in()
    noise = itertools.repeat(b"\xff\x00~\n")
    line.send_until(lambda: "receiver.no_sentences" in said(log), noise)

    assert fixes == []
    assert "check [device] baud" in log.calls[-1].kwargs["advice"]


def test_waiting_for_a_port_takes_no_cpu(tmp_path: Path) -> None:
    stop = threading.Event()
    reading = collect(source_at(tmp_path / "port", stop).fixes(), [])
    before_s = time.process_time()
    stop.wait(0.5)
    stop.set()
    reading.join(timeout=5)

    assert time.process_time() - before_s < 0.1


def test_a_port_belongs_to_one_agent(
    line: SerialLine, fixes: list[Fix], log: CapturingLogger
) -> None:
    line.plug_in()
    line.send_until(lambda: fixes, epochs())
    second = source_at(line.path, threading.Event())
    turns = second.fixes()

    assert next(turns) == []
    assert second.state.condition is Condition.BUSY
    assert "another program holds it" in log.calls[-1].kwargs["advice"]


def test_a_port_that_this_user_may_not_read_is_told_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Root may read everything, so that the refusal is put where the system says it."""

    def refuse(path: str, *_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", path)

    monkeypatch.setattr("serial.serialposix.os.open", refuse)
    source = source_at(tmp_path / "port", threading.Event())

    turns = source.fixes()

    assert next(turns) == []
    assert source.state.condition is Condition.FORBIDDEN
    assert "dialout" in source.state.advice


def test_a_receiver_that_is_unplugged_amid_a_sentence_is_lost_without_a_fix_of_it(
    line: SerialLine, fixes: list[Fix], log: CapturingLogger
) -> None:
    line.plug_in()
    line.send_until(lambda: fixes, epochs())
    line.send(rmc(1000)[:40])
    line.unplug()
    wait_until(lambda: "lost" in [call.kwargs.get("condition") for call in log.calls])

    assert 1000 not in seconds(fixes)


def test_closing_the_fixes_closes_the_port(line: SerialLine) -> None:
    line.plug_in()
    source = source_at(line.path, threading.Event())
    turns = source.fixes()
    next(turns)
    turns.close()

    assert source.state.condition is Condition.CLOSED
    with serial.Serial(str(line.path), exclusive=True) as again:
        assert again.is_open


def test_what_the_receiver_says_is_in_the_state(line: SerialLine) -> None:
    line.plug_in()
    stop = threading.Event()
    source = source_at(line.path, stop)
    reading = collect(source.fixes(), [])
    view = sentence("GPGSV,1,1,02,01,40,083,46,02,17,308,41")
    antenna = sentence("GPTXT,01,01,01,ANTENNA OPEN")
    sent = (rmc(second) + gga(second) + view + antenna for second in itertools.count())
    line.send_until(lambda: source.state.epoch, sent)
    told = source.state.as_json()
    stop.set()
    reading.join(timeout=5)

    assert told["condition"] == "reading"
    assert (told["satellites"], told["in_view"], told["strongest_dbhz"]) == (9, 2, 46)
    assert told["antenna"] == "open"
    assert told["baud"] == 9600
