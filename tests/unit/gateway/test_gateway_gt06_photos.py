"""Pictures that come in pieces."""

import pytest

from gateway.codecs.events import Event, Photo, RawFix, Refused, Reply
from gateway.codecs.gt06.frames import frame
from gateway.codecs.gt06.photos import MOST_PHOTO_BYTES
from tests.unit.gateway.gt06_frames import DATE, EPOCH, NOW, answered, codec, joined

JPEG = b"\xff\xd8" + bytes(range(256)) * 8


def announced(size: int, number: int = 9, *, date: bytes = DATE) -> bytes:
    content = joined(date, "05 0345B520 0B2E5A80 010201", size.to_bytes(4, "big"))
    return frame(0x35, content + number.to_bytes(4, "big"), serial=1)


def piece(at: int, data: bytes, number: int = 9) -> bytes:
    head = number.to_bytes(4, "big") + at.to_bytes(4, "big") + len(data).to_bytes(2, "big")
    return frame(0x36, head + data, serial=2, is_long=True)


def asked(at: int, size: int, number: int = 9) -> Reply:
    content = number.to_bytes(4, "big") + at.to_bytes(4, "big") + size.to_bytes(2, "big")
    return Reply(data=frame(0x36, content, serial=0))


def media(index: int, data: bytes, *, number: int = 4, kind: int = 0) -> bytes:
    head = joined(bytes(8), (1772424306).to_bytes(4, "big"), bytes(22), number.to_bytes(4, "big"))
    told = joined(len(JPEG).to_bytes(4, "big"), [kind, 0, 2], index.to_bytes(2, "big"))
    return frame(0x41, head + told + data, serial=index, is_long=True)


def told(*frames: bytes) -> list[Event]:
    reader = codec()
    return [event for data in frames for event in reader.receive(data, received_at=NOW)]


def test_a_picture_is_asked_for_piece_by_piece() -> None:
    *asking, photo = told(
        announced(len(JPEG)),
        piece(0, JPEG[:1024]),
        piece(1024, JPEG[1024:2048]),
        piece(2048, JPEG[2048:]),
    )

    assert asking == [asked(0, 1024), asked(1024, 1024), asked(2048, 2)]
    assert isinstance(photo, Photo)
    assert (photo.data, photo.media_type) == (JPEG, "image/jpeg")
    assert photo.fix == RawFix(
        epoch=EPOCH, lat_deg=0x0345B520 / 1.8e6, lon_deg=0x0B2E5A80 / 1.8e6, valid=True
    )
    assert photo.attributes["camera"] == 1


def test_a_piece_that_comes_twice_counts_once() -> None:
    *_, last = told(announced(len(JPEG)), piece(0, JPEG[:1024]), piece(0, JPEG[:1024]))

    assert last == asked(1024, 1024)


def test_a_picture_of_an_unknown_moment_has_no_fix() -> None:
    *_, photo = told(announced(2, date=bytes(6)), piece(0, b"\0\0"))

    assert isinstance(photo, Photo)
    assert (photo.fix, photo.media_type) == (None, "application/octet-stream")


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (announced(0), "photo_size"),
        (announced(MOST_PHOTO_BYTES + 1), "photo_size"),
        (piece(0, b"\1"), "photo_piece"),
        (frame(0x35, b"\1", serial=1), "short"),
        (media(1, b"\1"), "photo_piece"),
        (media(0, b"\1", kind=1), "photo_size"),
    ],
)
def test_what_makes_no_picture_is_refused(data: bytes, code: str) -> None:
    events = told(data)

    assert [event.code for event in events if isinstance(event, Refused)] == [code]


def test_pieces_that_come_unasked_are_answered_and_put_together() -> None:
    first, *_, photo, last = told(media(0, JPEG[:1500]), media(1, JPEG[1500:]))

    assert first == Reply(data=frame(0x41, b"", serial=0, is_long=True))
    assert isinstance(photo, Photo)
    assert photo.data == JPEG
    assert last == Reply(data=frame(0x41, b"", serial=1, is_long=True))


def test_a_short_frame_of_the_same_type_is_the_terminals_state() -> None:
    state = frame(0x36, bytes.fromhex("0005040002"), serial=3)

    assert told(state)[-1] == answered(0x36, 3)
