"""The serial line: there, silent, noisy, gone and back."""

import itertools
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from structlog.testing import CapturingLogger

from device import receiver as module
from device.receiver import Receiver
from patrol.fix import Fix
from tests.unit.device.terminal import START, SerialLine, collect, gga, rmc, wait_until


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
    reading = collect(Receiver(str(line.path), baud=9600, stop=stop).fixes(), found)
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

    assert said(log) == [
        "receiver.port_unavailable",
        "receiver.opened",
    ]


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
    receiver = Receiver(str(tmp_path / "port"), baud=9600, stop=threading.Event())
    tries = itertools.islice(receiver.fixes(), 3)

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
    reading = collect(Receiver(str(tmp_path / "port"), baud=9600, stop=stop).fixes(), [])
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
    second = Receiver(str(line.path), baud=9600, stop=threading.Event())

    assert next(second.fixes()) == []
    assert "exclusively lock" in log.calls[-1].kwargs["reason"]
