"""What GT06's reports say, type by type and dialect by dialect."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from gateway.codecs.events import Alive, Happened, Located
from gateway.codecs.gt06.frames import frame
from tests.unit.gateway.gt06_frames import (
    CELL,
    CELLS,
    DATE,
    EPOCH,
    FIX,
    LAT_DEG,
    LON_DEG,
    NORTH_EAST,
    STATUS,
    WIDE_CELL,
    codec,
    joined,
    located,
    only,
    place,
)

PLACE = place()
UPLOAD = bytes((1, 3, 1))
NEIGHBOURS = bytes.fromhex("01CC 00" + "287D 001F71 3E" + "0000 000000 00" * 6)
WIFI = bytes.fromhex("02 0A0B0C0D0E0F 50 000000000000 00")
POINTS = [{"mac": "0a:0b:0c:0d:0e:0f", "signal_dbm": -80}]


def test_a_plain_report_is_a_fix_with_its_cell() -> None:
    event = located(0x12, PLACE + CELL)

    assert event.fix == FIX
    assert event.attributes["cells"] == CELLS
    assert not event.late


@pytest.mark.parametrize(
    ("flags", "lat_deg", "lon_deg", "valid"),
    [
        (0x1400, LAT_DEG, LON_DEG, True),
        (0x1000, -LAT_DEG, LON_DEG, True),
        (0x1C00, LAT_DEG, -LON_DEG, True),
        (0x0400, LAT_DEG, LON_DEG, False),
    ],
)
def test_hemispheres_and_validity_are_bits(
    flags: int, lat_deg: float, lon_deg: float, *, valid: bool
) -> None:
    fix = located(0x12, place(flags=flags)).fix

    assert fix == replace(FIX, lat_deg=lat_deg, lon_deg=lon_deg, valid=valid, course_deg=0.0)


def test_ignition_is_known_where_its_bit_is_said_to_count() -> None:
    told = [located(0x12, place(flags=flags)).attributes for flags in (0x8400, 0x4400, 0xC400)]

    assert [attributes.get("ignition") for attributes in told] == [None, False, True]


def test_a_course_beyond_the_circle_is_not_known() -> None:
    fix = located(0x12, place(flags=0x1400 | 361)).fix

    assert fix == replace(FIX, course_deg=None)


@pytest.mark.parametrize(
    "date", [bytes(6), bytes((26, 13, 2, 4, 5, 6)), bytes((26, 2, 30, 0, 0, 0))]
)
def test_a_date_that_does_not_exist_makes_no_fix(date: bytes) -> None:
    event = located(0x12, place(date=date) + CELL)

    assert event.fix is None
    assert event.attributes["raw_time"] == date.hex()
    assert event.attributes["cells"] == CELLS


def test_a_place_outside_the_earth_makes_no_fix() -> None:
    event = located(0x12, place(lat=90.1) + CELL)

    assert event.fix is None
    assert "raw_place" in event.attributes


def test_the_profiles_clock_offset_is_taken_off() -> None:
    event = only(frame(0x12, PLACE, serial=1), codec(offset=timedelta(hours=8)))

    assert isinstance(event, Located)
    assert event.fix == replace(FIX, epoch=EPOCH - timedelta(hours=8))


def test_a_report_that_was_kept_for_want_of_a_line_is_late() -> None:
    assert located(0x22, PLACE + CELL + UPLOAD).late


def test_what_follows_a_report_is_kept() -> None:
    assert located(0x10, PLACE + b"\1\2").attributes["tail"] == "0102"


def test_a_report_cut_short_says_what_it_can() -> None:
    event = located(0x12, PLACE + CELL[:4])

    assert event.fix == FIX
    assert event.attributes["short"] is True


def test_a_report_of_nothing_is_a_sign_of_life() -> None:
    assert isinstance(only(frame(0x12, b"", serial=1)), Alive)


def test_content_alone_is_read_where_neither_number_nor_checksum_is() -> None:
    """One old model's length counts the content alone."""
    event = only(b"\x78\x78\x12\x10" + PLACE + b"\r\n")

    assert isinstance(event, Located)
    assert event.fix == FIX
    assert event.attributes["length"] is False


def test_a_broken_report_without_a_place_stays_what_it_is() -> None:
    event = only(b"\x78\x78\x30\x10" + DATE + b"\1\2\3\r\n")

    assert isinstance(event, Alive | Located)
    assert getattr(event, "fix", None) is None


