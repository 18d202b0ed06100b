"""`[device] port`: a path, `auto`, or a URL of where the receiver is."""

import math
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from patrol.errors import InputError

GPSD_PORT = 2947

_AUTO = "auto"
_MOST_SPEED = 100_000.0
_LOOPBACK = "127.0.0.1"
_FORMS = (
    "a path like /dev/ttyS1, auto, tcp://HOST:PORT, tcp-listen://[HOST]:PORT, udp://[HOST]:PORT, "
    "gpsd://HOST[:PORT][/DEVICE] or replay:///PATH[?speed=60]"
)


class Way(StrEnum):
    """How to get at a receiver."""

    SERIAL = "serial"
    AUTO = "auto"
    TCP = "tcp"
    TCP_LISTEN = "tcp-listen"
    UDP = "udp"
    GPSD = "gpsd"
    REPLAY = "replay"


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where a receiver is; `path` is of a port, of a device of gpsd, or of a recording.

    `speed` is how much faster than it was recorded a recording is played; 0 is at once.
    """

    way: Way
    text: str
    path: str = ""
    host: str = ""
    port: int = 0
    speed: float = 1.0


def read_address(text: str) -> Address:
    """Return the address that `text` gives, or raise InputError with the forms there are."""
    if text == _AUTO:
        return Address(way=Way.AUTO, text=text)
    if "://" not in text:
        return Address(way=Way.SERIAL, text=text, path=text)
    try:
        return _read_url(text, urlsplit(text))
    except ValueError as error:
        raise InputError(f"port is {text!r}: {error}; give {_FORMS}") from error


def _read_url(text: str, url: SplitResult) -> Address:
    way = Way(url.scheme)
    if url.username is not None or url.fragment or way in {Way.SERIAL, Way.AUTO}:
        raise ValueError("it has a part that has no meaning here")
    if way is Way.REPLAY:
        if url.netloc or not url.path.strip("/"):
            raise ValueError("a recording is given by three slashes and its path")
        return Address(way=way, text=text, path=unquote(url.path), speed=_speed(url.query))
    if url.query or (url.path.strip("/") and way is not Way.GPSD):
        raise ValueError("it has a part that has no meaning here")
    port = url.port or (GPSD_PORT if way is Way.GPSD else 0)
    if not port:
        raise ValueError("it has no port")
    host = url.hostname or ""
    if not host and way is Way.TCP:
        raise ValueError("it has no host")
    path = unquote(url.path) if url.path != "/" else ""
    return Address(way=way, text=text, host=host or _LOOPBACK, port=port, path=path)


def _speed(query: str) -> float:
    fields = dict(parse_qsl(query, keep_blank_values=True, strict_parsing=True)) if query else {}
    speed = float(fields.pop("speed", "1"))
    if fields or not math.isfinite(speed) or not 0 <= speed <= _MOST_SPEED:
        raise ValueError(f"a recording has a speed from 0 to {_MOST_SPEED:.0f} and nothing else")
    return speed
