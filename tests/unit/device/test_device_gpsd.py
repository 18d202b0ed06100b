"""What gpsd says, sentence by sentence; the real one is among the integration tests."""

import json
import math
from datetime import UTC, datetime

import pytest

from device.receivers.gpsd import GpsdReader
from patrol.fix import Fix, FixQuality

TIME = "2026-03-02T04:00:00.000Z"
NEXT = "2026-03-02T04:00:01.000Z"
TPV = {
    "class": "TPV",
    "device": "/dev/ttyACM0",
    "mode": 3,
    "time": TIME,
    "lat": 30.5,
    "lon": 104.2,
    "altMSL": 500.0,
    "speed": 1.25,
    "track": 90.0,
    "eph": 4.0,
}
SKY = {
    "class": "SKY",
    "device": "/dev/ttyACM0",
    "hdop": 0.9,
    "uSat": 8,
    "satellites": [{"PRN": 1, "ss": 44.0, "used": True}, {"PRN": 2, "ss": 0.0, "used": False}],
}
GST = {"class": "GST", "device": "/dev/ttyACM0", "time": TIME, "lat": 3.0, "lon": 4.0}


def lines(*bodies: dict[str, object]) -> bytes:
    return b"".join(json.dumps(body).encode() + b"\r\n" for body in bodies)


def fixes_of(*bodies: dict[str, object]) -> list[Fix]:
    reader = GpsdReader()
    return [*reader.receive(lines(*bodies)), *reader.flush()]


@pytest.mark.parametrize("order", [(GST, SKY, TPV), (SKY, TPV, GST)])
def test_an_epoch_is_put_together(order: tuple[dict[str, object], ...]) -> None:
    assert fixes_of(*order) == [
        Fix(
            epoch=datetime(2026, 3, 2, 4, tzinfo=UTC),
            lat_deg=30.5,
            lon_deg=104.2,
            altitude_m=500.0,
            speed_mps=1.25,
            course_deg=90.0,
            hdop=0.9,
            accuracy_m=1.515 * math.hypot(3.0, 4.0) / math.sqrt(2),
            satellites=8,
            quality=FixQuality.GNSS,
        )
    ]


@pytest.mark.parametrize(
    "changed",
    [
        {"mode": 1},
        {"mode": 0},
        {"status": 5},
        {"status": 7},
        {"status": 8},
        {"time": None},
        {"time": "yesterday"},
        {"time": "2026-03-02T04:00:00"},
        {"lat": None},
        {"lat": "30.5"},
        {"lat": 91},
        {"lon": True},
        {"lon": 1e400},
        {"mode": "3"},
        {"status": []},
    ],
)
def test_what_was_not_measured_or_cannot_be_is_no_fix(changed: dict[str, object]) -> None:
    assert fixes_of({**TPV, **changed}) == []


@pytest.mark.parametrize("value", [None, -1.0, "fast", 1e400, []])
def test_a_speed_that_cannot_be_is_not_known(value: object) -> None:
    (fix,) = fixes_of({**TPV, "speed": value, "track": value})

    assert (fix.speed_mps, fix.course_deg) == (None, None)


@pytest.mark.parametrize(
    ("status", "quality"),
    [(1, 1), (2, 2), (3, 4), (4, 5), (6, 1), (9, 3), (0, 1)],
)
def test_quality_is_of_the_status(status: int, quality: int) -> None:
    (fix,) = fixes_of({**TPV, "status": status})

    assert fix.quality == quality


def test_the_same_epoch_twice_is_one_fix() -> None:
    assert len(fixes_of(TPV, TPV, {**TPV, "time": NEXT}, {**TPV, "time": NEXT})) == 2


def test_an_epoch_that_was_flushed_is_not_given_out_again() -> None:
    reader = GpsdReader()
    reader.receive(lines(TPV))

    assert len(reader.flush()) == 1
    assert [*reader.receive(lines(TPV)), *reader.flush()] == []


def test_errors_of_another_epoch_are_not_taken() -> None:
    (fix,) = fixes_of({**GST, "time": NEXT}, TPV)

    assert fix.accuracy_m is None


def test_another_receiver_is_not_listened_to() -> None:
    reader = GpsdReader("/dev/ttyUSB7")

    assert [*reader.receive(lines(TPV, SKY)), *reader.flush()] == []


def test_satellites_are_counted_where_gpsd_does_not() -> None:
    reader = GpsdReader()
    reader.receive(lines({"class": "SKY", "satellites": SKY["satellites"]}))

    assert (reader.satellites, reader.sky.in_view, reader.sky.strongest_dbhz) == (1, 2, 44)


@pytest.mark.parametrize(
    ("body", "devices"),
    [
        ({"class": "DEVICES", "devices": []}, 0),
        ({"class": "DEVICES", "devices": [{"path": "/dev/ttyACM0"}]}, 1),
        ({"class": "DEVICE", "path": "/dev/ttyACM0", "activated": 0}, 0),
        ({"class": "DEVICE", "path": "/dev/ttyACM0", "activated": TIME}, 1),
    ],
)
def test_what_receivers_gpsd_has_is_known(body: dict[str, object], devices: int) -> None:
    reader = GpsdReader()
    reader.receive(lines(body))

    assert reader.devices == devices


@pytest.mark.parametrize(
    "line",
    [b"{", b"[]", b"7", b"null", b'{"class":[]}', b"[" * 60_000, b"\xff\xfe", b'{"lat":1}', b"$GP"],
)
def test_what_is_no_json_of_gpsd_is_counted_and_passed_over(line: bytes) -> None:
    reader = GpsdReader()
    found = reader.receive(line + b"\n" + lines(TPV))

    assert len([*found, *reader.flush()]) == 1
    assert reader.refusals == {"malformed": 1}


def test_a_line_without_end_does_not_fill_the_memory() -> None:
    reader = GpsdReader()
    for _ in range(100):
        reader.receive(b"x" * 10_000)

    assert len(reader._rest) <= 65_536


def test_a_leap_second_is_the_next_midnight() -> None:
    (fix,) = fixes_of({**TPV, "time": "2016-12-31T23:59:60.000Z"})

    assert fix.epoch == datetime(2017, 1, 1, tzinfo=UTC)
