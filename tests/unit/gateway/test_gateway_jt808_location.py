"""Where a terminal was, when, and how it fared, in every message that says so."""

from datetime import UTC, datetime, timedelta

import pytest

from gateway.codecs.events import Alive, Happened, Located, Refused
from gateway.codecs.jt808 import Jt808Codec
from gateway.codecs.profile import Profile
from tests.unit.gateway.jt808_frames import (
    NOW,
    answers,
    escape,
    first,
    frame,
    location,
    of_kind,
    said,
    xor,
)


def located(items: str = "", profile: Profile | None = None, **body) -> Located:
    return first(Located, frame(0x0200, location(items, **body)), profile)


def test_a_location_is_read_in_our_units() -> None:
    fix = located("31010c").fix

    assert fix is not None
    assert fix.epoch == NOW
    assert (fix.lat_deg, fix.lon_deg) == (31.230001, 121.470002)
    assert (fix.altitude_m, fix.speed_mps, fix.course_deg) == (12.0, 10.0, 90.0)
    assert (fix.satellites, fix.valid) == (12, True)


def test_a_location_is_answered_after_it_is_told() -> None:
    events = said(frame(0x0200, location(), serial=3))

    assert [type(event).__name__ for event in events] == ["Identified", "Located", "Reply"]
    assert answers(events) == [(0x8001, bytes.fromhex("0003020000"))]


def test_south_and_west_are_bits() -> None:
    fix = located(status=0b1110).fix

    assert fix is not None
    assert (fix.lat_deg, fix.lon_deg) == (-31.230001, -121.470002)


@pytest.mark.parametrize("status", [0b0010, 0b1110])
def test_signed_numbers_are_south_and_west_by_themselves(status: int) -> None:
    fix = located(status=status, lat=2**32 - 33_000_000, lon=2**32 - 70_000_000).fix

    assert fix is not None
    assert (fix.lat_deg, fix.lon_deg) == (-33.0, -70.0)


def test_without_the_located_bit_a_place_is_not_valid() -> None:
    fix = located(status=0).fix

    assert fix is not None
    assert not fix.valid


@pytest.mark.parametrize("status", [0, 3])
def test_no_place_at_all_is_not_valid_but_has_its_time(status: int) -> None:
    fix = located(status=status, lat=0, lon=0).fix

    assert fix is not None
    assert (fix.epoch, fix.lat_deg, fix.lon_deg) == (NOW, 0.0, 0.0)
    assert fix.valid is False


@pytest.mark.parametrize("clock", ["000000000000", "261a22120000", "261322120000", "ffffffffffff"])
def test_a_time_that_is_none_is_kept_as_it_came(clock: str) -> None:
    report = located(clock=clock)

    assert report.fix is None
    assert report.attributes["raw_time"] == clock
    assert report.attributes["raw_place"] == "01dc8831073d7c32"


@pytest.mark.parametrize(("lat", "lon"), [(90_000_001, 0), (1, 180_000_001), (2**31, 1)])
def test_a_place_off_the_globe_is_kept_as_it_came(lat: int, lon: int) -> None:
    report = located(lat=lat, lon=lon)

    assert report.fix is None
    assert report.attributes["raw_place"] == f"{lat:08x}{lon:08x}"


def test_neither_a_time_nor_a_place_leaves_no_place_behind() -> None:
    report = located(clock="000000000000", lat=0, lon=0)

    assert report.fix is None
    assert "raw_place" not in report.attributes


def test_an_impossible_course_is_not_told() -> None:
    body = bytearray(location())
    body[20:22] = b"\xff\xff"
    fix = first(Located, frame(0x0200, bytes(body))).fix

    assert fix is not None
    assert fix.course_deg is None


def test_heights_below_the_sea_are_negative() -> None:
    body = bytearray(location())
    body[16:18] = b"\xff\xfe"
    fix = first(Located, frame(0x0200, bytes(body))).fix

    assert fix is not None
    assert fix.altitude_m == -2


