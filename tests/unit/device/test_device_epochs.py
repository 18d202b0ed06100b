"""Epochs: what a receiver says about one instant, put together."""

import itertools
from datetime import datetime, timedelta

import pytest

from device.epochs import FixReader, Receipt
from device.framing import Refusal
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


GGA_ONLY = "GNGGA,{:%H%M%S}.00,3030.0,N,10412.0,E,1,09,1.1,5.0,M,,M,,"


@pytest.mark.parametrize(
    ("told", "now"),
    [
        ("2026-03-02T23:59:58", "2026-03-02T23:59:59"),
        ("2026-03-02T23:59:58", "2026-03-03T00:00:04"),
        ("2026-03-03T00:00:01", "2026-03-02T23:59:50"),
        ("2026-03-02T12:00:00", "2026-03-02T20:00:00"),
    ],
)
def test_a_time_without_a_date_is_of_the_day_nearest_to_its_receipt(told: str, now: str) -> None:
    epoch = datetime.fromisoformat(f"{told}+00:00")
    reader = FixReader()
    receipt = Receipt(datetime.fromisoformat(f"{now}+00:00"), 0.0)
    reader.receive(sentence(GGA_ONLY.format(epoch)), receipt)

    assert [fix.epoch for fix in reader.flush()] == [epoch]


def test_a_date_that_was_told_holds_whatever_the_systems_clock_says() -> None:
    reader = FixReader()
    reader.receive(ZDA + gga(0), Receipt(START, 0.0))
    day = timedelta(days=1)
    later = START + 2 * day + timedelta(hours=3)
    receipt = Receipt(START - 900 * day, (later - START).total_seconds() + 1)
    reader.receive(sentence(GGA_ONLY.format(later)), receipt)

    assert [fix.epoch for fix in reader.flush()] == [later]


def gns(second: int, modes: str = "AN") -> bytes:
    body = gga(second)[1:].decode().partition("*")[0].split(",")
    return sentence(",".join(["GNGNS", *body[1:6], modes, *body[7:10], "-30.0,,,V"]))


def gll(second: int, tail: str = "A,A") -> bytes:
    fields = gga(second)[1:].decode().partition("*")[0].split(",")
    return sentence(",".join(["GNGLL", *fields[2:6], fields[1], tail]))


def test_gns_stands_in_for_a_gga_that_does_not_come() -> None:
    fixes = fixes_of(*(rmc(second) + gns(second, "NR") for second in range(15)))

    assert len(fixes) == 15
    assert (fixes[-1].satellites, fixes[-1].hdop, fixes[-1].quality) == (9, 1.1, 4)


def test_gns_says_nothing_beside_gga() -> None:
    fixes = fixes_of(*(gns(second, "RR") + rmc(second) + gga(second) for second in range(15)))

    assert {fix.quality for fix in fixes} == {FixQuality.GNSS}


def test_gll_stands_in_for_rmc_and_gga_that_do_not_come() -> None:
    fixes = fixes_of(ZDA, *map(gll, range(15)))

    assert [fix.epoch for fix in fixes] == [at(second) for second in range(10, 15)]


@pytest.mark.parametrize("tail", ["V,A", "A,N", "A,E", "V,N"])
def test_gll_that_was_not_measured_is_no_fix(tail: str) -> None:
    assert fixes_of(ZDA, *(gll(second, tail) for second in range(15))) == []


def test_gll_says_nothing_beside_rmc() -> None:
    fixes = fixes_of(*(rmc(second) + gll(second + 100) for second in range(15)))

    assert len(fixes) == 15


def test_vtg_gives_speed_and_course_where_no_rmc_does() -> None:
    vtg = sentence("GNVTG,90.0,T,,M,2.00,N,3.70,K,A")
    (fix,) = fixes_of(ZDA, gga(0), vtg)

    assert (fix.speed_mps, fix.course_deg) == (2.0 * 1852 / 3600, 90.0)


def test_vtg_says_nothing_beside_a_speed_of_rmc() -> None:
    vtg = sentence("GNVTG,180.0,T,,M,20.00,N,37.00,K,A")
    (fix,) = fixes_of(rmc(0), vtg)

    assert fix.course_deg == 90.0


def test_sentences_of_any_type_are_heard() -> None:
    reader = FixReader()
    wrong = b"$GPGSV,1,1,04*00\r\n"
    reader.receive(rmc(0) + sentence("GPGSV,1,1,04") + wrong + sentence("PMTK010,001"))

    assert (reader.heard, reader.sentences) == (3, 1)
    assert reader.sky.in_view == 4


def test_satellites_are_told_without_a_fix() -> None:
    reader = FixReader()
    reader.receive(gga(0))

    assert reader.satellites == 9


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
