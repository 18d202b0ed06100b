"""What a platform asks of a terminal, byte for byte."""

import pytest

from gateway.codecs.jt808 import Addressee, commands
from gateway.codecs.jt808.outgoing import encode
from tests.unit.gateway.jt808_frames import NOW, PHONE, unframed

OLD = Addressee(bytes.fromhex(PHONE))
NEW = Addressee(bytes.fromhex(PHONE.zfill(20)), version=1)


def test_a_command_is_framed_for_the_terminals_version() -> None:
    assert commands.locate(OLD, serial=3).hex() == "7e82010000" + PHONE + "0003" + "b0" + "7e"
    assert commands.locate(NEW, serial=3)[1:6].hex() == "8201400001"


def test_a_text_is_sent_in_its_own_characters() -> None:
    assert unframed(commands.send_text(OLD, "请回电", serial=1)) == (
        0x8300,
        b"\x0d" + "请回电".encode("gbk"),
    )
    assert unframed(commands.send_text(NEW, "a", serial=1)) == (0x8300, b"\x0d\x01a")


def test_a_long_text_is_cut_between_characters() -> None:
    _, body = unframed(commands.send_text(OLD, "a" + "电" * 600, serial=1))

    assert body[1:].decode("gbk") == "a" + "电" * 510


def test_a_photo_is_asked_for() -> None:
    message_id, body = unframed(commands.take_photo(OLD, serial=1, channel=2, quality=3))

    assert message_id == 0x8801
    assert body.hex() == "02" + "0001" + "0000" + "00" + "02" + "03" + "80404080"


def test_intervals_are_set() -> None:
    seconds = {commands.HEARTBEAT_INTERVAL_S: 60, commands.REPORT_INTERVAL_S: 30}
    message_id, body = unframed(commands.set_seconds(OLD, seconds, serial=1))

    assert message_id == 0x8103
    assert body.hex() == "02" + "00000001" + "04" + "0000003c" + "00000029" + "04" + "0000001e"


@pytest.mark.parametrize(("interval_s", "body"), [(5, "0005000000b4"), (0, "0000")])
def test_a_terminal_is_tracked_for_a_while_and_then_not(interval_s: int, body: str) -> None:
    data = commands.track(OLD, interval_s=interval_s, duration_s=180, serial=1)

    assert unframed(data) == (0x8202, bytes.fromhex(body))


def test_an_answer_says_what_it_answers() -> None:
    result = commands.Result.ALARM_CONFIRMED
    data = commands.acknowledge(OLD, of=7, answered=0x0200, result=result, serial=1)

    assert unframed(data) == (0x8001, bytes.fromhex("0007020004"))


def test_missing_parts_of_a_picture_are_listed() -> None:
    data = commands.confirm_media(OLD, media_id=1, missing=[2, 5], serial=1)

    assert unframed(data) == (0x8800, bytes.fromhex("000000010200020005"))


def test_the_time_has_decimal_digits() -> None:
    assert unframed(commands.tell_time(OLD, NOW, serial=1))[1].hex() == "261122040000"


def test_the_other_dialect_has_escapes_of_its_own() -> None:
    to = Addressee(bytes.fromhex("01391234e6e73d"), delimiter=0xE7)
    data = commands.locate(to, serial=0x3E7E)

    assert data[:1] == data[-1:] == b"\xe7"
    assert b"\xe6\x01\xe6\x02\x3e\x02\x3e\x01\x7e" in data


def test_a_body_longer_than_a_frame_is_our_own_mistake() -> None:
    with pytest.raises(ValueError, match="1024 bytes"):
        encode(OLD, 0x8300, bytes(1024), serial=1)
