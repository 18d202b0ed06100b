"""Receivers on a network: TCP either way, UDP, and what becomes of a peer that leaves."""

import itertools
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from device.receivers import sockets as module
from device.receivers.addresses import read_address
from device.receivers.memory import Memory
from device.receivers.opening import opener_of
from device.receivers.source import Source
from device.receivers.state import Condition
from patrol.fix import Fix
from tests.unit.device.terminal import START, collect, gga, rmc, wait_until

HOST = "127.0.0.1"


def free_port() -> int:
    with socket.create_server((HOST, 0)) as door:
        return int(door.getsockname()[1])


def seconds(fixes: list[Fix]) -> list[float]:
    return [(fix.epoch - START).total_seconds() for fix in fixes]


@contextmanager
def reading(url: str) -> Iterator[tuple[Source, list[Fix]]]:
    stop = threading.Event()
    source = Source(opener_of(read_address(url), 0, Memory(Path("none"))), where=url, stop=stop)
    found: list[Fix] = []
    thread = collect(source.fixes(), found)
    yield source, found
    began_s = time.monotonic()
    stop.set()
    thread.join(timeout=5)
    assert time.monotonic() - began_s < 2


def connected(port: int) -> socket.socket:
    """Return a line to the door at `port`, which opens soon."""
    made: list[socket.socket] = []

    def try_it() -> bool:
        try:
            made.append(socket.create_connection((HOST, port), timeout=5))
        except ConnectionRefusedError:
            return False
        return True

    wait_until(try_it)
    return made[0]


def test_sentences_come_from_a_host() -> None:
    with socket.create_server((HOST, 0)) as door:
        with reading(f"tcp://{HOST}:{door.getsockname()[1]}") as (source, found):
            with door.accept()[0] as line:
                line.sendall(rmc(0)[:30])
                line.sendall(rmc(0)[30:] + gga(0))
                wait_until(lambda: found)
                assert source.state.condition is Condition.READING
            wait_until(lambda: source.state.condition is not Condition.READING)
            with door.accept()[0] as line:
                line.sendall(rmc(5))
                wait_until(lambda: 5 in seconds(found))

        assert seconds(found) == [0, 5]


def test_a_host_that_is_not_there_is_tried_on() -> None:
    port = free_port()
    with reading(f"tcp://{HOST}:{port}") as (source, found):
        wait_until(lambda: source.state.condition is Condition.UNREACHABLE)
        with socket.create_server((HOST, port)) as door, door.accept()[0] as line:
            line.sendall(rmc(0))
            wait_until(lambda: found)

        assert "refused" in str(source.state.reason) or found


def test_a_receiver_connects_leaves_and_comes_again() -> None:
    port = free_port()
    with reading(f"tcp-listen://:{port}") as (source, found):
        with connected(port) as line:
            line.sendall(rmc(0) + rmc(1)[:20])
            wait_until(lambda: found)
        wait_until(lambda: source.state.condition is Condition.SILENT)
        with connected(port) as line:
            line.sendall(rmc(2))
            wait_until(lambda: 2 in seconds(found))

        assert seconds(found) == [0, 2]


def test_a_peer_that_fell_silent_does_not_keep_out_the_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "_HOLD_S", 1.0)
    port = free_port()
    with (
        reading(f"tcp-listen://:{port}") as (_, found),
        connected(port) as first,
        connected(port) as second,
    ):
        first.sendall(rmc(0))
        wait_until(lambda: found)
        second.sendall(rmc(1))
        wait_until(lambda: 1 in seconds(found))

        assert seconds(found) == [0, 1]


@pytest.mark.parametrize("way", ["tcp-listen", "udp"])
def test_a_port_that_is_taken_is_said(way: str) -> None:
    kind = socket.SOCK_STREAM if way == "tcp-listen" else socket.SOCK_DGRAM
    with socket.socket(socket.AF_INET, kind) as taken:
        taken.bind((HOST, 0))
        if kind == socket.SOCK_STREAM:
            taken.listen()
        with reading(f"{way}://{HOST}:{taken.getsockname()[1]}") as (source, _):
            wait_until(lambda: source.state.condition is Condition.BUSY)

            assert "cannot be listened on" in source.state.reason


def send_until(found: list[Fix], line: socket.socket, port: int, pieces: list[bytes]) -> None:
    """Send until one has come: what is sent before the port is open is lost."""
    for piece in itertools.cycle(pieces):
        line.sendto(piece, (HOST, port))
        time.sleep(0.01)
        if found:
            return


@pytest.mark.parametrize(
    "pieces",
    [
        [rmc(0), rmc(1)],
        [rmc(0).strip(), rmc(1).strip()],
        [rmc(0) + gga(0), rmc(1)[:25], rmc(1)[25:]],
        [b"\xb5\x62\x01\x07" + rmc(0), rmc(1)],
    ],
)
def test_datagrams_hold_sentences_or_pieces_of_them(pieces: list[bytes]) -> None:
    port = free_port()
    with (
        reading(f"udp://:{port}") as (_, found),
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line,
    ):
        send_until(found, line, port, pieces)

        assert {*seconds(found)} <= {0, 1}


def test_one_sender_at_a_time_is_listened_to(monkeypatch: pytest.MonkeyPatch) -> None:
    port = free_port()
    with (
        reading(f"udp://:{port}") as (_, found),
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as first,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as second,
    ):
        send_until(found, first, port, [rmc(0), rmc(1)])
        second.sendto(rmc(100), (HOST, port))
        first.sendto(rmc(2), (HOST, port))
        wait_until(lambda: 2 in seconds(found))
        assert 100 not in seconds(found)
        monkeypatch.setattr(module, "_HOLD_S", 0.0)
        second.sendto(rmc(200), (HOST, port))
        wait_until(lambda: 200 in seconds(found))

        assert 100 not in seconds(found)
