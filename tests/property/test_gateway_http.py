"""Whatever a phone or a stranger sends over HTTP, in whatever pieces, ends in events."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.codecs.events import Event, FrameError
from gateway.codecs.osmand import OsmandCodec
from gateway.codecs.owntracks import OwntracksCodec
from gateway.codecs.profile import Profile
from gateway.telling import as_json

NOW = datetime(2026, 3, 2, 4, tzinfo=UTC)
CODECS = st.sampled_from([OsmandCodec, OwntracksCodec])

# fmt: off
NAMES = st.sampled_from([
    "id", "deviceid", "lat", "lon", "location", "timestamp", "speed", "bearing", "valid", "batt",
    "alarm", "cell", "wifi", "gprmc", "x",
])
KEYS = st.sampled_from([
    "_type", "lat", "lon", "tst", "acc", "vel", "batt", "t", "rty", "image", "data", "topic",
    "tid", "conn", "device_id", "location", "coords", "latitude", "longitude", "timestamp",
    "speed", "heading", "battery", "level", "is_charging", "activity", "type", "alarm", "extras",
])
# fmt: on
WORDS = st.sampled_from(
    [
        "location",
        "encrypted",
        "card",
        "transition",
        "h",
        "p",
        "owntracks/a/b",
        "2026-03-02T04:00:00",
    ]
)
NUMBERS = st.integers() | st.floats() | st.sampled_from([0, -1, 30.5, 1_772_424_000])
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | WORDS | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=5),
    max_leaves=8,
)
DOCUMENTS = st.dictionaries(KEYS, VALUES, max_size=8) | st.lists(VALUES, max_size=2)
BODIES = DOCUMENTS.map(lambda document: json.dumps(document).encode()) | st.binary(max_size=40)
QUERIES = st.lists(st.tuples(NAMES, st.text(max_size=12) | NUMBERS.map(str)), max_size=6).map(
    lambda pairs: "&".join(f"{name}={value}" for name, value in pairs)
)


@st.composite
def requests(draw: st.DrawFn) -> bytes:
    """Return one request with a query or a body, sized or in chunks."""
    target = "/?" + draw(QUERIES).replace(" ", "+").replace("\n", "").replace("\r", "")
    body = draw(BODIES)
    lines = [
        f"{draw(st.sampled_from(['GET', 'POST']))} {draw(st.sampled_from(['/', target]))} HTTP/1.1"
    ]
    if draw(st.booleans()):
        lines.append("Content-Type: application/json")
    if draw(st.booleans()):
        head = [*lines, f"Content-Length: {len(body)}", "", ""]
        return "\r\n".join(head).encode("utf-8", "replace") + body
    head = [*lines, "Transfer-Encoding: chunked", "", ""]
    at = draw(st.integers(0, len(body)))
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(c), c) for c in (body[:at], body[at:]) if c)
    return "\r\n".join(head).encode("utf-8", "replace") + chunks + b"0\r\n\r\n"


STREAMS = st.lists(requests() | st.binary(max_size=30), max_size=4).map(b"".join)


def cut(stream: bytes, cuts: list[int]) -> Iterator[bytes]:
    at = 0
    for size in cuts:
        yield stream[at : at + size]
        at += size
    yield stream[at:]


def heard(codec: OsmandCodec | OwntracksCodec, pieces: Iterator[bytes]) -> list[Event]:
    events: list[Event] = []
    for piece in pieces:
        if piece:
            try:
                events += codec.receive(piece, received_at=NOW)
            except FrameError:
                return events
    return events + codec.close()


@settings(max_examples=50, deadline=None)
@given(make=CODECS, stream=STREAMS, cuts=st.lists(st.integers(1, 50), max_size=10))
def test_events_do_not_depend_on_how_bytes_arrive(
    make: type[OsmandCodec], stream: bytes, cuts: list[int]
) -> None:
    whole = heard(make(Profile()), iter([stream]))

    assert heard(make(Profile()), cut(stream, cuts)) == whole
    assert heard(make(Profile()), cut(stream, [1] * len(stream))) == whole


@settings(max_examples=50, deadline=None)
@given(make=CODECS, lines=st.lists(requests() | BODIES | QUERIES.map(str.encode), max_size=3))
def test_written_lines_never_raise_and_can_be_printed(
    make: type[OsmandCodec], lines: list[bytes]
) -> None:
    codec = make(Profile(secret_key=b"key"))
    events = [event for line in lines for event in codec.take_line(line, received_at=NOW)]

    for event in events + codec.close():
        json.dumps(as_json(event), allow_nan=False).encode()


@settings(max_examples=50, deadline=None)
@given(make=CODECS, requests=st.lists(requests(), min_size=1, max_size=3))
def test_each_whole_request_is_answered_once(
    make: type[OsmandCodec], requests: list[bytes]
) -> None:
    events = heard(make(Profile()), iter([b"".join(requests)]))

    replies = [event for event in events if as_json(event)["event"] == "reply"]
    assert len(replies) == len(requests)
