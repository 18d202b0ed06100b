"""One connection to the broker, for processes that run in a straight line.

Messages are acknowledged by hand, after whoever took them has them on disk. The network
runs in a thread of paho's; nothing here calls back into a room.
"""

import queue
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import structlog
from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage, MQTTMessageInfo
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from patrol.errors import StateError
from runtime.broker import MOST_16_BITS, SECTION, BrokerSettings, tls_context
from runtime.lines import Health, LineReport
from runtime.publishes import Publish
from runtime.settings import read_secret
from runtime.wide import WideClient

__all__ = [
    "MOST_UNACKNOWLEDGED",
    "SECTION",
    "BrokerSettings",
    "Manner",
    "Message",
    "Session",
]

log = structlog.get_logger()

_PROTOCOLS = {"5": MQTTProtocolVersion.MQTTv5, "3.1.1": MQTTProtocolVersion.MQTTv311}
# How long the broker keeps the session of somebody who is away: a week of outage.
_KEPT_S = 7 * 86_400
_MOST_RETRY_S = 30
# TLS takes several round trips, and a slow line of a mobile network seconds for each.
_CONNECT_S = 15.0
_GOODBYE_S = 2.0
# Four times what a payload may be. MQTT 5 brokers send nothing larger, so that no message,
# whoever wrote it, fills the memory.
_MOST_PACKET_BYTES = 4 << 20
# Published and not yet acknowledged; they outlive a connection, so a line that breaks again
# and again must not pile them up.
_MOST_UNANSWERED = 10_000
# Of these, how many are sent at once: what any broker takes. With thousands, paho looks
# through all of them at each answer and comes to nothing else.
_MOST_ON_THE_WAY = 20
# MQTT 5, 3.1.2.11.3.
MOST_UNACKNOWLEDGED = MOST_16_BITS
# A resumed session has had what the broker retains; having it again would make it look new.
_NEW_ONLY = SubscribeOptions.RETAIN_SEND_IF_NEW_SUB


class Message(NamedTuple):
    """A received message; `connection` counts the connection on which it came.

    `mid` is 0 for one with QoS 0, which nobody waits to see acknowledged.
    """

    topic: str
    payload: bytes
    mid: int
    connection: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """Who we are to the broker and what we want of it.

    A persistent session keeps subscriptions and messages while we are away, for `kept_s`
    seconds where the broker speaks MQTT 5. At most `receive_maximum` messages are on their way
    to us unacknowledged. Whoever keeps what it sends until the server has it, and sends it again
    on each connection, lets what a broken line held be forgotten: otherwise it would go twice.
    """

    client_id: str
    subscriptions: Sequence[str] = ()
    persistent: bool = False
    kept_s: int = _KEPT_S
    receive_maximum: int = 500
    will: tuple[str, bytes] | None = None
    forgets_unanswered: bool = False


