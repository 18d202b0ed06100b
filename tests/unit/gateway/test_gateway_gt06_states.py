"""What GT06 terminals tell beside their places: state, alarms, answers, modules."""

from typing import Any

import pytest

from gateway.codecs.events import Alive, Happened, Located
from gateway.codecs.gt06.frames import frame
from tests.unit.gateway.gt06_frames import CELL, DATE, STATUS, codec, joined, located, only, place


def alive(kind: int, content: bytes, *, is_long: bool = False) -> Alive:
    event = only(frame(kind, content, serial=1, is_long=is_long))
    assert isinstance(event, Alive)
    return event


def happened(kind: int, content: bytes | str, *, is_long: bool = True) -> Happened:
    event = only(frame(kind, joined(content), serial=1, is_long=is_long))
    assert isinstance(event, Happened)
    return event


def alarmed(status: str, *, names: dict[int, str] | None = None) -> tuple[str, ...]:
    content = joined(place(), "09", CELL, status)
    event = only(frame(0x26, content, serial=1), codec(names=names))
    assert isinstance(event, Located)
    return event.alarms


def test_a_heartbeat_tells_the_terminals_state() -> None:
    event = alive(0x13, STATUS)

    assert (event.battery_pct, event.alarms) == (66, ("sos",))
    told = {name: event.attributes[name] for name in ("ignition", "charging", "cut_off")}
    assert told == {"ignition": True, "charging": True, "cut_off": False}


@pytest.mark.parametrize(
    ("level", "pct"), [(0, 0), (3, 50), (6, 100), (7, 7), (93, 93), (240, None)]
)
def test_a_battery_is_a_level_or_per_cent(level: int, pct: int | None) -> None:
    assert alive(0x13, bytes((0, level, 0, 0, 2))).battery_pct == pct


@pytest.mark.parametrize(
    ("state", "alarms"),
    [(0x08, ("vibration",)), (0x10, ("power_cut",)), (0x18, ("low_battery",)), (0x20, ("sos",)),
     (0x28, ()), (0x30, ("fence",)), (0x38, ("removal",))],
)  # fmt: skip
def test_bits_of_the_state_are_alarms(state: int, alarms: tuple[str, ...]) -> None:
    assert alive(0x13, bytes((state, 4, 3, 0, 2))).alarms == alarms


def test_two_bytes_that_are_no_alarm_in_a_heartbeat_raise_none() -> None:
    event = alive(0x13, bytes.fromhex("46 06 04 F0 83"))

    assert event.alarms == ()
    assert event.attributes["alarm_code"] == 0xF0


@pytest.mark.parametrize(
    ("status", "alarms"),
    [("00 04 03 01 02", ("sos",)), ("20 04 03 01 02", ("sos",)), ("10 04 03 03 02", ("power_cut", "vibration")),
     ("00 04 03 00 02", ()), ("00 04 03 77 02", ()), ("00 04 03 FE 02", ()), ("00 04 03 13", ("tampering",))],
)  # fmt: skip
def test_an_alarm_is_told_once_by_its_name(status: str, alarms: tuple[str, ...]) -> None:
    assert alarmed(status) == alarms


def test_the_profile_gives_codes_their_meaning() -> None:
    assert alarmed("00 04 03 09 02", names={0x09: "tow"}) == ("tow",)
    assert alarmed("00 04 03 FE 02", names={0xFE: "start"}) == ("start",)
    assert alarmed("00 04 03 09 02", names={0x09: ""}) == ()


def test_codes_of_ignition_are_no_alarms() -> None:
    content = joined(place(), "09", CELL, "00 04 03 FF 02")

    assert located(0x26, content).attributes["ignition"] is False


def test_an_alarm_of_fences_has_three_digits_and_the_fences_number() -> None:
    told = [
        located(0x27, joined(place(), "09", CELL, "00 04 03", code, "05"))
        for code in ("07 12", "19 FF")
    ]

    assert [event.alarms for event in told] == [("jamming",), ("low_battery",)]
    assert told[0].attributes["fence"] == 5


@pytest.mark.parametrize("zeros", [0, 8, 45])
def test_a_cell_of_length_0_is_passed_over(zeros: int) -> None:
    event = located(0x26, place() + b"\0" + bytes(zeros) + STATUS)

    assert event.battery_pct == 66
    assert "cells" not in event.attributes


def test_overspeed_is_a_state_of_cars() -> None:
    event = located(0x16, joined(place(), CELL, "38 04E4 04 00"))

    assert event.alarms == ("overspeed",)


STATES: list[tuple[int, str, bool, dict[str, Any]]] = [
    (0x13, "40 B2FA 00 02 01 04 0000 00 0000 011C", False, {"temperature_c": 28.4}),
    (0x13, "02 8019 00 00 2E 42 016F 00 0000 003A", False, {"power_v": 3.67, "temperature_c": None}),
    (0x13, "30 802B 00 00 06 42 014F 00 0872 0000 802B", False, {"temperature_c": 4.3}),
    (0x13, "30 802B 00 00 06 42 014F 00 0872 0000 002B", False, {"temperature_c": -4.3}),
    (0x23, "C0 0122 04 0001", False, {"battery_v": 2.9, "gsm_level": 4}),
    (0x36, "00 05 04 00 02 0032 01 01 0018 02 0192 006A 01 5F 0077 01 09", False, {"battery_v": 4.02, "modules": {"0077": "09"}}),
    (0x36, "00 05 04 00 02 0018 01 01", False, {"modules": {"0018": "01"}}),
    (0xA3, "46 0001 06 64 0C 01", False, {"power_v": 12}),
    (0xA3, "00 0000 05 32 1E 020000 00000258 4F 00 01 000600", False, {"steps": 600, "moving": True}),
    (0xF1, "6318C000 0001 01 02 0002 01 01 0004 01 01 0005 02 0195", True, {"moving": True, "armed": True, "power_v": 4.05}),
    (0x70, "002C 0004 6919C641 007F 000E C4A82841074A 0F64 64 0122 01DC 07", True, {"tag_temperature_c": 29.0, "tag_battery_v": 3.94}),
    (0x70, "002A 0001 11 002E 0004 F2050000 0003 000A 8901260852293397626F 0034 0001 11", True, {"door": True, "tampered": True, "odometer_m": 1522, "iccid": "8901260852293397626"}),
    (0x40, "0000000000000000 6318C000 5F", False, {"epoch": "2022-09-07T16:00:00+00:00"}),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "content", "is_long", "told"), STATES)
