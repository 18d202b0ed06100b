"""A connection of OsmAnd's kind: requests one behind another, faults, and how they are written."""

from datetime import UTC, datetime

import pytest

from gateway.codecs.events import FrameError, Identified, Located, Refused, Reply
from gateway.codecs.osmand import OsmandCodec
from gateway.codecs.profile import Profile

NOW = datetime(2026, 3, 2, 5, tzinfo=UTC)
PLACE = "id=7&lat=30.5&lon=104.2"


def test_a_terminal_is_identified_once_a_connection() -> None:
    codec = OsmandCodec(Profile())
    stream = f"GET /?{PLACE} HTTP/1.1\r\n\r\n".encode() * 2
    events = codec.receive(stream, received_at=NOW)

    assert [type(event) for event in events] == [Identified, Located, Reply, Located, Reply]


def test_what_stands_before_a_fault_is_kept_and_what_follows_cannot_be_read() -> None:
    codec = OsmandCodec(Profile())
    events = codec.receive(f"GET /?{PLACE} HTTP/1.1\r\n\r\nnonsense\r\n".encode(), received_at=NOW)

    assert [type(event) for event in events] == [Identified, Located, Reply, Refused, Reply]
    assert isinstance(events[-1], Reply)
    assert b" 400 " in events[-1].data
    with pytest.raises(FrameError):
        codec.receive(b"x", received_at=NOW)


def test_a_written_stream_begins_anew_behind_a_fault() -> None:
    codec = OsmandCodec(Profile())
    codec.take_line(b"GET /x HTTP/3\r\n", received_at=NOW)
    events = codec.take_line(PLACE.encode(), received_at=NOW)

    assert isinstance(events[0], Identified)


def test_a_stream_may_end_between_requests_only() -> None:
    codec = OsmandCodec(Profile())
    assert codec.close() == []
    codec.receive(
        b"POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n", received_at=NOW
    )
    (refused,) = codec.close()

    assert isinstance(refused, Refused)
    assert refused.code == "cut_off"


def test_a_written_capture_may_hold_whole_requests() -> None:
    codec = OsmandCodec(Profile())
    lines = [
        f"GET /?{PLACE} HTTP/1.1\n",
        "Host: gateway.example\n",
        "\n",
        "POST / HTTP/1.1\n",
        "Content-Length: 23\n",
        "\n",
        PLACE,
    ]
    events = [event for line in lines for event in codec.take_line(line.encode(), received_at=NOW)]

    assert [type(event) for event in events] == [Identified, Located, Reply, Located, Reply]