class Session:
    """A connection that comes back by itself; `start` returns at once."""

    def __init__(self, broker: BrokerSettings, manner: Manner) -> None:
        self._broker = broker
        self._manner = manner
        self._inbox: queue.SimpleQueue[Message] = queue.SimpleQueue()
        self._is_started = False
        self._connections = 0
        self._standing = 0
        self._last_published: MQTTMessageInfo | None = None
        self._report = LineReport()
        self._client = self._make_client()

    @property
    def connections(self) -> int:
        """How often a connection was made; a new number means that a new one was."""
        return self._connections

    @property
    def is_connected(self) -> bool:
        """Whether the broker has accepted us, `connections` tells so, and the line stands."""
        return bool(self._client.is_connected()) and self._standing > 0

    @property
    def health(self) -> Health:
        """How the line is, and why, where it does not stand."""
        return self._report.health

    def check(self) -> None:
        """Raise StateError when the background thread has ended by itself.

        An error that nobody foresaw ends it, and then nothing comes any more.
        """
        thread = self._client._thread  # noqa: SLF001 - paho tells nobody of it
        if self._is_started and (thread is None or not thread.is_alive()):
            raise StateError("the line to the broker has ended by itself: see what was said before")

    @property
    def waiting(self) -> int:
        """How many received messages have not been taken yet."""
        return self._inbox.qsize()

    def start(self) -> None:
        """Begin to connect, and go on connecting, in the background."""
        self._client.connect_async(
            self._broker.host,
            self._broker.port,
            keepalive=self._broker.keepalive_s,
            **self._clean_start(),
        )
        self._client.loop_start()
        self._is_started = True

    def stop(self) -> None:
        """Say goodbye to the broker and end the background thread."""
        self._is_started = False
        self._client.disconnect()
        # It may be waiting for an answer to a connection that never comes.
        ending = threading.Thread(target=self._client.loop_stop, daemon=True)
        ending.start()
        ending.join(_GOODBYE_S)

    def receive(self, *, timeout_s: float) -> Message | None:
        """Return the next message, or None when none came within `timeout_s`."""
        try:
            return self._inbox.get(timeout=timeout_s) if timeout_s > 0 else self._inbox.get_nowait()
        except queue.Empty:
            return None

    def acknowledge(self, message: Message) -> None:
        """Tell the broker to forget `message`, unless it came on a connection that is gone."""
        # A message id belongs to its connection: on the next one the same number is another
        # message, and the broker will send this one again.
        if message.mid and message.connection == self._standing:
            self._client.ack(message.mid, 1)

    def acknowledge_all(self, messages: Iterable[Message]) -> None:
        """Do the same for many at once, which costs hardly more than for one."""
        standing = self._standing
        self._client.acknowledge(
            message.mid for message in messages if message.mid and message.connection == standing
        )

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> bool:
        """Hand a message over for sending with QoS 1; False when it cannot be sent now."""
        if not self.is_connected:
            return False
        self._last_published = self._client.publish(topic, payload, qos=1, retain=retain)
        return self._last_published.rc == MQTTErrorCode.MQTT_ERR_SUCCESS

    @property
    def room(self) -> int:
        """How many more messages `publish` takes before the broker has answered any."""
        return max(0, _MOST_UNANSWERED - self._client.unanswered)

    def flush(self, *, timeout_s: float) -> bool:
        """Wait until the broker has answered the last `publish`; False if it has not in time."""
        last = self._last_published
        if last is None:
            return True
        try:
            last.wait_for_publish(timeout_s)
        except (RuntimeError, ValueError):
            return False
        return last.is_published()

    def _make_client(self) -> WideClient:
        protocol = _PROTOCOLS[self._broker.protocol]
        old = protocol is MQTTProtocolVersion.MQTTv311
        client = WideClient(
            CallbackAPIVersion.VERSION2,
            client_id=self._manner.client_id,
            clean_session=not self._manner.persistent if old else None,
            protocol=protocol,
            manual_ack=True,
        )
        if self._broker.username is not None:
            client.username_pw_set(self._broker.username, read_secret(self._broker.password_file))
        if self._manner.will is not None:
            topic, payload = self._manner.will
            client.will_set(topic, payload, qos=1, retain=True)
        client.max_inflight_messages_set(_MOST_ON_THE_WAY)
        client.max_queued_messages_set(_MOST_UNANSWERED)
        context = tls_context(self._broker)
        if context is not None:
            client.tls_set_context(context)
        client.connect_timeout = _CONNECT_S
        client.reconnect_delay_set(1, _MOST_RETRY_S)
        client.forgets_unanswered = self._manner.forgets_unanswered
        client.report = self._report
        # In place before CONNECT: a resumed session is redelivered before the SUBACK.
        client.on_message = self._on_message
        client.on_publishes = self._on_publishes
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_disconnect = self._on_disconnect
        return client

    def _clean_start(self) -> dict[str, Any]:
        if self._broker.protocol != "5":
            return {}
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.ReceiveMaximum = self._manner.receive_maximum
        properties.MaximumPacketSize = _MOST_PACKET_BYTES
        properties.SessionExpiryInterval = self._manner.kept_s if self._manner.persistent else 0
        return {"clean_start": not self._manner.persistent, "properties": properties}

    def _on_connect(
        self,
        client: Client,
        _userdata: object,
        flags: ConnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        if reason.is_failure:
            self._report.refused(f"{reason}, as {self._manner.client_id}")
            return
        self._report.stands()
        names = self._manner.subscriptions
        if names and self._broker.protocol == "5":
            client.subscribe(
                [(name, SubscribeOptions(qos=1, retainHandling=_NEW_ONLY)) for name in names]
            )
        elif names:
            client.subscribe([(name, 1) for name in names])
        # After subscribing: whoever sees the new number may publish and be answered at once.
        self._connections += 1
        self._standing = self._connections
        log.info("mqtt.connected", resumed=flags.session_present)

    def _on_subscribe(
        self,
        _client: Client,
        _userdata: object,
        _mid: int,
        reasons: list[ReasonCode],
        _properties: Properties | None,
    ) -> None:
        for name, reason in zip(self._manner.subscriptions, reasons, strict=False):
            if reason.is_failure:
                self._report.denied(name, str(reason))
            else:
                log.info("mqtt.subscribed", filter=name)

    def _on_disconnect(
        self,
        _client: Client,
        _userdata: object,
        _flags: DisconnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        has_stood, self._standing = self._standing > 0, 0
        self._report.broke()
        # Whoever was refused is told of that, and not of each attempt.
        if has_stood:
            log.info("mqtt.disconnected", reason=str(reason))

    def _on_message(self, _client: Client, _userdata: object, message: MQTTMessage) -> None:
        self._inbox.put(
            Message(message.topic, bytes(message.payload), message.mid, self._connections)
        )

    def _on_publishes(self, publishes: Sequence[Publish]) -> None:
        connection = self._connections
        for topic, payload, mid in publishes:
            self._inbox.put(Message(topic.decode(errors="replace"), payload, mid, connection))
