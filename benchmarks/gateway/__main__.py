"""`python -m benchmarks.gateway`: codecs alone, many lines, and answers under load."""

import argparse
import json
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.gateway import frames
from benchmarks.gateway.answers import answers
from benchmarks.gateway.load import Load
from benchmarks.gateway.stage import running
from benchmarks.ingest.table import Figure, as_json, table
from gateway.codecs.profile import Profile
from gateway.decoding import PROTOCOLS, make_codec

_PARTS = ("codecs", "lines", "answers")
_NOW = datetime(2026, 3, 2, 5, 0, tzinfo=UTC)
_CODEC_FRAMES = 20_000
_SETTLE_S = 2.0


def main() -> int:
    """Measure, print, and return 0 whatever the figures are."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gateway", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=_PARTS, default=list(_PARTS), metavar="PART")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--lines", type=int, default=10_000, help="terminals connected at once")
    parser.add_argument("--seconds", type=float, default=20.0, help="of load in each repeat")
    options = parser.parse_args()
    measure = {"codecs": _codecs, "lines": _lines, "answers": answers}
    figures: list[Figure] = []
    for part in options.only:
        found = measure[part](options)
        print(table(found), flush=True)
        figures += found
    print(json.dumps({"bench": "gateway", "figures": as_json(figures)}), flush=True)
    return 0


def _codecs(options: argparse.Namespace) -> list[Figure]:
    """Measure each codec alone: one connection, four frames in a read."""
    return [
        Figure(
            name=f"codec.{protocol}",
            text=f"codec of {protocol} alone, frames/s",
            values=[_codec_rate(protocol) for _ in range(options.repeats)],
            unit="/s",
            goal=100_000,
        )
        for protocol in ("jt808", "gt06")
    ]


def _codec_rate(protocol: str) -> float:
    codec = make_codec(PROTOCOLS[protocol], Profile())
    codec.receive(frames.LOGINS[protocol](0), received_at=_NOW)
    single = {"jt808": frames.jt808_fix, "gt06": _gt06_location}[protocol]
    made = [single(0, count) for count in range(_CODEC_FRAMES)]
    reads = [b"".join(made[at : at + 4]) for at in range(0, len(made), 4)]
    began = time.thread_time()
    for data in reads:
        codec.receive(data, received_at=_NOW)
    return len(made) / (time.thread_time() - began)


def _gt06_location(number: int, count: int) -> bytes:
    # Without the heartbeat behind it.
    return frames.gt06_fix(number, count)[:36]


def _lines(options: argparse.Namespace) -> list[Figure]:
    """Measure the memory of a gateway with many terminals that have logged in."""
    with running(options.lines) as gateway:
        half = options.lines // 2
        loads = [Load("jt808", gateway.ports["jt808"]), Load("gt06", gateway.ports["gt06"])]
        before_mb = _resident_mb(gateway.process.pid)
        for load in loads:
            load.call(half)
        time.sleep(_SETTLE_S)
        resident_mb = _resident_mb(gateway.process.pid)
        for load in loads:
            load.hang_up()
    return [
        Figure(
            name="lines.resident_mb",
            text=f"memory with {2 * half:,} terminals connected",
            values=[resident_mb],
            unit="MB",
            goal=400,
            better="less",
        ),
        Figure(
            name="lines.kb_a_line",
            text="  of that, a terminal",
            values=[(resident_mb - before_mb) * 1000 / (2 * half)],
            unit="kB",
        ),
    ]


def _resident_mb(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024 / 1e6
    return 0.0


if __name__ == "__main__":
    sys.exit(main())
