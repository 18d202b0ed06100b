"""What OsmAnd's query and Traccar Client's JSON say, and how they are answered."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gateway.codecs.events import Event, Identified, Located, RawFix, Refused, Reply
from gateway.codecs.osmand import OsmandCodec
from gateway.codecs.profile import Profile, SpeedUnit

NOW = datetime(2026, 3, 2, 5, tzinfo=UTC)
AT = datetime(2026, 3, 2, 4, tzinfo=UTC)
PLACE = "id=7&lat=30.5&lon=104.2"
VECTORS = Path(__file__).parents[2] / "frames" / "osmand.txt"


def told(line: str, profile: Profile | None = None) -> list[Event]:
    codec = OsmandCodec(profile or Profile())
    return codec.take_line(line.encode(), received_at=NOW)


def located(line: str, profile: Profile | None = None) -> Located:
    (found,) = [event for event in told(line, profile) if isinstance(event, Located)]
    return found


def fix(line: str, profile: Profile | None = None) -> RawFix:
    found = located(line, profile).fix
    assert found is not None
    return found


def status(events: list[Event]) -> int:
    reply = events[-1]
    assert isinstance(reply, Reply)
    return int(reply.data.split()[1])


def body(location: str, *, rest: str = "") -> str:
    return f'{{"device_id":"7","location":{{{location}}}{rest}}}'


def coords(inner: str) -> str:
    return (
        f'"timestamp":"2026-03-02T04:00:00Z","coords":{{"latitude":30.5,"longitude":104.2{inner}}}'
    )


@pytest.mark.parametrize(
    "line", [line for line in VECTORS.read_text(encoding="utf-8").splitlines() if line[0] != "#"]
)
def test_every_vector_is_a_report_of_terminal_7(line: str) -> None:
    identified, report, reply = told(line)

    assert identified == Identified(terminal_id="7")
    assert isinstance(report, Located)
    assert (report.fix is None) == ("cell=" in line)
    assert status([reply]) == 200


def test_a_query_gives_all_of_a_fix() -> None:
    line = f"/?{PLACE}&timestamp=1772424000&altitude=500.5&speed=2&bearing=90&accuracy=4&hdop=1.1"

    assert fix(line) == RawFix(
        epoch=AT,
        lat_deg=30.5,
        lon_deg=104.2,
        altitude_m=500.5,
        speed_mps=2 * 1852 / 3600,
        course_deg=90.0,
        accuracy_m=4.0,
        hdop=1.1,
    )


@pytest.mark.parametrize(
    ("unit", "mps"),
    [
        (SpeedUnit.KNOTS, 36 * 1852 / 3600),
        (SpeedUnit.KMH, 10.0),
        (SpeedUnit.MPS, 36.0),
        (SpeedUnit.MPH, 36 * 0.44704),
    ],
)
def test_the_profile_says_the_unit_of_speed(unit: SpeedUnit, mps: float) -> None:
    found = fix(f"{PLACE}&speed=36", Profile(speed_unit=unit)).speed_mps

    assert found == pytest.approx(mps)


@pytest.mark.parametrize(
    "written",
    [
        "1772424000",
        "1772424000.0",
        "1772424000000",
        "2026-03-02T04:00:00Z",
        "2026-03-02t04:00:00.000z",
        "2026-03-02T12%3A00%3A00%2B08%3A00",
        "2026-03-02T12:00:00+08:00",
        "2026-03-02T12:00:00+0800",
        "2026-03-02+04:00:00",
        "2026-03-02 04:00:00",
        "2026-03-02T04:00",
    ],
)
def test_a_time_is_read_in_each_of_its_forms(written: str) -> None:
    assert fix(f"{PLACE}&timestamp={written}").epoch == AT


def test_a_time_without_a_zone_is_of_the_profiles_clock() -> None:
    profile = Profile(clock_offset=timedelta(hours=8))

    assert fix(f"{PLACE}&timestamp=2026-03-02 12:00:00", profile).epoch == AT
    assert fix(f"{PLACE}&timestamp=1772424000", profile).epoch == AT


def test_without_a_time_the_time_of_receipt_stands_in_and_is_marked() -> None:
    report = located(PLACE)

    assert report.fix is not None
    assert report.fix.epoch == NOW
    assert report.attributes == {"untimed": True}


@pytest.mark.parametrize(
    "fields",
    [
        "lat=95&lon=1",
        "lat=1&lon=181",
        "lat=nan&lon=1",
        "lat=1e999&lon=1",
        "lat=1",
        "lon=1",
        "lat=1&lon=x",
        "location=1",
        "lat=1&lon=2&timestamp=soon",
        "lat=1&lon=2&timestamp=99999999999999999999",
        "lat=1&lon=2&timestamp=2026-13-41T00:00:00",
        f"lat=1&lon=2&timestamp=2026-03-02T04:00:00{'0' * 80}",
        "gprmc=$GPRMC",
    ],
)
def test_what_is_no_place_or_time_gives_no_fix_and_is_kept_as_it_was(fields: str) -> None:
    report = located(f"id=7&{fields}")

    assert report.fix is None
    assert report.attributes["unreadable"]


def test_a_number_that_cannot_be_read_is_named_and_the_fix_stays() -> None:
    report = located(f"{PLACE}&timestamp=1772424000&speed=fast&batt=full&altitude=9")

    assert report.fix is not None
    assert (report.fix.speed_mps, report.fix.altitude_m) == (None, 9.0)
    assert report.attributes == {"unreadable": {"speed": "fast", "batt": "full"}}


@pytest.mark.parametrize("name", ["speed", "bearing", "heading", "accuracy", "hdop"])
def test_minus_one_means_not_known(name: str) -> None:
    found = fix(f"{PLACE}&{name}=-1")

    assert (found.speed_mps, found.course_deg, found.accuracy_m, found.hdop) == (None,) * 4


@pytest.mark.parametrize(
    ("written", "deg"), [("360", 0.0), ("0", 0.0), ("359.5", 359.5), ("361", None)]
)
def test_a_course_is_from_0_to_below_360(written: str, deg: float | None) -> None:
    assert fix(f"{PLACE}&heading={written}").course_deg == deg


@pytest.mark.parametrize(
    ("written", "valid"), [("true", True), ("1", True), ("false", False), ("0", False)]
)
def test_the_terminal_says_whether_it_measured(written: str, *, valid: bool) -> None:
    assert fix(f"{PLACE}&valid={written}").valid is valid


@pytest.mark.parametrize(
    ("written", "pct"), [("87", 87), ("86.5", 86), ("-1", None), ("4100", None)]
)
def test_a_charge_is_in_percent(written: str, pct: int | None) -> None:
    assert located(f"{PLACE}&batt={written}").battery_pct == pct


@pytest.mark.parametrize(
    ("written", "alarms"),
    [
        ("sos", ("sos",)),
        ("lowBattery", ("low_battery",)),
        ("geofenceEnter,hardBraking,geofenceEnter", ("fence_enter", "braking")),
        ("", ()),
    ],
)
def test_alarms_have_the_gateways_names(written: str, alarms: tuple[str, ...]) -> None:
    assert located(f"{PLACE}&alarm={written}").alarms == alarms


def test_an_alarm_that_is_no_name_is_kept_as_it_was() -> None:
    report = located(f"{PLACE}&alarm=%25%25")

    assert (report.alarms, report.attributes["alarm"]) == ((), "%%")


def test_other_fields_become_numbers_truths_or_text() -> None:
    extras = "a=12&b=-1.50&c=true&d=false&e=text%20&f=007&g=1.2.3&h=1e5&i=00.5&charge=1&j"
    report = located(f"{PLACE}&timestamp=0&{extras}&driverUniqueId=12&notificationToken=secret")

    assert report.attributes == {
        "a": 12,
        "b": -1.5,
        "c": True,
        "d": False,
        "e": "text",
        "f": "007",
        "g": "1.2.3",
        "h": "1e5",
        "i": "00.5",
        "charging": True,
        "j": "",
        "driver_id": "12",
    }


def test_cells_and_access_points_are_listed() -> None:
    report = located(
        "id=7&timestamp=0&cell=257,02,16,2224&cell=257,02,16,2223,-90&cell=1,2&cell=1,2,x,3"
        "&wifi=00-14-22-01-23-4F,-80&wifi=aa:bb:cc:dd:ee:ff&wifi="
    )

    assert report.fix is None
    assert report.attributes == {
        "cells": [
            {"mcc": 257, "mnc": 2, "lac": 16, "cell": 2224},
            {"mcc": 257, "mnc": 2, "lac": 16, "cell": 2223, "signal_dbm": -90},
        ],
        "wifi": [{"mac": "00:14:22:01:23:4f", "signal_dbm": -80}, {"mac": "aa:bb:cc:dd:ee:ff"}],
    }


@pytest.mark.parametrize(
    "line",
    [
        f"{PLACE}&timestamp=1772424000",
        f"?{PLACE}&timestamp=1772424000",
        f"/?{PLACE}&amp;timestamp=1772424000",
        f"http://gateway.example:5055/x?{PLACE}&timestamp=1772424000#a",
        f"{PLACE}&timestamp=1772424000&note=why?",
        f"GET /?{PLACE}&timestamp=1772424000 HTTP/1.1",
        f"POST /?{PLACE}&timestamp=1772424000 HTTP/1.0",
        "POST / HTTP/1.1\r\nContent-Length: 44\r\n\r\nid=7&lat=30.5&lon=104.2&timestamp=1772424000 ",
    ],
)
def test_a_query_may_be_written_in_many_ways(line: str) -> None:
    found = fix(line)

    assert (found.epoch, found.lat_deg, found.lon_deg) == (AT, 30.5, 104.2)


def test_a_form_of_too_many_fields_is_refused() -> None:
    refused, reply = told("id=7" + "&a=1" * 256)

    assert isinstance(refused, Refused)
    assert (refused.code, status([reply])) == ("unreadable_report", 400)


def test_a_query_may_hold_a_sentence_of_nmea() -> None:
    found = fix("id=7&gprmc=$GPRMC,040000.50,A,3030.0000,S,10412.0000,W,2.0,90.0,020326,,*05")

    assert found == RawFix(
        epoch=AT + timedelta(seconds=0.5),
        lat_deg=-30.5,
        lon_deg=-104.2,
        speed_mps=2 * 1852 / 3600,
        course_deg=90.0,
    )


@pytest.mark.parametrize(
    ("sentence", "is_read"),
    [
        ("$GPRMC,040000,V,,,,,,,020326,,", True),
        ("$GPRMC,040000,A,3030.0,N,10412.0,E,,,020326", False),
        ("$GPRMC,040000,A,3030.0,X,10412.0,E,,,020326", True),
        ("$GPRMC,040000,A,bad,N,10412.0,E,,,020326", True),
        ("$GPRMC,04,A,3030.0,N,10412.0,E,,,020326", True),
        ("$GPRMC,040000,A,3030.0,N,10412.0,E,,,310226", True),
        ("$GPRMC,040000,A,3030.0,N", True),
    ],
)
def test_a_sentence_that_holds_no_place_gives_no_fix(sentence: str, *, is_read: bool) -> None:
    assert (located(f"id=7&gprmc={sentence}").fix is None) == is_read


def test_a_wrong_checksum_is_marked_or_with_a_strict_profile_refused() -> None:
    line = "id=7&gprmc=$GPRMC,040000,A,3030.0,N,10412.0,E,,,020326*00"
    marked, strict = located(line), located(line, Profile(strict=True))

    assert marked.fix is not None
    assert marked.attributes["checksum"] is False
    assert (strict.fix, list(strict.attributes)) == (None, ["unreadable"])


def test_json_gives_all_of_a_fix() -> None:
    report = located(
        body(
            coords(',"accuracy":4,"speed":1.25,"heading":90,"altitude":500,"floor":null')
            + ',"is_moving":true,"odometer":120.5,"event":"motionchange","mock":true,"uuid":"u"'
            ',"activity":{"type":"on_foot"},"battery":{"level":0.29,"is_charging":true}'
            ',"extras":{"badge":"A7","n":[1]},"alarm":"sos","age":-1,"_":"&id=7&"'
        )
    )

    assert report.fix == RawFix(
        epoch=AT,
        lat_deg=30.5,
        lon_deg=104.2,
        altitude_m=500.0,
        speed_mps=1.25,
        course_deg=90.0,
        accuracy_m=4.0,
    )
    assert (report.alarms, report.battery_pct) == (("sos",), 29)
    assert report.attributes == {
        "badge": "A7",
        "is_moving": True,
        "odometer_m": 120.5,
        "event": "motionchange",
        "mock": True,
        "uuid": "u",
        "activity": "on_foot",
        "charging": True,
    }


def test_the_content_type_tells_json_beside_a_query() -> None:
    document = body(coords("")).encode()
    head = (
        "POST /?id=8 HTTP/1.1\r\nContent-Type: Application/JSON; charset=utf-8\r\n"
        f"Content-Length: {len(document)}\r\n\r\n"
    )
    events = OsmandCodec(Profile()).receive(head.encode() + document, received_at=NOW)

    assert events[0] == Identified(terminal_id="7")


def test_minus_one_in_json_means_not_known() -> None:
    unknown = ',"accuracy":-1,"speed":-1,"heading":-1,"altitude":-1,"speed_accuracy":-1'
    report = located(body(coords(unknown) + ',"battery":{"level":-1}'))

    assert report.fix == RawFix(epoch=AT, lat_deg=30.5, lon_deg=104.2)
    assert (report.battery_pct, report.attributes) == (None, {})


@pytest.mark.parametrize(
    "line",
    [
        body(
            '"timestamp":1772424000,"latitude":30.5,"longitude":104.2',
            rest=',"battery":{"level":79,"is_charging":false}',
        ),
        (
            '{"id":7,"latitude":"30.5","longitude":"104.2","timestamp":"1772424000",'
            '"charging":false,"battery":0.79}'
        ),
    ],
)
def test_the_flat_form_is_read_too(line: str) -> None:
    report = located(line)

    assert report.fix == RawFix(epoch=AT, lat_deg=30.5, lon_deg=104.2)
    assert (report.terminal_id, report.battery_pct) == ("7", 79)
    assert report.attributes == {"charging": False}


def test_a_list_of_locations_is_a_report_for_each() -> None:
    one = f"{{{coords('')}}}"
    events = told(f'{{"device_id":"7","location":[{one},{one},5]}}')

    assert [type(event) for event in events] == [Identified, Located, Located, Reply]


@pytest.mark.parametrize(
    ("location", "attributes"),
    [
        ('"timestamp":1772424000,"activity":"still"', {"activity": "still"}),
        ('"coords":{"latitude":1,"longitude":2}', {"untimed": True}),
        (
            '"timestamp":true,"latitude":1,"longitude":2',
            {"unreadable": {"latitude": 1, "longitude": 2, "timestamp": True}},
        ),
        (
            '"timestamp":0,"latitude":null,"longitude":NaN',
            {"unreadable": {"latitude": None, "longitude": None, "timestamp": 0}},
        ),
    ],
)
def test_json_tells_what_of_a_place_is_missing(
    location: str, attributes: dict[str, object]
) -> None:
    assert located(body(location)).attributes == attributes


@pytest.mark.parametrize(
    "line",
    [
        "{",
        "[]",
        "[1]",
        "{}",
        '{"device_id":"7","location":5}',
        '{"device_id":"7"' + ',"a":{"b":[' * 5000,
        "[" * 100_000,
        '{"a":' + "[" * 30 + "1" + "]" * 30 + "}",
        f"[{'1,' * 20_000}1]",
        '[{"id":"7","latitude":1},{"id":"8","latitude":1}]',
    ],
)
def test_json_that_cannot_be_read_is_refused_and_answered(line: str) -> None:
    refused, reply = told(line)

    assert isinstance(refused, Refused)
    assert (refused.code, status([reply])) == ("unreadable_report", 400)


@pytest.mark.parametrize(
    "line",
    ["lat=1&lon=2", "id=&lat=1&lon=2", "", "nonsense", body(coords("")).replace('"7"', "{}")],
)
def test_a_report_without_an_id_is_refused(line: str) -> None:
    events = told(line or "?")

    assert isinstance(events[0], Refused)
    assert (events[0].code, status(events)) == ("no_id", 400)


@pytest.mark.parametrize(("line", "code"), [(PLACE, 400), (body(coords("")), 404)])
def test_an_unknown_terminal_is_refused_with_the_status_that_its_app_knows(
    line: str, code: int
) -> None:
    codec = OsmandCodec(Profile(), admit=lambda terminal_id: terminal_id == "8")
    refused, reply = codec.take_line(line.encode(), received_at=NOW)

    assert isinstance(refused, Refused)
    assert (refused.code, status([reply])) == ("unknown_terminal", code)
    assert isinstance(codec.take_line(b"id=8", received_at=NOW)[0], Identified)
