"""Messages in parts: put together, asked for, given up; and the pictures that they hold."""

from datetime import timedelta

import pytest

from gateway.codecs.events import Happened, Located, Photo, Refused
from gateway.codecs.jt808 import Jt808Codec
from gateway.codecs.jt808.parts import MOST_BYTES, MOST_OPEN, PART_BYTES
from gateway.codecs.profile import Profile
from tests.unit.gateway.jt808_frames import NOW, answers, first, frame, location, of_kind, said

JPEG = b"\xff\xd8" + bytes(range(256)) * 9 + b"\xff\xd9"
HEAD = bytes.fromhex("0000002a00000101")
MEDIA = HEAD + location() + JPEG
SIZE = 900


def parts(body: bytes = MEDIA, message_id: int = 0x0801, **head) -> list[bytes]:
    """Return the frames of a message cut into parts, counted from serial 100."""
    pieces = [body[at : at + SIZE] for at in range(0, len(body), SIZE)]
    return [
        frame(message_id, piece, **({"serial": 99 + number} | head), part=(len(pieces), number))
        for number, piece in enumerate(pieces, 1)
    ]


def heard(*frames: bytes, step: timedelta = timedelta(0)) -> list:
    """Return what one codec makes of frames that come one after the other."""
    codec = Jt808Codec(Profile())
    events = []
    for index, data in enumerate(frames):
        events += codec.receive(data, received_at=NOW + index * step)
    return events


def test_a_picture_comes_whole_with_its_own_place_and_time() -> None:
    photo = first(Photo, b"".join(parts()))

    assert photo.data == JPEG
    assert photo.media_type == "image/jpeg"
    assert photo.fix is not None
    assert photo.fix.epoch == NOW
    assert photo.attributes["media_id"] == 42
    assert photo.attributes["reason"] == "timed"
    assert photo.attributes["channel"] == 1


def test_every_part_is_answered_and_the_whole_is_confirmed() -> None:
    events = heard(*parts())

    assert [message_id for message_id, _ in answers(events)] == [0x8001] * 3 + [0x8800]
    assert answers(events)[-1][1] == bytes.fromhex("0000002a")
    assert type(events[-3]) is Photo


BATCH = b"\0\3\1" + 3 * (b"\0\x1c" + location())


@pytest.mark.parametrize(
    ("message_id", "body", "numbers", "rescued"),
    [
        (0x0704, BATCH + bytes(SIZE), (1,), 3),
        (0x0704, BATCH[:45] + bytes(SIZE), (1,), 1),
        (0x0704, BATCH + bytes(SIZE), (2,), 0),
        (0x0200, location("3001") + bytes(SIZE), (1,), 1),
        (0x0801, MEDIA, (1,), 0),
    ],
)
def test_places_of_a_message_that_never_became_whole_are_told(
    message_id: int, body: bytes, numbers: tuple[int, ...], rescued: int
) -> None:
    """The terminal was answered for each part, and may have forgotten them."""
    came = b"".join(parts(body, message_id)[number - 1] for number in numbers)
    reports = of_kind(Located, said(came))

    whole = [report for report in reports if report.fix is not None]
    assert len(whole) >= rescued
    assert bool(reports) is bool(rescued)
    for report in whole:
        assert report.attributes["parts"] is False
        assert report.late is (message_id == 0x0704)
    assert not of_kind(Located, said(came, Profile(strict=True)))
    assert first(Refused, came).code == "parts"


def test_places_of_another_terminal_are_not_rescued() -> None:
    came = parts(BATCH + bytes(SIZE), 0x0704)[0] + frame(0x0002, phone="013912345679")

    assert not of_kind(Located, said(came))


def test_parts_may_come_in_any_order_and_twice() -> None:
    one, two, three = parts()

    assert of_kind(Photo, heard(three, one, one, two))[0].data == JPEG


def test_missing_parts_of_a_picture_are_asked_for_by_its_own_message() -> None:
    one, two, three = parts()
    events = heard(one, three)

    assert answers(events)[-1] == (0x8800, bytes.fromhex("0000002a") + b"\x01\x00\x02")
    assert of_kind(Photo, heard(one, three, two))[0].data == JPEG


def test_a_part_sent_again_with_a_new_serial_completes_the_picture() -> None:
    one, _, three = parts()
    again = parts(serial=4711)[1]

    assert of_kind(Photo, heard(one, three, again))[0].data == JPEG


def test_parts_that_all_have_one_serial_are_put_together() -> None:
    assert of_kind(Photo, heard(*parts(serial=5)))[0].data == JPEG


def test_serials_may_skip_between_parts_and_a_part_be_missing() -> None:
    one, two, three = (parts(serial=serial)[index] for index, serial in enumerate((5, 9, 20)))

    assert of_kind(Photo, heard(one, two, three))[0].data == JPEG
    assert of_kind(Photo, heard(one, three, two))[0].data == JPEG


