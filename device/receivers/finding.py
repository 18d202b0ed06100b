"""Which serial ports this machine has, those first on which receivers are found.

The vendors are those of the USB ID repository; that of each receiver is confirmed by listening.
"""

from pathlib import Path
from typing import Any, NamedTuple

_RECEIVERS = frozenset(
    {
        0x1546,  # u-blox
        0x152A,  # Septentrio
        0x0E8D,  # MediaTek
        0x091E,  # Garmin
        0x1163,  # DeLorme
    }
)
_CHIPS = frozenset(
    {
        0x067B,  # Prolific
        0x10C4,  # Silicon Labs
        0x0403,  # FTDI
        0x1A86,  # WCH
        0x04E2,  # MaxLinear
        0x0557,  # ATEN
    }
)
_MODEMS = frozenset(
    {
        0x2C7C,  # Quectel
        0x1E0E,  # SIMCom
        0x1BC7,  # Telit
        0x1199,  # Sierra Wireless
    }
)
_OTHER_USB = 3
_BUILT_IN = 4

_SYS_TTY = Path("/sys/class/tty")
_DEV = Path("/dev")


class Candidate(NamedTuple):
    """A port on which a receiver may be; `usb` tells one USB device from the others."""

    path: str
    order: int
    usb: str = ""


def find_candidates(sys_tty: Path = _SYS_TTY) -> list[Candidate]:
    """Return the serial ports there are now, likely ones first; never the kernel's console."""
    # A module that only whoever searches needs.
    from serial.tools import list_ports  # noqa: PLC0415 - 3 MB that a given port can do without

    consoles = _read(sys_tty / "console" / "active").split()
    found = {port.device: _candidate(port) for port in list_ports.comports()}
    for name in _built_in(sys_tty):
        found.setdefault(str(_DEV / name), Candidate(str(_DEV / name), _BUILT_IN))
    kept = (one for one in found.values() if Path(one.path).name not in consoles)
    return sorted(kept, key=lambda one: (one.order, one.path))


def order_of(vendor: int | None) -> int:
    """Return how likely a receiver of a USB vendor is, 0 the likeliest."""
    groups = (_RECEIVERS, _CHIPS, _MODEMS)
    if vendor is None:
        return _BUILT_IN
    return next((order for order, group in enumerate(groups) if vendor in group), _OTHER_USB)


def _candidate(port: Any) -> Candidate:  # noqa: ANN401 - pyserial ships no type information
    if port.vid is None:
        return Candidate(port.device, _BUILT_IN)
    # Devices without a number of their own are told apart by the socket that they are in.
    number = port.serial_number or port.location or ""
    interface = (port.location or "").rpartition(":")[2]
    usb = f"{port.vid:04x}:{port.pid:04x}:{number}:{interface}"
    return Candidate(port.device, order_of(port.vid), usb)


def _built_in(sys_tty: Path) -> list[str]:
    # The kernel names ports that are not there, too; a port without a chip has type 0.
    types = {path.parent.name: _read(path).strip() for path in sys_tty.glob("*/type")}
    return [name for name, kind in types.items() if kind not in {"", "0"}]


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""
