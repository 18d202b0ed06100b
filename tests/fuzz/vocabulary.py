"""Seeds that say each word of a protocol once: numbers that no search would guess."""

from collections.abc import Iterator

from gateway.codecs.gt06.dialects import DIALECTS
from gateway.codecs.gt06.frames import frame
from gateway.codecs.jt808.checking import fold
from gateway.codecs.jt808.items.extended import _INNER
from gateway.codecs.jt808.outgoing import escape
from gateway.codecs.jt808.session import _HANDLERS

_DATE = bytes((26, 3, 2, 4, 5, 6))
_PLACE = bytes.fromhex("c90345b5200b2df0402415 5a 01cc00287d001f71")
_CONTENT = _DATE + _PLACE + bytes(range(1, 200))
_LOCATION = bytes.fromhex("000000000000000301dc8831073d7c32000c0168005a261122120000")
_ITEM_BYTES = (1, 2, 3, 4, 7, 8, 9, 11, 16, 19)
_PHONE = bytes.fromhex("013912345678")
_SENTENCES = (
    "$PUBX,00,040506.00,3030.0,N,10412.0,E,500.0,G3,2.1,2.0,36.0,90.0,0.0,,0.9,1.2,1.0,9,01012,0",
    "$GPGST,040506.00,1.0,,,,2.0,3.0,4.0\r\n$GPGGA,040506.00,3030.0,N,10412.0,E,2,9,0.9,500,M,,M,,",
    "$GPZDA,040506.00,02,03,2026,00,00\r\n$GPGLL,3030.0,N,10412.0,E,040506.00,A,A",
    "$GPGSA,A,3,01,02,,,,,,,,,,,1.5,0.9,1.2\r\n$GPRMC,040506,A,3030.0,N,10412.0,E,36.0,90.0,020326,,",
    "$GPVTG,90.0,T,,M,36.0,N,66.7,K,A\r\n$GPRMA,A,3030.0,N,10412.0,E,,,36.0,90.0,11.0,E",
    "$GPTXT,NET,1003,A1,-53,232 01\r\n$GPIOP,01000000,00000000,0.0,0.1,0.2,0.3,4.69,4.24",
    "$FRCMD,0097,_SendMessage,,3030.0,N,10412.0,E,350.0,1.08,90.0,020326,040506.00,1,SosButton=1",
    "$FRCMD,0097,_Ping,voltage=4\r\n$FRLIN,,user1,x\r\n$FRVER,1,0,x\r\n$FRCMD,0097,_Other,a=b",
    "QZE,868994033976700,35,02032026,040506,30.5,104.2,36,90,A,1\r\n$GPFID,ID123",
    "$ID,3500,4,WMCS-34,ALARM,0x04,I,0,GPSEX,A,D,020326,T,040506,S,9:5,La,30.5,N,Lo,104.2,W,H,9.0,V,1.5,DD,7",
)
_REQUESTS = (
    b"POST /?id=7 HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nlat=1\r\n6\r\n&lon=2\r\n0\r\nT: 1\r\n\r\n",
    b"POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 16\r\n\r\nid=7&lat=1&lon=2",
    b"GET /?u=a&d=b HTTP/1.1\r\nConnection: close\r\nAuthorization: Basic YTpi\r\n\r\n",
)


def words(protocol: str) -> Iterator[bytes]:
    """Yield streams of a protocol, in which each of its numbers stands once."""
    if protocol == "jt808":
        yield from _jt808()
    elif protocol == "gt06":
        yield from _gt06()
    elif protocol == "nmea":
        yield from (text.encode() + b"\r\n" for text in _SENTENCES)
    else:
        yield from _REQUESTS


def _jt808() -> Iterator[bytes]:
    for kind in range(1, 256):
        items = b"".join(bytes((kind, n)) + bytes(range(1, n + 1)) for n in _ITEM_BYTES)
        yield _message(0x0200, _LOCATION + items)
    for kind in sorted(_INNER):
        inner = b"".join(
            bytes((0, n + 2)) + kind.to_bytes(2, "big") + bytes(n) for n in (1, 2, 4, 9)
        )
        yield _message(0x0200, _LOCATION + bytes((0xEB, len(inner))) + inner)
    for number in sorted(_HANDLERS):
        yield _message(number, bytes(2) + _LOCATION + bytes(range(60)))
    for kind in (0x40, 0x41, 0x53, 0x54, 0xF0, 0xFF):
        for subject in (1, 2, 3, 0x15):
            head = bytes((kind,)) + bytes.fromhex("2611221200000102") + bytes((subject, 1))
            yield _message(0x0900, head + bytes.fromhex("1a020000") + _LOCATION[4:])


def _message(number: int, body: bytes) -> bytes:
    head = number.to_bytes(2, "big") + len(body).to_bytes(2, "big") + _PHONE + bytes(2)
    content = head + body
    return b"\x7e" + escape(content + bytes([fold(content)])) + b"\x7e"


def _gt06() -> Iterator[bytes]:
    for kind in range(256):
        for is_long in (False, True):
            yield frame(kind, _CONTENT[:90], serial=7, is_long=is_long)
    for kind, length in DIALECTS:
        yield frame(kind, _CONTENT[: length - 5], serial=7)
    for info in range(0x20):
        yield frame(
            0x94, bytes((info,)) + b"ICCID=89860;!AIOIL,1,2.0,3.5,x,1,6.0,", serial=7, is_long=True
        )
    yield frame(
        0x35, _DATE + bytes.fromhex("010345b5200b2df040010101000000040000002a"), serial=7
    ) + frame(0x36, bytes.fromhex("0000002a000000000004ffd8ffd9"), serial=8, is_long=True)
    text = b"Lat:N30.5,Lon:E104.2,Course:90.0,Speed:36.0,DateTime:2026-03-02 04:05:06"
    yield frame(0x15, bytes((len(text) + 4,)) + bytes(4) + text + b"\0\1", serial=7)
