"""Lines and sentences: what a receiver sends, and what of it can be used."""

import math
from datetime import UTC, datetime, timedelta

import pytest

from device.framing import LineFramer, Refusal, SentenceError
from device.nmea import (
    Gga,
    Gsa,
    Gst,
    Place,
    Rmc,
    Zda,
    accuracy_of,
    read_sentence,
)
from patrol.fix import FixQuality
from tests.unit.device.terminal import sentence

GOOD = b"$GPGLL,1*00"
UBX = b"\xb5\x62\x01\x07\x04\x00$\x24\x00\xff\x10\x20"
NOON = "120000.00"
PLACE = "3030.00000,N,10412.00000,E"


def frames(*pieces: bytes, limit: int = 1024) -> tuple[list[bytes], int]:
    framer = LineFramer(limit)
    found = []
    for piece in pieces:
        framer.receive(piece)
        found += framer.frames()
    return found, framer.strays


def read(body: str) -> object:
    return read_sentence(sentence(body).strip())


@pytest.mark.parametrize(
    ("pieces", "strays"),
    [
        ([GOOD + b"\r\n"], 0),
        ([GOOD + b"\n"], 0),
        ([GOOD + b"\r"], 0),
        ([b"$GPG", b"LL,1*0", b"0\r\n"], 0),
        ([b"12,A*00\r\n" + GOOD + b"\r\n"], 1),
        ([UBX + GOOD + b"\r\n"], 0),
        ([UBX, b"\n", GOOD + b"\r\n"], 0),
        ([b"$GPGGA,12" + GOOD + b"\r\n"], 0),
        ([b"\r\n\r\n" + GOOD + b"\r\n"], 0),
        ([b"x" * 5000, GOOD + b"\r\n"], 0),
        ([b"x" * 5000 + b"\n" + GOOD + b"\n"], 1),
        ([*[b"y" * 700] * 9, b"\n", GOOD + b"\n"], 1),
        ([b"$" + b"y" * 5000, b"\n" + GOOD + b"\n"], 1),
    ],
)
def test_a_sentence_is_found_whatever_stands_around_it(pieces: list[bytes], strays: int) -> None:
    found, counted = frames(*pieces)

    assert found[-1] == GOOD
    assert counted == strays


def test_a_line_without_end_does_not_fill_the_memory() -> None:
    framer = LineFramer(limit=100)
    for _ in range(100):
        framer.receive(b"$" + b"z" * 99)
        framer.frames()

    assert len(framer._rest) <= 100


def test_an_unfinished_sentence_is_not_given_out() -> None:
    assert frames(GOOD) == ([], 0)


@pytest.mark.parametrize("talker", ["GP", "GN", "GL", "GA", "GB", "BD", "QZ", "IN", "PQ", "XY"])
def test_any_two_letters_may_talk(talker: str) -> None:
    assert isinstance(read(f"{talker}RMC,{NOON},A,{PLACE},1.0,90.0,020326,,,A"), Rmc)


@pytest.mark.parametrize("mode", ["", ",A", ",D", ",F", ",R", ",P", ",A,V", ",D,S", ",A,"])
def test_a_measured_position_is_judged_by_status_and_mode_alone(mode: str) -> None:
    reading = read(f"GNRMC,{NOON},A,{PLACE},1.0,90.0,020326,,{mode}")

    assert isinstance(reading, Rmc)
    assert reading.place == (30.5, 104.2)


@pytest.mark.parametrize(
    ("status", "mode"), [("V", "A"), ("A", "N"), ("A", "E"), ("A", "S"), ("A", "M"), ("", "A")]
)
def test_a_position_that_was_not_measured_is_none(status: str, mode: str) -> None:
    reading = read(f"GNRMC,{NOON},{status},{PLACE},1.0,90.0,020326,,,{mode},V")

    assert reading == Rmc(timedelta(hours=12))


@pytest.mark.parametrize(
    "body",
    [
        "GPRMC,,V,,,,,,,,,,N",
        "GPGGA,,,,,,0,,,,,,,,",
        "GPGST,,,,,,,,",
        "GPZDA,,,,,,",
        "GPGSV,1,1,00",
        "GPTXT,01,01,02,ANTENNA OK",
        "PUBX,00",
        "",
    ],
)
def test_what_says_nothing_yet_is_passed_over(body: str) -> None:
    assert read(body) is None


def test_rmc_is_read_in_full() -> None:
    assert read("GNRMC,235959.98,A,3645.874753,S,03124.635752,W,5.5,265.0,110922,3.6,E,A,V") == Rmc(
        time=timedelta(hours=23, minutes=59, seconds=59, milliseconds=980),
        epoch=datetime(2022, 9, 11, 23, 59, 59, 980_000, tzinfo=UTC),
        place=Place(-(36 + 45.874753 / 60), -(31 + 24.635752 / 60)),
        speed_mps=5.5 * 1852 / 3600,
        course_deg=265.0,
        quality=FixQuality.GNSS,
    )


@pytest.mark.parametrize(
    ("lon", "lon_deg"), [("10412.0", 104.2), ("00412.0", 4.2), ("0412.0", 4.2), ("0412", 4.2)]
)
def test_degrees_have_two_or_three_digits(lon: str, lon_deg: float) -> None:
    reading = read(f"GNRMC,{NOON},A,3030.0,N,{lon},E,1.0,90.0,020326,,,A")

    assert isinstance(reading, Rmc)
    assert reading.place is not None
    assert reading.place.lon_deg == pytest.approx(lon_deg)


