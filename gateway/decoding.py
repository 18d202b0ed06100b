"""Which protocols there are, and what a recorded connection says in one of them."""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from importlib import import_module
from types import MappingProxyType
from typing import NamedTuple, Protocol, cast, runtime_checkable

from gateway.codecs.events import Codec, Event, FrameError, Refused
from gateway.codecs.profile import Profile


class Place(NamedTuple):
    """Where a codec is, so that only the one that is asked for is loaded.

    `of_bytes` is whether a capture of it is one stream of bytes, and not lines of text.
    `when_alone` is what its class is told of a frame that stands for a connection of its own.
    """

    module: str
    name: str
    of_bytes: bool
    when_alone: Mapping[str, bool] = MappingProxyType({})


PROTOCOLS = {
    "gt06": Place(
        "gateway.codecs.gt06", "Gt06Codec", of_bytes=True, when_alone={"independent": True}
    ),
    "jt808": Place("gateway.codecs.jt808", "Jt808Codec", of_bytes=True),
    "nmea": Place("gateway.codecs.nmea", "NmeaCodec", of_bytes=False),
    "osmand": Place("gateway.codecs.osmand", "OsmandCodec", of_bytes=False),
    "owntracks": Place("gateway.codecs.owntracks", "OwntracksCodec", of_bytes=False),
}

# The code of the refusals that this module adds to those of the codecs.
BROKEN_STREAM = "broken_stream"


@runtime_checkable
class WrittenCodec(Codec, Protocol):
    """A codec that also reads what people write down of its requests, one a line."""

    def take_line(self, line: bytes, *, received_at: datetime) -> list[Event]:
        """Return what `line` says; it never raises."""
        ...


def make_codec(place: Place, profile: Profile, *, is_alone: bool = False) -> Codec:
    """Return a codec for one connection, or for frames each of which is alone."""
    made = cast("Callable[..., Codec]", getattr(import_module(place.module), place.name))
    return made(profile, **(place.when_alone if is_alone else {}))


class Connection:
    """A terminal's line as it was recorded; after bytes that end it, it begins anew."""

    def __init__(self, place: Place, profile: Profile, *, is_alone: bool = False) -> None:
        self._make = partial(make_codec, place, profile, is_alone=is_alone)
        self._codec = self._make()

    def take(self, data: bytes, *, received_at: datetime) -> list[Event]:
        """Return what `data` completes: a frame, a piece of the stream or a written line."""
        try:
            if isinstance(self._codec, WrittenCodec):
                return self._codec.take_line(data, received_at=received_at)
            return self._codec.receive(data, received_at=received_at)
        except FrameError as error:
            return self._begin_anew(error)

    def close(self) -> list[Event]:
        """Return what the end of the recording completes, and begin anew."""
        try:
            events = self._codec.close()
        except FrameError as error:
            return self._begin_anew(error)
        self._codec = self._make()
        return events

    def _begin_anew(self, error: FrameError) -> list[Event]:
        self._codec = self._make()
        return [Refused(reason=str(error), code=BROKEN_STREAM)]