def test_every_state_is_read(
    kind: int, content: str, *, is_long: bool, told: dict[str, Any]
) -> None:
    event = alive(kind, bytes.fromhex(content), is_long=is_long)

    assert {name: event.attributes.get(name) for name in told} == told


ANSWERS: list[tuple[int, bytes | str, bool, dict[str, Any]]] = [
    (0x15, joined([60], bytes(4), b"<ICCID:89882390000097302650>".ljust(56, b"\0"), [0, 2]), False, {"iccid": "89882390000097302650"}),
    (0x15, joined([0], bytes(4), b"DYD=Success!", [0, 2]), False, {"text": "DYD=Success!", "tail": "0002"}),
    (0x15, joined([90], bytes(4), b"DYD=Success!", [0, 2]), False, {"text": "DYD=Success!"}),
    (0x21, joined(bytes(4), [2], "Fehler!".encode("utf-16-be")), True, {"text": "Fehler!"}),
    (0x8C, joined(DATE, [1], b"173=0,223=1", bytes(12)), True, {"ignition": True, "codes": "173=0,223=1"}),
    (0x94, "00 04D2", True, {"power_v": 12.34}),
    (0x94, joined([4], b"ALM1=C5;ICCID=8997;;SOS=1,2"), True, {"settings": {"ALM1": "C5", "ICCID": "8997", "SOS": "1,2"}, "iccid": "8997"}),
    (0x94, joined([4], b"DYD=01"), True, {"settings": {"DYD": "01"}, "iccid": None}),
    (0x94, joined([5], DATE, [5]), True, {"door": True, "input_1": True, "epoch": "2026-03-02T04:05:06+00:00"}),
    (0x94, "05 00", True, {"door": False}),
    (0x94, "0A 0359857082366758 0520050218721401 8966051912408052452F", True, {"imei": "359857082366758", "imsi": "520050218721401", "iccid": "8966051912408052452"}),
    (0x94, "0A 0359", True, {"info": 10, "tail": "0359"}),
    (0x94, "0B 01", True, {"network": "4G"}),
    (0x94, "0B 00", True, {"network": "2G"}),
    (0x94, "0B 02E3", True, {"power_v": 7.39}),
    (0x94, joined([13], DATE, b"!AIOIL,02,008.290,029.600,519J,0400,008.430,0,00,AB"), True, {"temperature_c": 29.6, "fuel": 8.43}),
    (0x94, joined([13], b"!AIOIL,02,008.290,0.2.6,519J,0400,008.430,0,00,AB"), True, {"temperature_c": None, "fuel": 8.43}),
    (0x94, joined([13], b"nothing"), True, {"text": "nothing"}),
    (0x94, joined([27], b"RFID:008FB2BEBA39\r\n"), True, {"text": "RFID:008FB2BEBA39"}),
    (0x94, "1B 02084277EFEF3503", True, {"driver_id": "4277efef"}),
    (0x94, "1E 000000D5 000002EE", True, {"temperature_c": 21.3, "humidity_pct": 75.0}),
    (0x94, "63 0102", True, {"info": 99, "tail": "0102"}),
    (0x94, "04EB", False, {"power_v": 12.59}),
    (0x9B, joined([3], b"D7520A62\r\n"), True, {"text": "D7520A62"}),
    (0x9B, "03 80D600", True, {"text": "80d600"}),
    (0xB0, "0102", False, {"tail": "0102"}),
    (0xB2, joined(DATE, "C4 0A0B0C0D0E0F", bytes(16), "0001 0002 012C 04"), False, {"tag_mac": "0a0b0c0d0e0f", "tag_battery_v": 3.0, "tag_signal_dbm": -60}),
    (0xF2, "6718E430 000C 0A 47000000001002000000 000A 00 01 07", True, {"modules": {"000c": "47000000001002000000", "000a": "07"}}),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "content", "is_long", "told"), ANSWERS)
def test_every_answer_and_information_is_read(
    kind: int, content: bytes | str, *, is_long: bool, told: dict[str, Any]
) -> None:
    event = happened(kind, content, is_long=is_long)

    assert {name: event.attributes.get(name) for name in told} == told


def test_a_cameras_alarm_without_a_place_has_its_time() -> None:
    event = located(0x95, DATE + b"\x90")

    assert event.alarms == ("acceleration",)
    assert event.attributes["epoch"] == "2026-03-02T04:05:06+00:00"


def test_decimal_dates_that_are_none_are_kept_raw() -> None:
    event = only(bytes.fromhex("7878 00 69 2603020405AB 00 01CC00 0D0A"))

    assert isinstance(event, Located)
    assert event.attributes["raw_time"] == "2603020405ab"