@pytest.mark.parametrize(
    ("date", "year"), [("060180", 1980), ("060199", 1999), ("060100", 2000), ("060179", 2079)]
)
def test_the_year_of_rmc_is_of_the_century_that_gps_knows(date: str, year: int) -> None:
    reading = read(f"GNRMC,{NOON},A,{PLACE},1.0,90.0,{date},,,A")

    assert isinstance(reading, Rmc)
    assert reading.epoch == datetime(year, 1, 6, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("speed", "course"), [("", ""), ("1a.5", "x"), ("nan", "inf"), ("-1.0", "361.0"), ("1e3", "-2")]
)
def test_speed_and_course_that_cannot_be_are_not_known(speed: str, course: str) -> None:
    reading = read(f"GNRMC,{NOON},A,{PLACE},{speed},{course},020326,,,A")

    assert isinstance(reading, Rmc)
    assert (reading.speed_mps, reading.course_deg) == (None, None)
    assert reading.place is not None


@pytest.mark.parametrize(
    "body",
    [
        f"GNRMC,250000.00,A,{PLACE},1,90,020326,,,A",
        f"GNRMC,12x000.00,A,{PLACE},1,90,020326,,,A",
        f"GNRMC,,A,{PLACE},1,90,020326,,,A",
        f"GNRMC,{NOON},A,,,,,1,90,020326,,,A",
        f"GNRMC,{NOON},A,3030.0,,10412.0,E,1,90,020326,,,A",
        f"GNRMC,{NOON},A,3030.0,X,10412.0,E,1,90,020326,,,A",
        f"GNRMC,{NOON},A,9130.0,N,10412.0,E,1,90,020326,,,A",
        f"GNRMC,{NOON},A,3030.0,N,18112.0,E,1,90,020326,,,A",
        f"GNRMC,{NOON},A,3075.0,N,10412.0,E,1,90,020326,,,A",
        f"GNRMC,{NOON},A,{PLACE},1,90,0203-1,,,A",
        f"GNRMC,{NOON},A,{PLACE},1,90,310226,,,A",
        f"GNRMC,{NOON},A,{PLACE},1,90,,,,A",
        f"GNRMC,{NOON},A",
        f"GNGGA,{NOON},{PLACE},x,09,1.1,5.0,M,,M,,",
        f"GNGGA,{NOON},{PLACE},9,09,1.1,5.0,M,,M,,",
        f"GNZDA,{NOON},02,03,-1,00,00",
        f"GNZDA,{NOON},02,13,2026,00,00",
    ],
)
def test_an_unreadable_time_or_place_refuses_the_sentence(body: str) -> None:
    with pytest.raises(SentenceError) as error:
        read(body)

    assert error.value.reason is Refusal.MALFORMED


@pytest.mark.parametrize("ending", ["", "*", "*0", "*ZZ"])
def test_a_checksum_must_be_there(ending: str) -> None:
    with pytest.raises(SentenceError):
        read_sentence(f"$GNRMC,{NOON},A,{PLACE},1,90,020326,,,A{ending}".encode())


def test_a_wrong_checksum_is_told_apart() -> None:
    line = sentence(f"GNRMC,{NOON},A,{PLACE},1,90,020326,,,A").strip().replace(b"3030", b"3031")
    with pytest.raises(SentenceError) as error:
        read_sentence(line)

    assert error.value.reason is Refusal.CHECKSUM


def test_a_checksum_may_be_in_lower_case() -> None:
    assert read_sentence(b"$GNGSA,A,3,08*0a") == Gsa(None)


def test_gga_is_read_in_full() -> None:
    assert read(f"GNGGA,{NOON},{PLACE},2,12,0.54,83.1,M,-29.5,M,,0000") == Gga(
        time=timedelta(hours=12),
        quality=FixQuality.DIFFERENTIAL,
        place=Place(30.5, 104.2),
        satellites=12,
        hdop=0.54,
        altitude_m=83.1,
    )


@pytest.mark.parametrize("quality", [0, 6, 7, 8])
def test_a_gga_that_was_not_measured_has_no_place(quality: int) -> None:
    reading = read(f"GNGGA,{NOON},{PLACE},{quality},12,0.5,83.1,M,-29.5,M,,")

    assert reading == Gga(timedelta(hours=12), FixQuality(quality))


def test_gst_gives_the_radius() -> None:
    reading = read(f"GNGST,{NOON},20.0,2.5,2.4,126,3.0,4.0,3.1")

    assert isinstance(reading, Gst)
    assert reading.time == timedelta(hours=12)
    assert reading.accuracy_m == pytest.approx(1.515 * math.sqrt((9 + 16) / 2))


@pytest.mark.parametrize("sigmas", [("", ""), ("x", "4.0"), ("0.0", "0.0"), ("-1", "2")])
def test_gst_without_errors_gives_no_radius(sigmas: tuple[str, str]) -> None:
    assert read(f"GNGST,{NOON},,,,,{','.join(sigmas)},") == Gst(timedelta(hours=12), None)


def test_the_radius_holds_68_percent_of_a_circular_error() -> None:
    radius_m = accuracy_of(1.0, 1.0)

    assert radius_m is not None
    assert 1 - math.exp(-(radius_m**2) / 2) == pytest.approx(0.68, abs=0.005)


def test_gsa_gives_hdop_with_or_without_a_system_id() -> None:
    satellites = ",".join(["01"] * 12)

    assert read(f"GNGSA,A,3,{satellites},1.5,0.9,1.2,1") == Gsa(0.9)
    assert read(f"GNGSA,A,3,{satellites},1.5,0.9,1.2") == Gsa(0.9)


def test_zda_gives_the_date_with_its_century() -> None:
    assert read("GNZDA,235959.50,31,12,2025,00,00") == Zda(
        datetime(2025, 12, 31, 23, 59, 59, 500_000, tzinfo=UTC)
    )
