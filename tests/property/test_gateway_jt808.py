"""However the bytes arrive and whatever they are: the same events, no fault, little memory."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.codecs.events import Event, FrameError, Located, Refused, Reply
from gateway.codecs.jt808 import Jt808Codec
from gateway.codecs.jt808.framing import FRAME_BYTES
from gateway.codecs.jt808.parts import MOST_BYTES, MOST_OPEN
from gateway.codecs.profile import Profile
from tests.unit.gateway.jt808_frames import NOW, frame, location, of_kind

bodies = st.binary(max_size=60)
items = st.binary(max_size=40).map(bytes.hex)
serials = st.integers(0, 0xFFFF)
IDS = (
    "0001 0002 0003 0004 0100 0102 0107 0109 0200 0201 0210 0500 0702 0704 0800 0801 0805"
    " 0900 1300 5501 6006 3f3f"
)
message_ids = st.sampled_from([int(digits, 16) for digits in IDS.split()])
versions = st.sampled_from([None, 1])
located = st.builds(
    lambda tail, serial, version: frame(0x0200, location(tail), serial=serial, version=version),
    items,
    serials,
    versions,
)
others = st.builds(
    lambda message_id, body, serial, version: frame(
        message_id, body, serial=serial, version=version
    ),
    message_ids,
    bodies,
    serials,
    versions,
)
in_parts = st.builds(
    lambda total, number, body, serial: frame(
        0x0801, body, serial=serial, part=(total, min(number, total))
    ),
    st.integers(1, 4),
    st.integers(1, 4),
    bodies,
    st.integers(0, 8),
)
noise = st.binary(max_size=30) | st.sampled_from(
    [b"\x7e", b"\x7e\x7e", b"\xe7", b"\x7d", b"(1,2,BASE,2,TIME)", b"(ab", b")", b"\r\n"]
)
streams = st.lists(located | others | in_parts | noise, max_size=8).map(b"".join)
sizes = st.lists(st.integers(1, 40), min_size=1, max_size=30)
clocks = st.sampled_from(["261122120000", "261122120059", "261122130001", "26112212a000", "0" * 12])
offsets = st.sampled_from([Profile(), Profile(clock_offset=timedelta(hours=-7))])
profiles = st.sampled_from([Profile(), Profile(strict=True), Profile(clock_offset=timedelta(0))])


def heard(pieces: list[bytes], profile: Profile) -> list[Event]:
    codec = Jt808Codec(profile)
    events = []
    for piece in pieces:
        events += codec.receive(piece, received_at=NOW)
    return events + codec.close()


def split(stream: bytes, lengths: list[int]) -> list[bytes]:
    pieces, start, index = [], 0, 0
    while start < len(stream):
        size = lengths[index % len(lengths)]
        pieces.append(stream[start : start + size])
        start, index = start + size, index + 1
    return pieces


@given(stream=streams, lengths=sizes, profile=profiles)
def test_events_do_not_depend_on_how_bytes_arrive(
    stream: bytes, lengths: list[int], profile: Profile
) -> None:
    """Whole, byte by byte and in any pieces the same is heard, in the same order."""
    whole = heard([stream], profile)

    assert heard(split(stream, lengths), profile) == whole
    assert heard(split(stream, [1]), profile) == whole


@given(frames=st.lists(located, min_size=1, max_size=6))
def test_every_right_frame_is_heard_and_answered_behind_its_event(frames: list[bytes]) -> None:
    events = heard([b"".join(frames)], Profile())
    kinds = [type(event) for event in events if type(event) in {Located, Reply}]

    assert kinds == [Located, Reply] * len(frames)


@given(before=noise, frames=st.lists(located, min_size=1, max_size=4), after=noise)
def test_garbage_around_costs_no_frame(before: bytes, frames: list[bytes], after: bytes) -> None:
    """A frame between others is heard whatever stands before the first and behind the last."""
    events = heard([before + b"\x7e" + b"".join(frames) + after], Profile())

    assert len(of_kind(Located, events)) >= len(frames)


@given(data=st.lists(st.binary(max_size=200), max_size=20), profile=profiles)
def test_arbitrary_bytes_raise_nothing(data: list[bytes], profile: Profile) -> None:
    heard(data, profile)


@given(body=st.binary(max_size=80), message_id=message_ids, version=versions, profile=profiles)
def test_arbitrary_bodies_raise_nothing(
    body: bytes, message_id: int, version: int | None, profile: Profile
) -> None:
    assert heard([frame(message_id, body, version=version)], profile)


@given(tail=st.binary(max_size=120))
def test_arbitrary_items_leave_the_place_alone(tail: bytes) -> None:
    located = of_kind(Located, heard([frame(0x0200, location(tail.hex()))], Profile()))[0]

    assert located.fix is not None
    assert (located.fix.epoch, located.fix.lat_deg) == (NOW, 31.230001)


@settings(max_examples=10)
@given(chunk=st.binary(min_size=500, max_size=1000), rounds=st.integers(1, 40))
def test_memory_is_bounded_whatever_comes(chunk: bytes, rounds: int) -> None:
    """Unfinished frames take at most three pieces of FRAME_BYTES, parts at most MOST_BYTES."""
    codec = Jt808Codec(Profile())
    try:
        for number in range(1, rounds + 1):
            part = frame(0x0801, chunk, serial=number * 7, part=(9000 + number, number))
            codec.receive(part + b"\x7e" + chunk, received_at=NOW)
    except FrameError:
        pass

    cutters = [codec._listener._standard, codec._listener._alternative]
    held = sum(len(cutter._rest) + len(cutter._held) for cutter in cutters if cutter)
    assert held <= 4 * FRAME_BYTES
    assert len(codec._talk.assemblies.open) <= MOST_OPEN
    assert codec._talk.assemblies.size_bytes <= MOST_BYTES


@given(stream=streams, profile=profiles)
def test_what_is_refused_has_a_reason_and_a_code(stream: bytes, profile: Profile) -> None:
    for refused in of_kind(Refused, heard([stream], profile)):
        assert refused.reason
        assert refused.code.isalpha()


@given(head=st.binary(min_size=22, max_size=22), clock=clocks, tail=items, profile=offsets)
def test_the_quick_way_for_plain_locations_says_what_the_other_does(
    head: bytes, clock: str, tail: str, profile: Profile
) -> None:
    """Who is strict reads every location the long way; all but items that are cut is the same."""
    body = head + bytes.fromhex(clock + tail)
    stream = [frame(0x0200, body, serial=serial) for serial in (7, 8)]
    quick, slow = heard(stream, profile), heard(stream, replace(profile, strict=True))

    if not any("items_cut" in event.attributes for event in of_kind(Located, quick)):
        assert repr(quick) == repr(slow)
