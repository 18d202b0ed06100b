"""Sentences as receivers send them: known ones, void ones, odd manners."""

import re

import numpy as np
import pytest

from simulator.nmea import MODELS, Manner, Solutions, checksum, encode

# 2026-03-02 01:30:07 UTC.
EPOCH_MS = 1_772_415_007_000
MODERN = MODELS["multi-v411"]


def solutions(*, solved: bool = True, **changes: int) -> Solutions:
    """Return one solution in the middle of Chengdu."""
    values = {
        "epoch_ms": EPOCH_MS,
        "lat_e7": 306_600_000,
        "lon_e7": 1_040_600_000,
        "altitude_dm": 5003,
        "speed_cmps": 103,
        "course_ddeg": 905,
        "hdop_c": 112,
        "accuracy_dm": 61,
        "satellites": 9,
        **changes,
    }
    columns = {name: np.array([value]) for name, value in values.items()}
    return Solutions(solved=np.array([solved]), **columns)


def lines(what: Solutions, manner: Manner = MODERN) -> list[str]:
    return b"".join(encode(what, manner)).decode("ascii").splitlines(keepends=True)


def line(kind: str, what: Solutions, manner: Manner = MODERN) -> str:
    return next(one for one in lines(what, manner) if one[3:6] == kind)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        # Examples printed in many receivers' manuals.
        (b"GPGGA,123519,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,", 0x47),
        (b"GPRMC,123519,A,4807.038,N,01131.000,E,022.4,084.4,230394,003.1,W", 0x6A),
        (b"", 0),
        (b"\x01" * 127, 1),
    ],
)
def test_a_checksum_is_the_exclusive_or_of_all_bytes(body, expected):
    assert checksum(body) == expected


def test_rmc_tells_place_motion_and_date():
    assert line("RMC", solutions()) == (
        "$GNRMC,013007.00,A,3039.60000,N,10403.60000,E,2.002,90.5,020326,,,A,V*09\r\n"
    )


def test_gga_tells_quality_satellites_and_height():
    assert line("GGA", solutions()) == (
        "$GNGGA,013007.00,3039.60000,N,10403.60000,E,1,09,1.12,500.3,M,0.0,M,,*75\r\n"
    )


def test_gst_tells_the_error_of_an_axis():
    # 6.1 m hold 68 % of a circular error of 4.03 m an axis.
    assert line("GST", solutions()).startswith("$GNGST,013007.00,4.0,,,,4.03,4.03,6.0*")


def test_gsa_names_the_satellites_of_each_constellation():
    gps, beidou = (one for one in lines(solutions()) if one[3:6] == "GSA")

    assert gps.startswith("$GNGSA,A,3,02,05,07,08,13,,,,,,,,2.02,1.12,1.68,1*")
    assert beidou.startswith("$GNGSA,A,3,06,09,13,16,,,,,,,,,2.02,1.12,1.68,4*")


def test_zda_tells_the_whole_year():
    assert line("ZDA", solutions(), MODELS["beidou-v41"]).startswith(
        "$BDZDA,013007.000,02,03,2026,00,00*"
    )


@pytest.mark.parametrize("model", MODELS)
def test_without_a_solution_every_sentence_says_so(model):
    for one in lines(solutions(solved=False), MODELS[model]):
        fields = one.split("*")[0].split(",")
        void = {"RMC": (2, "V"), "GGA": (6, "0"), "GSA": (2, "1"), "GST": (6, ""), "ZDA": (1, None)}
        index, value = void[one[3:6]]
        assert value is None or fields[index] == value
        assert "3039" not in one


def test_a_modern_receiver_says_v_of_good_fixes_too():
    assert line("RMC", solutions()).split("*")[0].endswith(",A,V")


@pytest.mark.parametrize(
    ("model", "fields"), [("multi-v411", 14), ("beidou-v41", 14), ("gps-v30", 13), ("gps-v23", 13)]
)
@pytest.mark.parametrize("solved", [True, False])
def test_rmc_has_as_many_fields_as_its_version(model, fields, solved):
    assert line("RMC", solutions(solved=solved), MODELS[model]).count(",") == fields - 1


def test_an_old_receiver_writes_checksums_in_small_letters():
    said = "".join(
        "".join(lines(solutions(epoch_ms=EPOCH_MS + at * 1000), MODELS["gps-v23"]))
        for at in range(20)
    )

    digits = "".join(re.findall(r"\*(..)\r\n", said))
    assert re.search("[a-f]", digits)
    assert not re.search("[A-F]", digits)


@pytest.mark.parametrize(
    ("lat_e7", "lon_e7", "expected"),
    [
        (-339_000_000, -1_512_000_000, "3354.00000,S,15112.00000,W"),
        (0, 0, "0000.00000,N,00000.00000,E"),
        (-1, 1, "0000.00001,S,00000.00001,E"),
        (-1_700, -1_799_999_999, "0000.01020,S,17959.99999,W"),
        (1, -1_800_000_000, "0000.00001,N,18000.00000,W"),
        (309_999_999, 1_039_999_999, "3059.99999,N,10359.99999,E"),
    ],
)
def test_places_are_written_in_degrees_and_minutes(lat_e7, lon_e7, expected):
    assert f",{expected}," in line("GGA", solutions(lat_e7=lat_e7, lon_e7=lon_e7))


def test_minutes_never_reach_sixty():
    near = solutions(lat_e7=309_999_999, lon_e7=1_039_999_999)

    assert ",3100.0000,N,10400.0000,E," in line("GGA", near, MODELS["gps-v30"])


def test_somebody_who_stands_has_no_course():
    assert ",0.389,,020326," in line("RMC", solutions(speed_cmps=20))


@pytest.mark.parametrize("model", MODELS)
def test_no_sentence_is_longer_than_the_standard_allows(model):
    what = solutions(
        lon_e7=-1_799_999_999, hdop_c=1999, satellites=20, altitude_dm=-12_345, accuracy_dm=9999
    )

    assert max(map(len, lines(what, MODELS[model]))) <= 82


def test_each_epoch_is_one_piece():
    assert len(list(encode(solutions(), MODERN))) == 1
