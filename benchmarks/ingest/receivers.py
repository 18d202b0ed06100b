"""`python -m benchmarks.ingest.receivers WHICH PORT`: what the ingest is measured beside.

Each subscribes, says so in a line on standard output, and then prints how many messages it is
through with, about ten times a second.
"""

import json
import sys
import time
import zlib
from collections.abc import Callable

import psycopg
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

FILTER = "gp/1/+/position"
READY = "ready"

_TELL_EVERY_S = 0.1
# As many unacknowledged messages as the ingest asks for at most.
_RECEIVE_MAXIMUM = 10_000

# As the first pages that one finds have it.
_INSERT = """
insert into position (terminal_id, epoch, lat_e7, lon_e7, altitude_dm, speed_cmps, course_ddeg,
                      hdop_d, accuracy_dm, satellites, quality, battery_pct, flags, received_at)
values (%s, to_timestamp(%s / 1000.0), %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, now())
"""
_COLUMNS = ("t", "lat", "lon", "alt", "spd", "crs", "hdop", "acc", "sat", "q", "bat", "flg")


class Progress:
    """Counts messages, and tells how many there were and when the last one was done."""

    def __init__(self) -> None:
        self._done = 0
        self._at = 0.0

    def add(self) -> None:
        """Count one more."""
        self._done += 1
        self._at = time.time()

    def tell(self) -> None:
        """Say how many."""
        print(json.dumps([self._done, self._at]), flush=True)


def receive_only(port: int, progress: Progress) -> None:
    """Receive and acknowledge with paho and manual acknowledgement, and store nothing."""

    def take(client: Client, _userdata: object, message: MQTTMessage) -> None:
        client.ack(message.mid, 1)
        progress.add()

    _run(port, progress, take, manual_ack=True)


def insert_each(port: int, progress: Progress) -> None:
    """Insert and commit in paho's callback; paho acknowledges afterwards."""
    conn = psycopg.connect(sys.argv[3], autocommit=True)

    def store(_client: Client, _userdata: object, message: MQTTMessage) -> None:
        terminal = message.topic.split("/")[2]
        payload = message.payload
        body = json.loads(zlib.decompress(payload) if payload[:1] == b"\x78" else payload)
        # One fix a message, so that the first difference is the value.
        conn.execute(_INSERT, (terminal, *(body[name][0] for name in _COLUMNS)))
        progress.add()

    _run(port, progress, store, manual_ack=False)


def _run(
    port: int, progress: Progress, on_message: Callable[..., None], *, manual_ack: bool
) -> None:
    client = Client(
        CallbackAPIVersion.VERSION2,
        client_id="bench-receiver",
        protocol=MQTTProtocolVersion.MQTTv5,
        manual_ack=manual_ack,
    )
    properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
    properties.ReceiveMaximum = _RECEIVE_MAXIMUM

    def subscribe(client: Client, *_rest: object) -> None:
        client.subscribe(FILTER, qos=1)

    client.on_connect = subscribe
    client.on_subscribe = lambda *_: print(READY, flush=True)
    client.on_message = on_message
    client.connect("127.0.0.1", port, properties=properties)
    client.loop_start()
    while True:
        time.sleep(_TELL_EVERY_S)
        progress.tell()


_RECEIVERS = {"receive-only": receive_only, "insert-each": insert_each}

if __name__ == "__main__":
    _RECEIVERS[sys.argv[1]](int(sys.argv[2]), Progress())
