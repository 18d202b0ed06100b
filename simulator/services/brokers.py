"""MQTT brokers: Mosquitto where the machine has it, otherwise one out of a wheel."""

import os
import random
import shutil
import socket
import subprocess
import sys
import sysconfig
from abc import abstractmethod
from collections.abc import Iterator, Mapping
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
# What a deployment runs, in a checkout and where a wheel has put it.
_SHIPPED = (
    Path(__file__).parents[2] / "deploy" / "mosquitto",
    Path(sysconfig.get_path("data")) / "share" / "gridpatrol" / "mosquitto",
)
# What is said anew for this machine; all the rest, the limits above all, is as it is shipped.
_OF_A_PLACE = {"acl_file", "allow_anonymous", "listener", "password_file", "persistence_location"}


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
    """Eclipse Mosquitto, MQTT 5, as the machine has it, by the configuration that is shipped.

    With `accounts`, user names and their passwords, it lets in nobody else and keeps everybody
    to what the shipped access list says.
    """

    name = "mosquitto"
    protocol = "5"

    def __init__(self, folder: Path, *, accounts: Mapping[str, str] | None = None) -> None:
        super().__init__(folder)
        self._accounts = accounts

    def _start_process(self) -> subprocess.Popen[bytes]:
        command = find_mosquitto()
        if command is None:
            raise StateError("Mosquitto is not on this machine: install the package mosquitto")
        lines = [*_as_shipped(), f"listener {self.port} {LOOPBACK}"]
        lines += [f"persistence_location {self._folder}/", *self._who_may()]
        if os.geteuid() == 0:
            # Otherwise it would turn itself into a user who may not write here.
            lines.append("user root")
        file = self._folder / "mosquitto.conf"
        file.write_text("\n".join([*lines, ""]), encoding="utf-8")
        return start_child([str(command), "-c", str(file)], log=self.log)

    def _who_may(self) -> Iterator[str]:
        if self._accounts is None:
            yield "allow_anonymous true"
            return
        command = shutil.which("mosquitto_passwd")
        if command is None:
            raise StateError("mosquitto_passwd is not on this machine: install mosquitto")
        passwords = self._folder / "passwords"
        given = "".join(f"{name}:{word}\n" for name, word in self._accounts.items())
        passwords.write_text(given, encoding="utf-8")
        passwords.chmod(0o600)
        subprocess.run([command, "-U", str(passwords)], check=True)  # noqa: S603 - our own file
        yield "allow_anonymous false"
        yield f"password_file {passwords}"
        yield f"acl_file {_shipped('acl')}"


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


def _as_shipped() -> list[str]:
    lines = _shipped("mosquitto.conf").read_text(encoding="utf-8").splitlines()
    words = [line for line in lines if line and not line.startswith("#")]
    return [line for line in words if line.split()[0] not in _OF_A_PLACE]


def _shipped(name: str) -> Path:
    found = next((folder / name for folder in _SHIPPED if (folder / name).exists()), None)
    if found is None:
        raise StateError(f"{name} is in none of {', '.join(map(str, _SHIPPED))}: install anew")
    return found


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
