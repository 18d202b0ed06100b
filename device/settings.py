"""What the agent on a terminal can be told, and where it finds its broker."""

import argparse
import os
from dataclasses import dataclass, replace
from pathlib import Path

from device.outbox import Limits
from device.receivers.addresses import read_address
from patrol.errors import InputError
from patrol.ids import TerminalId, terminal_id
from patrol.messages import MAX_FIXES
from runtime.mqtt import BrokerSettings
from runtime.settings import load, read_file, setting, variable

SECTION = "device"

_BAUDS = (0, 4800, 9600, 19200, 38400, 57600, 115200, 230400, 460800, 921600)
_DAY_S = 86_400
_MOST_WINDOW = 500
_DETAILS = ("lean", "full")
_MOST_OUTBOX_HOURS = 366 * 24
_LEAST_OUTBOX_BYTES = 1 << 20
_HOUR_S = 3600
_MOST_PORT = 65_535


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceSettings:
    """One terminal: its name, its receiver, its outbox and its manner of sending."""

    terminal_id: str = setting(text="name of this terminal, the same at the server")
    port: str = setting(text="where the receiver is: auto, the path of its serial port, or a URL")
    baud: int = setting(0, text="speed of the serial port, bits a second; 0 is found by listening")
    outbox: Path = setting(
        Path("/var/lib/gridpatrol/outbox.sqlite"), text="file that holds fixes until stored"
    )
    outbox_hours: float = setting(72.0, text="hours of a fix each second that wait unthinned")
    outbox_bytes: int = setting(64 << 20, text="bytes of the outbox from which it is thinned, too")
    plan_file: Path = setting(
        Path("/var/lib/gridpatrol/duty-plan"), text="file that holds the last plan of duty"
    )
    plan_key_file: Path = setting(
        Path("/etc/gridpatrol/plan-key"), text="file that holds this terminal's key of plans"
    )
    detail: str = setting("lean", text="what is told of a fix: lean, as judging uses it, or full")
    batch_fixes: int = setting(50, text="fixes after which a batch is sent")
    batch_age_s: float = setting(10.0, text="seconds after which a batch is sent unfilled")
    window_batches: int = setting(20, text="batches sent and not yet reported stored, at most")
    resend_s: float = setting(300.0, text="seconds without `stored` until a batch is sent again")
    late_s: float = setting(600.0, text="age at sending from which a fix is flagged as late")
    status_s: float = setting(30.0, text="seconds between two reports of a changed status")

    page_port: int = setting(8750, text="port of the worker's page on 127.0.0.1; 0 for none")

    def __post_init__(self) -> None:
        terminal_id(self.terminal_id)
        read_address(self.port)
        if self.baud not in _BAUDS:
            raise InputError(f"baud is {self.baud}, not one of {', '.join(map(str, _BAUDS))}")
        for name in ("batch_age_s", "resend_s", "late_s", "status_s"):
            self._check(name, _DAY_S)
        if self.detail not in _DETAILS:
            raise InputError(f"detail is {self.detail!r}, not one of {', '.join(_DETAILS)}")
        self._check("outbox_hours", _MOST_OUTBOX_HOURS)
        if self.outbox_bytes < _LEAST_OUTBOX_BYTES:
            raise InputError(
                f"outbox_bytes is {self.outbox_bytes}: give at least {_LEAST_OUTBOX_BYTES}"
            )
        self._check("batch_fixes", MAX_FIXES)
        self._check("window_batches", _MOST_WINDOW)
        if not 0 <= self.page_port <= _MOST_PORT:
            raise InputError(
                f"page_port is {self.page_port}: give 1 to {_MOST_PORT}, or 0 for none"
            )

    @property
    def terminal(self) -> TerminalId:
        """The checked name of this terminal."""
        return TerminalId(self.terminal_id)

    @property
    def limits(self) -> Limits:
        """How much may wait in the outbox before its oldest fixes are thinned."""
        return Limits(fixes=round(self.outbox_hours * _HOUR_S), size_bytes=self.outbox_bytes)

    def _check(self, name: str, most: int) -> None:
        value = getattr(self, name)
        if not 0 < value <= most:
            raise InputError(f"{name} is {value}: give more than 0, at most {most}")


def load_settings(options: argparse.Namespace) -> tuple[DeviceSettings, BrokerSettings]:
    """Return the settings of file and environment; what the command line gives wins."""
    file = read_file(options.config)
    given = {
        variable(SECTION, name): str(value)
        for name in ("terminal_id", "port", "outbox")
        if (value := getattr(options, name)) is not None
    }
    device = load(DeviceSettings, SECTION, file=file, environment={**os.environ, **given})
    return device, _as_terminal(load(BrokerSettings, "broker", file=file), device.terminal)


def _as_terminal(broker: BrokerSettings, terminal: TerminalId) -> BrokerSettings:
    """Return `broker` with the terminal's name as user name where only a password is given."""
    if broker.password_file is None or broker.username is not None:
        return broker
    return replace(broker, username=terminal)
