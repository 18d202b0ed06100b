"""A line of a terminal: what is kept, answered and refused of its bytes, in every protocol."""

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest

from gateway.registry import Registry
from gateway.serving.line import Line
from patrol.fix import Fix, epoch_ms
from patrol.messages import Flag
from patrol.notices.events import EventKind, decode_event
from patrol.notices.reports import decode_report
from simulator.terminals import gt06, jt808, phones

NOW = datetime(2026, 3, 2, 4, 0, 5, tzinfo=UTC)
FIX = Fix(
    epoch=datetime(2026, 3, 2, 4, 0, tzinfo=UTC),
    lat_deg=30.5,
    lon_deg=104.25,
    speed_mps=1.5,
    course_deg=90.0,
    satellites=9,
)
PHONE, IMEI = "13912345678", "123456789012345"
REGISTER = f"""protocol,identity,terminal_id,model,clock_offset_h,datum
jt808,{PHONE},J1,badge,,
jt808,13900000002,J2,export,0,
gt06,{IMEI},G1,tracker,,
osmand,phone1,O1,traccar,,
osmand,phone2,O2,traccar,,gcj02
owntracks,ann/p1,W1,owntracks,,
"""


@pytest.fixture
def registry(tmp_path):
    """Return a register with a terminal of each protocol."""
    path = tmp_path / "t.csv"
    path.write_text(REGISTER)
    return Registry(path)


@pytest.fixture
def take(registry):
    """Return what bytes of a new line come to, a whole chunk at once."""

    def take_chunks(protocol: str, *chunks: bytes) -> list:
        line = Line(protocol, registry, peer="10.0.0.9")
        return [line.receive(chunk, received_at=NOW) for chunk in chunks]

    return take_chunks


def said_of(protocol: str, fix: Fix = FIX) -> bytes:
    """Return what a known terminal of a protocol sends: its login, if any, and one fix."""
    return {
        "jt808": jt808.frame(jt808.AUTHENTICATE, b"code", phone=PHONE, serial=1)
        + jt808.frame(jt808.LOCATION, jt808.location(fix), phone=PHONE, serial=2),
        "gt06": gt06.frame(gt06.LOGIN, gt06.login(IMEI), serial=1)
        + gt06.frame(gt06.LOCATION, gt06.location(fix), serial=2),
        "osmand": phones.osmand(fix, device="phone1"),
        "owntracks": phones.owntracks(fix, user="ann", device="p1"),
    }[protocol]


@pytest.mark.parametrize(
    ("protocol", "terminal"),
    [("jt808", "J1"), ("gt06", "G1"), ("osmand", "O1"), ("owntracks", "W1")],
)
def test_a_known_terminals_fix_is_kept_and_then_answered(take, protocol, terminal):
    (work,) = take(protocol, said_of(protocol))

    (one,) = work.kept
    assert (one.terminal_id, one.source) == (terminal, f"gateway-{protocol}")
    assert one.position.epoch_ms == epoch_ms(FIX.epoch)
    assert abs(one.position.lat_e7 - 305_000_000) <= 10
    assert abs(one.position.lon_e7 - 1_042_500_000) <= 10
    assert abs((one.position.speed_cmps or 0) - 150) <= 15
    assert work.reply
    assert not work.is_over


@pytest.mark.parametrize("protocol", ["jt808", "gt06", "osmand", "owntracks"])
def test_byte_by_byte_it_comes_to_the_same(take, protocol):
    said = said_of(protocol)
    (whole,) = take(protocol, said)
    parts = take(protocol, *(said[at : at + 1] for at in range(len(said))))

    assert [one for work in parts for one in work.kept] == whole.kept
    assert b"".join(work.reply for work in parts) == whole.reply


def test_a_line_that_is_only_acknowledged_with_its_fix_does_not_answer_before(take):
    login = jt808.frame(jt808.AUTHENTICATE, b"code", phone=PHONE, serial=1)
    fix = jt808.frame(jt808.LOCATION, jt808.location(FIX), phone=PHONE, serial=2)
    works = take("jt808", login, fix[:-1], fix[-1:])

    assert [bool(work.reply) for work in works] == [True, False, True]
    assert [len(work.kept) for work in works] == [0, 0, 1]


def test_the_profile_of_who_speaks_is_used_from_the_first_fix_on(take):
    # This model sends UTC: eight hours behind what the standard says.
    shifted = jt808.location(
        Fix(epoch=FIX.epoch - timedelta(hours=8), lat_deg=30.5, lon_deg=104.25)
    )
    said = jt808.frame(jt808.LOCATION, shifted, phone="13900000002", serial=1)
    (work,) = take("jt808", said)

    assert [one.position.epoch_ms for one in work.kept] == [epoch_ms(FIX.epoch)]


