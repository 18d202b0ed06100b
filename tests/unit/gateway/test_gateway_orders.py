"""Commands in the words of each protocol, and what has none."""

from datetime import UTC, datetime

import pytest

from gateway.codecs.gt06 import Gt06Codec
from gateway.codecs.jt808 import Jt808Codec
from gateway.codecs.nmea import NmeaCodec
from gateway.codecs.osmand import OsmandCodec
from gateway.codecs.owntracks import OwntracksCodec
from gateway.codecs.profile import Profile
from gateway.serving.orders import Order, encode_order
from patrol.errors import InputError
from simulator.terminals import gt06, jt808

NOW = datetime(2026, 3, 2, 4, 0, 5, tzinfo=UTC)


@pytest.fixture
def handheld() -> Jt808Codec:
    """Return the codec of a JT/T 808 terminal that has spoken."""
    codec = Jt808Codec(Profile())
    said = jt808.frame(jt808.HEARTBEAT, b"", phone="13912345678", serial=1)
    codec.receive(said, received_at=NOW)
    return codec


@pytest.fixture
def tracker() -> Gt06Codec:
    """Return the codec of a GT06 terminal that has logged in."""
    codec = Gt06Codec(Profile())
    login = gt06.frame(gt06.LOGIN, gt06.login("123456789012345"), serial=1)
    codec.receive(login, received_at=NOW)
    return codec


@pytest.mark.parametrize(
    ("what", "argument", "message", "holds"),
    [
        (Order.LOCATE, "", 0x8201, b""),
        (Order.PHOTO, "", 0x8801, b"\x00\x01"),
        (Order.TEXT, "到办公室", 0x8300, "到办公室".encode("gbk")),
        (Order.INTERVAL, "60", 0x8103, (60).to_bytes(4, "big")),
    ],
)
def test_a_handheld_is_asked_in_its_own_messages(handheld, what, argument, message, holds):
    data = encode_order(handheld, what, argument)

    assert (data[:1], data[-1:]) == (b"\x7e", b"\x7e")
    assert int.from_bytes(data[1:3], "big") == message
    assert bytes.fromhex("013912345678") in data
    assert holds in data


def test_each_command_has_a_count_of_its_own(handheld):
    first, second = (encode_order(handheld, Order.LOCATE, "") for _ in range(2))

    assert int.from_bytes(second[11:13], "big") == int.from_bytes(first[11:13], "big") + 1


@pytest.mark.parametrize(
    ("what", "argument", "words"),
    [
        (Order.LOCATE, "", b"WHERE#"),
        (Order.INTERVAL, "30", b"TIMER,30#"),
        (Order.TEXT, "STATUS#", b"STATUS#"),
    ],
)
def test_a_tracker_is_asked_in_words(tracker, what, argument, words):
    data = encode_order(tracker, what, argument)

    assert (data[:2], data[-2:]) == (b"\x78\x78", b"\r\n")
    assert words in data


@pytest.mark.parametrize("seconds", ["", "0", "86401", "-1", "1.5", "٣", "soon"])
def test_an_interval_that_is_none_is_refused(handheld, tracker, seconds):
    for codec in (handheld, tracker):
        with pytest.raises(InputError, match="no number of seconds from 1 to 86400"):
            encode_order(codec, Order.INTERVAL, seconds)


@pytest.mark.parametrize("text", ["", "  "])
def test_a_text_that_says_nothing_is_refused(handheld, tracker, text):
    for codec in (handheld, tracker):
        with pytest.raises(InputError, match="there is no text"):
            encode_order(codec, Order.TEXT, text)


def test_a_sign_that_would_arrive_as_another_one_is_named(handheld):
    with pytest.raises(InputError, match="cannot show '\U0001f600'"):
        encode_order(handheld, Order.TEXT, "well done \U0001f600")


def test_a_tracker_has_no_camera_and_reads_ascii(tracker):
    with pytest.raises(InputError, match="a tracker cannot do photo"):
        encode_order(tracker, Order.PHOTO, "")
    with pytest.raises(InputError):
        encode_order(tracker, Order.TEXT, "到")


def test_nobody_is_asked_before_he_has_said_who_he_is():
    with pytest.raises(InputError, match="has not said who it is"):
        encode_order(Jt808Codec(Profile()), Order.LOCATE, "")


@pytest.mark.parametrize("codec", [NmeaCodec, OsmandCodec, OwntracksCodec])
def test_a_protocol_without_commands_says_so(codec):
    with pytest.raises(InputError, match="its protocol has no commands"):
        encode_order(codec(Profile()), Order.LOCATE, "")
