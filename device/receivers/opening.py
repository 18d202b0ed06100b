"""Which way leads to which address."""

from collections.abc import Callable
from pathlib import Path

from device.epochs import FixReader
from device.receivers.addresses import Address, Way
from device.receivers.memory import Memory
from device.receivers.streams import Opener, Stream


def opener_of(address: Address, baud: int, memory: Memory) -> Opener:
    """Return what opens the receiver at `address`; a `baud` of 0 is found by listening."""
    # Each imports what only it needs: a terminal has one receiver, and little memory.
    if address.way in {Way.SERIAL, Way.AUTO}:
        from device.receivers.serial_ports import AnyPort, GivenPort  # noqa: PLC0415 - see above

        if address.way is Way.AUTO:
            return AnyPort(baud, memory=memory)
        return GivenPort(address.path, baud, memory=memory)
    if address.way is Way.REPLAY:
        from device.receivers.replay import Replay  # noqa: PLC0415 - see above

        return _Network(lambda: Replay(Path(address.path), speed=address.speed))
    if address.way is Way.GPSD:
        from device.receivers.gpsd import open_gpsd  # noqa: PLC0415 - see above

        return _Network(lambda: open_gpsd(address.host, address.port, device=address.path))
    return _network(address)


def _network(address: Address) -> Opener:
    from device.receivers.sockets import TcpListener, TcpStream, UdpStream  # noqa: PLC0415 - above

    host, port = address.host, address.port
    if address.way is Way.TCP_LISTEN:
        return _Network(lambda: TcpListener(host, port))
    if address.way is Way.UDP:
        return _Network(lambda: UdpStream(host, port))
    return _Network(lambda: TcpStream(host, port, reader=FixReader()))


class _Network:
    """An opener of what is opened anew each time."""

    def __init__(self, open_one: Callable[[], Stream]) -> None:
        self._open_one = open_one

    def open(self) -> Stream:
        """Return an open stream, or raise PortError."""
        return self._open_one()