def test_a_place_in_another_datum_becomes_wgs84(take):
    (work,) = take("osmand", phones.osmand(FIX, device="phone2"))

    (one,) = work.kept
    # Between WGS-84 and GCJ-02 there are some hundred metres everywhere in China.
    assert 5_000 < abs(one.position.lon_e7 - 1_042_500_000) < 100_000


@pytest.mark.parametrize(
    ("protocol", "said"),
    [
        ("jt808", jt808.frame(jt808.AUTHENTICATE, b"x", phone="13911111111", serial=1)),
        ("gt06", gt06.frame(gt06.LOGIN, gt06.login("999999999999999"), serial=1)),
        ("osmand", phones.osmand(FIX, device="nobody")),
        ("owntracks", phones.owntracks(FIX, user="eve", device="p1")),
    ],
)
def test_a_stranger_is_noted_and_nothing_of_it_kept(take, protocol, said):
    (work,) = take(protocol, said)

    assert not work.kept
    assert len(work.strangers) == 1
    assert work.refused


def test_a_gt06_stranger_gets_no_answer_and_its_line_is_closed(take):
    (work,) = take("gt06", gt06.frame(gt06.LOGIN, gt06.login("999999999999999"), serial=1))

    assert (work.reply, work.is_over) == (b"", True)


def test_a_call_for_help_becomes_an_event_once_while_it_lasts(take):
    frames = [
        jt808.frame(
            jt808.LOCATION,
            jt808.location(
                Fix(epoch=FIX.epoch + timedelta(seconds=n), lat_deg=30, lon_deg=104), alarm=alarm
            ),
            phone=PHONE,
            serial=n,
        )
        for n, alarm in enumerate([1, 1, 0, 1])
    ]
    works = take("jt808", *frames)

    events = [[decode_event(one.payload).kind for one in work.letters] for work in works]
    assert events == [[EventKind.SOS], [], [], [EventKind.SOS]]
    assert [work.kept[0].position.flags & Flag.SOS for work in works] == [16, 16, 0, 16]


def test_the_same_call_told_again_is_the_same_event(take):
    said = jt808.frame(jt808.LOCATION, jt808.location(FIX, alarm=1), phone=PHONE, serial=1)
    (first,), (again,) = take("jt808", said), take("jt808", said)

    assert first.letters == again.letters


def test_what_was_kept_for_want_of_a_line_is_flagged_late(take):
    body = jt808.batch([jt808.location(FIX)], is_late=True)
    (work,) = take("jt808", jt808.frame(jt808.BATCH, body, phone=PHONE, serial=1))

    assert [one.position.flags for one in work.kept] == [Flag.LATE]


def test_a_phones_picture_becomes_a_report_that_is_the_same_when_it_comes_again(take):
    body = {
        "_type": "location",
        "tst": int(FIX.epoch.timestamp()),
        "lat": 30.5,
        "lon": 104.25,
        "acc": 5,
        "tid": "p1",
        "topic": "owntracks/ann/p1",
        "poi": "lamp",
        "image": base64.b64encode(b"\xff\xd8\xff\xe0 a picture \xff\xd9").decode(),
        "imagename": "lamp.jpg",
    }
    data = json.dumps(body).encode()
    said = (
        b"POST /pub HTTP/1.1\r\nX-Limit-U: ann\r\nX-Limit-D: p1\r\n"
        b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (len(data), data)
    )
    (first,), (again,) = take("owntracks", said), take("owntracks", said)

    (picture,) = first.pictures
    report = decode_report(next(one.payload for one in first.letters if one.kind == "report"))
    assert [one.sha256 for one in report.photos] == [picture.sha256]
    assert report.taken_at == FIX.epoch
    assert report.text == "lamp"
    assert report.fix is not None
    assert first.letters == again.letters


@pytest.mark.parametrize("year", [1969, 1985, 2150])
@pytest.mark.parametrize("valid", ["true", "false"])
def test_a_call_for_help_with_a_clock_that_cannot_be_is_told_as_of_when_it_came(take, year, valid):
    query = (
        f"id=phone1&lat=30.5&lon=104.25&timestamp={year}-06-01T00:00:00Z&alarm=sos&valid={valid}"
    )
    (work,) = take("osmand", f"GET /?{query} HTTP/1.1\r\n\r\n".encode())

    events = [decode_event(one.payload) for one in work.letters]
    (event,) = (one for one in events if one.kind is not EventKind.CLOCK_JUMP)
    assert (event.kind, event.at, event.fix) == (EventKind.SOS, NOW, None)
    assert not work.kept


def test_a_line_whose_speaker_is_known_keeps_nothing_of_what_it_said(registry):
    line = Line("gt06", registry, peer="10.0.0.9")
    for _ in range(3):
        line.receive(said_of("gt06"), received_at=NOW)
        line.receive(gt06.frame(gt06.LOCATION, gt06.location(FIX), serial=3), received_at=NOW)

    assert line.unfinished_bytes == 0
