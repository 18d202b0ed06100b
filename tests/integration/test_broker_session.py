"""A broker session on a line that breaks again and again."""

import socket
import threading
from collections.abc import Iterator

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
        with connection:
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


def test_a_line_that_has_ended_by_itself_is_told(session, deaf, monkeypatch):
    session.check()

    # As an error in paho's thread does, but without one that nobody catches.
    monkeypatch.setattr(session._client, "_thread_terminate", True)
    deaf.hang_up()
    eventually(lambda: session._client._thread is None)

    with pytest.raises(StateError, match="the line to the broker has ended by itself"):
        session.check()
