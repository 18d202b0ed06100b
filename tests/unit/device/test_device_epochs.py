"""Epochs: what a receiver says about one instant, put together."""

import itertools
from datetime import datetime, timedelta

import pytest

from device.epochs import FixReader
from device.nmea import Refusal
from patrol.fix import Fix, FixQuality
from tests.unit.device.terminal import START, gga, rmc, sentence

TIME = "040000.00"
GST = sentence(f"GNGST,{TIME},20.0,2.5,2.4,126,1.0,1.0,3.1")
GSA = sentence("GNGSA,A,3,01,02,03,,,,,,,,,,1.5,0.9,1.2,1")
ZDA = sentence(f"GNZDA,{TIME},02,03,2026,00,00")
PLACE = "3030.00000,N,10412.00000,E"


def at(second: float) -> datetime:
    return START + timedelta(seconds=second)


def fixes_of(*messages: bytes) -> list[Fix]:
    reader = FixReader()
    return [*reader.receive(b"".join(messages)), *reader.flush()]


@pytest.mark.parametrize("order", list(itertools.permutations([rmc(0), gga(0), GST, ZDA])))
def test_an_epoch_does_not_depend_on_the_order_of_its_sentences(order: tuple[bytes, ...]) -> None:
    assert fixes_of(*order) == [
        Fix(
            epoch=START,
            lat_deg=30.5,
            lon_deg=104.2,
            altitude_m=500.0,
            speed_mps=2.0 * 1852 / 3600,
            course_deg=90.0,
            hdop=1.1,
            accuracy_m=1.515,
            satellites=9,
            quality=FixQuality.GNSS,
        )
    ]


@pytest.mark.parametrize("parts", [(rmc(0),), (rmc(0), GST), (rmc(0), GSA), (rmc(0), gga(0))])
def test_whichever_sentences_come_make_a_fix(parts: tuple[bytes, ...]) -> None:
    (fix,) = fixes_of(*parts)

    assert (fix.epoch, fix.lat_deg) == (START, 30.5)


def test_hdop_is_of_gsa_where_gga_does_not_come() -> None:
    (fix,) = fixes_of(rmc(0), GSA, GSA)

    assert fix.hdop == 0.9


@pytest.mark.parametrize(
    ("mode", "quality"),
    [
        (",A", FixQuality.GNSS),
        (",D", FixQuality.DIFFERENTIAL),
        (",R", FixQuality.RTK_FIXED),
        (",F", FixQuality.RTK_FLOAT),
        (",P", FixQuality.PPS),
        ("", None),
    ],
)
def test_quality_is_of_the_mode_where_gga_does_not_come(
    mode: str, quality: FixQuality | None
) -> None:
    (fix,) = fixes_of(rmc(0, tail=mode))

    assert fix.quality is quality


def test_quality_is_of_gga_where_it_comes() -> None:
    (fix,) = fixes_of(rmc(0), gga(0, quality=4))

    assert fix.quality is FixQuality.RTK_FIXED


def test_an_epoch_is_given_out_when_the_next_one_begins() -> None:
    reader = FixReader()

    assert reader.receive(rmc(0) + gga(0)) == []
    assert [fix.epoch for fix in reader.receive(gga(1))] == [START]


def test_a_flushed_epoch_is_not_given_out_twice() -> None:
    reader = FixReader()
    reader.receive(rmc(0))

    assert len(reader.flush()) == 1
    assert reader.receive(gga(0) + rmc(0)) == []
    assert reader.flush() == []


def test_a_void_epoch_is_no_fix_at_zero() -> None:
    void = sentence(f"GNRMC,{TIME},V,,,,,,,020326,,,N")

    assert fixes_of(void, gga(0)) == []


def test_gga_refutes_an_rmc_that_cannot_tell_an_estimate() -> None:
    assert fixes_of(rmc(0, tail=""), gga(0, quality=6)) == []


def test_gga_does_not_refute_an_rmc_that_states_its_mode() -> None:
    (fix,) = fixes_of(rmc(0), gga(0, quality=0))

    assert fix.quality is FixQuality.GNSS


def test_one_sentence_for_each_constellation_makes_one_fix() -> None:
    glonass = gga(0).replace(b"$GN", b"$GL").replace(b",09,", b",02,")
    body = glonass[1:].partition(b"*")[0].decode()
    (fix,) = fixes_of(gga(0), sentence(body), rmc(0))

    assert fix.satellites == 9


def test_the_first_constellation_with_a_solution_counts() -> None:
    void = sentence(f"GLRMC,{TIME},V,,,,,,,020326,,,N")
    none = sentence(f"GLGGA,{TIME},,,,,0,00,,,M,,M,,")
    (fix,) = fixes_of(void, none, rmc(0), gga(0))

    assert fix.satellites == 9


@pytest.mark.parametrize("parts", [(ZDA, gga(0)), (gga(0), ZDA)])
def test_a_receiver_without_rmc_gives_fixes(parts: tuple[bytes, ...]) -> None:
    (fix,) = fixes_of(*parts)

    assert (fix.epoch, fix.speed_mps, fix.quality) == (START, None, FixQuality.GNSS)


def test_gga_alone_has_no_date_and_is_no_fix() -> None:
    assert fixes_of(gga(0), gga(1)) == []


@pytest.mark.parametrize(
    ("dated", "time", "epoch"),
    [
        ("235959.00,31,12,2025", "000000.00", "2026-01-01T00:00:00"),
        ("000000.00,01,01,2026", "235959.00", "2025-12-31T23:59:59"),
        ("180000.00,31,12,2025", "080000.00", "2026-01-01T08:00:00"),
    ],
)
def test_midnight_changes_the_date_of_gga(dated: str, time: str, epoch: str) -> None:
    (fix,) = fixes_of(
        sentence(f"GNZDA,{dated},00,00"), sentence(f"GNGGA,{time},{PLACE},1,09,1.1,5.0,M,,M,,")
    )

    assert fix.epoch.isoformat() == f"{epoch}+00:00"


def test_gga_is_no_fix_where_the_rmc_of_its_epoch_is_lost() -> None:
    """Of a receiver that sends RMC, only RMC says whether a position is good."""
    assert [fix.epoch for fix in fixes_of(rmc(0), gga(0), gga(1))] == [START]


def test_gga_counts_again_when_rmc_no_longer_comes() -> None:
    fixes = fixes_of(rmc(0), gga(0), *(gga(second) for second in range(1, 30)))

    assert [fix.epoch for fix in fixes] == [at(second) for second in [0, *range(10, 30)]]


def test_a_leap_second_is_the_next_midnight() -> None:
    (fix,) = fixes_of(sentence(f"GNRMC,235960.00,A,{PLACE},1.0,9.0,311216,,,A"))

    assert fix.epoch.isoformat() == "2017-01-01T00:00:00+00:00"


def test_bad_lines_are_counted_and_do_not_stop_the_good() -> None:
    reader = FixReader()
    wrong = rmc(2).replace(b"3030", b"3031")
    bad_date = sentence(f"GNRMC,{TIME},A,{PLACE},1,90,0203-1,,,A")
    found = reader.receive(b"4,A*00\r\n" + rmc(1) + wrong + bad_date + rmc(3) + b"\xff\n" + rmc(4))

    assert len([*found, *reader.flush()]) == 3
    assert reader.refused == {Refusal.NO_SENTENCE: 2, Refusal.CHECKSUM: 1, Refusal.MALFORMED: 1}
    assert reader.sentences == 3
