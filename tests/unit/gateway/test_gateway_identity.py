"""Who speaks on a line: one terminal by its first name, or on a shared one each for itself."""

import json
from base64 import b64encode
from datetime import UTC, datetime, timedelta

import pytest
from nacl.secret import SecretBox

from gateway.registry import Registry
from gateway.serving.line import Line
from gateway.serving.repeats import Repeats
from gateway.serving.work import Work
from patrol.fix import Fix
from simulator.terminals import gt06, jt808, phones
from tests.unit.gateway.nmea_lines import line, rmc

NOW = datetime(2026, 3, 2, 4, 0, 5, tzinfo=UTC)
FIX = Fix(epoch=datetime(2026, 3, 2, 4, 0, tzinfo=UTC), lat_deg=30.5, lon_deg=104.25)
PHONE, OTHER = "13912345678", "13912345679"
IMEI, OTHER_IMEI = "123456789012345", "123456789012346"
REGISTER = f"""protocol,identity,terminal_id,model,clock_offset_h,speed_unit,secret_key_file
jt808,{PHONE},J1,badge,,,
jt808,{OTHER},J2,badge,,,
jt808,13912345670,J1,badge,,,
gt06,{IMEI},G1,tracker,,,
gt06,{OTHER_IMEI},G2,tracker,,,
nmea,357000000000001,N1,sender,,,
nmea,357000000000002,N2,sender,,,
osmand,phone1,O1,traccar,,,
osmand,phone2,O2,traccar,,mps,
owntracks,ann/p1,W1,owntracks,,,
owntracks,ben/p2,W2,owntracks,,,key
"""
KEY = b"open sesame"


@pytest.fixture
def register(tmp_path):
    """Return a register with two terminals of each protocol; J1 has two numbers."""
    (tmp_path / "key").write_bytes(KEY)
    path = tmp_path / "t.csv"
    path.write_text(REGISTER)
    return path


@pytest.fixture
def registry(register):
    """Return it as it is read."""
    return Registry(register)


def said_by(phone: str, serial: int = 1, fix: Fix = FIX) -> bytes:
    return jt808.frame(jt808.LOCATION, jt808.location(fix), phone=phone, serial=serial)


def who(*works: Work) -> list[str]:
    return [one.terminal_id for work in works for one in work.kept]


@pytest.mark.parametrize(
    ("protocol", "own", "others"),
    [
        ("jt808", said_by(PHONE), said_by(OTHER)),
        ("jt808", said_by(PHONE), said_by("13900000000")),
        (
            "jt808",
            said_by(PHONE),
            jt808.frame(jt808.AUTHENTICATE, b"x", phone=OTHER, serial=1),
        ),
        (
            "gt06",
            gt06.frame(gt06.LOGIN, gt06.login(IMEI), serial=1)
            + gt06.frame(gt06.LOCATION, gt06.location(FIX), serial=2),
            gt06.frame(gt06.LOGIN, gt06.login(OTHER_IMEI), serial=3)
            + gt06.frame(gt06.LOCATION, gt06.location(FIX), serial=4),
        ),
        (
            "nmea",
            line("PGID,357000000000001") + rmc("040506.00") + rmc("040507.00"),
            line("PGID,357000000000002") + rmc("040508.00") + rmc("040509.00"),
        ),
    ],
)
def test_a_line_of_one_terminal_ends_when_it_names_another_one(registry, protocol, own, others):
    apart = Line(protocol, registry, peer="10.0.0.9")
    first = apart.receive(own, received_at=NOW)
    then = apart.receive(others, received_at=NOW)
    after = apart.receive(own, received_at=NOW)
    at_once = Line(protocol, registry, peer="10.0.0.9").receive(own + others + own, received_at=NOW)

    assert set(who(first)) == set(who(then, first)) == set(who(at_once))
    assert (then.refused, then.is_over, then.reply) == (["identity_changed"], True, b"")
    assert (who(after), after.reply) == ([], b"")
    assert "identity_changed" in at_once.refused
    assert (at_once.is_over, at_once.reply) == (True, first.reply)


def test_a_terminal_may_say_its_name_again_and_in_another_way(registry):
    apart = Line("jt808", registry, peer="10.0.0.9")
    works = [
        apart.receive(one, received_at=NOW)
        for one in (
            said_by(PHONE),
            jt808.frame(jt808.AUTHENTICATE, b"x", phone=PHONE, serial=2),
            said_by("13912345670", 3),
        )
    ]

    assert who(*works) == ["J1", "J1"]
    assert [work.refused for work in works] == [[], [], []]


def test_terminals_of_one_proxy_speak_each_for_itself(registry):
    proxy = Line("osmand", registry, peer="10.0.0.9")
    asked = ["phone1", "phone2", "nobody", "phone1"]
    works = [proxy.receive(phones.osmand(FIX, device=one), received_at=NOW) for one in asked]

    assert [who(work) for work in works] == [["O1"], ["O2"], [], ["O1"]]
    assert [work.reply[9:12] for work in works] == [b"200", b"200", b"400", b"200"]
    assert [work.refused for work in works] == [[], [], ["unknown_terminal"], []]
    assert not any(work.is_over for work in works)


