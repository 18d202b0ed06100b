"""Whatever bytes come and however they are cut: nothing breaks, nothing is invented."""

import json
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.epochs import FixReader, Receipt
from device.framing import LineFramer, Refusal, SentenceError
from device.nmea import accuracy_of, read_sentence
from device.receivers.gpsd import GpsdReader
from device.sampling import Sampler
from patrol.fix import epoch_of
from patrol.notices.plans import Pace
from tests.unit.device.terminal import START, fix_at, gga, rmc, sentence

LIMIT = 40

lines = st.binary(max_size=3 * LIMIT) | st.sampled_from([b"$GPGLL,1*00", b"$", b"\n", b"\r\n"])
streams = st.lists(lines, max_size=12).map(b"\r\n".join)
fields = st.lists(
    st.text("0123456789.,-+AVNSEWxnaif", max_size=12)
    | st.sampled_from(["120000.00", "A", "3030.0", "N", "10412.0", "E", "020326", "", "-1"]),
    max_size=18,
)
types = st.sampled_from(
    [
        "GPRMC",
        "GNGGA",
        "GNGST",
        "GNGSA",
        "GNZDA",
        "GNGNS",
        "GPGLL",
        "GPVTG",
        "GPGSV",
        "PUBXR",
        "PRRMC",
    ]
)
sizes = st.lists(st.integers(1, 30), min_size=1, max_size=50)


def split(stream: bytes, lengths: list[int]) -> list[bytes]:
    pieces, start = [], 0
    for index in range(len(stream)):
        size = lengths[index % len(lengths)]
        pieces.append(stream[start : start + size])
        start += size
    return pieces


@given(stream=streams, lengths=sizes)
def test_frames_do_not_depend_on_how_bytes_arrive(stream: bytes, lengths: list[int]) -> None:
    """Any split of the same stream yields the same sentences and the same count of others."""
    found = []
    for pieces in ([stream], split(stream, lengths)):
        framer = LineFramer(LIMIT)
        sentences = []
        for piece in pieces:
            framer.receive(piece)
            sentences += framer.frames()
        found.append((sentences, framer.strays))

    assert found[0] == found[1]


@given(data=st.binary(max_size=400))
def test_noise_is_never_a_fix(data: bytes) -> None:
    reader = FixReader()

    assert [*reader.receive(data + b"\n"), *reader.flush()] == []


@given(data=st.binary(max_size=400), lengths=sizes)
def test_noise_between_sentences_never_stops_the_next(data: bytes, lengths: list[int]) -> None:
    reader = FixReader()
    found = []
    for piece in split(data + b"\r\n" + rmc(0) + gga(0) + rmc(1), lengths):
        found += reader.receive(piece, Receipt(START, 0.0))

    assert [fix.epoch for fix in [*found, *reader.flush()]] == [
        START,
        START + timedelta(seconds=1),
    ]


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from(["TPV", "SKY", "GST", "DEVICES", "2026-03-02T04:00:00Z", "/dev/x", ""]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["path", "ss", "used", "x"]), inner, max_size=3)
    ),
    max_leaves=6,
)
names = ["class", "device", "mode", "status", "time", "lat", "lon", "speed", "track", "hdop"]
bodies = st.dictionaries(
    st.sampled_from([*names, "uSat", "satellites", "devices", "path", "altMSL"]), values
)


@given(kind=st.sampled_from(["TPV", "SKY", "GST", "DEVICES", "DEVICE"]), body=bodies)
def test_whatever_gpsd_says_is_read_or_refused(kind: str, body: dict[str, object]) -> None:
    reader = GpsdReader()
    line = json.dumps({**body, "class": kind}).encode() + b"\n"
    reader.receive(line)
    reader.flush()

    assert reader.heard + sum(reader.refusals.values()) <= 1


@given(data=st.binary(max_size=300), lengths=sizes)
def test_noise_is_never_a_fix_of_gpsd(data: bytes, lengths: list[int]) -> None:
    reader = GpsdReader()
    found = [fix for piece in split(data, lengths) for fix in reader.receive(piece)]

    assert [*found, *reader.flush()] == []


@given(kind=types, values=fields)
def test_a_sentence_is_read_or_refused(kind: str, values: list[str]) -> None:
    line = sentence(",".join([kind, *values])).strip()
    try:
        read_sentence(line)
    except SentenceError as error:
        assert error.reason is Refusal.MALFORMED  # noqa: PT017 - most sentences raise nothing


@given(data=st.data())
def test_one_wrong_byte_never_moves_a_fix(data: st.DataObject) -> None:
    stream = bytearray(rmc(0) + gga(0) + rmc(1) + gga(1))
    where = data.draw(st.integers(0, len(stream) - 1))
    stream[where] = data.draw(st.integers(0, 255))
    reader = FixReader()
    found = [*reader.receive(bytes(stream)), *reader.flush()]

    truth = {(START + timedelta(seconds=second)): 30.5 + second / 60_000 for second in (0, 1)}
    assert all(fix.lat_deg == pytest.approx(truth[fix.epoch], abs=1e-9) for fix in found)


@given(
    lat_m=st.floats(0.001, 1e4),
    lon_m=st.floats(0.001, 1e4),
)
def test_the_radius_is_between_those_of_its_two_errors(lat_m: float, lon_m: float) -> None:
    radius_m = accuracy_of(lat_m, lon_m) or 0.0
    small, large = sorted([lat_m, lon_m])

    assert 1.5 * small <= radius_m <= 1.52 * large


@given(seconds=st.lists(st.integers(-200, 200), max_size=60))
def test_sampling_never_goes_without_a_fix_for_more_than_an_interval(seconds: list[int]) -> None:
    """Whatever the clock does, each fix is kept or lies within an interval of the last kept."""
    sampler = Sampler(Pace(10, 10, 10))
    last: datetime | None = None
    for second in seconds:
        fix = fix_at(second)
        for position in sampler.sample(fix):
            last = epoch_of(position.epoch_ms)
        assert last is not None
        assert abs((fix.epoch - last).total_seconds()) < 10
