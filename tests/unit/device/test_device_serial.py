"""Serial ports: the speed found by listening, the port found, the device under another name."""

import itertools
import os
import select
import termios
import threading
import time
import tty
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from device.receivers import serial_ports as module
from device.receivers.finding import Candidate, find_candidates, order_of
from device.receivers.memory import Memory, Remembered
from device.receivers.serial_ports import AnyPort, GivenPort
from device.receivers.source import Source
from device.receivers.state import Condition
from device.receivers.streams import Opener
from patrol.fix import Fix
from tests.unit.device.terminal import collect, gga, rmc, wait_until

BAUDS = {4800: termios.B4800, 38400: termios.B38400, 115200: termios.B115200}
GNSS = "1546:01a8:7:1.0"


class Port:
    """A receiver at one speed, which is noise at any other; it speaks while it is plugged in."""

    def __init__(self, speed: int | None) -> None:
        self._ours, self._theirs = os.openpty()
        tty.setraw(self._theirs, termios.TCSANOW)
        self.path = os.ttyname(self._theirs)
        self._speed = speed
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._speak, daemon=True)
        self._thread.start()

    def unplug(self) -> None:
        self._stop.set()
        self._thread.join()
        os.close(self._ours)
        os.close(self._theirs)

    def _speak(self) -> None:
        for second in itertools.count():
            if self._stop.wait(0.05):
                return
            # Nobody reads it: what a line without a listener is sent is lost.
            is_unread = bool(select.select([self._theirs], [], [], 0)[0])
            if self._speed is None or is_unread:
                continue
            is_heard = termios.tcgetattr(self._theirs)[4] == BAUDS[self._speed]
            os.write(self._ours, rmc(second) + gga(second) if is_heard else b"\xf8\x00~" * 40)


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_PATIENCE_S", 0.25)


@pytest.fixture
def memory(tmp_path: Path) -> Memory:
    return Memory(tmp_path / "outbox.receiver")


@pytest.fixture
def port() -> Iterator[Callable[[int | None], Port]]:
    made: list[Port] = []

    def make(speed: int | None) -> Port:
        made.append(Port(speed))
        return made[-1]

    yield make
    for one in made:
        if not one._stop.is_set():
            one.unplug()


@contextmanager
def reading(opener: Opener) -> Iterator[tuple[Source, list[Fix]]]:
    stop = threading.Event()
    source = Source(opener, where="here", stop=stop)
    found: list[Fix] = []
    thread = collect(source.fixes(), found)
    yield source, found
    stop.set()
    thread.join(timeout=5)
    assert not thread.is_alive()


@pytest.mark.parametrize("speed", list(BAUDS))
def test_the_speed_is_found_by_listening(
    port: Callable[[int], Port], memory: Memory, speed: int
) -> None:
    with reading(GivenPort(port(speed).path, 0, memory=memory, candidates=list)) as (source, found):
        wait_until(lambda: found)

        assert source.state.baud == speed


def test_a_speed_that_was_found_is_the_first_at_the_next_start(
    port: Callable[[int], Port], memory: Memory, tmp_path: Path
) -> None:
    path = port(4800).path
    with reading(GivenPort(path, 0, memory=memory, candidates=list)) as (_, found):
        wait_until(lambda: found)
    again = Memory(tmp_path / "outbox.receiver")
    with closing(GivenPort(path, 0, memory=again, candidates=list).open()) as stream:
        assert stream.baud == 4800


def test_a_given_speed_is_never_changed(port: Callable[[int], Port], memory: Memory) -> None:
    opener = GivenPort(port(4800).path, 38400, memory=memory, candidates=list)
    with reading(opener) as (source, found):
        wait_until(lambda: source.state.bytes_s)
        time.sleep(0.6)

        assert (source.state.baud, found) == (38400, [])


def test_a_receiver_is_found_among_ports_that_are_silent_noisy_and_gone(
    port: Callable[[int | None], Port], memory: Memory
) -> None:
    silent, noisy, speaking = port(None), port(4800), port(115200)
    ports = [Candidate("/dev/none", 0), *(Candidate(one.path, 1) for one in (silent, speaking))]
    noisy_one = Candidate(noisy.path, 0)
    opener = AnyPort(115200, memory=memory, candidates=lambda: [noisy_one, *ports])
    with reading(opener) as (source, found):
        wait_until(lambda: found)

        assert source.state.where == speaking.path


def test_where_no_receiver_is_it_is_said_and_looked_for_on(
    port: Callable[[int | None], Port], memory: Memory
) -> None:
    there: list[Candidate] = [Candidate(port(None).path, 0)]
    with reading(AnyPort(0, memory=memory, candidates=lambda: there)) as (source, found):
        wait_until(lambda: source.state.condition is Condition.MISSING)
        there.append(Candidate(port(38400).path, 0))
        wait_until(lambda: found)

        assert source.state.condition is Condition.READING


@pytest.mark.parametrize("way", ["given", "any"])
def test_a_device_is_known_again_under_another_name(
    port: Callable[[int], Port], memory: Memory, way: str
) -> None:
    first, other = port(38400), port(38400)
    there = [Candidate(first.path, 0, GNSS)]
    opener: Opener = (
        AnyPort(38400, memory=memory, candidates=lambda: there)
        if way == "any"
        else GivenPort(first.path, 38400, memory=memory, candidates=lambda: there)
    )
    with reading(opener) as (source, found):
        wait_until(lambda: found)
        there[:] = [Candidate(other.path, 0, GNSS)]
        first.unplug()
        wait_until(lambda: source.state.where == other.path)
        wait_until(lambda: source.state.condition is Condition.READING)


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b'{"given":1}', b"\xff", b"[" * 4000, b'{"given":"a","path":"b"}']
)
def test_a_damaged_memory_was_never_written(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "memory"
    path.write_bytes(content)

    assert Memory(path).read() is None


def test_what_cannot_be_remembered_is_no_trouble(tmp_path: Path) -> None:
    memory = Memory(tmp_path / "no folder" / "memory")
    known = Remembered(given="auto", path="/dev/ttyS1", baud=9600)
    memory.write(known)

    assert memory.read() == known


def test_receivers_come_before_chips_and_those_before_what_is_built_in() -> None:
    vendors = [None, 0x046D, 0x2C7C, 0x10C4, 0x1546]

    assert sorted(vendors, key=order_of) == [0x1546, 0x10C4, 0x2C7C, 0x046D, None]


def test_a_built_in_port_counts_where_it_has_a_chip_and_is_no_console(tmp_path: Path) -> None:
    for name, kind in (("ttyS7", "4"), ("ttyS8", "0"), ("ttyS9", "4")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "type").write_text(f"{kind}\n")
    (tmp_path / "console").mkdir()
    (tmp_path / "console" / "active").write_text("tty0 ttyS9\n")
    names = [Path(one.path).name for one in find_candidates(tmp_path)]

    assert "ttyS7" in names
    assert not {"ttyS8", "ttyS9"} & {*names}