@pytest.mark.parametrize("hours", [0, -5, 5.75])
def test_the_clock_may_be_another_than_the_specification_says(hours: float) -> None:
    offset = timedelta(hours=hours)
    fix = located(profile=Profile(clock_offset=offset)).fix

    assert fix is not None
    assert fix.epoch == datetime(2026, 11, 22, 12, tzinfo=UTC) - offset


def test_alarms_have_names_and_the_raw_word_is_kept() -> None:
    report = located(alarm=0b1_0000_0001_1000_0001)

    assert report.alarms == ("sos", "low_battery", "power_off", "tampering")
    assert report.attributes["alarm_bits"] == 0b1_0000_0001_1000_0001


def test_a_model_may_mean_other_things_by_its_bits_or_nothing() -> None:
    profile = Profile(alarm_bits={15: "low_battery", 16: "vibration", 17: ""})

    assert located(alarm=0b111 << 15, profile=profile).alarms == ("low_battery", "vibration")


def test_an_alarm_is_named_once() -> None:
    assert located("f4020001", alarm=0b11_0000_0000_0000_0000).alarms == (
        "tampering",
        "acceleration",
    )


def test_the_status_is_told_in_bits_and_names() -> None:
    attributes = located(status=1 << 26 | 1 << 11 | 1 << 10 | 3).attributes

    assert attributes["status_bits"] == 1 << 26 | 1 << 11 | 1 << 10 | 3
    assert attributes["ignition"]
    assert attributes["oil_cut"]
    assert attributes["power_cut"]
    assert attributes["charging"]


def test_many_pairs_of_words_are_read_right_and_not_all_kept() -> None:
    codec = Jt808Codec(Profile())
    for alarm in range(200):
        events = codec.receive(frame(0x0200, location(alarm=alarm)), received_at=NOW)
        assert of_kind(Located, events)[0].attributes["alarm_bits"] == alarm


def test_a_fixed_tail_of_one_maker_is_read() -> None:
    tail = "00000000" + "00000780" + "0082" + "00000018" + "14" + "000026"
    attributes = located(tail).attributes

    assert attributes["odometer_m"] == 1_920_000
    assert (attributes["battery_v"], attributes["area_id"], attributes["signal"]) == (13.0, 24, 20)


def test_items_of_just_that_length_are_items() -> None:
    assert located("0104000000000202000a03020000" + "2a020001").attributes["io_bits"] == 1


def test_too_short_a_location_is_refused_and_answered_so() -> None:
    events = said(frame(0x0200, location()[:27]))

    assert of_kind(Refused, events)[0].code == "body"
    assert answers(events) == [(0x8001, bytes.fromhex("0001020002"))]


def test_a_location_that_was_asked_for_is_told_and_not_answered() -> None:
    events = said(frame(0x0201, b"\0\x07" + location()))

    assert of_kind(Located, events)
    assert not answers(events)


@pytest.mark.parametrize(("kind", "late"), [(0, False), (1, True), (2, True)])
def test_a_batch_tells_each_place_and_whether_it_is_late(kind: int, late: bool) -> None:  # noqa: FBT001 - parametrized
    body = bytes([0, 2, kind]) + (b"\0\x1c" + location()) * 2
    events = said(frame(0x0704, body))

    assert [event.late for event in of_kind(Located, events)] == [late, late]
    assert len(answers(events)) == 1


def test_a_batch_that_is_cut_keeps_what_there_is() -> None:
    body = bytes([0, 2, 0]) + b"\0\x1c" + location() + b"\0\x1c" + location()[:9]
    events = said(frame(0x0704, body))

    assert len(of_kind(Located, events)) == 1
    assert of_kind(Refused, events)[0].code == "body"
    assert answers(events)[0][1][-1] == 0


