"""The items behind a location: id, length, value.

An item's own length counts, never the one that its id should have: an item of another length, or
of an id that nobody told us of, is kept in hex as `item_<id>`.
"""

from typing import TypeAlias

from gateway.codecs.jt808.items.extended import EXTENDED_READERS
from gateway.codecs.jt808.items.findings import Findings
from gateway.codecs.jt808.items.locks import LOCKS_READERS
from gateway.codecs.jt808.items.makers import MAKERS_READERS
from gateway.codecs.jt808.items.nets import NETS_READERS
from gateway.codecs.jt808.items.states import STATES_READERS

# The attribute's name, and what the number is multiplied with and divided by.
Number: TypeAlias = tuple[str, int, int]

# By id and length, since makers use one id for different things.
NUMBERS: dict[tuple[int, int], Number] = {
    (0x01, 4): ("odometer_m", 100, 1),
    (0x03, 2): ("recorder_speed_kmh", 1, 10),
    (0x04, 2): ("alarm_event_id", 1, 1),
    (0x14, 4): ("video_alarm_bits", 1, 1),
    (0x15, 4): ("video_lost_bits", 1, 1),
    (0x16, 4): ("video_hidden_bits", 1, 1),
    (0x17, 2): ("storage_fault_bits", 1, 1),
    (0x18, 3): ("abnormal_driving_bits", 1, 1),
    (0x25, 4): ("vehicle_signal_bits", 1, 1),
    (0x2A, 2): ("io_bits", 1, 1),
    (0x30, 1): ("signal", 1, 1),
    (0x33, 1): ("mode", 1, 1),
    (0x52, 1): ("rotation", 1, 1),
    (0x61, 2): ("power_v", 1, 100),
    (0x69, 2): ("battery_v", 1, 100),
    (0x80, 1): ("obd_speed_kmh", 1, 1),
    (0x81, 2): ("rpm", 1, 1),
    (0x82, 2): ("power_v", 1, 10),
    (0x83, 1): ("engine_load_pct", 1, 1),
    (0x85, 2): ("fuel_consumption", 1, 1),
    (0x87, 2): ("intake_flow", 1, 1),
    (0x88, 1): ("intake_pressure_kpa", 1, 1),
    (0x89, 1): ("throttle_pct", 1, 1),
    (0x8C, 4): ("obd_odometer_m", 100, 1),
    (0x8D, 2): ("trip_m", 1000, 1),
    (0x8E, 1): ("fuel_pct", 1, 1),
    (0xAC, 4): ("odometer_m", 1, 1),
    (0xD3, 2): ("power_v", 1, 10),
    (0xD5, 2): ("battery_v", 1, 100),
    (0xE1, 2): ("power_v", 1, 10),
    (0xE1, 4): ("driver_id", 1, 1),
    (0xD4, 4): ("driver_id", 1, 1),
    (0xE9, 4): ("driver_id", 1, 1),
    (0xE2, 4): ("fuel_l", 1, 10),
    (0xE8, 3): ("lock_status", 1, 1),
    (0xF1, 4): ("power_v", 1, 1000),
    (0xF5, 2): ("illuminance", 1, 1),
    (0xF6, 2): ("air_pressure", 1, 1),
    (0xF7, 2): ("humidity_pct", 1, 10),
    (0xFC, 1): ("geofence", 1, 1),
    (0xFE, 2): ("power_v", 1, 10),
    (0xFE, 4): ("odometer_m", 1, 1),
}
_NUMBERS = {bytes(head): number for head, number in NUMBERS.items()}
# Of one byte, told as it is.
_BYTES = {head: name for head, (name, times, per) in _NUMBERS.items() if head[1] == times == per}
_SATELLITES = b"\x31\x01"
_PADDING = b"\0\0"
_READERS = NETS_READERS | MAKERS_READERS | LOCKS_READERS | EXTENDED_READERS | STATES_READERS


def are_items(data: bytes) -> bool:
    """Return whether `data` is items from its first byte to its last."""
    at, end = 0, len(data)
    while at + 2 <= end and data[at]:
        at += 2 + data[at + 1]
    return at == end


def read_items(data: bytes, found: Findings) -> None:
    """Read every item of `data`; one that is cut short is kept with what there is of it."""
    at, end = 0, len(data)
    attributes = found.attributes
    while at + 1 < end:
        start = at + 2
        head = data[at:start]
        at = start + head[1]
        if at > end:
            attributes["items_cut"] = True
            attributes[f"item_{head[0]:02x}"] = data[start:].hex()
        elif head == _SATELLITES:
            found.satellites = data[start]
        elif head in _BYTES:
            attributes[_BYTES[head]] = data[start]
        elif head in _NUMBERS:
            name, times, per = _NUMBERS[head]
            whole = int.from_bytes(data[start:at], "big")
            attributes[name] = whole * times if per == 1 else whole / per
        elif head != _PADDING:
            _read_vendor(head[0], data[start:at], found)


def _read_vendor(kind: int, value: bytes, found: Findings) -> None:
    reader = _READERS.get(kind)
    if reader is None or not reader(value, found):
        found.attributes[f"item_{kind:02x}"] = value.hex()
