"""What terminals say beside where they are, as it goes on the wire: events and check-ins."""

from datetime import UTC, datetime, timedelta

import pytest

from gateway.registry import Registry
from gateway.serving.line import Line
from patrol.fix import Fix
from patrol.notices.checkins import CheckInKind, Phase, decode_checkin
from patrol.notices.events import EventKind, decode_event
from simulator.terminals import gt06, jt808

NOW = datetime(2026, 3, 2, 4, 0, 5, tzinfo=UTC)
FIX = Fix(epoch=NOW - timedelta(seconds=5), lat_deg=30.5, lon_deg=104.25)
PHONE, IMEI = "13912345678", "123456789012345"
REGISTER = f"""protocol,identity,terminal_id,tag_reader
jt808,{PHONE},J1,{{tags}}
gt06,{IMEI},G1,
"""


def line_of(tmp_path, protocol: str, *, tags: str = "") -> Line:
    (tmp_path / "t.csv").write_text(REGISTER.format(tags=tags))
    return Line(protocol, Registry(tmp_path / "t.csv"), peer="127.0.0.1")


def tell(line: Line, data: bytes) -> list[tuple[EventKind, dict, bool]]:
    """Return the events that some bytes come to: kind, detail, and whether they have a place."""
    work = line.receive(data, received_at=NOW)
    events = [decode_event(one.payload) for one in work.letters if one.kind == "event"]
    assert all(one.at in {FIX.epoch, NOW} for one in events)
    return [(one.kind, dict(one.detail), one.fix is not None) for one in events]


def tracker(tmp_path) -> Line:
    line = line_of(tmp_path, "gt06")
    line.receive(gt06.frame(gt06.LOGIN, gt06.login(IMEI), serial=1), received_at=NOW)
    return line


@pytest.mark.parametrize(
    ("bit", "events"),
    [
        (0, [(EventKind.SOS, {}, True)]),
        (5, [(EventKind.ANTENNA, {"cause": "open"}, True)]),
        (16, [(EventKind.TAMPER, {"cause": "case"}, True)]),
        # There is no such event: the fence is the terminal's own, and so is its supply.
        (8, []),
        (20, []),
    ],
)
def test_a_bit_of_a_handheld_s_alarms_is_an_event(tmp_path, bit, events):
    body = jt808.location(FIX, alarm=1 << bit)
    said = jt808.frame(jt808.LOCATION, body, phone=PHONE, serial=1)

    assert tell(line_of(tmp_path, "jt808"), said) == events


@pytest.mark.parametrize(
    ("code", "events"),
    [
        (0x01, [(EventKind.SOS, {}, True)]),
        (0x13, [(EventKind.TAMPER, {"cause": "case"}, True)]),
        (0x18, [(EventKind.TAMPER, {"cause": "case"}, True)]),
        (0x02, []),
        (0x04, []),
        (0x05, []),
    ],
)
def test_a_code_of_a_tracker_s_alarm_is_an_event(tmp_path, code, events):
    line = tracker(tmp_path)
    place = gt06.location(FIX)
    cell_bytes = 8
    cell = bytes([cell_bytes + 1]) + place[-cell_bytes:]
    content = place[:-cell_bytes] + cell + bytes([0, 6, 4, code, 2])

    assert tell(line, gt06.frame(gt06.ALARM, content, serial=2)) == events


def test_a_call_for_help_in_a_heartbeat_has_no_place(tmp_path):
    state_of_sos = 4 << 3
    said = gt06.frame(gt06.HEARTBEAT, bytes([state_of_sos, 6, 4, 0, 2]), serial=2)

    assert tell(tracker(tmp_path), said) == [(EventKind.SOS, {}, False)]


def card(number: str, *, is_in: bool = True) -> bytes:
    """Return 0x0702: a card was put in, or taken out."""
    at = bytes.fromhex((FIX.epoch + timedelta(hours=8)).strftime("%y%m%d%H%M%S"))
    body = (b"\x01" if is_in else b"\x02") + at
    if is_in:
        body += b"\x00\x04Anna" + number.encode().ljust(20, b"\0") + b"\x00" + b"\x20\x30\x12\x31"
    return jt808.frame(0x0702, body, phone=PHONE, serial=1)


def test_a_tag_at_a_door_is_a_check_in_where_the_register_says_so(tmp_path):
    line = line_of(tmp_path, "jt808", tags="yes")
    first, again = (line.receive(card("8f1c0e77"), received_at=NOW).letters for _ in range(2))

    (letter,) = first
    checkin = decode_checkin(letter.payload)
    assert (letter.kind, checkin.kind, checkin.phase) == ("checkin", CheckInKind.TAG, Phase.BEGIN)
    assert (checkin.token, checkin.at) == ("8f1c0e77", FIX.epoch)
    # The same when it is told again, and nobody's name is told.
    assert again == first
    assert b"Anna" not in letter.payload


def test_a_driver_s_card_is_nobody_s_business(tmp_path):
    line = line_of(tmp_path, "jt808")

    assert line.receive(card("8f1c0e77"), received_at=NOW).letters == []


def test_a_card_taken_out_names_no_tag(tmp_path):
    line = line_of(tmp_path, "jt808", tags="yes")

    assert line.receive(card("", is_in=False), received_at=NOW).letters == []


def test_a_place_has_the_battery_of_the_heartbeat_before_it_but_not_one_of_long_ago(tmp_path):
    line = tracker(tmp_path)
    half_full = 3
    said = (
        gt06.frame(gt06.LOCATION, gt06.location(FIX), serial=2)
        + gt06.frame(gt06.HEARTBEAT, bytes([0, half_full, 4, 0, 2]), serial=3)
        + gt06.frame(gt06.UPLOADED, gt06.uploaded(FIX, is_late=False), serial=4)
        + gt06.frame(gt06.UPLOADED, gt06.uploaded(FIX, is_late=True), serial=5)
    )

    kept = line.receive(said, received_at=NOW).kept
    assert [one.position.battery_pct for one in kept] == [None, 50, None]