def test_a_batch_without_places_is_refused() -> None:
    events = said(frame(0x0704, b"\0\0\0"))

    assert of_kind(Refused, events)[0].code == "body"
    assert answers(events)[0][1][-1] == 2


def test_a_batch_of_one_maker_has_shorter_lengths() -> None:
    body = (bytes([28]) + location()) * 2

    assert len(of_kind(Located, said(frame(0x0210, body)))) == 2


@pytest.mark.parametrize(
    ("body", "pct", "name"),
    [("4f261122120000", 79, "epoch"), ("ff261322120000", None, "raw_time")],
)
def test_a_battery_and_a_time_are_no_place(body: str, pct: int | None, name: str) -> None:
    alive = first(Alive, frame(0x0210, bytes.fromhex(body)))

    assert alive.battery_pct == pct
    assert name in alive.attributes


LOCK = (
    "221126040000"  # day first, UTC
    "31138001121282001f"  # 31 13.8001 N, 121 28.2001 E, located
    "1005"  # 10 knots, course 10
    "14090000000a5000005ded05e2030020000f"
)


def lock(body: str = LOCK, *, message_id: int = 0x5501, wanted: bool = False) -> bytes:
    data = bytes.fromhex(body)
    attributes = len(data) | wanted << 15
    content = message_id.to_bytes(2, "big") + attributes.to_bytes(2, "big")
    content += bytes.fromhex("740190311185") + b"\x09" + data
    return b"\x7e" + escape(content + bytes([xor(content)])) + b"\x7e"


def test_the_compact_report_of_one_maker_is_read() -> None:
    report = first(Located, lock(LOCK + "0202000a" + "0c060001fffe0003" + "100101"))

    assert report.terminal_id == "740190311185"
    assert report.fix is not None
    assert report.fix.epoch == NOW
    assert report.fix.lat_deg == pytest.approx(31.230002, abs=1e-6)
    assert report.fix.lon_deg == pytest.approx(121.470002, abs=1e-6)
    assert report.fix.speed_mps == pytest.approx(5.1444, abs=1e-4)
    assert (report.fix.course_deg, report.fix.satellites) == (10.0, 9)
    assert (report.fix.altitude_m, report.fix.valid) == (10.0, True)
    assert report.battery_pct == 80
    assert report.alarms == ("overspeed", "low_power", "vibration", "low_battery")
    assert report.attributes["tilt"] == [1, -2, 3]
    assert report.attributes["item_10"] == "01"
    assert report.attributes["cells"] == [{"lac": 0x05E2, "cell": 0x5DED}]


def test_the_compact_report_is_late_by_its_id_and_answered_where_it_asks() -> None:
    events = said(lock(message_id=0x5502, wanted=True))

    assert of_kind(Located, events)[0].late
    reply = events[-1].data
    assert reply[1:12].hex() == "44010003" + "740190311185" + "01"
    assert not answers(said(lock()))


def test_south_west_charging_and_no_cell_of_the_compact_report() -> None:
    body = LOCK.replace("001f", "0018", 1).replace("0a50", "0aaa").replace("5ded05e2", "00000000")
    report = first(Located, lock(body[:34].replace("1005", "10c8") + body[34:]))

    assert report.fix is not None
    assert (report.fix.lat_deg < 0, report.fix.lon_deg < 0) == (True, True)
    assert not report.fix.valid
    assert report.fix.course_deg is None
    assert report.attributes["charging"]
    assert "cells" not in report.attributes


def test_digits_that_are_none_leave_the_compact_report_without_a_place() -> None:
    report = first(Located, lock(LOCK.replace("31138001", "3113800a")))

    assert report.fix is None
    assert report.attributes["raw_place"] == "3113800a121282001f"


def test_a_short_compact_report_is_refused() -> None:
    assert first(Refused, lock(LOCK[:20])).code == "body"


