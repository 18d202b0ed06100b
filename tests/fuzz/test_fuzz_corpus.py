"""What earlier searches found worth keeping breaks no promise today; `make fuzz` searches on."""

import pytest

from gateway.codecs.events import Located
from gateway.codecs.profile import Profile
from gateway.decoding import PROTOCOLS
from tests.fuzz import promises
from tests.fuzz.inputs import parse
from tests.fuzz.seeds import collected, kept


@pytest.mark.parametrize("protocol", sorted(PROTOCOLS))
def test_no_promise_is_broken_by_what_was_found_before(protocol: str) -> None:
    for data in collected(protocol):
        promises.keep_promises(protocol, data, is_thorough=True)
    for data in kept(protocol):
        promises.keep_promises(protocol, data)


@pytest.mark.parametrize("protocol", ["gt06", "jt808"])
def test_repaired_frames_hold(protocol: str) -> None:
    """Else the fuzzer would look no deeper than at checksums."""
    located = "7878001200000000000000000000000000000000000000000000000000000000000d0a"
    if protocol == "jt808":
        located = "7e0200000001391234567800010000000000000003" + "00" * 30 + "7e"
    given = parse(protocol, b"\x09\0" + bytes.fromhex(located))

    (event,) = [
        event
        for event in promises.events_of(protocol, given, [given.stream])
        if isinstance(event, Located)
    ]
    assert given.profile.strict
    assert not {"checksum", "length"} & event.attributes.keys()


def test_all_that_a_codec_holds_is_counted() -> None:
    given = parse("nmea", b"\0\0")
    codec = promises.codec_of("nmea", given.profile, is_other=False)
    before = promises.held_bytes(codec)
    codec.receive(b"$" + b"x" * 500, received_at=promises.NOW)

    assert promises.held_bytes(codec) - before == 501
    assert promises.held_bytes([Profile(secret_key=b"12345678")]) >= 8
