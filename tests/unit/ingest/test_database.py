"""Connections that do not wait for ever."""

import os
import socket
import threading
import time
from collections.abc import Iterator

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from ingest.database import Retry, read_dsn


@pytest.fixture
def mute() -> Iterator[int]:
    """Return the port of a server that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def dsn_of(given: str) -> str:
    return read_dsn({"database": {"dsn": given}})


def line_of(dsn: str) -> tuple[int, int, int, int]:
    """Return how the system watches over the line of a connection that is being made."""
    conn = psycopg.pq.PGconn.connect_start(dsn.encode())
    try:
        conn.connect_poll()
        with socket.socket(fileno=os.dup(conn.socket)) as line:
            return tuple(
                line.getsockopt(socket.IPPROTO_TCP, option)
                for option in (
                    socket.TCP_KEEPIDLE,
                    socket.TCP_KEEPINTVL,
                    socket.TCP_KEEPCNT,
                    socket.TCP_USER_TIMEOUT,
                )
            )
    finally:
        conn.finish()


def test_a_server_that_vanishes_is_given_up_after_25_s_on_either_way(mute):
    assert line_of(dsn_of(f"host=127.0.0.1 port={mute}")) == (10, 5, 3, 25_000)


def test_what_the_connection_string_says_wins(mute):
    given = f"postgresql://127.0.0.1:{mute}/patrol?tcp_user_timeout=9000&keepalives_count=2"

    assert line_of(dsn_of(given)) == (10, 5, 2, 9_000)
    assert conninfo_to_dict(dsn_of(f"{given}&connect_timeout=3"))["connect_timeout"] == "3"


def test_a_stop_is_heard_while_a_server_says_nothing(mute):
    stop = threading.Event()
    retry = Retry(dsn=dsn_of(f"host=127.0.0.1 port={mute}"), stop=stop)
    threading.Timer(0.3, stop.set).start()
    began = time.monotonic()

    retry.run(lambda _: pytest.fail("there is no connection"))

    assert time.monotonic() - began < 2
    assert retry.vitals.why_not_ready() == "no database"
