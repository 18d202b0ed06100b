"""A broker and a gateway for the length of a measurement."""

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.gateway import frames
from simulator.services import Mosquitto

_PATROL = Path(sys.executable).with_name("patrol")
_LOOPBACK = "127.0.0.1"
_START_S = 20.0


@dataclass(frozen=True, slots=True)
class Gateway:
    """A gateway at work: its process and its ports."""

    process: subprocess.Popen[bytes]
    ports: dict[str, int]
    broker: Mosquitto


@contextmanager
def running(terminals: int) -> Iterator[Gateway]:
    """Start a broker and a gateway."""
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


@contextmanager
def running_plain() -> Iterator[Gateway]:
    """Start a broker and the gateway that one writes in an hour."""
    with tempfile.TemporaryDirectory(prefix="patrol-bench-") as name:
        broker = Mosquitto(Path(name) / "mosquitto")
        broker.start()
        port = _free_port()
        process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.gateway.plain", str(port), str(broker.port)]
        )
        try:
            _wait_for(port)
            yield Gateway(process, {"jt808": port}, broker)
        finally:
            process.terminate()
            process.wait(timeout=15)
            broker.stop()
