"""What the agent on a terminal can be told, and where it finds its broker."""

import argparse
import os
from dataclasses import dataclass, replace
from pathlib import Path

from patrol.errors import InputError
from patrol.ids import TerminalId, terminal_id
from patrol.messages import MAX_FIXES
from runtime.mqtt import BrokerSettings
from runtime.settings import load, read_file, setting, variable

SECTION = "device"

_BAUDS = (4800, 9600, 19200, 38400, 57600, 115200, 230400, 460800, 921600)
_DAY_S = 86_400
_MOST_WINDOW = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceSettings:
    """One terminal: its name, its receiver, its outbox and its manner of sending."""

    terminal_id: str = setting(text="name of this terminal, the same at the server")
    port: str = setting(text="path of the receiver's serial port, e.g. /dev/ttyS1")
    baud: int = setting(9600, text="speed of the serial port, bits a second")
    outbox: Path = setting(
        Path("/var/lib/gridpatrol/outbox.sqlite"), text="file that holds fixes until stored"
    )
    interval_s: float = setting(10.0, text="seconds between the fixes that are kept")
    batch_fixes: int = setting(50, text="fixes after which a batch is sent")
    batch_age_s: float = setting(10.0, text="seconds after which a batch is sent unfilled")
    window_batches: int = setting(20, text="batches sent and not yet reported stored, at most")
    resend_s: float = setting(300.0, text="seconds without `stored` until a batch is sent again")
    late_s: float = setting(600.0, text="age at sending from which a fix is flagged as late")
    status_s: float = setting(30.0, text="seconds between two reports of a changed status")

    def __post_init__(self) -> None:
        terminal_id(self.terminal_id)
        if self.baud not in _BAUDS:
            raise InputError(f"baud is {self.baud}, not one of {', '.join(map(str, _BAUDS))}")
        for name in ("interval_s", "batch_age_s", "resend_s", "late_s", "status_s"):
            self._check(name, _DAY_S)
        self._check("batch_fixes", MAX_FIXES)
        self._check("window_batches", _MOST_WINDOW)

    @property
    def terminal(self) -> TerminalId:
        """The checked name of this terminal."""
        return TerminalId(self.terminal_id)

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
