"""Which parts make up which frame: by its type, and by its length where types are shared.

Makers gave the same type to different contents, so that the length tells the dialect. What
a layout does not reach is kept in hex as `tail`.
"""

from functools import lru_cache

from gateway.codecs.gt06 import networks, places, status, texts, values
from gateway.codecs.gt06.answers import Answer
from gateway.codecs.gt06.dialects import DIALECTS, PLACE, SOURCE, TRAILER, Layout
from gateway.codecs.gt06.fields import Part
from gateway.codecs.gt06.frames import SCANS
from gateway.codecs.gt06.modules import CONTAINER, STATE, TAIL, read_peripherals
from gateway.codecs.gt06.networks import LONG_CID, LONG_NET, LTE, PLAIN, cell_of, cells_of, wifi_of
from gateway.codecs.gt06.networks import sized_cell_of as sized
from gateway.codecs.gt06.places import read_date, read_place
from gateway.codecs.gt06.status import STATUS, STATUS_BYTES, alarm_of
from gateway.codecs.gt06.values import UPLOAD, digits_of, flag_of, hex_of, skip, text_of, value_of

_VOLT = 0.01


_PLACED = Layout((*PLACE, values.read_odometer))
_UPLOADED = Layout((*PLACE, values.read_upload, values.read_odometer))
_ALARMED = Layout((read_place, sized(PLAIN, behind=STATUS_BYTES), *STATUS, values.read_odometer))
_WIDE_ALARM = alarm_of(is_wide=True)
_STATE_OF_FENCES: tuple[Part, ...] = (*STATUS[:3], _WIDE_ALARM)
_FENCE = value_of("fence")
_NEIGHBOURS = Layout(
    (read_date, cells_of(PLAIN, count=7), networks.read_timing_advance, value_of("language", 2))
)
_WIFI = Layout(
    (read_date, cells_of(PLAIN, count=7), networks.read_timing_advance, wifi_of()),
)
_X1 = Layout(
    (
        value_of("alarm_word", 4),
        read_place,
        value_of("terminal_word", 2),
        value_of("odometer_m", 4),
        cell_of(LONG_CID),
        values.decimal_of("driver_id", 4),
        value_of("battery_v", 2, scale=_VOLT),
        value_of("power_v", 2, scale=_VOLT),
        values.read_analog_inputs,
    ),
    answer=Answer.NONE,
)

_SHORT: dict[int, Layout] = {
    0x10: Layout((read_place,)),
    0x11: Layout((read_place, cell_of(LONG_NET), values.read_upload, values.read_odometer)),
    0x12: _PLACED,
    0x13: Layout((*STATUS[:3], alarm_of(languages=3)), "alive"),
    0x15: Layout((texts.read_counted_answer,), "reply"),
    0x16: _ALARMED,
    0x18: _WIFI,
    0x19: Layout((networks.read_cell, *STATUS)),
    0x1A: Layout((read_place,)),
    0x1E: Layout(
        (read_place, cells_of(PLAIN, count=7), networks.read_timing_advance, skip(2)),
    ),
    0x22: _UPLOADED,
    0x23: Layout(
        (
            status.read_state,
            value_of("battery_v", 2, scale=_VOLT),
            status.read_signal,
            value_of("language", 2),
        ),
        "alive",
    ),
    0x24: _NEIGHBOURS,
    0x25: Layout(
        (
            *SOURCE,
            sized(LONG_CID, behind=13),
            skip(1),
            *TRAILER,
            values.read_driver,
        )
    ),
    0x26: _ALARMED,
    0x27: Layout((read_place, sized(PLAIN, behind=6), *_STATE_OF_FENCES, _FENCE)),
    0x28: _NEIGHBOURS,
    0x2A: Layout((read_place, text_of("phone", 21)), answer=Answer.ADDRESS),
    0x2C: _WIFI,
    0x2D: _UPLOADED,
    0x2E: _NEIGHBOURS,
    0x31: _UPLOADED,
    0x32: _ALARMED,
    0x33: Layout(
        (
            read_date,
            cells_of(LONG_CID, count=6),
            networks.read_timing_advance,
            wifi_of(),
        )
    ),
    0x34: _X1,
    0x36: Layout((*STATUS, TAIL), "alive"),
    0x37: Layout((*PLACE, *UPLOAD, TAIL)),
    0x40: Layout((skip(8), places.read_unix_time), "battery"),
    0x61: Layout(
        (digits_of("imei", 8), read_place, cell_of(LONG_CID), values.decimal_of("driver_id", 6))
    ),
    0x80: Layout((), "message", Answer.NONE),
    0x81: Layout((), "message", Answer.NONE),
    0x82: Layout((), "message", Answer.NONE),
    0x8A: Layout((), "time", Answer.TIME),
    0x94: Layout((value_of("power_v", 2, scale=_VOLT),), "info", Answer.NONE),
    0x95: Layout(
        (
            places.read_place_alone,
            status.alarm_alone_of({1: "sos", **status.CAMERA_ALARMS}),
            value_of("alarm_detail", 2),
            texts.read_files,
        )
    ),
    0xA0: Layout((read_place, cell_of(LTE), values.read_upload, values.read_odometer)),
    0xA1: Layout((read_date, cells_of(LTE, count=7), networks.read_timing_advance, skip(2))),
    0xA2: Layout((read_date, cells_of(LTE, count=7), networks.read_timing_advance, wifi_of())),
    0xA3: Layout((read_place, sized(LTE, behind=STATUS_BYTES), *_STATE_OF_FENCES)),
    0xA4: Layout((read_place, sized(LTE, behind=STATUS_BYTES + 1), *_STATE_OF_FENCES, _FENCE)),
    0xA5: Layout((cell_of(LTE), *STATUS)),
    0xA7: Layout((cell_of(LTE), text_of("phone", 21))),
    0xA9: Layout(
        (
            read_date,
            networks.read_marked_cells,
            networks.read_timing_advance,
            wifi_of(),
            _WIDE_ALARM,
        )
    ),
    0xB0: Layout((), "attendance"),
    0xB2: Layout(
        (
            read_date,
            value_of("tag_signal_dbm", is_signed=True),
            hex_of("tag_mac", 6),
            hex_of("tag_uuid", 16),
            value_of("tag_major", 2),
            value_of("tag_minor", 2),
            value_of("tag_battery_v", 2, scale=_VOLT),
            value_of("clock_word"),
        ),
        "clock",
    ),
    0xF3: Layout((read_date, wifi_of(skipped=2, has_signal=False)), answer=Answer.NONE),
}

