"""`python -m benchmarks.gateway.plain PORT BROKER_PORT`: a gateway as one writes it in an hour.

JT/T 808 location reports alone, read by struct, published with paho a fix a message, answered at
once: no register, no disk, no `stored`. What dies with it is lost.
"""

import asyncio
import json
import struct
import sys
from datetime import UTC, datetime, timedelta

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

_MARK = b"\x7e"
_LOCATION = 0x0200
_HEADER = struct.Struct(">HH6sH")
_BODY = struct.Struct(">IIIIHHH6s")
_ANSWER = struct.Struct(">HH6sHHHB")
_ZONE = timedelta(hours=8)


class Plain(asyncio.Protocol):
    """One line."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._pending = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where to answer."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - a TCP server's are
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Read, publish and answer."""
        *frames, self._pending = (self._pending + data).split(_MARK)
        for frame in frames:
            if frame and self._transport is not None:
                self._transport.write(self._take(_plain(frame)))

    def _take(self, frame: bytes) -> bytes:
        kind, _, phone, serial = _HEADER.unpack_from(frame)
        if kind == _LOCATION:
            self._publish(phone.hex().lstrip("0"), frame[_HEADER.size :])
        body = _ANSWER.pack(0x8001, 5, phone, serial, serial, kind, 0)
        check = 0
        for byte in body:
            check ^= byte
        escaped = (body + bytes([check])).replace(b"\x7d", b"\x7d\x01").replace(_MARK, b"\x7d\x02")
        return _MARK + escaped + _MARK

    def _publish(self, phone: str, body: bytes) -> None:
        _, status, lat, lon, _, speed, course, clock = _BODY.unpack_from(body)
        local = datetime.strptime(clock.hex(), "%y%m%d%H%M%S").replace(tzinfo=UTC)
        fix = {
            "epoch": (local - _ZONE).isoformat(),
            "lat": lat / 1e6,
            "lon": lon / 1e6,
            "speed": speed / 10,
            "course": course,
            "valid": bool(status & 2),
        }
        self._client.publish(f"plain/{phone}/position", json.dumps(fix), qos=1)


def _plain(frame: bytes) -> bytes:
    return frame.replace(b"\x7d\x02", _MARK).replace(b"\x7d\x01", b"\x7d")


async def _serve(port: int, broker_port: int) -> None:
    client = Client(CallbackAPIVersion.VERSION2, client_id="plain")
    client.connect("127.0.0.1", broker_port)
    client.loop_start()
    server = await asyncio.get_running_loop().create_server(
        lambda: Plain(client), "127.0.0.1", port, backlog=4_096
    )
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1]), int(sys.argv[2])))
