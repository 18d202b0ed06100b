"""Where frames of GT06 begin and end, and what is made of those that are broken."""

from pathlib import Path

import pytest

from gateway.codecs.events import Alive, FrameError, Happened, Located, Refused
from gateway.codecs.gt06.cutter import MOST_GARBAGE_BYTES, Cutter
from gateway.codecs.gt06.frames import Frame, crc_x25, frame
from tests.unit.gateway.gt06_frames import CELL, NOW, STATUS, codec, login, only, place, said

HEARTBEAT = frame(0x13, STATUS, serial=5)
PLACED = frame(0x12, place() + CELL, serial=6)
SCAN = bytes.fromhex("7878 02 69 260302040506 0A0B0C0D0A0F 50 1A1B1C1D1E1F 46 00 01CC00 0D0A")


def cut(*pieces: bytes) -> list[Frame | Refused]:
    cutter = Cutter()
    return [item for piece in pieces for item in cutter.receive(piece)] + cutter.close()


def kinds(*pieces: bytes) -> list[int | str]:
    return [item.code if isinstance(item, Refused) else item.kind for item in cut(*pieces)]


def test_the_checksum_is_x25() -> None:
    assert crc_x25(b"123456789") == 0x906E


def test_a_public_capture_of_a_login_holds() -> None:
    # Of the vendor's protocol description.
    capture = bytes.fromhex("78780D01012345678901234500018CDD0D0A")

    assert capture == login("123456789012345", serial=1)
    assert not cut(capture)[0].faults  # type: ignore[union-attr] # a frame


def test_frames_are_cut_wherever_they_are_split() -> None:
    stream = HEARTBEAT + PLACED + SCAN + frame(0x21, b"\0\0\0\0\1ok", serial=1, is_long=True)

    assert kinds(stream) == [0x13, 0x12, 0x69, 0x21]
    assert kinds(*(stream[at : at + 1] for at in range(len(stream)))) == kinds(stream)


def test_a_line_end_inside_a_frame_ends_nothing() -> None:
    dated = frame(0x12, place(date=bytes((26, 3, 2, 13, 10, 0))) + CELL, serial=0x0D0A)

    assert kinds(dated + HEARTBEAT) == [0x12, 0x13]


def test_a_wrong_length_is_found_out_by_the_checksum() -> None:
    """What comes after it is not waited for."""
    body = b"\x1e\x13" + STATUS + b"\0\5"
    longer = b"\x78\x78" + body + crc_x25(body).to_bytes(2, "big") + b"\r\n"

    (taken,) = Cutter().receive(longer)

    assert isinstance(taken, Frame)
    assert (taken.content, taken.serial, taken.faults) == (STATUS, 5, ("length",))


def test_a_wrong_length_without_a_checksum_ends_with_the_line() -> None:
    broken = bytes.fromhex("7878 0E 13 4604030102 0005 0000 0D0A")

    assert kinds(broken + HEARTBEAT) == [0x13, 0x13]


def test_a_frame_longer_than_its_length_is_taken_when_its_line_ends() -> None:
    broken = bytes.fromhex("7878 06 13 4604030102 0005 0000 0D0A")

    assert kinds(broken, HEARTBEAT) == [0x13, 0x13]


def test_a_frame_that_was_cut_does_not_swallow_the_next() -> None:
    assert kinds(PLACED[:15] + HEARTBEAT + PLACED) == ["garbage", 0x13, 0x12]


def test_a_head_before_a_head_is_garbage() -> None:
    assert kinds(b"\x78" + HEARTBEAT) == ["garbage", 0x13]


def test_garbage_between_frames_is_told_once() -> None:
    found = cut(b"GET / HTTP/1.1" + HEARTBEAT + b"\r\n\0 " + HEARTBEAT + b"end")

    refused = [item.data for item in found if isinstance(item, Refused)]
    assert refused == [b"GET / HTTP/1.1", b"end"]


def test_much_garbage_is_told_in_pieces() -> None:
    found = cut(b"g" * 2500)

    assert [len(item.data) for item in found if isinstance(item, Refused)] == [1024, 1024, 452]


def test_endless_garbage_ends_the_line() -> None:
    with pytest.raises(FrameError):
        Cutter().receive(b"g" * (MOST_GARBAGE_BYTES + 2))


def test_endless_broken_long_frames_end_the_line() -> None:
    with pytest.raises(FrameError):
        Cutter().receive(b"\x79\x79\xff\xff\x12\x00\r\n" * 4000)