def test_a_later_picture_is_not_mixed_with_one_that_never_became_whole() -> None:
    one, two, _ = parts()
    again = parts(MEDIA[:-4] + b"!!!!", serial=4711)
    events = heard(one, two, *again)

    assert of_kind(Photo, events)[0].data == JPEG[:-4] + b"!!!!"


@pytest.mark.parametrize(("version", "count"), [(None, "01"), (1, "0001")])
def test_missing_parts_of_other_messages_are_asked_for(version: int | None, count: str) -> None:
    one, _, three = parts(bytes(2000), 0x0900, version=version)

    assert answers(heard(one, three))[-1] == (0x8003, bytes.fromhex("0064" + count + "0002"))


def test_a_picture_whose_first_part_is_missing_is_asked_for_by_serial() -> None:
    _, two, three = parts()

    assert answers(heard(two, three))[-1] == (0x8003, bytes.fromhex("0064010001"))


def test_a_silent_terminal_is_asked_again_and_given_up_in_the_end() -> None:
    one, _, three = parts()
    beat = frame(0x0002)
    events = heard(one, three, *[beat] * 4, step=timedelta(seconds=6))

    asked = [message_id for message_id, _ in answers(events) if message_id == 0x8800]
    assert len(asked) == 3
    assert of_kind(Refused, events)[0].code == "parts"
    assert "2 of 3 parts" in of_kind(Refused, events)[0].reason


def test_what_is_open_when_the_line_ends_is_refused() -> None:
    assert of_kind(Refused, said(parts()[0]))[0].code == "parts"


def test_any_message_may_come_in_parts() -> None:
    body = b"\0\x02\x01" + (b"\0\x1c" + location()) * 40
    events = heard(*parts(body, 0x0704))

    assert len(of_kind(Located, events)) == 40
    assert all(event.late for event in of_kind(Located, events))


def test_a_message_that_is_its_only_part_is_whole() -> None:
    assert of_kind(Located, said(frame(0x0200, location(), part=(1, 1))))


def test_the_bit_for_parts_without_numbers_is_overlooked() -> None:
    for body in (b"\0\0\0\0" + location()[4:], b""):
        data = bytearray(frame(0x0200 if body else 0x0002, body))
        data[3] |= 0x20
        data[-2] ^= 0x20
        events = said(bytes(data))
        assert not of_kind(Refused, events)


def test_only_so_many_messages_are_open_at_once() -> None:
    frames = [frame(0x0900 + index, b"x", part=(2, 1)) for index in range(MOST_OPEN + 1)]
    refused = of_kind(Refused, heard(*frames))

    assert len(refused) == 1
    assert "0x0900" in refused[0].reason


def test_only_so_many_bytes_are_kept() -> None:
    codec = Jt808Codec(Profile())
    refused = []
    count = MOST_BYTES // (1000 + PART_BYTES) + 2
    for number in range(1, count + 1):
        data = frame(0x0801, bytes(1000), serial=number, part=(60_000, number))
        refused += of_kind(Refused, codec.receive(data, received_at=NOW))

    assert len(refused) == 1
    assert "larger than is kept" in refused[0].reason


def test_a_request_names_no_more_parts_than_its_count_holds() -> None:
    events = heard(frame(0x0900, b"x", part=(300, 300)))

    assert len(answers(events)[-1][1]) == 3 + 2 * 255


def test_a_picture_in_one_message_needs_no_parts() -> None:
    small = HEAD + location() + b"\xff\xd8\xff\xd9"

    assert first(Photo, frame(0x0801, small)).data == b"\xff\xd8\xff\xd9"


def test_a_picture_of_2011_has_no_place() -> None:
    photo = first(Photo, frame(0x0801, HEAD + b"\xff\xd8\xff\xd9"))

    assert (photo.fix, photo.data) == (None, b"\xff\xd8\xff\xd9")


@pytest.mark.parametrize(("place", "kept"), [(location(), b"RIFF"), (b"", b"RIFF")])
def test_recordings_are_kept_in_hex(place: bytes, kept: bytes) -> None:
    head = bytes.fromhex("0000002b01030002")
    told = first(Happened, frame(0x0801, head + place + kept))

    assert told.kind == "media"
    assert told.attributes["media_type"] == "audio/wav"
    assert told.attributes["data"] == kept.hex()


def test_unknown_kinds_and_forms_are_told_as_they_are() -> None:
    told = first(Happened, frame(0x0801, bytes.fromhex("0000002b07090802") + b"?"))

    assert told.attributes["kind"] == "7"
    assert told.attributes["reason"] == "8"
    assert told.attributes["media_type"] == "application/octet-stream"


def test_a_picture_is_announced() -> None:
    events = said(frame(0x0800, HEAD))

    assert of_kind(Happened, events)[0].kind == "media_event"
    assert answers(events)[0][1][-1] == 0


@pytest.mark.parametrize("message_id", [0x0800, 0x0801])
def test_a_picture_without_its_head_is_refused(message_id: int) -> None:
    events = said(frame(message_id, b"\0\0"))

    assert of_kind(Refused, events)[0].code == "body"
    assert answers(events)[0][1][-1] == 2
