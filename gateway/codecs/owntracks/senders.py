"""Who a message is from: OwnTracks says it in up to five places."""

from base64 import b64decode
from binascii import Error as Base64Error
from typing import NamedTuple, Self

from gateway.codecs.documents import Document
from gateway.codecs.events import Value
from gateway.codecs.http import Request
from gateway.codecs.queries import read_pairs

# What may follow <base>/<user>/<device> in a topic.
_BRANCHES = {
    "beacon",
    "cmd",
    "dump",
    "event",
    "info",
    "lwt",
    "request",
    "response",
    "status",
    "step",
    "steps",
    "waypoint",
    "waypoints",
}
_BASE = "owntracks"
_TOPIC_LEVELS = 3
_NAME_LIMIT = 128


class Sender(NamedTuple):
    """What stands around a message; `login` is a name that nobody has checked yet."""

    user: str = ""
    device: str = ""
    login: str = ""

    @classmethod
    def of_topic(cls, topic: str) -> Self:
        """Return the user and device of `owntracks/<user>/<device>[/…]`, or nobody.

        Another base than owntracks counts where three levels are left of the topic.
        """
        levels = [level for level in topic.split("/") if level]
        if _BASE in levels[:-2]:
            levels = levels[levels.index(_BASE) :][:_TOPIC_LEVELS]
        if len(levels) > _TOPIC_LEVELS and levels[-1] in _BRANCHES:
            levels.pop()
        if len(levels) < _TOPIC_LEVELS:
            return cls()
        return cls(user=levels[-2][:_NAME_LIMIT], device=levels[-1][:_NAME_LIMIT])

    @classmethod
    def of_request(cls, request: Request) -> Self:
        """Return who `request` is from; a proxy's headers count before the query.

        Raises InputError where the query has too many fields.
        """
        headers = request.headers
        query = dict(read_pairs(request.query)) if request.query else {}
        return cls(
            user=(headers.get("x-limit-u") or query.get("u", ""))[:_NAME_LIMIT],
            device=(headers.get("x-limit-d") or query.get("d", ""))[:_NAME_LIMIT],
            login=_login(headers["authorization"]) if "authorization" in headers else "",
        )

    def terminal_id(self, document: Document) -> str | None:
        """Return `user/device`, or as much of it as is said, else the tracker id.

        What stands around a message counts before the topic within it, and a login last.
        """
        if self.user and self.device:
            return f"{self.user}/{self.device}"
        within = Sender.of_topic(_text(document.get("topic")))
        user = self.user or within.user or self.login
        device = self.device or within.device or _text(document.get("tid"))
        return "/".join(part for part in (user, device) if part) or None


def _login(header: str) -> str:
    scheme, _, given = header.partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        name = b64decode(given, validate=True).decode("utf-8", "replace").partition(":")[0]
    except (Base64Error, ValueError):
        return ""
    return name.replace("\0", "")[:_NAME_LIMIT]


def _text(value: Value) -> str:
    return value.strip()[: 3 * _NAME_LIMIT] if isinstance(value, str) else ""