def test_a_long_frame_that_never_ends_is_left_out() -> None:
    endless = b"\x79\x79\x30\x00\x21" + b"\1" * 3000

    assert kinds(endless, HEARTBEAT) == ["garbage", "garbage", "garbage", 0x13]


def test_a_frame_that_does_not_end_where_it_says_is_waited_for() -> None:
    reader = Cutter()

    assert reader.receive(b"\x78\x78\x05" + b"\1" * 1500) == []
    assert [one.kind for one in reader.receive(b"\r\n") if isinstance(one, Frame)] == [1]


def test_a_last_frame_without_its_line_end_is_taken_and_marked() -> None:
    for missing in (1, 2):
        (taken,) = cut(PLACED[:-missing])

        assert isinstance(taken, Frame)
        assert (taken.kind, taken.faults) == (0x12, ("length",))


def test_a_last_frame_that_lacks_more_is_garbage() -> None:
    assert kinds(PLACED[:-3]) == ["garbage"]
    assert kinds(PLACED[:4]) == ["garbage"]


def test_a_last_broken_frame_ends_with_its_line_and_the_next_is_read() -> None:
    broken = bytes.fromhex("7878 7E 13 4604030102 0005 0000 0D0A")

    assert kinds(broken + HEARTBEAT) == [0x13, 0x13]


def test_frames_too_short_to_bear_anything_are_taken_as_they_are() -> None:
    assert kinds(bytes.fromhex("7878 01 08 0D0A")) == [0x08]
    assert kinds(bytes.fromhex("7878 09 08 0102 0D0A")) == [0x08]
    assert kinds(bytes.fromhex("7878 09 0D0A")) == [0x00]


def test_a_scan_counts_its_access_points_instead_of_bytes() -> None:
    event = only(SCAN)

    assert isinstance(event, Located)
    assert event.attributes["wifi"] == [
        {"mac": "0a:0b:0c:0d:0a:0f", "signal_dbm": -80},
        {"mac": "1a:1b:1c:1d:1e:1f", "signal_dbm": -70},
    ]
    assert event.attributes["epoch"] == "2026-03-02T04:05:06+00:00"


def test_lenient_reading_takes_a_wrong_checksum_and_marks_it() -> None:
    wrong = HEARTBEAT[:-4] + b"\0\0\r\n"

    (event,) = said(wrong)

    assert isinstance(event, Alive)
    assert event.attributes["checksum"] is False


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (HEARTBEAT[:-4] + b"\0\0\r\n", "checksum"),
        (bytes.fromhex("7878 06 13 4604030102 0005 0000 0D0A") + b"\x78\x78", "length"),
    ],
)
def test_strict_reading_refuses_what_does_not_hold(data: bytes, code: str) -> None:
    events = codec(strict=True).receive(data, received_at=NOW)

    assert [event.code for event in events if isinstance(event, Refused)] == [code]


FRAMES = (Path(__file__).parents[2] / "frames" / "gt06.txt").read_text("utf-8").splitlines()[2:]


@pytest.mark.parametrize(("told", "capture"), [*zip(FRAMES[::2], FRAMES[1::2], strict=True)])
def test_every_kept_frame_makes_the_event_that_stands_above_it(told: str, capture: str) -> None:
    (event,) = said(bytes.fromhex(capture))

    assert told.split()[1] == f"{type(event).__name__.lower()}:"
    assert {"checksum", "length", "short"}.isdisjoint(event.attributes)  # type: ignore[union-attr] # not refused


@pytest.mark.parametrize(
    "stream",
    [
        # Found by the fuzzer: each took 64 looks at line ends, and none was ever too much.
        b"xx\x02\x69\x26\x03\r\n",
        b"yy\x26\0\0\x21\0\0o\0r\0\x21\0\x13\x5f\x06\r\n",
        b"yy" + bytes(40) + b"\xff\r\n",
    ],
)
def test_looking_for_ends_in_vain_is_soon_too_much(stream: bytes) -> None:
    with pytest.raises(FrameError, match="close the line"):
        cut(*[stream * 60] * 8)


def test_a_text_of_many_lines_is_no_garbage() -> None:
    reader = codec()
    text = frame(0x21, bytes(4) + b"\x01" + b"a=1\r\n" * 60, serial=7, is_long=True)

    for _ in range(40):
        (event,) = reader.receive(text, received_at=NOW)
        assert isinstance(event, Happened)
        assert "length" not in event.attributes


def test_what_has_no_checksum_proves_no_line() -> None:
    """A scan of Wi-Fi between garbage does not begin the count anew."""
    scan = bytes.fromhex("7878006926030204050601cc00000d0a")

    with pytest.raises(FrameError):
        cut(*[scan + b"?" * 1000] * 20)
