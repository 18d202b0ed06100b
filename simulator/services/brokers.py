"""MQTT brokers: Mosquitto where the machine has it, otherwise one out of a wheel."""

import os
import random
import shutil
import socket
import subprocess
import sys
from abc import abstractmethod
from pathlib import Path

from patrol.errors import StateError
from runtime.mqtt import BrokerSettings
from simulator.services.children import (
    Service,
    belongs_to_another,
    comes_up,
    last_lines,
    start_child,
)

LOOPBACK = "127.0.0.1"

# Below the ports that Linux hands out for outgoing connections: a client that retries
# while nobody listens could otherwise be connected to itself.
_PORTS = range(20_000, 32_000)
_QUEUED_MESSAGES = 100_000
_UNACKNOWLEDGED_MESSAGES = 1_000


class Broker(Service):
    """An MQTT broker in a process of its own, open to everybody on this machine.

    Its port stays the same when it is stopped and started again.
    """

    protocol: str

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.port = free_port()

    @property
    def settings(self) -> BrokerSettings:
        """How a client reaches it."""
        return BrokerSettings(host=LOOPBACK, port=self.port, protocol=self.protocol)

    def start(self) -> None:
        """Start the broker and return when it accepts connections; else StateError."""
        if _listens(self.port):
            raise StateError(f"{self.name} cannot have port {self.port}: somebody listens there")
        self._folder.mkdir(parents=True, exist_ok=True)
        try:
            self._process = self._start_process()
        except PermissionError as error:
            raise belongs_to_another(self._folder) from error
        if not comes_up(self._process, self.name, lambda: _listens(self.port)):
            self._process = None
            raise StateError(f"{self.name} in {self._folder} ended:\n{last_lines(self.log)}")

    @abstractmethod
    def _start_process(self) -> subprocess.Popen[bytes]: ...


class Mosquitto(Broker):
    """Eclipse Mosquitto, MQTT 5, as the machine has it."""

    name = "mosquitto"
    protocol = "5"

    def _start_process(self) -> subprocess.Popen[bytes]:
        command = find_mosquitto()
        if command is None:
            raise StateError("Mosquitto is not on this machine: install the package mosquitto")
        lines = [
            f"listener {self.port} {LOOPBACK}",
            "allow_anonymous true",
            "persistence true",
            f"persistence_location {self._folder}/",
            # The defaults, 20 and 1,000, hold up full batches and drop messages in an outage.
            f"max_inflight_messages {_UNACKNOWLEDGED_MESSAGES}",
            f"max_queued_messages {_QUEUED_MESSAGES}",
        ]
        if os.geteuid() == 0:
            # Otherwise it would turn itself into a user who may not write here.
            lines.append("user root")
        file = self._folder / "mosquitto.conf"
        file.write_text("\n".join([*lines, ""]), encoding="utf-8")
        return start_child([str(command), "-c", str(file)], log=self.log)


class EmbeddedBroker(Broker):
    """amqtt out of a wheel, MQTT 3.1.1, for a machine without Mosquitto.

    It keeps nothing on the disk: terminals send again what was not reported as stored.
    """

    name = "amqtt"
    protocol = "3.1.1"

    def _start_process(self) -> subprocess.Popen[bytes]:
        return start_child(
            [sys.executable, "-m", "simulator.services.amqtt_broker", str(self.port)],
            log=self.log,
            environment={"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        )


def start_broker(folder: Path) -> Broker:
    """Start Mosquitto where it is installed, otherwise the embedded broker; `name` says which."""
    broker = Mosquitto(folder) if find_mosquitto() else EmbeddedBroker(folder)
    broker.start()
    return broker


def find_mosquitto() -> Path | None:
    """Return the broker's program; Debian keeps it where an ordinary user's PATH has no entry."""
    found = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")
    return Path(found) if found else None


def free_port() -> int:
    """Return a port of the loopback on which nobody listens."""
    for port in random.sample(_PORTS, len(_PORTS)):
        with socket.socket() as probe:
            try:
                probe.bind((LOOPBACK, port))
            except OSError:
                continue
            return port
    raise StateError(f"no port of {_PORTS.start} to {_PORTS.stop - 1} is free")


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((LOOPBACK, port)) == 0
