"""Ports that lose nothing, however their readers behave; on real pseudo-terminals."""

import asyncio
import os
import select
import threading
import time
from collections.abc import Callable, Iterator
from itertools import repeat
from pathlib import Path

import pytest

from patrol.errors import InputError
from simulator.drivers import Piece, open_port, play

# Everything that a line discipline might touch: line ends, interrupts, end of file, flow.
BYTES = bytes(range(256)) * 200
DEADLINE_S = 20


def pieces(data: bytes, *, size: int = 400, every_s: float = 10.0) -> list[Piece]:
    return [
        Piece(due_s=number * every_s, data=data[start : start + size])
        for number, start in enumerate(range(0, len(data), size))
    ]


def read_all(path: Path, count: int, *, sizes: Iterator[int], pause_s: float = 0.0) -> bytes:
    """Read `count` bytes from the port at `path` in reads of these sizes."""
    port = os.open(path, os.O_RDWR | os.O_NOCTTY)
    try:
        found = bytearray()
        while len(found) < count:
            found += os.read(port, min(next(sizes), count - len(found)))
            time.sleep(pause_s)
        return bytes(found)
    finally:
        os.close(port)


def play_to(path: Path, reader: Callable[[], bytes], *, speed_up: float = 0) -> tuple[int, bytes]:
    """Play BYTES into a port while `reader` reads in a thread of its own."""

    async def both() -> tuple[int, bytes]:
        with open_port(path) as port:
            reading = asyncio.create_task(asyncio.to_thread(reader))
            played = await asyncio.wait_for(
                play(port, pieces(BYTES), speed_up=speed_up), DEADLINE_S
            )
            return played, await reading

    return asyncio.run(both())


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "T01"


def test_every_byte_arrives_unchanged(path: Path):
    played, found = play_to(path, lambda: read_all(path, len(BYTES), sizes=repeat(4096)))

    assert played == len(pieces(BYTES))
    assert found == BYTES


def test_a_slow_reader_loses_nothing(path: Path):
    _, found = play_to(path, lambda: read_all(path, len(BYTES), sizes=repeat(333), pause_s=0.005))

    assert found == BYTES


def test_a_reader_that_goes_away_and_comes_back_loses_nothing(path: Path):
    def read_in_turns() -> bytes:
        return b"".join(
            read_all(path, part, sizes=repeat(100)) for part in (5000, 123, len(BYTES) - 5123)
        )

    _, found = play_to(path, read_in_turns)
    assert found == BYTES


def test_nothing_is_sent_before_somebody_listens(path: Path):
    """Programs empty the line when they open it, so what had been sent would be lost."""

    async def wait_then_read() -> bytes:
        with open_port(path) as port:
            playing = asyncio.create_task(play(port, pieces(BYTES), speed_up=0))
            await asyncio.sleep(0.1)
            reader = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
            with pytest.raises(BlockingIOError):
                os.read(reader, 1)
            os.close(reader)
            found = await asyncio.to_thread(read_all, path, len(BYTES), sizes=repeat(4096))
            await asyncio.wait_for(playing, DEADLINE_S)
            return found

    assert asyncio.run(wait_then_read()) == BYTES


def test_the_end_waits_until_the_last_byte_is_read(path: Path):
    taken = threading.Event()

    def read_late() -> bytes:
        port = os.open(path, os.O_RDWR | os.O_NOCTTY)
        select.select([port], [], [], DEADLINE_S)
        # Whoever does not wait would be gone by then.
        time.sleep(0.3)
        taken.set()
        found = os.read(port, 100)
        os.close(port)
        return found

    async def short() -> bytes:
        with open_port(path) as port:
            reading = asyncio.create_task(asyncio.to_thread(read_late))
            await asyncio.wait_for(play(port, [Piece(0, b"last")], speed_up=0), DEADLINE_S)
            assert taken.is_set()
            return await reading

    assert asyncio.run(short()) == b"last"


def test_time_runs_as_fast_as_was_asked_for(path: Path):
    """1,270 simulated seconds at 1,000 a second are 1.27 s."""
    started_s = time.monotonic()
    play_to(path, lambda: read_all(path, len(BYTES), sizes=repeat(4096)), speed_up=1000)

    last_due_s = pieces(BYTES)[-1].due_s
    assert time.monotonic() - started_s >= last_due_s / 1000


def test_several_ports_play_at_once(tmp_path: Path):
    paths = [tmp_path / f"T{number:02d}" for number in range(4)]

    async def all_of_them() -> list[bytes]:
        async def one(path: Path) -> bytes:
            with open_port(path) as port:
                reading = asyncio.create_task(
                    asyncio.to_thread(read_all, path, len(BYTES), sizes=repeat(1000))
                )
                await asyncio.wait_for(play(port, pieces(BYTES), speed_up=0), DEADLINE_S)
                return await reading

        return list(await asyncio.gather(*map(one, paths)))

    assert asyncio.run(all_of_them()) == [BYTES] * 4


def test_the_link_is_there_while_the_port_is_open(path: Path):
    with open_port(path):
        assert path.is_char_device()

    assert not path.is_symlink()


def test_the_link_is_gone_after_a_fault(path: Path):
    with pytest.raises(KeyError), open_port(path):
        raise KeyError

    assert not path.is_symlink()


def test_a_link_left_behind_is_replaced(path: Path):
    path.symlink_to("/dev/pts/of-a-process-that-was-killed")

    with open_port(path):
        assert path.is_char_device()


def test_the_link_of_a_successor_is_left_alone(path: Path):
    with open_port(path):
        path.unlink()
        path.symlink_to("/dev/null")

    assert path.is_symlink()


def test_a_file_in_the_way_is_kept_and_named(path: Path):
    path.write_text("somebody's")

    with pytest.raises(InputError, match="T01"), open_port(path):
        pass
    assert path.read_text() == "somebody's"
