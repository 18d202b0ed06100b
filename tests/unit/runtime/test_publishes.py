"""Many packets of MQTT at once."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from runtime.publishes import Publish, cut_publishes, pubacks

PINGRESP = b"\xd0\x00"
PUBLISH = st.builds(
    Publish,
    topic=st.text(min_size=1, max_size=40).map(str.encode),
    payload=st.binary(max_size=300) | st.integers(16_380, 16_400).map(bytes),
    mid=st.integers(0, 65_535),
)
EXPIRY = Properties(PacketTypes.PUBLISH)
EXPIRY.MessageExpiryInterval = 60
EXPIRY.UserProperty = ("a name of some length", "x" * 200)
PROPERTIES = [b"\x00", EXPIRY.pack()]


def length_of(size: int) -> bytes:
    return bytes([size]) if size < 128 else bytes([size % 128 | 128]) + length_of(size // 128)


def packet(one: Publish, properties: bytes = b"", flags: int = 0) -> bytes:
    mid = struct.pack(">H", one.mid) if one.mid else b""
    body = struct.pack(">H", len(one.topic)) + one.topic + mid + properties + one.payload
    return bytes([0x30 | flags | (2 if one.mid else 0)]) + length_of(len(body)) + body


@given(
    st.lists(PUBLISH, max_size=5), st.sampled_from([b"", *PROPERTIES]), st.sampled_from([0, 8, 1])
)
def test_what_was_sent_comes_out(sent, properties, flags):
    stream = b"".join(packet(one, properties, flags) for one in sent)

    assert cut_publishes(stream, has_properties=bool(properties)) == (sent, len(stream))


@given(st.lists(PUBLISH, min_size=1, max_size=3), st.data())
def test_a_packet_cut_off_is_left_for_later(sent, data):
    stream = b"".join(packet(one, b"\x00") for one in sent)
    cut = data.draw(st.integers(0, len(stream) - 1))
    found, used = cut_publishes(stream[:cut], has_properties=True)
    rest, rest_used = cut_publishes(stream[used:], has_properties=True)

    assert found + rest == sent
    assert used + rest_used == len(stream)


@pytest.mark.parametrize(
    "other",
    [
        PINGRESP,
        b"\x40\x02\x00\x01",
        b"\x34\x07\x00\x01a\x00\x01\x00x",  # QoS 2
        b"\x32\x05\x00\x01a\x00",  # cut off within the message id
        b"\x30\xff\xff\xff\xff\x01",  # a length of five bytes
        b"\x32\x03\x00\x09a",  # a topic longer than the packet
        b"\x30\x04\x00\x01a\x7f",  # properties longer than the packet
        b"\x30\x04\x00\x01a\xff",  # properties without a length
    ],
)
def test_what_is_no_whole_publish_is_not_touched(other):
    first = Publish(b"a", b"x", 7)
    stream = packet(first, b"\x00")

    assert cut_publishes(stream + other, has_properties=True) == ([first], len(stream))


@given(st.binary(max_size=60))
def test_no_bytes_break_it(noise):
    found, used = cut_publishes(noise, has_properties=True)

    assert 0 <= used <= len(noise)
    assert bool(found) == bool(used)


def test_acknowledgements_stand_one_after_the_other():
    assert pubacks([1, 0x1234]) == b"\x40\x02\x00\x01\x40\x02\x12\x34"
