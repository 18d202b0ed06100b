"""A gateway's house with open ports in a thread of its own: no broker, and nothing relayed."""

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from gateway.custody.committer import Committer
from gateway.custody.photos import PhotoFolder
from gateway.metrics import GatewayMetrics
from gateway.registry import Registry
from gateway.serving.house import House
from gateway.serving.ports import Ports
from gateway.settings import GatewaySettings
from tests.processes import eventually

T = TypeVar("T")

SWEEP_S = 0.05


class OpenHouse:
    """A house and its ports, each under the name of its protocol; `loop` is that of its lines."""

    def __init__(
        self, house: House, ports: dict[str, int], loop: asyncio.AbstractEventLoop
    ) -> None:
        self.house = house
        self.ports = ports
        self.loop = loop

    def call(self, protocol: str) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.ports[protocol]), timeout=10)

    def ask(self, what: Callable[[], T]) -> T:
        """Return what `what` returns in the thread of the lines."""

        async def run() -> T:
            return what()

        return asyncio.run_coroutine_threadsafe(run(), self.loop).result(10)

    def see_off(self, *, within_s: float) -> None:
        """Close every line as a stop does."""
        ending = self.house.see_off(within_s=within_s)
        asyncio.run_coroutine_threadsafe(ending, self.loop).result(10)

    def lines(self) -> int:
        return self.ask(lambda: len(self.house.lines))

    def refused(self, reason: str) -> int:
        counted = self.ask(lambda: dict(self.house.metrics._refused))
        return sum(times for labels, times in counted.items() if labels[2] == reason)


@contextmanager
def open_house(folder: Path, register: str, **changed: object) -> Iterator[OpenHouse]:
    """Open a house for the terminals of a register; it is closed as a stop closes it."""
    (folder / "t.csv").write_text(register)
    settings = GatewaySettings(
        **{"terminals": folder / "t.csv", "spool": folder / "s.sqlite", **changed}  # type: ignore[arg-type] # by name
    )
    photos = PhotoFolder(settings.spool, most_bytes=1 << 20)
    committer = Committer(settings.spool, settings.spool_most_mb << 20, photos)
    committer.start()
    house = House(
        settings, Registry(settings.terminals), committer=committer, metrics=GatewayMetrics()
    )
    opened: list[OpenHouse] = []
    stop = threading.Event()
    thread = threading.Thread(target=lambda: asyncio.run(_serve(house, opened, stop)))
    thread.start()
    try:
        yield eventually(lambda: opened)[0]
    finally:
        stop.set()
        thread.join(10)
        committer.close()


async def _serve(house: House, opened: list[OpenHouse], stop: threading.Event) -> None:
    loop = asyncio.get_running_loop()
    house.listen_to_custody(loop)
    doors, ended = Ports(house), asyncio.Event()
    sweeping = loop.create_task(house.sweep(ended, every_s=SWEEP_S))
    ports = {}
    for protocol in ("jt808", "gt06", "nmea", "osmand", "owntracks"):
        ports[protocol] = _free_port(socket.SOCK_STREAM)
        await doors.listen(f"{protocol}_port", ports[protocol])
    ports["udp"] = _free_port(socket.SOCK_DGRAM)
    await doors.listen("nmea_udp_port", ports["udp"])
    opened.append(OpenHouse(house, ports, loop))
    await asyncio.to_thread(stop.wait)
    ended.set()
    await doors.close(within_s=2.0)
    await sweeping


def _free_port(kind: int) -> int:
    with socket.socket(type=kind) as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
