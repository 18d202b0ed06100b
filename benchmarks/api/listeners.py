"""Many who follow the stream, in a process of their own: what each was told, and how late.

`python -m benchmarks.api.listeners PORT PATH LISTENERS SECONDS`, tokens a line on standard input;
prints what was found as one line of JSON.
"""

import asyncio
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import msgspec
import numpy as np

_LOOPBACK: Final = "127.0.0.1"
_LIMIT_BYTES: Final = 64 << 20
_SETTLE_S: Final = 5.0
_BEGINS_S: Final = 90.0
# Whoever has so many of them calls at once would only meet the queue of the kernel.
_CALLS_AT_ONCE: Final = 50


class Place(msgspec.Struct):
    """What of a position is looked at."""

    terminal_id: str
    epoch: datetime | None = None


class Places(msgspec.Struct):
    """What of a message is looked at."""

    positions: list[Place]


_DECODER: Final = msgspec.json.Decoder(Places)


@dataclass(slots=True)
class Listener:
    """One who follows: when messages came, and how late changes were."""

    came_s: list[float] = field(default_factory=list)
    late_s: list[float] = field(default_factory=list)
    bytes_read: int = 0
    known: dict[str, datetime] = field(default_factory=dict)
    has_begun: asyncio.Event = field(default_factory=asyncio.Event)

    def take(self, data: bytes) -> None:
        """Note one message, and how late what is new in it is."""
        now_s = time.time()
        self.came_s.append(now_s)
        self.bytes_read += len(data)
        self.has_begun.set()
        for one in _DECODER.decode(data).positions:
            if one.epoch is not None and self.known.get(one.terminal_id) != one.epoch:
                self.known[one.terminal_id] = one.epoch
                self.late_s.append(now_s - one.epoch.timestamp())


async def follow(listener: Listener, *, port: int, path: str, token: str) -> None:
    """Follow the stream until cancelled; ConnectionError when it ends."""
    reader, writer = await asyncio.open_connection(_LOOPBACK, port, limit=_LIMIT_BYTES)
    head = f"GET {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {token}\r\n\r\n"
    writer.write(head.encode())
    status = await reader.readline()
    if b" 200 " not in status:
        raise ConnectionError(status.decode())
    try:
        while line := await reader.readline():
            if line.startswith(b"data: "):
                listener.take(line[6:])
    finally:
        writer.close()
    raise ConnectionError("the stream has ended")


async def run(port: int, path: str, *, tokens: Sequence[str], count: int, lasting_s: float) -> Any:  # noqa: ANN401 - JSON
    """Follow `count` times for so long after all have been told what there is."""
    listeners = [Listener() for _ in range(count)]
    tasks = []
    for number, one in enumerate(listeners):
        token = tokens[number % len(tokens)]
        tasks.append(asyncio.create_task(follow(one, port=port, path=path, token=token)))
        if number % _CALLS_AT_ONCE == _CALLS_AT_ONCE - 1:
            await asyncio.sleep(0.2)
    async with asyncio.timeout(_BEGINS_S):
        await asyncio.gather(*(one.has_begun.wait() for one in listeners))
    await asyncio.sleep(min(_SETTLE_S, lasting_s))
    for one in listeners:
        one.came_s, one.late_s, one.bytes_read = [], [], 0
    await asyncio.sleep(lasting_s)
    gone = sum(task.done() for task in tasks)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return _found(listeners, gone=gone, lasting_s=lasting_s)


def _found(listeners: Sequence[Listener], *, gone: int, lasting_s: float) -> dict[str, float]:
    late_s = np.concatenate([np.array(one.late_s) for one in listeners])
    gaps_s = [float(np.diff(one.came_s).min()) for one in listeners if len(one.came_s) > 1]
    return {
        "cut": gone,
        "late_p50_s": float(np.quantile(late_s, 0.5)) if late_s.size else float("inf"),
        "late_p99_s": float(np.quantile(late_s, 0.99)) if late_s.size else float("inf"),
        "late_most_s": float(late_s.max()) if late_s.size else float("inf"),
        "least_changes": min(len(one.late_s) for one in listeners),
        "most_messages_a_second": max(len(one.came_s) for one in listeners) / lasting_s,
        "least_gap_s": min(gaps_s, default=float("inf")),
        "mb_a_second": sum(one.bytes_read for one in listeners) / lasting_s / 1e6,
    }


def main() -> int:
    """Follow, and print what was found."""
    port, path, count, lasting_s = sys.argv[1:]
    tokens = sys.stdin.read().split()
    found = asyncio.run(
        run(int(port), path, tokens=tokens, count=int(count), lasting_s=float(lasting_s))
    )
    print(json.dumps(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
