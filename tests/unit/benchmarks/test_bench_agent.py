"""What the benchmark of the agent counts as bytes of a fix."""

import json
import shutil
import socket
import ssl

import pytest

from benchmarks.agent import wire
from benchmarks.agent.guarding import guarded
from patrol.messages import Flag, Position
from runtime.publishes import cut_publishes

FIXES = [
    Position(
        1_760_000_000_000 + 10_000 * number,
        306_600_000 + 900 * number,
        1_040_600_000 - 40 * number,
        altitude_dm=5_000 + number % 7,
        speed_cmps=110,
        course_ddeg=30,
        accuracy_dm=48,
        flags=Flag.MOVING,
    )
    for number in range(120)
]


def test_a_packet_is_a_publish_of_mqtt_5():
    packet = wire._publish("gp/1/T1/position", b"x" * 300)

    assert cut_publishes(packet, has_properties=True) == (
        [(b"gp/1/T1/position", b"x" * 300, 1)],
        len(packet),
    )


def test_full_batches_alone_are_counted_and_mqtt_is_shared_by_their_fixes():
    ours = wire.batches(FIXES, at_once=50)

    assert ours is not None
    assert 0.3 < ours.mqtt - ours.payload < 0.7
    assert wire.batches(FIXES[:49], at_once=50) is None


def test_an_owntracks_message_says_what_it_has_fields_for():
    assert json.loads(wire._location(FIXES[0])) == {
        "_type": "location",
        "tid": "42",
        "tst": 1_760_000_000,
        "lat": 30.66,
        "lon": 104.06,
        "t": "p",
        "m": 2,
        "acc": 5,
        "alt": 500,
        "vel": 4,
        "cog": 3,
    }


def test_what_is_not_known_is_in_no_owntracks_message():
    bare = wire._location(Position(1_760_000_000_000, 1, 2))

    assert not {"acc", "alt", "vel", "cog"} & json.loads(bare).keys()


def test_each_owntracks_message_has_a_packet_of_its_own():
    theirs = wire.owntracks(FIXES)

    assert theirs is not None
    assert theirs.mqtt - theirs.payload == pytest.approx(26, abs=1)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not here")
def test_tls_is_spoken_for_a_broker_that_has_none(tmp_path):
    with (
        socket.create_server(("127.0.0.1", 0)) as broker,
        guarded(broker.getsockname()[1], tmp_path) as line,
        socket.create_connection(("127.0.0.1", line.port), timeout=10) as plain,
    ):
        trusted = ssl.create_default_context(cafile=line.certificate)
        with trusted.wrap_socket(plain, server_hostname="127.0.0.1") as terminal:
            far, _ = broker.accept()
            with far:
                terminal.sendall(b"there")
                assert far.recv(5) == b"there"
                far.sendall(b"back")
                assert terminal.recv(4) == b"back"


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not here")
def test_a_line_that_nobody_uses_comes_to_an_end(tmp_path):
    with guarded(9, tmp_path) as line:
        assert line.certificate.exists()
