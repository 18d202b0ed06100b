"""A broker session on a line that breaks again and again."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest

from patrol.errors import InputError, StateError
from runtime.mqtt import BrokerSettings, Manner, Message, Session
from tests.processes import eventually

CONNACK = bytes([0x20, 3, 0, 0, 0])


class DeafBroker:
    """Accepts every connection and answers nothing else; `connections` holds the open ones."""

    def __init__(self) -> None:
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.connections: list[socket.socket] = []
        self.thread = threading.Thread(target=self.serve)
        self.thread.start()

    def serve(self) -> None:
        while True:
            connection, _ = self.socket.accept()
            if not connection.recv(4096):
                connection.close()
                return
            connection.sendall(CONNACK)
            self.connections.append(connection)
            threading.Thread(target=self.swallow, args=(connection,)).start()

    def swallow(self, connection: socket.socket) -> None:
        # The other side may hang up rudely.
        with connection, suppress(ConnectionError):
            while connection.recv(1 << 20):
                pass

    def hang_up(self) -> None:
        self.connections[-1].shutdown(socket.SHUT_RDWR)

    def stop(self) -> None:
        socket.create_connection(self.socket.getsockname()).close()
        self.thread.join()
        self.socket.close()


@pytest.fixture
def deaf() -> Iterator[DeafBroker]:
    made = DeafBroker()
    yield made
    made.stop()


@pytest.fixture
def session(deaf: DeafBroker) -> Iterator[Session]:
    made = Session(BrokerSettings(port=deaf.socket.getsockname()[1]), Manner(client_id="x"))
    made.start()
    eventually(lambda: made.connections == 1)
    yield made
    made.stop()


def test_what_no_broker_acknowledges_does_not_pile_up(session):
    taken = sum(session.publish("a", b"x") for _ in range(10_100))

    assert taken == 10_000


def test_nothing_of_a_line_that_broke_is_acknowledged(session, deaf, monkeypatch):
    acknowledged = []
    monkeypatch.setattr(session._client, "ack", lambda mid, _qos: acknowledged.append(mid))
    session.acknowledge(Message("a", b"", mid=7, connection=1))
    deaf.hang_up()
    eventually(lambda: not session.is_connected)
    session.acknowledge(Message("a", b"", mid=8, connection=1))
    eventually(lambda: session.connections == 2)
    session.acknowledge(Message("a", b"", mid=9, connection=1))
    session.acknowledge(Message("a", b"", mid=10, connection=2))

    assert acknowledged == [7, 10]


@pytest.mark.parametrize(
    "given", [{"port": 0}, {"port": 65_536}, {"keepalive_s": 65_536}, {"host": ""}]
)
def test_what_can_be_no_broker_is_refused(given):
    with pytest.raises(InputError, match=r"give 1 to 65535|no host name"):
        BrokerSettings(**given)


def test_what_a_broken_line_held_goes_again_only_where_it_is_wanted(deaf):
    """Whoever sends all that waits on each new line would send it twice."""
    port = deaf.socket.getsockname()[1]
    for forgets, held in ((False, 3), (True, 0)):
        session = Session(
            BrokerSettings(port=port), Manner(client_id="x", forgets_unanswered=forgets)
        )
        session.start()
        eventually(lambda one=session: one.connections == 1)
        for _ in range(3):
            session.publish("a", b"x")
        deaf.hang_up()
        eventually(lambda one=session: one.connections == 2)

        assert len(session._client._out_messages) == held
        session.stop()


def test_waits_between_connections_grow_and_differ():
    client = Session(BrokerSettings(), Manner(client_id="x"))._client
    client._thread_terminate = True
    delays_s = []
    for _ in range(7):
        client._reconnect_wait()
        delays_s.append(client._reconnect_delay)
    client._thread_terminate = False
    client.reconnect_delay_set(0.05, 0.05)
    waits_s = []
    for _ in range(4):
        began_s = time.monotonic()
        client._reconnect_wait()
        waits_s.append(time.monotonic() - began_s)

    assert delays_s == [1, 2, 4, 8, 16, 30, 30]
    assert min(waits_s) >= 0.025
    assert len(set(waits_s)) > 1


def test_a_line_that_has_ended_by_itself_is_told(session, deaf, monkeypatch):
    session.check()

    # As an error in paho's thread does, but without one that nobody catches.
    monkeypatch.setattr(session._client, "_thread_terminate", True)
    deaf.hang_up()
    eventually(lambda: session._client._thread is None)

    with pytest.raises(StateError, match="the line to the broker has ended by itself"):
        session.check()