CASES: list[tuple[int, bytes, dict[str, Any]]] = [
    (0x10, PLACE, {}),
    (0x11, joined(PLACE, "012E 02D0 75DF 0084890C"), {"cells": [{"mcc": 302, "mnc": 720, "lac": 0x75DF, "cell": 0x84890C}]}),
    (0x12, joined(PLACE, "81CC 0001 287D 001F71"), {"cells": [{"mcc": 460, "mnc": 1, "lac": 0x287D, "cell": 0x1F71}]}),
    (0x12, joined(PLACE, "0000 00 0000 000000"), {"cells": None}),
    (0x12, joined(PLACE, CELL, "000003E8"), {"odometer_m": 1000}),
    (0x12, joined(PLACE, CELL, "D205"), {"ignition": True, "input_2": True, "temperature_c": -5}),
    (0x12, joined(PLACE, CELL, "0000"), {"ignition": False, "input_2": False}),
    (0x12, joined(PLACE, CELL, "46 04E4 04 00"), {"power_v": 12.52, "gsm_level": 4, "charging": True}),
    (0x12, joined("0866703066502297", PLACE, CELL), {"imei": "866703066502297"}),
    (0x12, joined(PLACE, CELL, "000003E8 01 30 01 00 0005"), {"odometer_m": 1000, "card": "0", "driving_min": 5}),
    (0x12, joined(PLACE, CELL, "45 04B6 04 00 0000 9C 00000CD9"), {"power_v": 12.06, "temperature_c": -28, "odometer_m": 32890}),
    (0x12, joined(PLACE, CELL, "000003E8 4B", b"4711".ljust(75), "0100"), {"card": "4711", "card_alarm": 1}),
    (0x16, joined(PLACE, CELL, "62 04E4 04 00"), {"power_v": 12.52}),
    (0x16, joined(PLACE, "09 01CC 00 2503 0328E7A0 005D4B1302"), {"cells": [{"mcc": 460, "mnc": 0, "lac": 0x2503, "cell": 0x0328E7A0}]}),
    (0x16, joined(PLACE, "09", CELL, STATUS, "C3000001453F9201"), {"driver_id": "c3000001453f9201"}),
    (0x17, joined(PLACE, CELL, "BF0000012CA7E001 00"), {"driver_id": "bf0000012ca7e001"}),
    (0x1A, joined(PLACE, "3132"), {"tail": "3132"}),
    (0x1E, joined(PLACE, NEIGHBOURS, "FF 0002"), {"timing_advance": 255}),
    (0x22, joined(PLACE, "01CC 00 287D 00001F71", UPLOAD, "000025D4 00000000 8020 002D"), {"odometer_m": 9684, "temperature_c": -0.32, "humidity_pct": 0.45}),
    (0x22, joined(PLACE, "01CC 00 287D 00001F71", UPLOAD, "000025D4 00000000 0020 002D"), {"temperature_c": 0.32}),
    (0x22, joined("01 0357789648774484", DATE, PLACE, "09", CELL, "46 0984 28 4C 00 02 000000 000171"), {"imei": "357789648774484", "power_v": 24.36, "battery_v": 4.0, "engine_min": 369}),
    (0x22, PLACE + CELL, {"ignition": None}),
    (0x24, joined(PLACE, CELL, "01 04ED 0194", bytes(10)), {"ignition": True, "power_v": 12.61, "battery_v": 4.04}),
    (0x25, joined("01 0356354871186947", DATE, PLACE, "0A 02D4 10 C80B 0C352C17 04", "46 0511 2A 47 00 02 000000 000584 03 01 0235"), {"power_v": 12.97, "driver_id": "0235", "driver_kind": 1}),
    (0x25, joined("01 0356354871186947", DATE, PLACE, "0A 02D4 10 C80B 0C352C17 04", "46 0511 2A 47 00 02 000000 000584 00"), {"driver_id": None}),
    (0x2D, PLACE + CELL + UPLOAD, {"reason": 3}),
    (0x31, joined(PLACE, CELL, UPLOAD, "000003E8"), {"odometer_m": 1000}),
    (0x31, joined(PLACE, "01CC 0001 25FC 06146402", UPLOAD), {"cells": [{"mcc": 460, "mnc": 1, "lac": 0x25FC, "cell": 0x06146402}]}),
    (0x32, joined(PLACE, "0A 02D4 000B C527 0000EC02", STATUS), {"cells": [{"mcc": 724, "mnc": 11, "lac": 0xC527, "cell": 0xEC02}]}),
    (0x34, joined("00000001", PLACE, "0000 000003E8 014E 14 0FC0 00004E99 00000007 04C3 01A4 42210000 02 01 01C0 01C0"), {"driver_id": "7", "battery_v": 12.19, "analog_v": [4.48, 4.48]}),
    (0x34, joined("00000001", PLACE, "0000 000003E8 014E 14 0FC0 00004E99 00000000 04C3 01A4 42210000 02 01 01C0 01C0"), {"driver_id": None}),
    (0x36, joined(PLACE, "01CC 00 25EF 0540E88C", UPLOAD, "00000064 0514 28 000006 C3000001453F9201"), {"power_v": 13.0, "battery_v": 4.0, "engine_min": 6}),
    (0x36, joined(PLACE, "01CC 00 25EF 0540E88C", UPLOAD, "00000064 0514 28 000006", bytes(8)), {"driver_id": None}),
    (0x61, joined("0869412070143950", PLACE, "02D4 00 0404 00004215 000001395581"), {"driver_id": "20534657"}),
    (0x95, joined(DATE, PLACE[7:15], "1400 91 0000", b"a.mp4"), {"files": "a.mp4", "alarm_code": 0x91}),
    (0x95, joined("FFFF 01", DATE, "D9", PLACE[7:15], "1400 0024 008A 92 0000"), {"power_v": 13.8, "files": None}),
    (0xA0, joined(PLACE, WIDE_CELL, UPLOAD), {"cells": [{"mcc": 460, "mnc": 1, "lac": 0x254E, "cell": 0x0615F804}]}),
    (0xA2, joined(PLACE, WIDE_CELL, "11 41 04E4 2A 04 00 01 00004B31 00000E10 0863829079286793 0200"), {"odometer_m": 19249, "engine_s": 3600, "imei": "863829079286793"}),
    (0xA3, joined(PLACE, "10", WIDE_CELL, STATUS), {"gsm_level": 3}),
    (0xA4, joined(PLACE, "10", WIDE_CELL, STATUS, "FF"), {"fence": 255}),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "content", "attributes"), CASES)
