"""Frames are found, un-escaped, judged and, where that is safe, taken with their faults."""

import pytest

from gateway.codecs.events import Alive, FrameError, Happened, Located, Refused, Reply
from gateway.codecs.jt808 import Jt808Codec
from gateway.codecs.jt808.checking import fold
from gateway.codecs.profile import Profile
from tests.unit.gateway.jt808_frames import (
    NOW,
    escape,
    first,
    frame,
    location,
    of_kind,
    said,
    unsealed,
    xor,
)

BEAT = frame(0x0002)
STRICT = Profile(strict=True)


def codes(data: bytes, profile: Profile | None = None) -> list[str]:
    return [refused.code for refused in of_kind(Refused, said(data, profile))]


def wrong_checksum(message_id: int, body: bytes) -> bytes:
    content = unsealed(message_id, body)
    return b"\x7e" + escape(content + bytes([xor(content) ^ 0x55])) + b"\x7e"


@pytest.mark.parametrize("size", [0, 1, 12, 63, 64, 65, 300, 1045, 4096])
def test_the_checksum_is_the_xor_of_all_bytes(size: int) -> None:
    data = bytes(index * 37 + size & 0xFF for index in range(size))

    assert fold(data) == xor(data)


def test_escaped_bytes_stand_for_themselves() -> None:
    items = "f2047e7d7e7d"
    located = first(Located, frame(0x0200, location(items), serial=0x7E7D))

    assert located.attributes["firmware"] == "~}~}"


def test_captures_without_escapes_are_read_too() -> None:
    content = unsealed(0x0200, location("f2067d7e017d7e41"), serial=0x7E7D)
    data = b"\x7e" + content + bytes([xor(content)]) + b"\x7e"

    assert first(Located, data).attributes["firmware"] == "}~\x01}~A"


def test_captures_without_escapes_and_with_a_wrong_checksum_are_marked() -> None:
    content = unsealed(0x0200, location("f2047e417e41"))
    data = b"\x7e" + content + bytes([xor(content) ^ 1]) + b"\x7e"
    located = first(Located, data)

    assert located.attributes["firmware"] == "~A~A"
    assert located.attributes["checksum"] is False


def test_a_raw_escape_byte_alone_does_not_spoil_a_frame() -> None:
    content = unsealed(0x0200, location("f2047d017d02"))
    data = b"\x7e" + content + bytes([xor(content)]) + b"\x7e"

    assert not codes(data)


@pytest.mark.parametrize("part", [None, (1, 1)])
def test_the_bit_of_2019_in_a_header_of_2013_is_overlooked(part: tuple[int, int] | None) -> None:
    """As in a capture among the tests of https://github.com/SmallChi/JT808."""
    content = bytearray(unsealed(0x0200, location("300115"), part=part))
    content[2] |= 0x40
    data = b"\x7e" + escape(bytes(content) + bytes([xor(content)])) + b"\x7e"

    for profile in (None, STRICT):
        located = first(Located, data, profile)
        assert located.terminal_id == "13912345678"
        assert located.fix.lat_deg == 31.230001
        assert "length" not in located.attributes


def test_one_delimiter_between_two_frames_is_enough() -> None:
    assert len(of_kind(Alive, said(BEAT[:-1] + BEAT))) == 2


def test_a_frame_whose_first_delimiter_is_missing_is_read() -> None:
    assert len(of_kind(Alive, said(BEAT[1:]))) == 1


def test_a_frame_whose_last_delimiter_is_missing_is_read_at_the_end() -> None:
    assert len(of_kind(Alive, said(BEAT[:-1]))) == 1


def test_garbage_around_frames_is_refused_and_they_are_read() -> None:
    data = b"\r\nHELLO" + BEAT + b"\xe7(x" + BEAT + b"bye"

    assert len(of_kind(Alive, said(data))) == 2
    assert codes(data) == ["garbage", "garbage", "cut"]


def test_a_stray_delimiter_in_front_costs_no_frame() -> None:
    assert len(of_kind(Alive, said(b"\x7e\x01\x02" + BEAT))) == 1


def test_a_wrong_checksum_is_marked() -> None:
    located = first(Located, wrong_checksum(0x0200, location()))

    assert located.attributes["checksum"] is False


def test_a_wrong_length_is_marked() -> None:
    content = bytearray(unsealed(0x0200, location("300114")))
    content[3] -= 3
    located = first(Located, b"\x7e" + escape(bytes(content) + bytes([xor(content)])) + b"\x7e")

    assert located.attributes["length"] is False
    assert located.attributes["signal"] == 20


def test_a_well_known_message_with_both_wrong_is_taken_when_nothing_completes_it() -> None:
    data = wrong_checksum(0x0200, location("3001143101"))
    shorter = data[:-6] + b"\x7e"

    for stream in (shorter, shorter + BEAT, shorter + shorter):
        located = first(Located, stream)
        assert (located.attributes["checksum"], located.attributes["length"]) == (False, False)


