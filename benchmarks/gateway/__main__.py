"""`python -m benchmarks.gateway`: codecs alone, many lines, and answers under load."""

import argparse
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import quantiles

from benchmarks.gateway import frames
from benchmarks.gateway.load import Load
from benchmarks.ingest.table import Figure, as_json, table
from gateway.codecs.profile import Profile
from gateway.decoding import PROTOCOLS, make_codec
from simulator.services import Mosquitto

_PATROL = Path(sys.executable).with_name("patrol")
_PARTS = ("codecs", "lines", "answers")
_LOOPBACK = "127.0.0.1"
_START_S = 20.0
_NOW = datetime(2026, 3, 2, 5, 0, tzinfo=UTC)
_CODEC_FRAMES = 20_000
_SETTLE_S = 2.0
_RATE = 5_000.0
_ANSWERING = 2_000


@dataclass(frozen=True, slots=True)
class Gateway:
    """A gateway at work: its process and its ports."""

    process: subprocess.Popen[bytes]
    ports: dict[str, int]
    broker: Mosquitto


def main() -> int:
    """Measure, print, and return 0 whatever the figures are."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gateway", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=_PARTS, default=list(_PARTS), metavar="PART")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--lines", type=int, default=10_000, help="terminals connected at once")
    parser.add_argument("--seconds", type=float, default=20.0, help="of load in each repeat")
    options = parser.parse_args()
    measure = {"codecs": _codecs, "lines": _lines, "answers": _answers}
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
    began = time.perf_counter()
    for data in reads:
        codec.receive(data, received_at=_NOW)
    return len(made) / (time.perf_counter() - began)


def _gt06_location(number: int, count: int) -> bytes:
    # Without the heartbeat behind it.
    return frames.gt06_fix(number, count)[:36]


def _lines(options: argparse.Namespace) -> list[Figure]:
    """Measure the memory of a gateway with many terminals that have logged in."""
    with _running(options.lines) as gateway:
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


def _answers(options: argparse.Namespace) -> list[Figure]:
    """Measure answers at 5,000 reports a second, spooled with fsync and relayed to the broker."""
    figures = []
    for protocol in ("jt808", "gt06"):
        rates, latencies = [], []
        for _ in range(options.repeats):
            with _running(_ANSWERING) as gateway:
                rate, p99_ms = _run(gateway, protocol, options.seconds)
            rates.append(rate)
            latencies.append(p99_ms)
        figures += [
            Figure(
                name=f"answers.{protocol}.relayed_a_second",
                text=f"{protocol}: reports answered and with the broker, /s",
                values=rates,
                unit="/s",
                goal=_RATE * 0.99,
            ),
            Figure(
                name=f"answers.{protocol}.p99_ms",
                text="  from report to answer, p99",
                values=latencies,
                unit="ms",
                goal=100,
                better="less",
            ),
        ]
    return figures


def _run(gateway: Gateway, protocol: str, seconds: float) -> tuple[float, float]:
    load = Load(protocol, gateway.ports[protocol])
    load.call(_ANSWERING)
    began = time.monotonic()
    answered = load.send(rate=_RATE, seconds=seconds)
    took_s = time.monotonic() - began
    load.hang_up()
    return answered / took_s, quantiles(load.answers_ms, n=100)[98]


@contextmanager
def _running(terminals: int) -> Iterator[Gateway]:
    """Start a broker and a gateway; a server that stores nothing says that all is stored."""
    with tempfile.TemporaryDirectory(prefix="patrol-bench-") as name:
        folder = Path(name)
        frames.write_register(folder / "terminals.csv", terminals=terminals)
        ports = {protocol: _free_port() for protocol in ("jt808", "gt06")}
        broker = Mosquitto(folder / "mosquitto")
        broker.start()
        process = subprocess.Popen(
            [_PATROL, "gateway", "run"],
            env={
                **os.environ,
                "PATROL_GATEWAY_TERMINALS": str(folder / "terminals.csv"),
                "PATROL_GATEWAY_SPOOL": str(folder / "spool.sqlite"),
                "PATROL_GATEWAY_MOST_LINES_OF_ADDRESS": "20000",
                "PATROL_BROKER_PORT": str(broker.port),
                **{f"PATROL_GATEWAY_{n.upper()}_PORT": str(p) for n, p in ports.items()},
            },
            stderr=subprocess.DEVNULL,
        )
        try:
            for port in ports.values():
                _wait_for(port)
            yield Gateway(process, ports, broker)
        finally:
            process.terminate()
            process.wait(timeout=15)
            broker.stop()


def _free_port() -> int:
    with socket.socket() as found:
        found.bind((_LOOPBACK, 0))
        return int(found.getsockname()[1])


def _wait_for(port: int) -> None:
    until = time.monotonic() + _START_S
    while True:
        try:
            socket.create_connection((_LOOPBACK, port), timeout=1.0).close()
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)
        else:
            return


def _resident_mb(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024 / 1e6
    return 0.0


if __name__ == "__main__":
    sys.exit(main())
