"""`[device] port`: every form, and what is none."""

import pytest

from device.receivers.addresses import Address, Way, read_address
from patrol.errors import InputError

HOST = "127.0.0.1"


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("auto", Address(way=Way.AUTO, text="")),
        ("/dev/ttyS1", Address(way=Way.SERIAL, text="", path="/dev/ttyS1")),
        ("tcp://gnss:5000", Address(way=Way.TCP, text="", host="gnss", port=5000)),
        ("tcp://[::1]:5000", Address(way=Way.TCP, text="", host="::1", port=5000)),
        ("tcp-listen://:5000", Address(way=Way.TCP_LISTEN, text="", host=HOST, port=5000)),
        ("udp://:5000", Address(way=Way.UDP, text="", host=HOST, port=5000)),
        ("udp://192.0.2.7:5000", Address(way=Way.UDP, text="", host="192.0.2.7", port=5000)),
        ("gpsd://gnss", Address(way=Way.GPSD, text="", host="gnss", port=2947)),
        (
            "gpsd://gnss:99/dev/ttyACM0",
            Address(way=Way.GPSD, text="", host="gnss", port=99, path="/dev/ttyACM0"),
        ),
        ("replay:///a/b%20c.nmea", Address(way=Way.REPLAY, text="", path="/a/b c.nmea")),
        ("replay:///a?speed=60", Address(way=Way.REPLAY, text="", path="/a", speed=60.0)),
        ("replay:///a?speed=0", Address(way=Way.REPLAY, text="", path="/a", speed=0.0)),
    ],
)
def test_every_form_is_read(text: str, address: Address) -> None:
    found = read_address(text)

    assert (found.way, found.path, found.host, found.port, found.speed) == (
        address.way,
        address.path,
        address.host,
        address.port,
        address.speed,
    )


@pytest.mark.parametrize(
    "text",
    [
        "http://host:80",
        "serial://x:1",
        "tcp://host",
        "tcp://:5000",
        "tcp://host:99999",
        "tcp://host:x",
        "tcp://[::1",
        "tcp://user:word@host:1",
        "tcp://host:1/path",
        "udp://:1?speed=2",
        "udp://",
        "replay://file",
        "replay:///",
        "replay:///a?speed=fast",
        "replay:///a?speed=nan",
        "replay:///a?speed=-1",
        "replay:///a?loop=1",
    ],
)
def test_what_is_no_form_is_refused_with_the_forms(text: str) -> None:
    with pytest.raises(InputError, match="tcp-listen"):
        read_address(text)
