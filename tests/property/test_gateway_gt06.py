"""Whatever bytes a GT06 line brings and however they are cut."""

from contextlib import suppress
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from gateway.codecs.events import Event, FrameError, Identified, Located
from gateway.codecs.gt06 import Gt06Codec
from gateway.codecs.gt06.cutter import MOST_BYTES, Cutter
from gateway.codecs.gt06.frames import frame
from gateway.codecs.profile import Profile
from tests.unit.gateway.gt06_frames import CELL, DATE, NOW, STATUS, login, place

contents = st.binary(max_size=80) | st.sampled_from([place() + CELL, STATUS, place()])
frames = st.builds(
    frame,
    st.integers(0, 255),
    contents,
    serial=st.integers(0, 0xFFFF),
    is_long=st.booleans(),
)
heads = st.sampled_from(
    [b"x", b"xx", b"yy", b"xx\x0a", b"\r\n", b"\r", b"xx\x02\x17", b"yy\xff\xff"]
)
broken = st.builds(
    lambda data, at, byte: data[:at] + bytes((byte,)) + data[at + 1 :],
    frames,
    st.integers(0, 40),
    st.integers(0, 255),
)
pieces = frames | broken | heads | st.binary(max_size=30)
streams = st.lists(pieces, max_size=8).map(b"".join)
sizes = st.lists(st.integers(1, 40), min_size=1, max_size=20)
garbage = st.binary(max_size=60).filter(lambda data: b"x" not in data and b"y" not in data)


def events_of(chunks: list[bytes], *, strict: bool = False) -> list[Event]:
    codec = Gt06Codec(Profile(strict=strict), independent=True)
    return [
        event for chunk in chunks for event in codec.receive(chunk, received_at=NOW)
    ] + codec.close()


def split(stream: bytes, lengths: list[int]) -> list[bytes]:
    chunks, at, turn = [], 0, 0
    while at < len(stream):
        size = lengths[turn % len(lengths)]
        chunks.append(stream[at : at + size])
        at, turn = at + size, turn + 1
    return chunks


@given(stream=streams, lengths=sizes)
def test_events_do_not_depend_on_how_bytes_arrive(stream: bytes, lengths: list[int]) -> None:
    whole = events_of([stream])

    assert events_of(split(stream, lengths)) == whole
    assert events_of(split(stream, [1])) == whole


@given(before=garbage, between=garbage, behind=garbage)
def test_garbage_around_frames_changes_none_of_them(
    before: bytes, between: bytes, behind: bytes
) -> None:
    placed = frame(0x12, place() + CELL, serial=2)

    events = events_of([before + login() + between + placed + behind])

    told = [type(event) for event in events if isinstance(event, Identified | Located)]
    assert told == [Identified, Located]


@given(data=st.binary(max_size=3000), strict=st.booleans())
def test_nothing_but_frame_errors_leaves_the_codec(data: bytes, *, strict: bool) -> None:
    with suppress(FrameError):
        events = events_of([data], strict=strict)

        assert bool(events) == bool(data.strip(b"\r\n\0 "))


@given(kind=st.integers(0, 255), content=st.binary(max_size=200), is_long=st.booleans())
def test_every_type_takes_every_content(kind: int, content: bytes, *, is_long: bool) -> None:
    """One frame says one thing at most, beside its answer and a piece that is asked for."""
    events = events_of([frame(kind, content, serial=1, is_long=is_long)])

    assert 1 <= len(events) <= 2


@given(chunks=st.lists(st.binary(min_size=200, max_size=900), max_size=10), head=heads)
def test_no_more_is_kept_than_was_promised(chunks: list[bytes], head: bytes) -> None:
    cutter = Cutter()
    for chunk in chunks:
        cutter.receive(head + chunk)

        assert len(cutter._rest) <= MOST_BYTES
        assert len(cutter._garbage) < 1024


words = st.sampled_from([b"\x01\xcc", b"\x81\xcc", b"\0\0"]) | st.binary(min_size=2, max_size=2)
reports = st.builds(
    lambda date, count, lat, lon, motion, net: b"".join((date, count, lat, lon, motion, net)),
    st.sampled_from([DATE, bytes(6)]) | st.binary(min_size=6, max_size=6),
    st.binary(min_size=1, max_size=1),
    st.integers(0, 0x0A000000).map(lambda angle: angle.to_bytes(4, "big")),
    st.integers(0, 0x14000000).map(lambda angle: angle.to_bytes(4, "big")),
    st.binary(min_size=3, max_size=3),
    st.builds(lambda mcc, rest: mcc + rest, words, st.binary(min_size=6, max_size=6)),
)


@given(content=reports, offset=st.sampled_from([None, timedelta(hours=-7)]))
def test_the_quick_way_for_plain_reports_says_what_the_other_does(
    content: bytes, offset: timedelta | None
) -> None:
    """Only the short form is read quickly; the long one goes part by part."""
    short, long = (
        Gt06Codec(Profile(clock_offset=offset), independent=True).receive(
            frame(0x12, content, serial=7, is_long=is_long), received_at=NOW
        )
        for is_long in (False, True)
    )

    assert short == long
    assert repr(short) == repr(long)
