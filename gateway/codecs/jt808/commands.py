"""What a platform asks of a terminal, as bytes ready for its line.

Every function takes the terminal as `to` and the platform's own count as `serial`; the terminal
answers with 0x0001, or with the message that is named, repeating that count.
"""

from datetime import datetime
from enum import IntEnum
from struct import pack

from gateway.codecs.jt808.outgoing import MOST_BODY_BYTES, Addressee, encode

HEARTBEAT_INTERVAL_S = 0x0001
REPORT_INTERVAL_S = 0x0029
SLEEP_REPORT_INTERVAL_S = 0x0027
URGENT_REPORT_INTERVAL_S = 0x0028

_TEXT_TERMINAL_READS = 0x01 | 0x04 | 0x08
_TEXT_NOTICE_2019 = 0x01


class Result(IntEnum):
    """What 0x8001 says of a message."""

    DONE = 0
    FAILED = 1
    WRONG = 2
    UNSUPPORTED = 3
    ALARM_CONFIRMED = 4


class Admission(IntEnum):
    """What 0x8100 says of a terminal that registers."""

    ADMITTED = 0
    VEHICLE_REGISTERED = 1
    NO_SUCH_VEHICLE = 2
    TERMINAL_REGISTERED = 3
    NO_SUCH_TERMINAL = 4


def acknowledge(to: Addressee, *, of: int, answered: int, result: Result, serial: int) -> bytes:
    """0x8001: answer the terminal's message `answered` that had the count `of`."""
    return encode(to, 0x8001, pack(">HHB", of, answered, result), serial=serial)


def admit(to: Addressee, *, of: int, result: Admission, code: str, serial: int) -> bytes:
    """0x8100: answer a registration; the code goes only to a terminal that is admitted."""
    body = pack(">HB", of, result)
    if result is Admission.ADMITTED:
        body += code.encode("gbk", errors="replace")
    return encode(to, 0x8100, body, serial=serial)


def send_text(to: Addressee, text: str, *, serial: int) -> bytes:
    """0x8300: show and read out `text`, in GBK, as much of it as one frame holds."""
    flags = bytes([_TEXT_TERMINAL_READS])
    if to.version is not None:
        flags += bytes([_TEXT_NOTICE_2019])
    room = MOST_BODY_BYTES - len(flags)
    words = text.encode("gbk", errors="replace")[:room]
    # A character of two bytes may have been cut in half.
    words = words.decode("gbk", errors="ignore").encode("gbk")
    return encode(to, 0x8300, flags + words, serial=serial)


def take_photo(to: Addressee, *, serial: int, channel: int = 1, quality: int = 5) -> bytes:
    """0x8801: take one picture of 640 x 480 and send it at once; 1 is the best quality, 10 not.

    The terminal answers with 0x0805 and sends the picture by 0x0800 and 0x0801.
    """
    brightness, contrast, saturation, chroma = 128, 64, 64, 128
    size_640_by_480 = 0x02
    body = pack(">BHHB", channel, 1, 0, 0)
    body += pack(">6B", size_640_by_480, quality, brightness, contrast, saturation, chroma)
    return encode(to, 0x8801, body, serial=serial)


def set_seconds(to: Addressee, intervals_s: dict[int, int], *, serial: int) -> bytes:
    """0x8103: set parameters that are numbers of four bytes, such as REPORT_INTERVAL_S."""
    items = (pack(">IBI", name, 4, value) for name, value in intervals_s.items())
    return encode(to, 0x8103, bytes([len(intervals_s)]) + b"".join(items), serial=serial)


def track(to: Addressee, *, interval_s: int, duration_s: int, serial: int) -> bytes:
    """0x8202: report every `interval_s` for `duration_s`; an interval of 0 ends it."""
    body = pack(">H", interval_s)
    if interval_s:
        body += pack(">I", duration_s)
    return encode(to, 0x8202, body, serial=serial)


def locate(to: Addressee, *, serial: int) -> bytes:
    """0x8201: say where you are now; the terminal answers with 0x0201."""
    return encode(to, 0x8201, b"", serial=serial)


def request_parts(to: Addressee, *, first_serial: int, numbers: list[int], serial: int) -> bytes:
    """0x8003: send these parts again of the message that began with `first_serial`.

    The count has one byte until 2013 and two in 2019.
    """
    count = pack(">B" if to.version is None else ">H", len(numbers))
    body = pack(">H", first_serial) + count + pack(f">{len(numbers)}H", *numbers)
    return encode(to, 0x8003, body, serial=serial)


def confirm_media(to: Addressee, *, media_id: int, missing: list[int], serial: int) -> bytes:
    """0x8800: a picture has come whole, or its `missing` parts are to be sent again."""
    body = pack(">I", media_id)
    if missing:
        body += pack(f">B{len(missing)}H", len(missing), *missing)
    return encode(to, 0x8800, body, serial=serial)


def tell_time(to: Addressee, now: datetime, *, serial: int) -> bytes:
    """0x8004: the time in UTC, as six bytes of decimal digits."""
    return encode(to, 0x8004, bytes.fromhex(f"{now:%y%m%d%H%M%S}"), serial=serial)


def tell_time_plainly(to: Addressee, now: datetime, *, serial: int) -> bytes:
    """0x8109, one maker's own: the time in UTC as plain numbers, and that all is well."""
    body = pack(">H6B", now.year, now.month, now.day, now.hour, now.minute, now.second, Result.DONE)
    return encode(to, 0x8109, body, serial=serial)
