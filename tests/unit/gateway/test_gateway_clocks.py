"""Wrong clocks of terminals: told apart, counted, and in nobody's way."""

from datetime import UTC, datetime, timedelta

import pytest

from gateway.registry import Registry
from gateway.serving.clocks import ClockFault, fault_of
from gateway.serving.line import Line
from gateway.serving.repeats import Repeats
from patrol.fix import Fix, epoch_ms
from patrol.notices.events import Cause, EventKind, decode_event
from simulator.terminals import jt808

NOW = datetime(2026, 3, 2, 4, 0, 5, tzinfo=UTC)
FIX = Fix(epoch=datetime(2026, 3, 2, 4, 0, tzinfo=UTC), lat_deg=30.5, lon_deg=104.25)
PHONE = "13912345678"


@pytest.fixture
def registry(tmp_path):
    """Return a register with two terminals."""
    path = tmp_path / "t.csv"
    path.write_text(
        f"protocol,identity,terminal_id,model\njt808,{PHONE},J1,badge\nosmand,a,O1,traccar\n"
    )
    return Registry(path)


def said_by(phone: str, fix: Fix) -> bytes:
    return jt808.frame(jt808.LOCATION, jt808.location(fix), phone=phone, serial=1)


@pytest.mark.parametrize(
    ("behind", "is_late", "fault"),
    [
        (timedelta(seconds=5), False, None),
        (timedelta(minutes=20), False, None),
        (timedelta(hours=8, seconds=30), False, ClockFault.HOURS),
        (timedelta(hours=8, seconds=30), True, None),
        (timedelta(hours=8, minutes=10), False, None),
        (timedelta(hours=27), False, None),
        (timedelta(hours=-8), False, ClockFault.HOURS),
        (timedelta(minutes=-20), False, ClockFault.AHEAD),
        (timedelta(hours=-8), True, ClockFault.AHEAD),
        (timedelta(days=-400), False, ClockFault.AHEAD),
        (timedelta(weeks=1024, seconds=9), False, ClockFault.WEEKS),
        (timedelta(weeks=1024, days=2), True, ClockFault.WEEKS),
        (timedelta(weeks=1024, days=4), False, None),
    ],
)
def test_a_wrong_clock_is_told_by_how_far_it_is_off(behind, is_late, fault):
    assert fault_of(NOW - behind, NOW, is_late=is_late) == fault


def test_a_wrong_clock_holds_back_nothing_behind_it(registry):
    offsets = [timedelta(hours=8), timedelta(weeks=-1024), timedelta(days=400), timedelta(0)]
    fixes = [Fix(epoch=FIX.epoch + offset, lat_deg=30.5, lon_deg=104.25) for offset in offsets]
    apart = Line("jt808", registry, peer="10.0.0.9")
    works = [apart.receive(said_by(PHONE, fix=fix), received_at=NOW) for fix in fixes]

    # The server judges them; none is lost or unanswered.
    counted = [[what for what, _ in work.counts if "clock" in what] for work in works]
    assert counted == [["clock_hours"], ["clock_weeks"], ["clock_ahead"], []]
    kept = [one.position.epoch_ms for work in works for one in work.kept]
    assert kept == [epoch_ms(fix.epoch) for fix in fixes]
    assert all(work.reply for work in works)


@pytest.mark.parametrize("year", [1970, 1980, 2150])
def test_a_time_that_no_message_can_carry_is_told_once_while_it_lasts(registry, year):
    repeats = Repeats()
    sane = "2026-03-02T04:00:00Z"
    works = []
    for at in (
        f"{year}-01-06T00:00:00Z",
        f"{year}-01-06T00:00:10Z",
        sane,
        f"{year}-01-07T00:00:00Z",
    ):
        # Each on a line of its own, as after a call that broke off.
        phone = Line("osmand", registry, peer="10.0.0.9", repeats=repeats)
        query = f"GET /?id=a&lat=30.5&lon=104.25&timestamp={at} HTTP/1.1\r\n\r\n"
        works.append(phone.receive(query.encode(), received_at=NOW))

    assert [work.refused for work in works] == [
        ["wrong_clock"],
        ["wrong_clock"],
        [],
        ["wrong_clock"],
    ]
    assert [len(work.kept) for work in works] == [0, 0, 1, 0]
    assert all(work.reply for work in works)
    assert [len(work.letters) for work in works] == [1, 0, 0, 1]
    event = decode_event(works[0].letters[0].payload)
    assert (event.kind, event.at, event.fix) == (EventKind.CLOCK_JUMP, NOW, None)
    assert event.detail["cause"] == str(Cause.RECEIVER_DATE)
    assert abs(int(event.detail["step_ms"])) > 40 * 365 * 86_400_000 - 1
