"""`python -m benchmarks.gateway.storer PORT`: a server that stores nothing and says it has.

It takes what comes to the broker, tells each gateway that it is stored, and prints how many
fixes there were and when the last one came, ten times a second.
"""

import json
import socket
import sys
import time
import zlib
from collections.abc import Iterator

from benchmarks.ingest.packets import CONNACK_BYTES, SUBACK_BYTES, connect, subscribe
from runtime.publishes import Publish, cut_publishes

READY = "ready"
_FILTER = "gp/1/+/position"
_READ_BYTES = 1 << 20
_TELL_S = 0.1
# QoS 0: a gateway that does not hear of it sends again.
_PUBLISH = 0x30
_CONTINUES = 0x80


def main() -> None:
    """Serve until the broker hangs up or somebody ends this."""
    line = socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=10)
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    line.sendall(connect("bench-storer") + subscribe(_FILTER))
    _read_exactly(line, CONNACK_BYTES + SUBACK_BYTES)
    print(READY, flush=True)
    fixes, told_s, pending = 0, 0.0, b""
    line.settimeout(_TELL_S)
    newest_s = time.time()
    while True:
        try:
            data = line.recv(_READ_BYTES)
        except TimeoutError:
            data = b""
        else:
            if not data:
                return
        found, used = cut_publishes(pending + data, has_properties=False)
        pending = (pending + data)[used:]
        if found:
            said = [_stored(one) for one in found]
            line.sendall(b"".join(packet for packet, _ in said))
            fixes += sum(count for _, count in said)
            newest_s = time.time()
        if time.monotonic() - told_s > _TELL_S:
            told_s = time.monotonic()
            print(json.dumps([fixes, newest_s]), flush=True)


def _stored(one: Publish) -> tuple[bytes, int]:
    plain = zlib.decompress(one.payload) if one.payload[:1] == b"\x78" else one.payload
    body = json.loads(plain)
    count = len(body["t"])
    told = {
        "v": 1,
        "outbox": body["outbox"],
        "fixes": [[body["seq"], body["seq"] + count - 1]],
    }
    topic = one.topic.replace(b"/position", b"/stored")
    return _publish(topic, json.dumps(told, separators=(",", ":")).encode()), count


def _publish(topic: bytes, payload: bytes) -> bytes:
    body = len(topic).to_bytes(2, "big") + topic + payload
    return bytes([_PUBLISH, *_length(len(body))]) + body


def _length(size: int) -> Iterator[int]:
    """Yield a variable byte integer (MQTT 3.1.1, 2.2.3)."""
    while size >= _CONTINUES:
        yield size % _CONTINUES | _CONTINUES
        size >>= 7
    yield size


def _read_exactly(line: socket.socket, size: int) -> None:
    while size:
        size -= len(line.recv(size))


if __name__ == "__main__":
    main()
