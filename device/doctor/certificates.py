"""When a certificate holds, read out of its PEM file.

Source of the format: RFC 5280, 4.1: a Certificate's tbsCertificate holds, after version (0),
serial number, signature and issuer, its validity: two times. X.690 for lengths.
"""

import ssl
from datetime import UTC, datetime
from pathlib import Path

from patrol.errors import InputError

_SEQUENCE = 0x30
_EXPLICIT_VERSION = 0xA0
_UTC_TIME = 0x17
_GENERALIZED_TIME = 0x18
_LONG_FORM = 0x80
_BEGIN = "-----BEGIN CERTIFICATE-----"
_END = "-----END CERTIFICATE-----"
# RFC 5280, 4.1.2.5.1: two digits from 50 on are of the 20th century.
_CENTURY = 50


def read_validity(path: Path) -> tuple[datetime, datetime]:
    """Return from when to when the first certificate in `path` holds, or raise InputError."""
    try:
        text = path.read_text(encoding="ascii")
    except (OSError, UnicodeError) as error:
        raise InputError(f"{path} cannot be read: {error}") from error
    begin, end = text.find(_BEGIN), text.find(_END)
    if begin < 0 or end < begin:
        raise InputError(f"{path} holds no certificate as PEM")
    try:
        return _validity(ssl.PEM_cert_to_DER_cert(text[begin : end + len(_END)]))
    except (ValueError, IndexError) as error:
        raise InputError(f"{path} holds a certificate that cannot be read: {error}") from error


def _validity(der: bytes) -> tuple[datetime, datetime]:
    certificate = _Reader(der).enter()
    signed = certificate.enter()
    if signed.peek() == _EXPLICIT_VERSION:
        signed.skip()
    for _serial_signature_issuer in range(3):
        signed.skip()
    validity = signed.enter()
    return validity.read_time(), validity.read_time()


class _Reader:
    """A walk through DER; raises ValueError or IndexError where it is none."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def peek(self) -> int:
        """Return the tag of the next value."""
        return self._data[self._at]

    def skip(self) -> None:
        """Pass over the next value."""
        self._take()

    def enter(self) -> "_Reader":
        """Return a reader of the sequence that comes next."""
        tag, content = self._take()
        if tag != _SEQUENCE:
            raise ValueError(f"tag {tag:#x} where a sequence should be")
        return _Reader(content)

    def read_time(self) -> datetime:
        """Return the time that comes next."""
        tag, content = self._take()
        text = content.decode("ascii")
        if tag == _UTC_TIME:
            text = f"{'19' if int(text[:2]) >= _CENTURY else '20'}{text}"
        elif tag != _GENERALIZED_TIME:
            raise ValueError(f"tag {tag:#x} where a time should be")
        return datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)

    def _take(self) -> tuple[int, bytes]:
        tag, length = self._data[self._at], self._data[self._at + 1]
        start = self._at + 2
        if length & _LONG_FORM:
            digits = length & ~_LONG_FORM
            length = int.from_bytes(self._data[start : start + digits], "big")
            start += digits
        content = self._data[start : start + length]
        if len(content) < length:
            raise ValueError("it is cut off")
        self._at = start + length
        return tag, content