def test_places_in_transparent_messages_are_told() -> None:
    rest = location()[4:]
    recorded = b"\xff" + rest[18:24] + rest[4:18]
    sensors = b"\x54" + rest + b"\0\0"
    numbers = "01" + "01" + "053601" + "02"
    alarms = "03" + "01" + "1a02" + "0000"
    codes = "02" + "0001" + "ffffffff" + "0001" + "00001457" + "00000002" + "0006" + "503134353700"
    vehicles = [
        bytes.fromhex("f0" + "261122120000" + "0102" + subject) + rest[:12]
        for subject in (numbers, alarms, codes)
    ]

    for body in (recorded, sensors, *vehicles):
        report = first(Located, frame(0x0900, body))
        assert report.fix is not None
        assert (report.fix.epoch, report.fix.lat_deg) == (NOW, 31.230001)
        assert report.fix.valid
        assert report.late is (body[0] == 0xF0)


def test_alarms_of_vehicles_in_transparent_messages_are_told() -> None:
    listed = "03" + "04" + "1a00" + "2502ffff" + "7700" + "1a00"
    body = bytes.fromhex("f0" + "261122120000" + "0002" + listed) + location()[4:16]

    report = first(Located, frame(0x0900, body))
    assert report.alarms == ("acceleration", "overspeed")
    assert report.fix is not None


@pytest.mark.parametrize(
    ("event", "clock", "alarms", "when"),
    [
        ("00000033", "261122120000", ("acceleration",), {"epoch": "2026-11-22T04:00:00+00:00"}),
        ("00000038", "ff1122120000", ("collision",), {"raw_time": "ff1122120000"}),
        ("00000001", "261122120000", (), {"epoch": "2026-11-22T04:00:00+00:00"}),
    ],
)
def test_events_of_vehicles_without_a_place_are_told(
    event: str, clock: str, alarms: tuple[str, ...], when: dict[str, str]
) -> None:
    report = first(Located, frame(0x0900, bytes.fromhex("f0" + clock + "0102" + "15" + event)))

    assert (report.fix, report.late, report.alarms) == (None, True, alarms)
    assert report.attributes["event"] == int(event, 16)
    assert when.items() <= report.attributes.items()


def test_beacons_in_transparent_messages_are_told() -> None:
    tags = "02" + "00aabbcc001122bd" + "020001" + "01aabbcc001123be" + "00" + "ffff"
    report = first(Located, frame(0x0900, b"\x53" + location()[4:] + bytes.fromhex(tags)))

    assert report.attributes["beacons"] == [
        {"mac": "aa:bb:cc:00:11:22", "signal_dbm": -67},
        {"mac": "aa:bb:cc:00:11:23", "signal_dbm": -66},
    ]


@pytest.mark.parametrize(
    "body",
    [
        "",
        "41" + "4f42442d5254",
        "ff00",
        "5300",
        "f000",
        "f0" + "261122120000" + "01020401" + "00" * 30,
        "f0" + "261122120000" + "010215" + "000000",
        "f0" + "261122120000" + "01020105" + "00",
        "f0" + "261122120000" + "01020305" + "00",
        "f0" + "261122120000" + "010202ffff" + "00",
        "f0" + "261122120000" + "010202ffff" + "00000000ffff",
    ],
)
def test_other_transparent_messages_are_kept_in_hex(body: str) -> None:
    told = first(Happened, frame(0x0900, bytes.fromhex(body)))

    assert (told.kind, told.attributes["data"]) == ("transparent", body[2:])


def test_text_in_transparent_messages_is_told() -> None:
    assert (
        first(Happened, frame(0x0900, b"\x41OBD-RT,12.3\r\n")).attributes["text"] == "OBD-RT,12.3"
    )
    assert "text" not in first(Happened, frame(0x0900, b"\x41\xff")).attributes


def test_a_place_without_time_in_a_transparent_message_is_no_fix() -> None:
    body = bytes.fromhex("f0" + "ff1122120000" + "00020100") + location()[4:16]

    assert first(Located, frame(0x0900, body)).fix is None
