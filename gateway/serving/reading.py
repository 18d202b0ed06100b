"""The bytes of a line, read as whoever speaks on it means them. Pure."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple

from gateway.codecs.events import Codec, Event, FrameError, Identified, Refused, Reply
from gateway.codecs.profile import Profile

BROKEN_STREAM = "broken_stream"


class Reading(NamedTuple):
    """What some bytes said, and in how many frames; after a broken stream nothing more is read."""

    events: list[Event]
    frames: int
    is_broken: bool = False


class Reader:
    """A codec, made anew by the profile of whoever turns out to speak.

    What he said before that was known is read again: on a line of its own until its terminal is
    known, on a shared one each request that is by another profile than the one before it.
    """

    def __init__(
        self,
        make: Callable[[Profile], Codec],
        profile_of: Callable[[str], Profile | None],
        *,
        is_shared: bool,
    ) -> None:
        self.codec = make(Profile())
        self.unfinished_bytes = 0
        self._make = make
        self._profile_of = profile_of
        self._is_shared = is_shared
        self._profile = Profile()
        self._is_settled = False
        # What may have to be read again, in the pieces in which it came, and when.
        self._pieces: list[tuple[bytearray, datetime]] = []
        self._is_quiet = False

    def receive(self, data: bytes, *, received_at: datetime) -> Reading:
        """Return what `data` completes."""
        if self._is_settled:
            return self._feed(data, received_at)
        self._hold(data, received_at)
        reading = self._as_meant(self._feed(data, received_at))
        self._is_quiet = not reading.events
        # A shared line is one of requests, where only the end of the stream asks whether one is open.
        if self._is_settled or (self._is_shared and not self.codec.close()):
            self._pieces.clear()
            self.unfinished_bytes = 0
        return reading

    def close(self) -> Reading:
        """Return what the end of the line completes."""
        reading = self._end()
        other = None if self._is_settled else self._other(reading.events, 0)
        if other is not None:
            self._begin_anew(other[1], self._pieces)
            reading = self._end()
        return reading

    def _hold(self, data: bytes, received_at: datetime) -> None:
        """Hold what may have to be read again; bytes that came to nothing are one piece."""
        held = self._pieces.pop()[0] if self._pieces and self._is_quiet else bytearray()
        held += data
        self._pieces.append((held, received_at))
        self.unfinished_bytes += len(data)

    def _as_meant(self, reading: Reading) -> Reading:
        """Return what was said, each request by the profile of who is named in it."""
        said: list[Event] = []
        events, begin, again = reading.events, 0, set[int]()
        while (other := self._other(events, begin)) is not None:
            at, profile = other
            own = _begin_of(events, at)
            answered = sum(isinstance(event, Reply) for event in events[:own])
            said, begin = said + events[begin:own], own
            if answered in again:
                # Two speak in one request: the first one's profile is that of the request.
                break
            again.add(answered)
            self._begin_anew(profile, self._pieces[:-1])
            data, received_at = self._pieces[-1]
            reading = self._feed(bytes(data), received_at)
            events, begin = reading.events, _behind(reading, answered)
        return reading._replace(events=said + events[begin:])

    def _other(self, events: Sequence[Event], begin: int) -> tuple[int, Profile] | None:
        """Return where somebody is named who has another profile, and that."""
        for at in range(begin, len(events)):
            event = events[at]
            if isinstance(event, Identified):
                profile = self._profile_of(event.terminal_id)
                self._is_settled |= profile is not None and not self._is_shared
                if profile is not None and profile != self._profile:
                    return at, profile
        return None

    def _begin_anew(self, profile: Profile, pieces: Sequence[tuple[bytearray, datetime]]) -> None:
        self._profile = profile
        self.codec = self._make(profile)
        for data, received_at in pieces:
            # What it said of these was told when they came.
            self._feed(bytes(data), received_at)

    def _feed(self, data: bytes, received_at: datetime) -> Reading:
        before = self.codec.frames
        try:
            events = self.codec.receive(data, received_at=received_at)
        except FrameError as error:
            return self._broken(error, before)
        return Reading(events, self.codec.frames - before)

    def _end(self) -> Reading:
        before = self.codec.frames
        try:
            events = self.codec.close()
        except FrameError as error:
            return self._broken(error, before)
        return Reading(events, self.codec.frames - before)

    def _broken(self, error: FrameError, before: int) -> Reading:
        refused: list[Event] = [Refused(reason=str(error), code=BROKEN_STREAM)]
        return Reading(refused, self.codec.frames - before, is_broken=True)


def _begin_of(events: Sequence[Event], at: int) -> int:
    """Return where what stands `at` begins: behind the answer to what came before."""
    while at and not isinstance(events[at - 1], Reply):
        at -= 1
    return at


def _behind(reading: Reading, answers: int) -> int:
    """Return where the events behind so many answers begin."""
    if reading.is_broken:
        return 0
    for at, event in enumerate(reading.events):
        if not answers:
            return at
        answers -= isinstance(event, Reply)
    return len(reading.events)
