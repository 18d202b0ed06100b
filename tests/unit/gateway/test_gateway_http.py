"""Requests are cut out of a stream of bytes, and faults in it are told with their status."""

import pytest

from gateway.codecs.http import (
    CONTINUE,
    HEAD_LIMIT_BYTES,
    Expectation,
    Fault,
    Request,
    RequestReader,
    Response,
)

LIMIT_BYTES = 100


def read(data: bytes) -> list[object]:
    return list(RequestReader(body_limit_bytes=LIMIT_BYTES).receive(data))


def only(data: bytes) -> Request:
    (found,) = read(data)
    assert isinstance(found, Request)
    return found


def status(data: bytes) -> int:
    *_, found = read(data)
    assert isinstance(found, Fault)
    return found.status


def test_a_request_without_a_body_ends_with_its_head() -> None:
    request = only(b"GET /a/b?id=1&x=%20#part HTTP/1.1\r\nHost: here\r\nX-A:  b \r\n\r\n")

    assert (request.method, request.target) == ("GET", "/a/b?id=1&x=%20#part")
    assert request.query == "id=1&x=%20"
    assert dict(request.headers) == {"host": "here", "x-a": "b"}
    assert request.body == b""


def test_a_body_is_as_long_as_the_head_says() -> None:
    first, second = read(
        b"POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabcGET /?id=1 HTTP/1.1\r\n\r\n"
    )

    assert isinstance(first, Request)
    assert first.body == b"abc"
    assert isinstance(second, Request)
    assert second.query == "id=1"


def test_chunks_are_put_together() -> None:
    request = only(
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"3\r\nabc\r\n0A;x=y\r\n0123456789\r\n0\r\nX-Sum: 1\r\n\r\n"
    )

    assert request.body == b"abc0123456789"


def test_lines_may_end_with_a_bare_line_feed() -> None:
    assert only(b"POST / HTTP/1.0\nContent-Length: 1\n\nx").body == b"x"


def test_a_target_may_hold_blanks_as_some_modems_send_them() -> None:
    assert only(b"GET /?timestamp=2026-03-02 04:00:00&id=1 HTTP/1.1\r\n\r\n").query == (
        "timestamp=2026-03-02 04:00:00&id=1"
    )


def test_empty_lines_before_a_request_are_nothing() -> None:
    assert only(b"\r\n\n\r\nGET / HTTP/1.1\r\n\r\n").target == "/"


def test_repeated_headers_are_joined_and_lines_without_a_name_are_nothing() -> None:
    request = only(b"GET / HTTP/1.1\r\nX: 1\r\nnonsense\r\nx: 2\r\n\r\n")

    assert dict(request.headers) == {"x": "1, 2"}


@pytest.mark.parametrize(
    ("head", "keeps_alive"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", True),
        (b"GET / HTTP/1.1\r\nConnection: Close\r\n\r\n", False),
        (b"GET / HTTP/1.0\r\n\r\n", False),
        (b"GET / HTTP/1.0\r\nConnection: Keep-Alive, x\r\n\r\n", True),
    ],
)
def test_a_request_says_whether_the_line_may_be_used_again(
    head: bytes, *, keeps_alive: bool
) -> None:
    assert only(head).keeps_alive is keeps_alive


@pytest.mark.parametrize(
    ("expected", "data"),
    [
        (400, b"\x16\x03\x01\x02\x00\n"),
        (400, b"bla GET / HTTP/1.1\r\n\r\n"),
        (400, b"GET HTTP/1.1\r\n\r\n"),
        (400, b"GET / HTTP/2.0\r\n\r\n"),
        (400, b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n"),
        (400, b"POST / HTTP/1.1\r\nContent-Length: 1, 2\r\n\r\n"),
        (400, b"POST / HTTP/1.1\r\nContent-Length: 0x5\r\n\r\n"),
        (400, b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n"),
        (400, b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n"),
        (400, b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\rb"),
        (400, b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1" * 2000),
        (413, b"POST / HTTP/1.1\r\nContent-Length: 101\r\n\r\n"),
        (413, b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n65\r\n"),
        (415, b"POST / HTTP/1.1\r\nContent-Encoding: gzip\r\nContent-Length: 1\r\n\r\n"),
        (431, b"G" * HEAD_LIMIT_BYTES),
        (431, b"GET / HTTP/1.1\r\nX: " + b"x" * HEAD_LIMIT_BYTES),
        (501, b"POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n"),
    ],
)
def test_a_fault_has_its_status(expected: int, data: bytes) -> None:
    assert status(data) == expected


def test_nothing_is_read_or_kept_behind_a_fault() -> None:
    reader = RequestReader()
    reader.receive(b"nonsense\r\n")

    assert reader.is_broken
    assert reader.receive(b"GET / HTTP/1.1\r\n\r\n") == []
    assert not reader.is_pending


def test_requests_before_a_fault_are_kept() -> None:
    found = read(b"GET / HTTP/1.1\r\n\r\nnonsense\r\n")

    assert [type(one) for one in found] == [Request, Fault]


def test_a_sender_that_waits_with_its_body_is_told_to_go_on() -> None:
    reader = RequestReader()
    head = b"POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"

    assert reader.receive(head) == [Expectation()]
    (request,) = reader.receive(b"ab")

    assert isinstance(request, Request)
    assert request.body == b"ab"
    assert CONTINUE == b"HTTP/1.1 100 Continue\r\n\r\n"


def test_an_answer_tells_its_length_and_what_becomes_of_the_line() -> None:
    answer = Response(status=200, body=b"[]", media_type="application/json", keeps_alive=False)

    assert answer.to_bytes() == (
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n"
        b"Connection: close\r\n\r\n[]"
    )
    assert Response(status=404).to_bytes() == (
        b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n"
    )
