"""paho's client, made to take and acknowledge messages by the hundred.

By itself it makes four calls of the system and an object of properties for each message that
it receives, and one more call for each that it acknowledges: 15,000 messages are then all that
a process is good for, before it has done anything with one.
"""

import random
import socket
import ssl
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any, cast

from paho.mqtt.client import Client
from paho.mqtt.enums import MessageType, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from runtime.lines import LineReport
from runtime.publishes import Publish, cut_publishes, pubacks

_PEEK_BYTES = 1 << 18
# Looking for one message costs as much as taking ten.
_MOMENT_S = 0.001
# How soon somebody who waits notices that it is to end.
_WAKE_S = 0.25


class WideClient(Client):
    """A client whose `on_publishes` takes what came at once.

    Whatever is not a whole PUBLISH of QoS 0 or 1 is left to paho where it is, in the kernel's
    buffer, and so is everything on a line with TLS; a PUBLISH that paho takes goes to
    `on_message`.
    """

    on_publishes: Callable[[Sequence[Publish]], None]
    report: LineReport
    forgets_unanswered = False

    @property
    def unanswered(self) -> int:
        """How many published messages the broker has not answered yet."""
        return len(self._out_messages)

    def reconnect(self) -> MQTTErrorCode:
        """Connect as paho does, and note why it does not come to it: paho tells nobody."""
        try:
            return super().reconnect()
        except OSError as error:
            self.report.failed(error)
            raise

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
                # A broker sends message by message: what comes in a moment is taken together.
                time.sleep(_MOMENT_S)
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

    def _ssl_wrap_socket(self, tcp_sock: socket.socket) -> ssl.SSLSocket:
        """Speak TLS on a line; paho leaves one open on which that failed."""
        context: Any = self._ssl_context
        line = context.wrap_socket(
            tcp_sock, server_hostname=self._host, do_handshake_on_connect=False
        )
        try:
            line.settimeout(self._connect_timeout)
            line.do_handshake()
        except OSError:
            line.close()
            raise
        return cast("ssl.SSLSocket", line)

    def _sock_recv(self, bufsize: int) -> bytes:
        try:
            return super()._sock_recv(bufsize)
        except ssl.SSLError as error:
            # With TLS 1.3 a broker refuses a client's certificate after the handshake.
            self.report.failed(error)
            raise

    def _do_on_publish(
        self, mid: int, reason_code: ReasonCode, properties: Properties
    ) -> MQTTErrorCode:
        if reason_code.is_failure:
            self.report.denied(self._out_messages[mid].topic, str(reason_code))
        elif self.report.has_denied:
            self.report.allowed(self._out_messages[mid].topic)
        return super()._do_on_publish(mid, reason_code, properties)

    def _messages_reconnect_reset_out(self) -> None:
        if self.forgets_unanswered:
            with self._out_message_mutex:
                self._out_messages.clear()
        super()._messages_reconnect_reset_out()

    def _reconnect_wait(self) -> None:
        """Wait for twice as long as before, less up to half of it.

        Many terminals that lost one broker must not come back in the same second.
        """
        with self._reconnect_delay_mutex:
            last_s = self._reconnect_delay
            least_s, most_s = self._reconnect_min_delay, self._reconnect_max_delay
            wait_s = least_s if last_s is None else min(2 * last_s, most_s)
            self._reconnect_delay = wait_s
        until_s = time.monotonic() + wait_s * random.uniform(0.5, 1.0)  # noqa: S311 - no secret
        while not self._is_ending() and (left_s := until_s - time.monotonic()) > 0:
            time.sleep(min(left_s, _WAKE_S))

    def _is_ending(self) -> bool:
        return self._thread_terminate or self._state.name in {
            "MQTT_CS_DISCONNECTING",
            "MQTT_CS_DISCONNECTED",
        }
