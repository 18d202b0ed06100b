"""The wire as an AsyncAPI 3.0 document."""

from functools import lru_cache
from importlib.metadata import version
from typing import Any, Final

from api.wire.schemas import PAYLOADS, TERMINAL_ID
from patrol.topics import DEFAULT_ROOT, UP, Kind

_DESCRIPTION: Final = """
What terminals and the server say to one another: MQTT 5 (3.1.1 is accepted), QoS 1, JSON in UTF-8.
A payload whose first byte is 0x78 is the same JSON in a zlib stream; its plain form has at most
1 MiB. Unknown fields are passed over. The topic, never the payload, says who is speaking.

A terminal forgets what it has told when `stored` names it, not when the broker acknowledges it.
No message has a field for the name, number, health or group of somebody who lives at a place.
"""
# On these the broker keeps the last message for whoever comes later.
RETAINED: Final = frozenset({Kind.STATUS, Kind.DUTY, Kind.DAY, Kind.LIST})


@lru_cache(1)
def wire_document() -> dict[str, Any]:
    """Return the document. The operations are those of the server: it receives what goes up."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Gridpatrol wire",
            "version": version("gridpatrol"),
            "description": _DESCRIPTION,
        },
        "defaultContentType": "application/json",
        "channels": {str(kind): _channel(kind) for kind in Kind},
        "operations": {_operation_id(kind): _operation(kind) for kind in Kind},
        "components": {
            "messages": {
                name: {"name": name, "contentType": "application/json", "payload": payload}
                for name, payload in PAYLOADS.values()
            }
        },
    }


def _channel(kind: Kind) -> dict[str, Any]:
    name, _ = PAYLOADS[kind]
    return {
        "address": f"{DEFAULT_ROOT}/{{terminal_id}}/{kind}",
        "messages": {name: {"$ref": f"#/components/messages/{name}"}},
        "parameters": {
            "terminal_id": {"description": f"the terminal's MQTT user name: {_pattern()}"}
        },
    }


def _operation(kind: Kind) -> dict[str, Any]:
    name, _ = PAYLOADS[kind]
    return {
        "action": "receive" if kind in UP else "send",
        "channel": {"$ref": f"#/channels/{kind}"},
        "messages": [{"$ref": f"#/channels/{kind}/messages/{name}"}],
        "bindings": {"mqtt": {"qos": 1, "retain": kind in RETAINED, "bindingVersion": "0.2.0"}},
    }


def _operation_id(kind: Kind) -> str:
    return f"{'receive' if kind in UP else 'send'}{PAYLOADS[kind][0]}"


def _pattern() -> str:
    return str(TERMINAL_ID["pattern"])
