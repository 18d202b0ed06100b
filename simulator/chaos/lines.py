"""TCP lines that can be cut or go silent, between a client and whatever it wants to reach."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeAlias

from simulator.services.brokers import LOOPBACK

_CHUNK_BYTES = 1 << 16

Take: TypeAlias = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Far:
    """The end that a line leads to: a Unix socket's path, or a port of a host."""

    host: str
    port: int = 0

    async def open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Connect to it."""
        if self.host.startswith("/"):
            return await asyncio.open_unix_connection(self.host)
        return await asyncio.open_connection(self.host, self.port)


class _Call:
    """One connection: bytes both ways while `flows` is set."""

    def __init__(self, near: asyncio.StreamWriter, far: asyncio.StreamWriter) -> None:
        self.flows = asyncio.Event()
        self.flows.set()
        self._ends = near, far

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry bytes until either end closes."""
        with suppress(OSError):
            while data := await reader.read(_CHUNK_BYTES):
                await self.flows.wait()
                writer.write(data)
                await writer.drain()
        if self.flows.is_set():
            self.cut()

    def cut(self) -> None:
        """Reset both ends; what is on its way is lost."""
        for end in self._ends:
            end.transport.abort()


class Line:
    """A port of this machine; whoever connects to it is connected to the far end."""

    def __init__(self, far: Far) -> None:
        self._far = far
        self._calls: set[_Call] = set()
        self._is_cut = False
        self._is_silent = False
        self.port = 0

    def start(self, loop: "Loop") -> None:
        """Begin to listen."""
        self._loop = loop
        self.port = loop.serve(self._take)

    def cut(self) -> None:
        """Reset all connections, and each new one, until `mend`."""
        self._is_cut = True
        self._loop.run(self._reset())

    def silence(self) -> None:
        """Carry nothing any more and close nothing, until `mend`."""
        self._is_silent = True
        self._loop.run(self._hold())

    def mend(self, *, forgets: bool) -> None:
        """Carry new connections again; those that went silent are reset if the line `forgets`.

        Otherwise nothing is ever heard of them again, and either end must find out by itself.
        """
        was_silent, self._is_cut, self._is_silent = self._is_silent, False, False
        if was_silent and forgets:
            self._loop.run(self._reset())

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._is_cut:
            writer.transport.abort()
            return
        try:
            far_reader, far_writer = await self._far.open()
        except OSError:
            writer.transport.abort()
            return
        call = _Call(writer, far_writer)
        if self._is_silent:
            call.flows.clear()
        self._calls.add(call)
        # Cancelled when the loop stops, while a call is silent.
        with suppress(asyncio.CancelledError):
            await asyncio.gather(call.carry(reader, far_writer), call.carry(far_reader, writer))
        call.cut()
        self._calls.discard(call)

    async def _reset(self) -> None:
        for call in self._calls:
            call.flows.set()
            call.cut()

    async def _hold(self) -> None:
        for call in self._calls:
            call.flows.clear()


class Loop:
    """An event loop in a thread of its own, on which lines run."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._servers: list[asyncio.Server] = []
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, None]) -> None:
        """Return when `work` is done on the loop."""
        asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def serve(self, take: Take) -> int:
        """Let `take` serve whoever connects, and return the port."""
        self.run(self._listen(take))
        port: int = self._servers[-1].sockets[0].getsockname()[1]
        return port

    def stop(self) -> None:
        """Cut every line and end the thread."""
        self.run(self._cancel())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _listen(self, take: Take) -> None:
        self._servers.append(await asyncio.start_server(take, LOOPBACK, 0))

    async def _cancel(self) -> None:
        for server in self._servers:
            server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
