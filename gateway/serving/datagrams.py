"""UDP ports of terminals: each datagram is a line of its own."""

import asyncio
import time
from typing import cast

from gateway.custody.committer import Done
from gateway.serving.house import House
from gateway.serving.line import Line
from runtime.clock import utc_now

# Datagrams that wait for the disk; nobody can be asked to send slower.
_MOST_WAITING = 2_000


class TerminalDatagrams(asyncio.DatagramProtocol):
    """A UDP port."""

    def __init__(self, protocol: str, house: House) -> None:
        self.protocol = protocol
        self._house = house
        self._transport: asyncio.DatagramTransport | None = None
        self._waiting = 0
        self._is_ending = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where to answer."""
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Read one datagram and answer it, once it is kept."""
        if self._is_ending:
            return
        if self._waiting >= _MOST_WAITING:
            self._house.metrics.refused(self.protocol, "too_many_waiting")
            return
        house = self._house
        line = Line(
            self.protocol, house.registry, peer=addr[0], is_datagram=True, repeats=house.repeats
        )
        work = line.receive(data, received_at=utc_now())
        house.metrics.count(self.protocol, work)
        if line.entry is not None:
            house.standings.heard(line.entry.terminal_id, time.monotonic())
        self._waiting += 1
        house.commit(work, of=(self.protocol, addr[0]), done=self._teller(work.reply, addr))

    def hang_up(self) -> None:
        """Take no more; answers still go out."""
        self._is_ending = True

    def _teller(self, reply: bytes, addr: tuple[str, int]) -> Done:
        def tell(is_kept: bool) -> None:  # noqa: FBT001 - called by position
            self._waiting -= 1
            if not is_kept:
                self._house.metrics.refused(self.protocol, "not_kept")
            elif reply and self._transport is not None:
                self._transport.sendto(reply, addr)

        return tell
