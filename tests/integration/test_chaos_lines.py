"""Lines that a chaos run cuts or silences."""

import socket
import threading
from collections.abc import Iterator

import pytest

from simulator.chaos.lines import Far, Line, Loop


@pytest.fixture
def echo() -> Iterator[Far]:
    """Serve whoever connects by saying everything again."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=answer_all, args=[server], daemon=True).start()
        yield Far("127.0.0.1", server.getsockname()[1])
        server.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def line(echo: Far) -> Iterator[Line]:
    loop = Loop()
    made = Line(echo)
    made.start(loop)
    yield made
    loop.stop()


def answer_all(server: socket.socket) -> None:
    while True:
        try:
            caller, _ = server.accept()
        except OSError:
            return
        threading.Thread(target=answer, args=[caller], daemon=True).start()


def answer(caller: socket.socket) -> None:
    with caller:
        try:
            while data := caller.recv(100):
                caller.sendall(data)
        except OSError:
            return


def call(line: Line) -> socket.socket:
    return socket.create_connection(("127.0.0.1", line.port), timeout=5)


def ask(caller: socket.socket) -> bytes:
    caller.sendall(b"hello")
    if data := caller.recv(100):
        return data
    raise ConnectionResetError


def test_a_line_carries_both_ways(line: Line):
    with call(line) as caller:
        assert ask(caller) == b"hello"


def test_a_line_that_is_cut_resets_old_and_new_callers_until_it_is_mended(line: Line):
    with call(line) as old:
        assert ask(old) == b"hello"
        line.cut()
        with pytest.raises(ConnectionError):
            ask(old)
    with call(line) as new, pytest.raises(ConnectionError):
        ask(new)

    line.mend(forgets=True)
    with call(line) as later:
        assert ask(later) == b"hello"


def test_a_silent_line_closes_nothing_and_is_silent_for_ever_for_its_old_callers(line: Line):
    with call(line) as old:
        assert ask(old) == b"hello"
        line.silence()
        old.settimeout(0.2)
        with pytest.raises(TimeoutError):
            ask(old)
        line.mend(forgets=False)
        with pytest.raises(TimeoutError):
            ask(old)
        with call(line) as new:
            assert ask(new) == b"hello"


def test_a_silent_line_that_forgets_resets_its_old_callers(line: Line):
    with call(line) as old:
        assert ask(old) == b"hello"
        line.silence()
        line.mend(forgets=True)
        with pytest.raises(ConnectionError):
            ask(old)
