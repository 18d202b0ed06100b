"""paho's client, made to take and acknowledge messages by the hundred.

By itself it makes four calls of the system and an object of properties for each message that
it receives, and one more call for each that it acknowledges: 15,000 messages are then all that
a process is good for, before it has done anything with one.
"""

import socket
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from paho.mqtt.client import Client
from paho.mqtt.enums import MessageType, MQTTErrorCode, MQTTProtocolVersion

from runtime.publishes import Publish, cut_publishes, pubacks

_PEEK_BYTES = 1 << 18


class WideClient(Client):
    """A client whose `on_publishes` takes what came at once.

    Whatever is not a whole PUBLISH of QoS 0 or 1 is left to paho where it is, in the kernel's
    buffer, and so is everything on a line with TLS; a PUBLISH that paho takes goes to
    `on_message`.
    """

    on_publishes: Callable[[Sequence[Publish]], None]

    def acknowledge(self, mids: Iterable[int]) -> None:
        """Acknowledge messages of QoS 1 in one packet of the network."""
        packet = pubacks(mids)
        if packet:
            self._packet_queue(MessageType.PUBACK, packet, 0, 0)

    def _packet_read(self) -> MQTTErrorCode:
        """Take all PUBLISHes that are there, else one packet as paho does."""
        line: Any = self.socket()
        if type(line) is socket.socket and not self._in_packet["command"]:
            found = self._take_publishes(line)
            if found:
                self.on_publishes(found)
                return MQTTErrorCode.MQTT_ERR_SUCCESS
        return super()._packet_read()

    def _take_publishes(self, line: socket.socket) -> Sequence[Publish]:
        try:
            data = line.recv(_PEEK_BYTES, socket.MSG_PEEK)
        except OSError:
            # Nothing there, or no line: paho meets the same, and says which.
            return ()
        found, used = cut_publishes(
            data, has_properties=self.protocol is MQTTProtocolVersion.MQTTv5
        )
        if used:
            line.recv(used)
        return found