# 0x95 of cameras with a mark of their own before the place.
_MARKED_CAMERA = Layout(
    (
        skip(3),
        places.read_swapped_place,
        value_of("power_v", 2, scale=0.1),
        status.alarm_alone_of({1: "sos", **status.CAMERA_ALARMS}),
        value_of("alarm_detail", 2),
        texts.read_files,
    )
)
_LOCKER: tuple[Part, ...] = (
    places.read_sized_place,
    networks.read_locker_cells,
    networks.read_locker_wifi,
)

_LONG: dict[int, Layout] = {
    0x21: Layout((texts.read_answer,), "reply", Answer.NONE),
    0x32: Layout((*_LOCKER, value_of("state")), answer=Answer.LONG),
    0x33: Layout((*_LOCKER, status.event_of(status.DOOR_ALARMS)), answer=Answer.LONG),
    0x38: Layout((read_place, *UPLOAD[1:], networks.read_typed_cell, TAIL), answer=Answer.NONE),
    0x39: Layout((read_place, networks.read_typed_cell, *_STATE_OF_FENCES, TAIL)),
    0x65: Layout((), "codes", Answer.NONE),
    0x66: Layout((), "codes", Answer.NONE),
    0x70: Layout((CONTAINER,)),
    0x8C: Layout((read_date, flag_of("ignition"), texts.read_codes), "codes", Answer.NONE),
    0x94: Layout((texts.read_info,), "info", Answer.NONE),
    0x9B: Layout((texts.read_serial_port,), "serial_port", Answer.NONE),
    0xF1: Layout((places.read_unix_time, STATE), "alive"),
    0xF2: Layout((places.read_unix_time, read_peripherals), "peripherals"),
}

# A type of which nothing is known: told as it is, and answered as terminals expect.
_STRANGE = Layout((), "message")
_STRANGE_LONG = Layout((), "message", Answer.NONE)
# Dialects that are told by being longer than the others.
_LONGER = (
    (0x12, 0x71, DIALECTS[0x12, 0x71]),
    (0x19, 0x17, Layout((read_date, cells_of(PLAIN, count=None)))),
)
_CAMERA = 0x95
_CAMERA_MARK = b"\xff\xff"


def layout_of(kind: int, length: int, content: bytes, *, is_long: bool) -> Layout:
    """Return how a frame of this type and declared length is read."""
    if is_long:
        return _LONG.get(kind) or _PLACED_LONG.get(kind, _STRANGE_LONG)
    if kind == _CAMERA and content[:2] == _CAMERA_MARK:
        return _MARKED_CAMERA
    return _short_layout(kind, length)


# No more than 2 bytes tell them apart.
@lru_cache(maxsize=0x10000)
def _short_layout(kind: int, length: int) -> Layout:
    if dialect := DIALECTS.get((kind, length)):
        return dialect
    if kind in SCANS:
        parts = (places.read_decimal_date, wifi_of(length), networks.read_scan_cells)
        return Layout(parts, answer=Answer.SCAN)
    for case, least, layout in _LONGER:
        if kind == case and length >= least:
            return layout
    return _SHORT.get(kind, _STRANGE)


# Types about a place are read alike in either form of frame.
_PLACED_LONG = {
    kind: layout for kind, layout in _SHORT.items() if layout.kind in {"located", "alive"}
}
