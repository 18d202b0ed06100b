"""How the line to the broker is, in one word and a sentence, for logs and for people."""

import socket
import ssl
import threading
import time
from enum import StrEnum
from typing import NamedTuple

import structlog

log = structlog.get_logger()

_REMIND_S = 300.0


class LineState(StrEnum):
    """What a line to the broker can be."""

    CONNECTING = "connecting"
    CONNECTED = "connected"
    UNREACHABLE = "unreachable"
    UNTRUSTED = "untrusted"
    REFUSED = "refused"
    DENIED = "denied"


_ADVICE = {
    LineState.UNREACHABLE: "see that [broker] host and port are right and the network is there",
    LineState.UNTRUSTED: "see [broker] ca_file and host, the broker's certificate and the clock",
    LineState.REFUSED: "see [broker] username, password_file and certificate_file at the broker",
    LineState.DENIED: "see the broker's access list: this name may not use that topic",
}


class Health(NamedTuple):
    """The state of a line, and why it is so where that is not plain."""

    state: LineState
    reason: str = ""


class LineReport:
    """What was met last on a line, said once, and again every five minutes while it lasts."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._denied: dict[str, str] = {}
        self._health = Health(LineState.CONNECTING)
        self._said_s = 0.0

    @property
    def health(self) -> Health:
        """How the line is now."""
        with self._lock:
            if self._health.state is LineState.CONNECTED and self._denied:
                topic, reason = next(iter(self._denied.items()))
                return Health(LineState.DENIED, f"{topic}: {reason}")
            return self._health

    def stands(self) -> None:
        """Note that the broker has let us in."""
        with self._lock:
            self._health = Health(LineState.CONNECTED)
            self._denied.clear()

    def broke(self) -> None:
        """Note that the line broke; why it does not come back says more."""
        with self._lock:
            if self._health.state is LineState.CONNECTED:
                self._health = Health(LineState.CONNECTING)

    def failed(self, error: OSError) -> None:
        """Note what a connection, or one that was being made, failed with."""
        self._note(_health_of(error))

    def refused(self, reason: str) -> None:
        """Note that the broker did not let us in."""
        self._note(Health(LineState.REFUSED, reason))

    def denied(self, topic: str, reason: str) -> None:
        """Note that the broker did not take, or does not give, what is on a topic."""
        with self._lock:
            is_known = topic in self._denied
            self._denied[topic] = reason
        if not is_known:
            log.error("mqtt.denied", topic=topic, reason=reason, advice=_ADVICE[LineState.DENIED])

    def allowed(self, topic: str) -> None:
        """Note that the broker took what is on a topic."""
        with self._lock:
            self._denied.pop(topic, None)

    @property
    def has_denied(self) -> bool:
        """Whether any topic is denied at present."""
        return bool(self._denied)

    def _note(self, health: Health) -> None:
        now_s = time.monotonic()
        with self._lock:
            if health == self._health and now_s - self._said_s < _REMIND_S:
                return
            self._health, self._said_s = health, now_s
        event = f"mqtt.{health.state}"
        log.warning(event, reason=health.reason, advice=_ADVICE.get(health.state))


def _health_of(error: OSError) -> Health:
    if isinstance(error, ssl.SSLCertVerificationError):
        return Health(LineState.UNTRUSTED, f"the broker's certificate: {error.verify_message}")
    if isinstance(error, ssl.SSLEOFError):
        return Health(LineState.UNREACHABLE, "the line ended amid TLS")
    if isinstance(error, ssl.SSLError):
        return Health(LineState.REFUSED, f"TLS: {error.reason or error}")
    if isinstance(error, socket.gaierror):
        return Health(LineState.UNREACHABLE, f"the name of the broker: {error.strerror}")
    return Health(LineState.UNREACHABLE, error.strerror or str(error) or type(error).__name__)
