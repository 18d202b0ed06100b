"""The ports of terminals."""

import asyncio
from dataclasses import dataclass, field

from gateway.serving.datagrams import TerminalDatagrams
from gateway.serving.house import House
from gateway.serving.lines import TerminalLine
from gateway.serving.securing import Handshake, tls_of
from patrol.errors import InputError

_BACKLOG = 4_096


@dataclass(slots=True)
class Ports:
    """The ports on which a house listens."""

    house: House
    _servers: list[asyncio.Server] = field(default_factory=list)
    _datagrams: list[tuple[asyncio.DatagramTransport, TerminalDatagrams]] = field(
        default_factory=list
    )

    async def listen(self, name: str, port: int) -> None:
        """Listen on the port of a setting; raises InputError where that cannot be."""
        host = self.house.settings.host
        try:
            if name.endswith("_udp_port"):
                await self._take_datagrams(name, port)
            else:
                await self._take_lines(name, port)
        except OSError as error:
            raise InputError(
                f"[gateway] {name} {port} on {host} cannot be listened on: {error.strerror}; "
                "give a free port"
            ) from error

    async def close(self, *, within_s: float) -> None:
        """Let nobody in any more, have what was read kept and answered, and close."""
        for server in self._servers:
            server.close()
        for _, protocol in self._datagrams:
            protocol.hang_up()
        await self.house.see_off(within_s=within_s)
        for transport, _ in self._datagrams:
            transport.close()

    async def _take_lines(self, name: str, port: int) -> None:
        house, protocol = self.house, _protocol_of(name)
        context = tls_of(house.settings)

        def make() -> asyncio.Protocol:
            line = TerminalLine(protocol, house)
            if context is None:
                return line
            return Handshake(line, context, within_s=house.settings.login_s)

        loop = asyncio.get_running_loop()
        self._servers.append(
            await loop.create_server(make, house.settings.host, port, backlog=_BACKLOG)
        )

    async def _take_datagrams(self, name: str, port: int) -> None:
        house = self.house
        protocol = TerminalDatagrams(_protocol_of(name), house)
        transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
            lambda: protocol, local_addr=(house.settings.host, port)
        )
        self._datagrams.append((transport, protocol))


def _protocol_of(name: str) -> str:
    return name.partition("_")[0]
