"""What a terminal says of itself when it registers and when it logs in, and whose card it holds."""

from gateway.codecs.events import Value
from gateway.codecs.jt808.reports.clock import Clock

# Bytes of maker, model and terminal's own id behind province and city.
_SIZES_2011 = (5, 8, 7)
_SIZES_2013 = (5, 20, 7)
_SIZES_2019 = (11, 30, 30)
_PLACE_BYTES = 4
_IMEI_BYTES = 15
_NAME_AT = 8
_CARD_BYTES = 20


def read_registration(body: bytes, version: int | None) -> dict[str, Value]:
    """Return what 0x0100 says; a shorter body says less.

    Bodies of 2011 and 2013 differ by 12 bytes of the model and are told apart by their length.
    """
    sizes = _SIZES_2019
    if version is None:
        sizes = _SIZES_2013 if len(body) >= _PLACE_BYTES + sum(_SIZES_2013) else _SIZES_2011
    said: dict[str, Value] = {
        "province": int.from_bytes(body[:2], "big"),
        "city": int.from_bytes(body[2:4], "big"),
    }
    at = _PLACE_BYTES
    for name, size in zip(("maker", "model", "own_id"), sizes, strict=True):
        said[name] = _text(body[at : at + size])
        at += size
    said["plate"] = _text(body[at + 1 :])
    return {name: value for name, value in said.items() if value}


def read_authentication(body: bytes, version: int | None) -> dict[str, Value]:
    """Return what 0x0102 says: a code, and from 2019 on an IMEI and the software's version.

    Some terminals of 2019 still send the code alone.
    """
    size = body[0] if body else 0
    if version is None or len(body) < 1 + size + _IMEI_BYTES:
        return {"code": _text(body)}
    at = 1 + size
    software = body[at + _IMEI_BYTES :]
    if software and software[0] == len(software) - 1:
        software = software[1:]
    return {
        "code": _text(body[1:at]),
        "imei": _text(body[at : at + _IMEI_BYTES]),
        "software": _text(software),
    }


def read_card(body: bytes, clock: Clock) -> dict[str, Value]:
    """Return what 0x0702 says: state of the card, time, and where it was read, whose it is."""
    epoch = clock.read(body[1:7])
    said: dict[str, Value] = {"inserted": body[:1] == b"\x01", "body": body.hex()}
    if epoch is not None:
        said["epoch"] = epoch.isoformat()
    name_bytes = body[8] if len(body) > _NAME_AT else 0
    at = _NAME_AT + 1 + name_bytes
    if len(body) >= at + _CARD_BYTES:
        said["result"] = body[7]
        said["name"] = _text(body[_NAME_AT + 1 : at])
        said["card"] = _text(body[at : at + _CARD_BYTES])
    return said


def _text(data: bytes) -> str:
    return data.decode("gbk", errors="replace").strip("\0 ")
