"""Payloads as columns: the same as one by one, and rendered as PostgreSQL reads them."""

import json
import struct
import zlib
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.writing.parcels import join, open_parcel, why_refused
from ingest.writing.rendering import Column, Names, render, times
from patrol.errors import InputError
from patrol.ids import TerminalId
from patrol.messages import COLUMNS, Position, decode_position
from patrol.track import UNKNOWN
from runtime.mqtt import Message

T01 = TerminalId("T01")
NUMBERS = st.one_of(
    st.integers(-3, 600),
    st.sampled_from([2**31, -(2**31), 2**53 + 1, 2**63 - 1, -(2**63), 2**64, 10**400]),
    st.none(),
    st.sampled_from([1.0, True, "1"]),
)
GOOD = {
    "t": st.just(1_760_000_000_000),
    "lat": st.integers(-900_000_000, 900_000_000),
    "lon": st.integers(-1_800_000_000, 1_800_000_000),
    "alt": st.none() | st.integers(-10_000, 1_000_000),
    "q": st.none() | st.integers(0, 8),
    "bat": st.none() | st.integers(0, 100),
    "flg": st.integers(0, 63),
}


@st.composite
def bodies(draw):
    """Messages that are mostly right, and wrong in any one place."""
    count = draw(st.integers(1, 4))
    body = {"v": 1, "seq": draw(st.integers(0, 99)), "source": "agent"}
    for name, values in GOOD.items():
        if name in {"t", "lat", "lon"}:
            body[name] = [
                draw(values),
                *draw(st.lists(st.integers(-50, 50), min_size=count - 1, max_size=count - 1)),
            ]
        elif draw(st.booleans()):
            body[name] = draw(st.lists(values, min_size=count, max_size=count))
    for name in draw(
        st.lists(st.sampled_from([*COLUMNS, "v", "seq", "source", "outbox"]), max_size=1)
    ):
        wrong = st.one_of(NUMBERS, st.lists(NUMBERS, max_size=5), st.text(max_size=70))
        body[name] = draw(wrong)
    if draw(st.booleans()):
        body["x"] = draw(st.text(max_size=3))
    return body


def one_by_one(payload: bytes) -> list[Position] | None:
    try:
        return list(decode_position(payload).positions)
    except InputError:
        return None


def as_columns(payload: bytes) -> list[Position] | None:
    try:
        parcel = open_parcel(T01, Message("t", payload, 1, 1))
    except InputError:
        return None
    fixes, bad = join([parcel])
    if bad:
        assert why_refused(payload) != "a value is out of range"
        return None
    columns = [fixes.epoch_ms, fixes.lat_e7, fixes.lon_e7, *fixes.values.values()]
    return [
        Position(*(None if value == UNKNOWN else value for value in row))
        for row in np.stack(columns).T.tolist()
    ]


@given(bodies(), st.booleans())
def test_columns_hold_what_is_decoded_one_by_one(body, compressed):
    payload = json.dumps(body, ensure_ascii=False).encode(errors="surrogatepass")
    payload = zlib.compress(payload) if compressed else payload

    assert as_columns(payload) == one_by_one(payload)


@pytest.mark.parametrize(
    "payload",
    [
        b'{"v":1,"seq":1,"source":"a","t":[1760000000000],"lat":[1],"lon":[1],"x":"\xff"}',
        b'{"v":1,"seq":1,"source":"a","t":[1760000000000],"lat":[1],"lon":[1],"x":NaN}',
        b'{"v":1,"seq":1,"source":"a","t":[1760000000000],"lat":[1],"lon":[1],"q":[]}',
        b'{"v":1,"seq":1,"source":"a","t":[],"lat":[],"lon":[]}',
        b'{"v":1,"seq":1,"source":"a","t":[1760000000000],"lat":[1],"lon":[1]}\n',
        b'{"v":1,"seq":1,"source":"a","t":[1760000000000,%d,%d],"lat":[1,0,0],"lon":[1,0,0]}'
        % (2**62, -(2**62)),
        b'{"v":1,"seq":1,"source":"a","t":[1760000000000],"lat":[1],"lon":[1],"x":'
        + b"[" * 9999
        + b"]" * 9999
        + b"}",
    ],
)
def test_where_decoders_differ_the_one_that_gives_reasons_decides(payload):
    assert as_columns(payload) == one_by_one(payload)


def test_parcels_are_told_apart():
    first = b'{"v":1,"seq":5,"source":"a","t":[1760000000000,1000],"lat":[1,1],"lon":[7,-1]}'
    wrong = b'{"v":1,"seq":9,"source":"a","t":[1760000000000],"lat":[999999999],"lon":[1]}'
    parcels = [open_parcel(T01, Message("t", one, 1, 1)) for one in (first, wrong, first)]

    fixes, bad = join(parcels)

    assert bad == {1}
    assert fixes.parcel.tolist() == [0, 0, 1, 2, 2]
    assert fixes.seq.tolist() == [5, 6, 9, 5, 6]
    assert fixes.lon_e7.tolist() == [7, 6, 1, 7, 6]
    assert why_refused(wrong) == "lat[0] comes to 999999999, outside -900000000..900000000"


def test_rows_are_rendered_in_the_binary_format():
    known, unknown = 258, UNKNOWN
    rendered = render(
        [Column(np.array([known, unknown]), 2, nullable=True), Column(np.array([1, -1]), 4)],
        [Names(["ab", "c"], np.array([1, 0]))],
    )

    rows = struct.pack("!hihiii1s", 3, 2, known, 4, 1, 1, b"c")
    again = struct.pack("!hiiii2s", 3, -1, 4, -1, 2, b"ab")
    assert rendered == b"PGCOPY\n\xff\r\n\x00" + bytes(8) + rows + again + b"\xff\xff"


def test_times_count_from_the_year_2000():
    moment = datetime(2000, 1, 1, 0, 0, 1, 500_000, tzinfo=UTC)

    assert times(np.array([round(moment.timestamp() * 1000)])).values.tolist() == [1_500_000]
