"""Who speaks on a line of NMEA."""

from pathlib import Path

import pytest

from gateway.codecs.events import Identified, Located, Refused, Reply
from gateway.codecs.nmea import NmeaCodec
from gateway.codecs.nmea.lines import sentence
from gateway.codecs.profile import Profile
from tests.unit.gateway.nmea_lines import NOW, gga, line, names, rmc, said


@pytest.mark.parametrize(
    ("first", "name"),
    [
        (line("PGID,359853000144328"), "359853000144328"),
        (b"$PGID,359853000144328\r\n", "359853000144328"),
        (line("DEVID,0x0103846677F21422"), "0x0103846677F21422"),
        (b"$PCPTI,Van 12,184453,184453.0,6F*57\r\n", "Van 12"),
        (b"IMEI 351467108700000\r\n", "351467108700000"),
        (b"imei:351467108700000;\r\n", "351467108700000"),
        (b"$IMEI,355797031609284\r\n", "355797031609284"),
        (b"$IMEI=355797031609284\r\n", "355797031609284"),
        (line("PSIWMDID,6Q5161694402B133"), "6Q5161694402B133"),
        (b'$CONNECT,350030950116536,NETWORK,"Ben",RO,001\r\n', "350030950116536"),
        (b"086415031C20\r\n", "086415031C20"),
        (line("FRLIN,,jane,8IVHF"), "jane"),
    ],
)
def test_a_first_line_names_who_speaks(first: bytes, name: str) -> None:
    assert names(first, rmc()) == [name]


@pytest.mark.parametrize(
    ("prefix", "name"),
    [
        (b"990000561287964,", "990000561287964"),
        (b"660420156A0066AA", "660420156A0066AA"),
        (b"4711/022789000688081/", "022789000688081"),
        (b"IMEI 351467108700000", "351467108700000"),
    ],
)
def test_a_prefix_names_who_speaks(prefix: bytes, name: str) -> None:
    assert names(prefix + rmc(), prefix + gga()) == [name]


def test_senders_may_share_a_line_by_prefixes() -> None:
    assert names(b"1001," + rmc(), b"1002," + rmc(), b"1001," + rmc()) == ["1001", "1002", "1001"]


def test_a_name_may_come_after_what_it_names() -> None:
    events = said(rmc(), line("GPFID,ID123456ABC"), rmc(), line("GPFID,ID777"))

    assert [event.terminal_id for event in events if isinstance(event, Located)] == [
        "ID123456ABC",
        "ID777",
    ]


def test_a_name_stands_behind_the_checksum_of_old_trackers() -> None:
    tailed = rmc().rstrip() + b",11,865733027593268,1,090,086,123\r\n"

    (event,) = (event for event in said(tailed) if isinstance(event, Located))

    assert event.terminal_id == "865733027593268"
    assert event.fix is not None
    assert event.fix.satellites == 11
    told = {name: event.attributes[name] for name in ("ignition", "fuel", "battery", "io_1")}
    assert told == {"ignition": True, "fuel": 90, "battery": 86, "io_1": "123"}


def test_a_tail_that_names_no_one_is_left_out() -> None:
    assert names(rmc().rstrip() + b",11,x,1,090,086\r\n") == [None]


def test_who_never_says_his_name_is_known_by_his_address() -> None:
    events = said(rmc(), rmc("040507"), by=NmeaCodec(Profile(), peer="192.0.2.7"))

    assert events[0] == Identified(terminal_id="192.0.2.7", attributes={"by": "address"})
    assert [event.terminal_id for event in events if isinstance(event, Located)] == [
        "192.0.2.7",
        "192.0.2.7",
    ]


def test_a_name_is_told_once() -> None:
    events = said(line("PGID,1001"), line("PGID,1001"), rmc())

    assert [type(event) for event in events] == [Identified, Located]


@pytest.mark.parametrize(
    "first",
    [b"0.0,M,,0000*59\r\n", b",E,1,09,0.9", b"\xb5b\x01\x07\x5c1234", b"E*47", b"road"],
)
def test_the_rest_of_a_line_is_nobodys_name(first: bytes) -> None:
    events = said(first + rmc())

    assert [type(event) for event in events] == [Refused, Located]


def test_a_login_to_gpsgate_is_answered() -> None:
    events = said(line("FRVER,1,0,Client"), line("FRLIN,IMEI,1234123412341234,"))

    assert events == [
        Reply(data=sentence("FRVER,1,0,Gateway 1.0")),
        Identified(terminal_id="1234123412341234", attributes={"by": "name"}),
        Reply(data=sentence("FRSES,1")),
    ]


def test_a_login_that_names_no_one_is_refused() -> None:
    refused, reply = said(line("FRLIN,IMEI"))

    assert isinstance(refused, Refused)
    assert reply == Reply(data=sentence("FRERR,AuthError,Parse error"))


def test_ok_is_said_behind_every_position_to_who_waits_for_it() -> None:
    events = said(rmc(), gga("040507"), by=NmeaCodec(Profile(), acknowledges=True))

    assert [type(event) for event in events] == [Located, Reply, Located]


def test_every_datagram_is_whole() -> None:
    codec = NmeaCodec(Profile(), peer="192.0.2.7", is_datagram=True)

    events = codec.receive(rmc().rstrip(), received_at=NOW)

    assert [type(event) for event in events] == [Identified, Located]


LINES = (Path(__file__).parents[2] / "frames" / "nmea.txt").read_text("utf-8").splitlines()[2:]


@pytest.mark.parametrize(("told", "capture"), [*zip(LINES[::2], LINES[1::2], strict=True)])
def test_every_kept_line_makes_the_event_that_stands_above_it(told: str, capture: str) -> None:
    event = said(capture.encode() + b"\r\n")[0]

    assert told.split()[1] == f"{type(event).__name__.lower()}:"
