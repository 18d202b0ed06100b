"""What every codec promises whatever comes over its line; a broken promise is an AssertionError."""

import json
import math
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import Any, cast

from gateway.codecs.events import Alive, Codec, Event, FrameError, Located, Photo, Refused, Reply
from gateway.codecs.http import CONTINUE
from gateway.codecs.profile import Profile
from gateway.decoding import PROTOCOLS, Connection
from gateway.telling import as_json
from tests.fuzz.inputs import Input, parse

NOW = datetime(2026, 3, 2, 5, 0, tzinfo=UTC)
# What a connection may keep, by its documentation, and the few names and words beside it.
MOST_HELD_BYTES = {
    "jt808": (2 << 20) + (17 << 10),
    "gt06": (1 << 20) + (4 << 10),
    "nmea": 12 << 10,
    "osmand": (1 << 20) + (64 << 10),
    "owntracks": (8 << 20) + (64 << 10),
}
_OTHERS_HELD_BYTES = 1 << 20
_LAP_BYTES = 2048
_LAP = timedelta(seconds=4)
# Not needed where the body is here already, so that it is said or not as the bytes arrive.
_GO_ON = Reply(data=CONTINUE)
_OF_DATAGRAMS = {"nmea"}
_WEB = {"osmand", "owntracks"}
_ADMITTING = {"jt808", *_WEB}


def keep_promises(protocol: str, data: bytes, *, is_thorough: bool = False) -> None:
    """Feed `data` to a codec as it says, and raise AssertionError where a promise is broken.

    Byte by byte, where it does not ask for that itself, takes most of the time: searches leave
    it out, so that they come further.
    """
    given = parse(protocol, data)
    if given.is_written:
        _read_capture(protocol, given)
    elif given.laps > 1:
        _hold_little(protocol, given)
    else:
        whole = events_of(protocol, given, [given.stream])
        _look_at(whole)
        if is_thorough:
            bare = _pieces(given.stream, (1, 1))
            assert events_of(protocol, given, bare) == whole, "byte by byte"
        cut = list(_pieces(given.stream, given.chunk_bytes))
        assert events_of(protocol, given, cut) == whole, f"in pieces of {given.chunk_bytes}"


def codec_of(protocol: str, profile: Profile, *, is_other: bool) -> Codec:
    """Return a codec as a server makes it for one connection, or as captures are read."""
    place = PROTOCOLS[protocol]
    options: dict[str, Any] = {}
    if is_other and protocol in _ADMITTING:
        options["admit"] = lambda terminal_id: len(terminal_id) % 2 == 0
    elif is_other and protocol in _OF_DATAGRAMS:
        options = {"peer": "198.51.100.7", "acknowledges": True}
    elif not is_other:
        options.update(place.when_alone)
    return cast(Codec, getattr(import_module(place.module), place.name)(profile, **options))


def _pieces(stream: bytes, sizes: tuple[int, int]) -> Iterator[bytes]:
    at, turn = 0, 0
    while at < len(stream):
        yield stream[at : at + sizes[turn]]
        at, turn = at + sizes[turn], 1 - turn


def events_of(protocol: str, given: Input, pieces: Iterable[bytes]) -> list[Event]:
    """Return what a fresh codec makes of `pieces`, up to its FrameError."""
    codec = codec_of(protocol, given.profile, is_other=given.is_other)
    events: list[Event] = []
    try:
        for piece in pieces:
            events += codec.receive(piece, received_at=NOW)
        events += codec.close()
    except FrameError:
        pass
    return [event for event in events if event != _GO_ON]


def _hold_little(protocol: str, given: Input) -> None:
    """Say the same again and again, as time goes by: nothing may grow."""
    codec = codec_of(protocol, given.profile, is_other=given.is_other)
    much = given.stream * (_LAP_BYTES // (len(given.stream) or 1))
    try:
        for lap in range(given.laps):
            codec.receive(much, received_at=NOW + lap * _LAP)
            held = held_bytes(codec)
            assert held <= MOST_HELD_BYTES.get(protocol, _OTHERS_HELD_BYTES), f"{held} are held"
        codec.close()
    except FrameError:
        pass


def _read_capture(protocol: str, given: Input) -> None:
    """Read a capture as `patrol gateway decode` does: nothing at all may be raised."""
    place = PROTOCOLS[protocol]
    connection = Connection(place, given.profile, is_alone=given.is_other)
    for line in given.stream.splitlines(keepends=True):
        _look_at(connection.take(line, received_at=NOW))
        if given.is_other:
            _look_at(connection.close())
    _look_at(connection.close())


def held_bytes(thing: object) -> int:
    """Return how many bytes of data `thing` and what belongs to it hold."""
    seen: set[int] = set()
    waiting: list[object] = [thing]
    total = 0
    while waiting:
        one = waiting.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        if isinstance(one, bytes | bytearray | str):
            total += len(one)
        else:
            waiting += _parts(one)
    return total


def _parts(thing: object) -> Iterator[object]:
    if isinstance(thing, dict):
        yield from thing.keys()
        yield from thing.values()
    elif isinstance(thing, list | tuple | set | frozenset):
        yield from thing
    elif type(thing).__module__.startswith("gateway."):
        yield from getattr(thing, "__dict__", {}).values()
        for kind in type(thing).__mro__:
            for name in getattr(kind, "__slots__", ()):
                yield getattr(thing, name, None)


def _look_at(events: Iterable[Event]) -> None:
    for event in events:
        told = as_json(event)
        json.dumps(told, allow_nan=False).encode()
        if isinstance(event, Reply):
            assert type(event.data) is bytes, "a reply is bytes"
            assert event.data, "a reply says something"
        elif isinstance(event, Refused):
            assert event.reason, "a refusal has a reason"
            assert event.code, "a refusal has a code"
        elif isinstance(event, Located | Alive):
            assert event.battery_pct is None or 0 <= event.battery_pct <= 100, "a charge"
        if isinstance(event, Located | Photo) and event.fix is not None:
            fix = event.fix
            assert fix.epoch.tzinfo is UTC, "a time in UTC"
            assert abs(fix.lat_deg) <= 90, "a latitude"
            assert abs(fix.lon_deg) <= 180, "a longitude"
            assert fix.course_deg is None or 0 <= fix.course_deg <= 360, "a course"
            for number in (fix.speed_mps, fix.accuracy_m, fix.hdop):
                assert number is None or (number >= 0 and math.isfinite(number)), "an amount"