def test_every_dialect_of_a_place_is_read(
    kind: int, content: bytes, attributes: dict[str, Any]
) -> None:
    event = located(kind, content)

    assert event.fix is not None
    assert (event.fix.epoch, event.fix.lat_deg) == (EPOCH, pytest.approx(LAT_DEG))
    assert {name: event.attributes.get(name) for name in attributes} == attributes
    assert "short" not in event.attributes


def test_altitude_and_accuracy_belong_to_the_fix() -> None:
    high = located(0x31, joined(PLACE, "02D4 000A C3C7 0DBDC415", UPLOAD, "00000000 02A6"))
    alarmed = located(0x32, joined(PLACE, "0A 02D4 000A C3C7 0DBDC415", STATUS, "FFFE"))
    exact = located(0x37, joined(PLACE, CELL, UPLOAD, "003B 02 17C0 002E 04 00000001"))

    assert high.fix == replace(FIX, altitude_m=678.0)
    assert alarmed.fix == replace(FIX, altitude_m=-2.0)
    assert exact.fix == replace(FIX, accuracy_m=60.8)


def test_altitude_and_accuracy_of_no_fix_are_left_out() -> None:
    nowhere = place(date=bytes(6))
    high = located(0x31, joined(nowhere, "02D4 000A C3C7 0DBDC415", UPLOAD, "00000000 02A6"))
    exact = located(0x37, joined(nowhere, CELL, UPLOAD, "003B 02 17C0"))

    assert (high.fix, exact.fix) == (None, None)


@pytest.mark.parametrize(
    ("kind", "content", "is_long", "cells", "points"),
    [
        (0x18, joined(DATE, NEIGHBOURS, "FF 00"), False, 1, 0),
        (0x19, joined(CELL, STATUS), False, 1, 0),
        (0x19, joined(DATE, "01F9 01 01 700D 08C8F5 0C", "0000"), False, 1, 0),
        (0x24, joined(DATE, NEIGHBOURS, "FF 0002"), False, 1, 0),
        (0x24, joined(DATE, "00 0194 62 02 13EE 00606A 34 13EE 006069 2E", bytes(21)), False, 2, 0),
        (0x28, joined(DATE, NEIGHBOURS, "FF 0002"), False, 1, 0),
        (0x2C, joined(DATE, NEIGHBOURS, "FF", WIFI), False, 1, 1),
        (0x2E, joined(DATE, NEIGHBOURS, "FF 0002"), False, 1, 0),
        (0x33, joined(DATE, "01CC 00", "287D 00001F71 3E" * 6, "FF", WIFI), False, 6, 1),
        (0x34, joined(DATE, "00 01CC 0001 02", "287D 00001F71 3E" * 2, bytes(24)), False, 2, 0),
        (0xA1, joined(DATE, "01CC 01", "0000254E 000000000615F804 00" * 7, "FF 0002"), False, 7, 0),
        (0xA2, joined(DATE, "01CC 01", "0000254E 000000000615F804 00" * 7, "FF", WIFI), False, 7, 1),
        (0xA5, joined(WIDE_CELL, STATUS), False, 1, 0),
        (0xA7, joined(WIDE_CELL, b"+8613".ljust(21, b"\0"), "0001"), False, 1, 0),
        (0xA9, joined(DATE, "01CC 01 01 01 0000254E 000000000615F804 00 FF", WIFI, "01 02"), False, 1, 1),
        (0xA9, joined(DATE, "01CC 01 00 01 254E 15F804 00 FF", WIFI, "01 02"), False, 1, 1),
        (0xF3, joined(DATE, "01 0000 0A0B0C0D0E0F"), False, 0, 1),
        (0x32, joined(DATE, "00 09 01FE 0A 060F 006A1C 20 06 060F 0053A4 29 07 0A0B0C0D0E0F 50 00 00"), True, 2, 1),
        (0x33, joined(DATE, "00 00 00 00 A5 03 004600"), True, 0, 0),
    ],
)  # fmt: skip
def test_what_is_heard_without_satellites_is_told_without_a_fix(
    kind: int, content: bytes, *, is_long: bool, cells: int, points: int
) -> None:
    event = located(kind, content, is_long=is_long)

    assert event.fix is None
    assert len(event.attributes.get("cells") or ()) == cells  # type: ignore[arg-type] # a list
    assert len(event.attributes.get("wifi") or ()) == points  # type: ignore[arg-type] # a list


