"""Bodies in chunks, however their bytes come."""

import pytest

from gateway.codecs.bodies import Chunked, UnreadableError

WHOLE = b"3\r\nabc\r\n0A;x=y\r\n0123456789\r\n0\r\nX-Sum: 1\r\n\r\n"


def taken(*pieces: bytes) -> bytes | None:
    body, buffer, found = Chunked(20), bytearray(), None
    for piece in pieces:
        buffer += piece
        found = body.take(buffer)
    return found


def test_a_body_is_whole_behind_its_trailers():
    assert taken(WHOLE) == b"abc0123456789"


@pytest.mark.parametrize("first", range(1, len(WHOLE)))
def test_a_body_is_the_same_wherever_it_is_split(first):
    assert taken(WHOLE[:first]) is None
    assert taken(WHOLE[:first], WHOLE[first:]) == b"abc0123456789"


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"three\r\n", 400),
        (b"3" * 1100, 400),
        (b"3\r\nabcd\r\n", 400),
        (b"15\r\n", 413),
        (b"10\r\n0123456789abcdef\r\n5\r\n", 413),
    ],
    ids=["no size", "a line without end", "longer than its size", "too long", "too long together"],
)
def test_a_body_that_cannot_be_read_on_says_why(data, status):
    with pytest.raises(UnreadableError) as raised:
        taken(data)

    assert raised.value.status == status
