"""Whatever bytes a line of NMEA brings and however they are cut."""

from hypothesis import given
from hypothesis import strategies as st

from gateway.codecs.events import Event, Identified, Located
from gateway.codecs.nmea import NmeaCodec
from gateway.codecs.nmea.lines import MOST_LINE_BYTES, Lines, sentence
from gateway.codecs.profile import Profile
from tests.unit.gateway.nmea_lines import NOW, gga, line, rmc

kinds = st.sampled_from(
    [
        "GPRMC",
        "GNGGA",
        "GPGLL",
        "GPRMA",
        "GNGST",
        "GNGSA",
        "GPVTG",
        "GPZDA",
        "PUBX",
        "TRCCR",
        "ID",
        "FRCMD",
        "FRLIN",
        "FRVER",
        "QZE",
        "GPTXT",
        "GPIOP",
        "GPFID",
        "PGID",
        "PCPTI",
        "CONNECT",
        "IMEI",
    ]
)
fields = st.lists(
    st.text("0123456789.,-+AVNSEWxna:if", max_size=12)
    | st.sampled_from(["040506.00", "A", "3030.0", "N", "10412.0", "E", "020326", "", "-1", "NET"]),
    max_size=24,
)
sentences = st.builds(lambda kind, values: sentence(",".join([kind, *values])), kinds, fields)
known = st.sampled_from([rmc(), gga(), line("PGID,1001"), b"1002," + rmc("040507"), b"$", b"\r\n"])
streams = st.lists(sentences | known | st.binary(max_size=40), max_size=8).map(b"".join)
sizes = st.lists(st.integers(1, 30), min_size=1, max_size=20)
garbage = st.binary(max_size=60).filter(lambda data: b"$" not in data)


def events_of(chunks: list[bytes]) -> list[Event]:
    codec = NmeaCodec(Profile(), peer="peer", acknowledges=True)
    said = [event for chunk in chunks for event in codec.receive(chunk, received_at=NOW)]
    return said + codec.close()


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
def test_garbage_around_lines_changes_no_report(
    before: bytes, between: bytes, behind: bytes
) -> None:
    stream = before + b"\n" + rmc() + between + b"\n" + rmc("040507") + behind

    reports = [event for event in events_of([stream]) if isinstance(event, Located)]

    assert len(reports) == 2


@given(data=garbage)
def test_noise_is_never_a_report(data: bytes) -> None:
    assert not any(isinstance(event, Located) for event in events_of([data]))


@given(body=sentences)
def test_a_name_is_never_empty(body: bytes) -> None:
    names = [event.terminal_id for event in events_of([body]) if isinstance(event, Identified)]

    assert all(names)


@given(chunks=st.lists(st.binary(max_size=900), max_size=8))
def test_no_more_is_kept_than_was_promised(chunks: list[bytes]) -> None:
    lines = Lines()
    for chunk in chunks:
        lines.receive(chunk)

        assert len(lines._rest) <= MOST_LINE_BYTES
