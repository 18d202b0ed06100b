"""0x0104: how a terminal is set."""

from struct import Struct

from gateway.codecs.events import Value

_HEAD = Struct(">IB")
_LIST_AT = 3
_NUMBER_BYTES = {1, 2, 4}


def read_parameters(body: bytes) -> dict[str, Value]:
    """Return the count that is answered and each parameter by its id: a number, text or hex.

    The specification's numbers have one, two or four bytes; text may have as many.
    """
    parameters: dict[str, Value] = {}
    at = _LIST_AT
    while at + _HEAD.size <= len(body):
        name, size = _HEAD.unpack_from(body, at)
        at += _HEAD.size
        parameters[f"0x{name:04x}"] = _read(body[at : at + size])
        at += size
    return {"answer_to": int.from_bytes(body[:2], "big"), "parameters": parameters}


def _read(value: bytes) -> int | str:
    if len(value) in _NUMBER_BYTES:
        return int.from_bytes(value, "big")
    words = value.decode("gbk", errors="replace").strip("\0 ")
    return words if words.isprintable() and "\ufffd" not in words else value.hex()