@pytest.mark.parametrize(("kind", "rest"), [(0x28, NEIGHBOURS), (0x95, PLACE[7:15] + b"\x14\0\1")])
def test_other_dates_that_do_not_exist_are_kept_raw(kind: int, rest: bytes) -> None:
    event = located(kind, bytes(6) + rest)

    assert (event.fix, event.attributes["raw_time"]) == (None, "000000000000")


def test_a_locker_has_its_place_behind_a_length() -> None:
    content = joined(DATE, "0C C9", PLACE[7:], "00 00 00 07")

    event = located(0x32, content, is_long=True)

    assert event.fix == FIX
    assert event.attributes["state"] == 7


@pytest.mark.parametrize(
    ("kind", "content", "cell"),
    [
        (0x38, "0E 01 03 02C8 01 00000C24 0000000000048B08 001B", 0x48B08),
        (0x38, "0E 01 02 02C8 01 0C24 048B08 1B", 0x48B08),
    ],
)
def test_a_cell_of_any_generation_is_read(kind: int, content: str, cell: int) -> None:
    event = located(kind, joined(PLACE, content, "002E 04 000015C4"), is_long=True)

    assert event.late
    assert event.attributes["cells"][0]["cell"] == cell  # type: ignore[index, call-overload] # a list
    assert event.attributes["odometer_m"] == 5572


def test_a_container_tells_its_place_among_modules() -> None:
    place_of_it = joined("69A50B32 06 00D5", PLACE[7:])
    content = joined(
        "0033", [0, len(place_of_it)], place_of_it, "0034 0006 12 69A50B32 00", "0099 0001 07"
    )

    event = located(0x70, content, is_long=True)

    assert event.fix is not None
    assert event.fix.altitude_m == 213.0
    assert event.alarms == ("removal",)
    assert event.attributes["modules"] == {"0099": "07"}


def test_a_container_without_a_moment_has_no_fix() -> None:
    event = only(frame(0x70, joined("0033 0012", bytes(18)), serial=1, is_long=True))

    assert isinstance(event, Located)
    assert event.fix is None


def test_a_place_in_an_answer_is_a_fix() -> None:
    text = (
        b"Current position!Lat:N30.5,Lon:E104.2,Course:90.0,Speed:36.0,"
        b"DateTime:2026-03-02  04:05:06"
    )
    event = only(frame(0x21, b"\0\0\0\0\1" + text, serial=1, is_long=True))

    assert isinstance(event, Located)
    assert event.fix == replace(FIX, satellites=None)


@pytest.mark.parametrize(
    "text",
    [
        b"Lat:S95.5,Lon:W104.2,DateTime:2026-03-02 04:05:06",
        b"Lat:S30.5,Lon:W104.2,DateTime:2026-13-02 04:05:06",
    ],
)
def test_a_place_that_cannot_be_stays_text(text: bytes) -> None:
    event = only(frame(0x21, b"\0\0\0\0\1" + text, serial=1, is_long=True))

    assert isinstance(event, Happened)
    assert event.attributes["text"] == text.decode()


def test_a_southern_place_in_an_answer_has_its_signs() -> None:
    text = b"Lat:S30.5,Lon:W104.2,Course:x,DateTime:2026-03-02 04:05:06"
    event = only(frame(0x15, joined([4 + len(text)], bytes(4), text, [0, 2]), serial=1))

    assert isinstance(event, Located)
    assert event.fix is not None
    assert (event.fix.lat_deg, event.fix.lon_deg) == (-LAT_DEG, -LON_DEG)
    assert event.fix.speed_mps is None


def test_the_word_of_course_and_status_is_kept() -> None:
    assert located(0x12, PLACE).attributes["course_status"] == NORTH_EAST
