"""Items of makers of locks."""

from gateway.codecs.events import Value
from gateway.codecs.jt808.items.findings import Findings, Reader
from gateway.codecs.jt808.items.makers import text

_LOCK_BYTES = 11


def _locks(value: bytes, found: Findings) -> bool:
    if not value or len(value) % _LOCK_BYTES:
        return False
    for at in range(0, len(value), _LOCK_BYTES):
        volts = int.from_bytes(value[at + 6 : at + 8], "big") / 1000
        sealed = value[at + 8] == ord("1")
        lock: dict[str, Value] = {
            "id": value[at : at + 6].hex(),
            "battery_v": volts,
            "sealed": sealed,
        }
        found.add("locks", lock)
    return True


def _padlock(value: bytes, found: Findings) -> bool:
    """Read a padlock's line, in whose eleventh place three digits are hundredths of a volt."""
    if not value.startswith(b"*M00"):
        return False
    found.attributes["lock"] = text(value)
    if value[10:13].isdigit():
        found.attributes["battery_v"] = int(value[10:13]) / 100
    return True


def _string_lock(value: bytes, found: Findings) -> bool:
    if len(value) != 3:  # noqa: PLR2004 - a count, and bits
        return False
    bits = value[2]
    found.attributes |= {
        "string": bool(bits & 1),
        "motion": bool(bits & 4),
        "cover": bool(bits & 8),
    }
    return True


LOCKS_READERS: dict[int, Reader] = {
    0x33: _padlock,
    0x63: _locks,
    0xDA: _string_lock,
}
