"""Cells and access points that a terminal hears, in the ways that makers write them."""

from struct import Struct

from gateway.codecs.jt808.items.findings import Findings, Reader

# Country, network, area, cell, signal.
_CELL_2G = Struct(">HBHHB")
CELL_4G = Struct(">HBHIB")
_CELL_OF_NETWORK = Struct(">HHB")
_CELL_WIDE = Struct(">HHIIB")
_CELL_ALONE = Struct(">HHII")
_NETWORK = Struct(">HH")
_AREA_CELL = Struct(">II")
_POINT_BYTES = 7
_MAC_BYTES = 6
_AREA_CELL_BYTES = 8


def add_cell(found: Findings, cell: tuple[int, ...]) -> None:
    """Add a cell: country, network, area, cell and, where it is known, its signal."""
    names = ("mcc", "mnc", "lac", "cell", "signal")
    if any(cell[:4]):
        found.add("cells", dict(zip(names, cell, strict=False)))


def add_point(found: Findings, mac: str, signal_dbm: int) -> None:
    """Add an access point by its address, six bytes in hex with colons."""
    found.add("wifi", {"mac": mac, "signal_dbm": signal_dbm})


def add_points(found: Findings, value: bytes) -> bool:
    """Read access points of seven bytes each: address, and signal as a signed byte."""
    if not value or len(value) % _POINT_BYTES:
        return False
    for at in range(0, len(value), _POINT_BYTES):
        mac = value[at : at + _MAC_BYTES]
        if any(mac):
            signal = int.from_bytes(value[at + _MAC_BYTES : at + _POINT_BYTES], "big", signed=True)
            add_point(found, mac.hex(":"), signal)
    return True


def add_cells_of_network(found: Findings, value: bytes) -> bool:
    """Read cells that share the country and network at the front."""
    head = 3
    if len(value) < head or (len(value) - head) % _CELL_OF_NETWORK.size:
        return False
    mcc, mnc = int.from_bytes(value[:2], "big"), value[2]
    for lac, cell, signal in _CELL_OF_NETWORK.iter_unpack(value[head:]):
        if lac or cell:
            add_cell(found, (mcc, mnc, lac, cell, signal))
    return True


def _counted_cells(value: bytes, found: Findings) -> bool:
    """Read a count and so many cells, of eight bytes each or ten."""
    for form in (_CELL_2G, CELL_4G):
        if value and len(value) == 1 + value[0] * form.size:
            for cell in form.iter_unpack(value[1:]):
                add_cell(found, cell)
            return True
    return False


def _counted_points(value: bytes, found: Findings) -> bool:
    return len(value) == 1 + _POINT_BYTES * (value[:1] or b"\0")[0] and add_points(found, value[1:])


def _wide_cells(value: bytes, found: Findings) -> bool:
    if not value or len(value) % _CELL_WIDE.size:
        return False
    for mcc, mnc, cell, lac, signal in _CELL_WIDE.iter_unpack(value):
        add_cell(found, (mcc, mnc, lac, cell, signal))
    return True


def _cells_or_charge(value: bytes, found: Findings) -> bool:
    """Read a battery's level, or cells with areas of three bytes that share a network."""
    if len(value) == 1:
        return _charge(value, found)
    size = len(value) - _NETWORK.size
    if size < _AREA_CELL_BYTES or size % _AREA_CELL_BYTES:
        return False
    mcc, mnc = _NETWORK.unpack_from(value)
    for first, second in _AREA_CELL.iter_unpack(value[_NETWORK.size :]):
        lac, cell = first >> 8, (first & 0xFF) << 24 | second >> 8
        add_cell(found, (mcc, mnc, lac, cell, second & 0xFF))
    return True


def _charge(value: bytes, found: Findings) -> bool:
    """Read a level in percent, whose 255 means that the battery is being charged."""
    if len(value) != 1:
        return False
    if value[0] == 0xFF:  # noqa: PLR2004 - named in the line above
        found.attributes["charging"] = True
    found.charge(value[0])
    return True


def _points_or_alarms(value: bytes, found: Findings) -> bool:
    """Read access points; in two bytes it is bits of alarms of the way of driving."""
    if len(value) != 2:  # noqa: PLR2004 - named in the line above
        return add_points(found, value)
    names = {0: "acceleration", 1: "braking", 2: "braking", 3: "cornering", 4: "collision"}
    found.alarms += tuple(name for bit, name in names.items() if value[1] >> bit & 1)
    found.attributes["extended_alarm_bits"] = value.hex()
    return True


def _cell_alone(value: bytes, found: Findings) -> bool:
    if len(value) != _CELL_ALONE.size:
        return False
    add_cell(found, _CELL_ALONE.unpack(value))
    return True


NETS_READERS: dict[int, Reader] = {
    0x53: _counted_cells,
    0x54: _counted_points,
    0x5D: _counted_cells,
    0xD4: _charge,
    0xE1: _cells_or_charge,
    0xE9: _charge,
    0xEC: lambda value, found: add_points(found, value),
    0xF0: _wide_cells,
    0xF4: _points_or_alarms,
    0xFF: _cell_alone,
}
