"""Frames whose declared length tells what they hold, where makers shared a type."""

from typing import NamedTuple

from gateway.codecs.gt06 import networks, places, status, values
from gateway.codecs.gt06.answers import Answer
from gateway.codecs.gt06.fields import Part
from gateway.codecs.gt06.networks import LONG_CID, LONG_NET, LTE, PLAIN, cell_of, cells_of
from gateway.codecs.gt06.networks import sized_cell_of as sized
from gateway.codecs.gt06.places import read_date, read_place
from gateway.codecs.gt06.status import STATUS, STATUS_BYTES, alarm_of
from gateway.codecs.gt06.values import UPLOAD, digits_of, flag_of, hex_of, skip, text_of, value_of

_VOLT = 0.01


class Layout(NamedTuple):
    """A frame's parts; `kind` is what it happens to be where it is not about a place."""

    parts: tuple[Part, ...]
    kind: str = "located"
    answer: Answer = Answer.SHORT


PLACE: tuple[Part, ...] = (read_place, networks.read_cell)
_CARD: tuple[Part, ...] = (
    value_of("odometer_m", 4),
    text_of("card"),
    value_of("card_alarm"),
    value_of("card_state"),
)
# Who the terminal is and when it sent, before when it was where.
SOURCE: tuple[Part, ...] = (value_of("source"), digits_of("imei", 8), skip(6), read_place)
TRAILER: tuple[Part, ...] = (
    status.read_state,
    value_of("power_v", 2, scale=_VOLT),
    value_of("battery_v", scale=0.1),
    status.read_signal,
    alarm_of(),
    value_of("odometer", 3),
    value_of("engine_min", 3),
)
_BOX_STATE: tuple[Part, ...] = (
    status.read_state,
    value_of("satellite_word", 2),
    alarm_of(),
    status.read_battery_pct,
    value_of("mode"),
    value_of("power_v", 2, scale=_VOLT),
    skip(1),
)
# By type and declared length, of short frames.
DIALECTS: dict[tuple[int, int], Layout] = {
    (0x12, 0x21): Layout((*PLACE, values.read_ports)),
    (0x12, 0x24): Layout(
        (
            *PLACE,
            status.read_state_of_cars,
            value_of("power_v", 2, scale=_VOLT),
            status.read_signal,
        )
    ),
    (0x12, 0x27): Layout((digits_of("imei", 8), *PLACE)),
    (0x12, 0x29): Layout((*PLACE, *_CARD, value_of("driving_min", 2))),
    (0x12, 0x2B): Layout(
        (
            *PLACE,
            status.read_state,
            value_of("power_v", 2, scale=_VOLT),
            status.read_signal,
            status.alarm_alone_of(status.ALARMS),
            value_of("oil", 2),
            values.read_signed_magnitude,
            value_of("odometer_m", 4, scale=10),
        )
    ),
    (0x12, 0x71): Layout((*PLACE, *_CARD)),
    (0x13, 0x13): Layout((*_BOX_STATE, skip(2), values.read_signed_probe), "alive"),
    (0x13, 0x15): Layout((*_BOX_STATE, skip(4), values.read_probe), "alive"),
    (0x16, 0x24): Layout(
        (
            *PLACE,
            status.read_state_of_cars,
            value_of("power_v", 2, scale=_VOLT),
            status.read_signal,
        )
    ),
    (0x16, 0x26): Layout((read_place, sized(LONG_CID, behind=STATUS_BYTES), *STATUS)),
    (0x16, 0x2D): Layout(
        (
            read_place,
            sized(PLAIN, behind=13),
            *STATUS[:3],
            alarm_of(status.ALARMS | status.ALARMS_OF_CARS),
            hex_of("driver_id", 8),
        )
    ),
    (0x17, 0x28): Layout((*PLACE, hex_of("driver_id", 8), value_of("is_valid_driver"))),
    (0x22, 0x2F): Layout(
        (
            read_place,
            cell_of(LONG_CID),
            *UPLOAD,
            value_of("odometer_m", 4),
            skip(4),
            values.read_temperature,
            value_of("humidity_pct", 2, scale=0.01),
        )
    ),
    (0x22, 0x3C): Layout((*SOURCE, sized(PLAIN, behind=13), *TRAILER)),
    (0x24, 0x2E): Layout(
        (
            *PLACE,
            flag_of("ignition"),
            value_of("power_v", 2, scale=_VOLT),
            value_of("battery_v", 2, scale=_VOLT),
        ),
    ),
    (0x24, 0x31): Layout(
        (read_date, networks.read_timing_advance, cells_of(PLAIN, count=None)),
    ),
    (0x31, 0x24): Layout((read_place, cell_of(LONG_NET), *UPLOAD)),
    (0x31, 0x2A): Layout(
        (
            read_place,
            cell_of(LONG_NET),
            *UPLOAD,
            value_of("odometer_m", 4),
            places.read_altitude,
        )
    ),
    (0x32, 0x27): Layout((read_place, sized(LONG_NET, behind=STATUS_BYTES), *STATUS)),
    (0x32, 0x29): Layout((read_place, sized(LONG_NET, behind=7), *STATUS, places.read_altitude)),
    (0x34, 0x37): Layout((read_date, networks.read_timing_advance, cells_of(LONG_NET, count=None))),
    (0x36, 0x35): Layout(
        (
            read_place,
            cell_of(LONG_CID),
            *UPLOAD,
            value_of("odometer", 4),
            value_of("power_v", 2, scale=_VOLT),
            value_of("battery_v", scale=0.1),
            value_of("engine_min", 3),
            hex_of("driver_id", 8),
        )
    ),
    (0x95, 0x0C): Layout(
        (read_date, status.alarm_alone_of({1: "general", **status.CAMERA_ALARMS}))
    ),
    (0xA2, 0x40): Layout(
        (
            read_place,
            cell_of(LTE),
            value_of("network"),
            status.read_state,
            value_of("power_v", 2, scale=_VOLT),
            *STATUS[1:],
            value_of("odometer_m", 4),
            value_of("engine_s", 4),
            digits_of("imei", 8),
            value_of("inputs", 2),
        )
    ),
    (0xA3, 0x0C): Layout(
        (
            status.read_state,
            value_of("state_word", 2),
            status.read_battery,
            status.read_signal,
            value_of("power_v"),
            value_of("language"),
        ),
        "alive",
    ),
    (0xA3, 0x18): Layout(
        (
            status.read_state,
            value_of("state_word", 2),
            value_of("battery_level"),
            status.read_signal,
            value_of("power_v"),
            skip(3),
            value_of("steps", 4),
            status.read_battery_pct,
            flag_of("charging"),
            flag_of("moving"),
        ),
        "alive",
    ),
}
