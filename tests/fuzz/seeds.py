"""Where a search begins: the collected frames, and what earlier searches found worth keeping."""

from collections.abc import Iterator
from pathlib import Path

from gateway.decoding import PROTOCOLS

FRAMES = Path(__file__).parents[1] / "frames"
CORPUS = Path(__file__).parent / "corpus"

PLAIN, WRITTEN, REPAIRED, REPEATED = b"\0\0", b"\4\0", b"\x08\x53", b"\x10\0"


def kept(protocol: str) -> list[bytes]:
    """Return the inputs that earlier searches kept."""
    path = CORPUS / f"{protocol}.txt"
    if not path.exists():
        return []
    lines = path.read_text(encoding="ascii").splitlines()
    return [bytes.fromhex(line) for line in lines if not line.startswith("#")]


def collected(protocol: str) -> Iterator[bytes]:
    """Yield inputs made of the collected frames: each alone, in several ways, and all in one."""
    text = (FRAMES / f"{protocol}.txt").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    frames = [_frame(protocol, line) for line in lines]
    for frame in frames:
        yield PLAIN + frame
        yield REPEATED + frame
        if PROTOCOLS[protocol].of_bytes:
            yield REPAIRED + frame
    if not PROTOCOLS[protocol].of_bytes:
        yield from (WRITTEN + line.encode() for line in lines)
    for at in range(0, len(frames), 4):
        yield PLAIN + b"".join(frames[at : at + 4])


def _frame(protocol: str, line: str) -> bytes:
    if PROTOCOLS[protocol].of_bytes:
        return bytes.fromhex(line)
    if protocol == "nmea":
        return line.encode() + b"\r\n"
    before, brace, behind = line.partition("{")
    if not brace:
        return b"GET %b HTTP/1.1\r\n\r\n" % line.encode()
    body = (brace + behind).encode()
    target = b"/?u=a&d=b" if before else b"/"
    return b"POST %b HTTP/1.1\r\nContent-Length: %d\r\n\r\n%b" % (target, len(body), body)