def test_a_message_nobody_knows_with_both_wrong_is_refused() -> None:
    data = wrong_checksum(0x3F3F, bytes(30))[:-6] + b"\x7e"

    assert codes(data) == ["checksum"]


def test_a_longer_frame_than_declared_without_checksum_is_refused_unless_well_known() -> None:
    data = wrong_checksum(0x3F3F, bytes(30))

    assert codes(data[:-1] + b"\x01\x01\x7e") == ["checksum"]


def test_strict_refuses_wrong_checksums() -> None:
    assert codes(wrong_checksum(0x0200, location()), STRICT) == ["checksum"]


def test_strict_refuses_wrong_lengths() -> None:
    content = bytearray(unsealed(0x0200, location()))
    content[3] -= 1
    data = b"\x7e" + escape(bytes(content) + bytes([xor(content)])) + b"\x7e"

    assert codes(data, STRICT) == ["length"]


def test_strict_refuses_items_longer_than_their_message() -> None:
    assert codes(frame(0x0200, location("300514")), STRICT) == ["body"]


def test_a_piece_shorter_than_a_header_is_refused() -> None:
    assert codes(b"\x7e\x02\x00\x7e" + BEAT) == ["short"]


def test_the_dialect_of_the_other_delimiter_is_recognised_and_answered_in_kind() -> None:
    content = bytes.fromhex("0002000101391234e6e73d3e01") + b"\x05"
    escapes = {0xE6: b"\xe6\x01", 0xE7: b"\xe6\x02", 0x3E: b"\x3e\x01", 0x3D: b"\x3e\x02"}
    inside = content + bytes([xor(content)])
    data = b"\xe7" + b"".join(escapes.get(one, bytes([one])) for one in inside) + b"\xe7"
    events = said(b"noise\xe7" + data + data)

    assert len(of_kind(Alive, events)) == 2
    reply = of_kind(Reply, events)[0].data
    assert reply[:1] == reply[-1:] == b"\xe7"
    assert b"\xe6\x01\xe6\x02\x3e\x02\0\0\x3e\x01\x01" in reply


def test_the_other_delimiter_inside_standard_frames_changes_nothing() -> None:
    data = frame(0x0200, location("f202e7e7"), serial=0xE7E7)

    assert len(of_kind(Located, said(data + b"\xe7" + data))) == 2


def test_sentences_in_brackets_are_told() -> None:
    events = said(b"xx(740190311185,1,001,ELOCK,3,529439)" + BEAT)
    told = of_kind(Happened, events)[0]

    assert (told.terminal_id, told.kind) == ("740190311185", "reply")
    assert told.attributes["text"] == "(740190311185,1,001,ELOCK,3,529439)"
    assert len(of_kind(Alive, events)) == 1


def test_a_sentence_that_asks_for_the_time_gets_it_in_utc() -> None:
    reply = first(Reply, b"(794104004140,1,001,BASE,2,TIME)")

    assert reply.data == b"(794104004140,1,001,BASE,2,20261122040000)"


def test_a_sentence_without_an_id_belongs_to_whom_the_line_is_bound() -> None:
    assert of_kind(Happened, said(BEAT + b"(OK)"))[0].terminal_id == "13912345678"
    assert of_kind(Happened, said(b"(OK)"))[0].terminal_id is None


def test_a_piece_that_never_ends_is_dropped_in_pieces() -> None:
    codec = Jt808Codec(Profile())
    events = codec.receive(BEAT + bytes(9000) + BEAT, received_at=NOW)

    assert [len(one.data) for one in of_kind(Refused, events)] == [4096, 4096, 808]
    assert len(of_kind(Alive, events)) == 2


def test_a_held_piece_is_let_go_when_what_follows_never_ends() -> None:
    held = b"\x7e" + unsealed(0x3F3F, bytes(300))[:40] + b"\x7e"

    assert codes(held + bytes(5000) + BEAT) == ["checksum", "garbage", "garbage"]


def test_a_line_that_only_makes_noise_is_given_up() -> None:
    codec = Jt808Codec(Profile())
    for _ in range(66):
        codec.receive(bytes(1000), received_at=NOW)

    with pytest.raises(FrameError, match="close the line"):
        codec.receive(b"", received_at=NOW)


def test_a_line_that_sends_frames_among_noise_is_kept() -> None:
    codec = Jt808Codec(Profile())
    for _ in range(100):
        events = codec.receive(bytes(1000) + wrong_checksum(0x0200, location()), received_at=NOW)
    events += codec.receive(bytes(1000) + b"\x7e" + BEAT, received_at=NOW)

    assert len(of_kind(Alive, events)) == 1
