"""Wrong dates and broken antennas: recognised, told once, never corrected."""

from datetime import UTC, datetime, timedelta

import pytest

from device.epochs import Receipt
from device.receivers.notices import ROLLOVER, AntennaWatch, DateWatch, MadeUpWatch
from device.sky import Antenna, Sky
from patrol.fix import FixQuality
from patrol.notices.events import EventKind
from tests.unit.device.terminal import sentence

NOW = datetime(2026, 3, 2, 4, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = 24 * HOUR


def told(epoch: datetime, now: datetime = NOW) -> dict[str, int | str] | None:
    notice = DateWatch().look(epoch, Receipt(now, 0.0))
    return None if notice is None else dict(notice.detail)


@pytest.mark.parametrize("off", [timedelta(0), HOUR, -8 * HOUR])
def test_what_a_zone_or_a_slow_clock_explains_is_no_wrong_date(off: timedelta) -> None:
    assert told(NOW + off) is None


@pytest.mark.parametrize("turns", [-2, -1, 1])
@pytest.mark.parametrize("rest", [timedelta(0), 8 * HOUR])
def test_a_rollover_is_recognised(turns: int, rest: timedelta) -> None:
    off = turns * ROLLOVER + rest

    assert told(NOW + off) == {
        "cause": "rollover",
        "step_ms": off // timedelta(milliseconds=1),
        "weeks": turns * 1024,
    }


@pytest.mark.parametrize("off", [-DAY, 300 * DAY, -ROLLOVER - 7 * DAY])
def test_another_wrong_date_is_one_of_the_receiver(off: timedelta) -> None:
    detail = told(NOW + off)

    assert detail is not None
    assert detail["cause"] == "receiver_date"


def test_a_system_that_was_never_set_is_what_is_wrong() -> None:
    detail = told(NOW, now=datetime(1970, 1, 1, tzinfo=UTC))

    assert detail is not None
    assert detail["cause"] == "system_clock"


def test_a_wrong_date_is_told_once_and_again_when_it_changes() -> None:
    watch = DateWatch()
    found = []
    for second, off in enumerate([0, -400, -400, -400, 0, -400, 0, 0]):
        later = timedelta(seconds=second)
        receipt = Receipt(NOW + later, float(second))
        found.append(watch.look(NOW + later + off * DAY, receipt) is not None)

    assert found == [False, True, False, False, False, True, False, False]


def test_a_step_of_the_systems_clock_is_none_of_the_receiver() -> None:
    watch = DateWatch()
    watch.look(NOW, Receipt(NOW, 0.0))
    second = timedelta(seconds=1)

    assert watch.look(NOW + second, Receipt(NOW - DAY, 1.0)) is None
    assert watch.cause is not None


def test_a_rollover_that_shows_when_the_clock_is_set_is_told() -> None:
    watch = DateWatch()
    epoch = NOW - ROLLOVER
    watch.look(epoch, Receipt(datetime(1970, 1, 1, tzinfo=UTC), 0.0))
    second = timedelta(seconds=1)
    notice = watch.look(epoch + second, Receipt(NOW, 1.0))

    assert notice is not None
    assert notice.detail["cause"] == "rollover"


def test_a_broken_antenna_is_told_once_while_it_lasts() -> None:
    watch = AntennaWatch()
    states = [Antenna.OK, Antenna.OPEN, Antenna.OPEN, Antenna.OK, Antenna.OPEN, Antenna.SHORT]
    found = [watch.look(one, float(second)) for second, one in enumerate(states)]

    assert [None if one is None else one.detail["cause"] for one in found] == [
        None,
        "open",
        None,
        None,
        None,
        "short",
    ]
    assert found[1] is not None
    assert found[1].kind is EventKind.ANTENNA


def test_what_is_made_up_is_told_once_while_it_lasts() -> None:
    watch = MadeUpWatch()
    looks = [(None, 0), (8, 1), (8, 2), (None, 3), (8, 500), (8, 1101)]
    found = [watch.look(FixQuality(one) if one else None, float(at)) for one, at in looks]

    assert [one is not None for one in found] == [False, True, False, False, False, True]
    assert found[1] == (EventKind.MOCK_LOCATION, {"cause": "simulated", "quality": 8})


def sky_of(*bodies: str) -> Sky:
    sky = Sky()
    for body in bodies:
        sky.take(sentence(body).strip())
    return sky


@pytest.mark.parametrize(
    ("text", "antenna"),
    [
        ("ANTENNA OK", Antenna.OK),
        ("ANTENNA OPEN", Antenna.OPEN),
        ("ANTSTATUS=SHORT", Antenna.SHORT),
        ("ANTSTATUS=DONTKNOW", None),
        ("u-blox AG - www.u-blox.com", None),
    ],
)
def test_the_antenna_is_of_the_receivers_text(text: str, antenna: Antenna | None) -> None:
    assert sky_of(f"GPTXT,01,01,02,{text}").antenna is antenna


def test_satellites_in_view_are_those_of_all_constellations() -> None:
    sky = sky_of(
        "GPGSV,2,1,05,01,40,083,46,02,17,308,41,12,07,344,39,14,22,228,45",
        "GPGSV,2,2,05,15,01,050,",
        "GLGSV,1,1,02,65,01,001,20,66,02,002,",
    )

    assert (sky.in_view, sky.strongest_dbhz) == (7, 46)


def test_a_second_signal_of_a_satellite_is_no_second_satellite() -> None:
    sky = sky_of("GPGSV,1,1,01,01,40,083,46,1", "GPGSV,1,1,01,01,40,083,31,6")

    assert sky.in_view == 1


def test_what_is_no_longer_told_is_no_longer_in_view() -> None:
    both = ("GPGSV,1,1,01,01,40,083,46", "GLGSV,1,1,01,65,01,001,20")
    none = "GPGSV,1,1,00"

    assert sky_of(*both, none, none).in_view == 0
    assert sky_of(*both, none, none).strongest_dbhz is None


@pytest.mark.parametrize("body", ["GPGSV", "GPGSV,1", "GPGSV,x,y,z", "GPGSV,1,1,999", "GPTXT"])
def test_what_cannot_be_read_of_the_sky_is_passed_over(body: str) -> None:
    assert sky_of(body).in_view is None