@pytest.mark.parametrize("cut", range(0, 800, 37))
def test_each_request_is_read_by_its_senders_profile_however_they_come(registry, cut):
    fix = Fix(epoch=FIX.epoch, lat_deg=30.5, lon_deg=104.25, speed_mps=10.0)
    stream = b"".join(
        phones.osmand(fix, device=one) for one in ("phone1", "phone2", "phone1", "phone2")
    )
    proxy = Line("osmand", registry, peer="10.0.0.9")
    works = [
        proxy.receive(piece, received_at=NOW) for piece in (stream[:cut], stream[cut:]) if piece
    ]
    speeds = [one.position.speed_cmps for work in works for one in work.kept]

    # The second one's number counts as metres a second, and not as knots.
    assert speeds == [1000, 1944, 1000, 1944]
    assert who(*works) == ["O1", "O2", "O1", "O2"]
    assert b"".join(work.reply for work in works).count(b" 200 ") == 4


def test_a_long_first_message_is_read_with_its_senders_key(registry):
    body = {"_type": "location", "tst": int(FIX.epoch.timestamp()), "lat": 30.5, "lon": 104.25}
    inner = json.dumps({**body, "note": "x" * 100_000}).encode()
    sealed = SecretBox(KEY.ljust(32, b"\0")).encrypt(inner, bytes(24))
    data = json.dumps({"_type": "encrypted", "data": b64encode(sealed).decode()}).encode()
    request = (
        b"POST /pub HTTP/1.1\r\nX-Limit-U: ben\r\nX-Limit-D: p2\r\nContent-Length: %d\r\n\r\n%b"
        % (len(data), data)
    )
    phone = Line("owntracks", registry, peer="10.0.0.9")
    works = [
        phone.receive(request[at : at + 50_000], received_at=NOW)
        for at in range(0, len(request), 50_000)
    ]

    assert len(request) > 100_000
    assert who(*works) == ["W2"]
    assert [work.refused for work in works if work.refused] == []
    assert phone.unfinished_bytes == 0


def test_who_never_says_who_he_is_is_not_listened_to_for_ever(registry):
    stranger = Line("jt808", registry, peer="10.0.0.9")
    frame = said_by("13900000000")
    spoken = 0
    while not stranger.receive(frame, received_at=NOW).is_over:
        spoken += len(frame)

    assert 60_000 < spoken < 70_000


def test_bytes_that_come_one_by_one_are_held_as_one(registry):
    stranger = Line("owntracks", registry, peer="10.0.0.9")
    head = b"POST /pub HTTP/1.1\r\nContent-Length: 20000\r\n\r\n"
    for byte in head + b"x" * 10_000:
        stranger.receive(bytes((byte,)), received_at=NOW)

    assert stranger.unfinished_bytes == len(head) + 10_000
    assert len(stranger._reader._pieces) == 1


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (("", ""), None),
        ((f"jt808,{PHONE},J1,badge,,,\n", ""), "no_longer_registered"),
        ((f"{PHONE},J1", f"{PHONE},J9"), "register_changed"),
        ((f"{PHONE},J1,badge,", f"{PHONE},J1,badge,0"), "register_changed"),
        ((f"{PHONE},J1,badge", f"{PHONE},J1,other"), None),
    ],
)
def test_a_line_ends_when_the_register_comes_to_say_otherwise(register, change, reason):
    first = Registry(register)
    apart = Line("jt808", first, peer="10.0.0.9")
    apart.receive(said_by(PHONE), received_at=NOW)
    register.write_text(REGISTER.replace(*change))
    first._entries = Registry(register)._entries

    assert apart.look_again() == reason
    if reason is None:
        assert apart.model == ("other" if "other" in change[1] else "badge")


def test_who_has_left_the_register_is_refused_on_a_line_that_others_share(register):
    registry = Registry(register)
    proxy = Line("osmand", registry, peer="10.0.0.9")
    for one in ("phone2", "phone1"):
        proxy.receive(phones.osmand(FIX, device=one), received_at=NOW)
    register.write_text(REGISTER.replace("osmand,phone1,O1,traccar,,,\n", ""))
    registry._entries = Registry(register)._entries

    assert proxy.look_again() is None
    gone = proxy.receive(phones.osmand(FIX, device="phone1"), received_at=NOW)
    there = proxy.receive(phones.osmand(FIX, device="phone2"), received_at=NOW)
    assert (who(gone), gone.refused) == ([], ["unknown_terminal"])
    assert who(there) == ["O2"]


def test_a_call_for_help_is_told_once_though_others_speak_between(registry):
    proxy = Line("osmand", registry, peer="10.0.0.9")
    told = []
    for second in range(3):
        fix = Fix(epoch=FIX.epoch + timedelta(seconds=second), lat_deg=30.5, lon_deg=104.25)
        cry = phones.osmand(fix, device="phone1").replace(b"/?", b"/?alarm=sos&")
        told.append(len(proxy.receive(cry, received_at=NOW).letters))
        proxy.receive(phones.osmand(fix, device="phone2"), received_at=NOW)

    assert told == [1, 0, 0]


def test_a_datagram_is_read_whole_and_each_of_its_senders_is_heard(registry):
    datagram = Line("nmea", registry, peer="10.0.0.9", is_datagram=True)
    work = datagram.receive(
        line("PGID,357000000000001") + rmc() + line("PGID,357000000000002") + rmc(),
        received_at=NOW,
    )

    assert who(work) == ["N1", "N2"]
    assert who(datagram.close(received_at=NOW)) == []


def test_what_is_told_again_is_counted_and_kept(registry):
    repeats = Repeats()
    works = [
        Line("jt808", registry, peer="10.0.0.9", repeats=repeats).receive(one, received_at=NOW)
        for one in (said_by(PHONE), said_by(PHONE, 2), said_by(OTHER))
    ]

    assert who(*works) == ["J1", "J1", "J2"]
    assert [("duplicate", "badge") in work.counts for work in works] == [False, True, False]
    assert [work.frames for work in works] == [1, 1, 1]
