"""One line of a terminal: bytes in, and what is to be kept, answered and counted of them. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from importlib import import_module
from typing import Any

from gateway.codecs.events import (
    Alive,
    Attributes,
    Codec,
    Event,
    FrameError,
    Happened,
    Identified,
    Located,
    Photo,
    Refused,
    Reply,
)
from gateway.codecs.profile import Profile
from gateway.custody.matters import kept_of, letters_of
from gateway.custody.photos import Picture, report_of
from gateway.custody.spool import Kept, Letter
from gateway.decoding import PROTOCOLS
from gateway.registry import Entry, Registry
from gateway.serving.orders import encode_order
from patrol.errors import InputError

# Protocols whose codec asks whom it may let in, so that it can say no in its own words.
_ASKING = frozenset({"jt808", "osmand", "owntracks"})
# What is kept of a line until it is known whose profile is to read it.
_MOST_HEAD_BYTES = 1 << 16

# What codecs call the answer to a command.
_ANSWER = "reply"
_NONE: frozenset[str] = frozenset()

BROKEN_STREAM = "broken_stream"
UNKNOWN_TERMINAL = "unknown_terminal"
NOT_IDENTIFIED = "not_identified"
WRONG_FIX = "wrong_fix"
NO_PICTURE = "no_picture"


@dataclass(slots=True)
class Work:
    """What some bytes come to; `reply` is sent when the rest is on disk."""

    kept: list[Kept] = field(default_factory=list)
    letters: list[Letter] = field(default_factory=list)
    pictures: list[Picture] = field(default_factory=list)
    answers: list[Attributes] = field(default_factory=list)
    strangers: set[str] = field(default_factory=set)
    reply: bytes = b""
    is_over: bool = False
    counts: list[tuple[str, str]] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)


class Line:
    """A connection in one protocol; `peer` names where it comes from."""

    def __init__(self, protocol: str, registry: Registry, *, peer: str) -> None:
        self.entry: Entry | None = None
        self._protocol = protocol
        self._registry = registry
        self._peer = peer
        self._profile = Profile()
        self._strangers: set[str] = set()
        self._standing = _NONE
        self._head = b""
        self._codec = self._make_codec()

    def receive(self, data: bytes, *, received_at: datetime) -> Work:
        """Return what `data` comes to; nothing is done with a line that is over."""
        # Once it is known who speaks on a line of its own, what came before is of no use.
        is_bound = self.entry is not None and self._protocol not in _ASKING
        self._head = data if is_bound else (self._head + data)[: _MOST_HEAD_BYTES + 1]
        events, is_broken = self._events(lambda codec: codec.receive(data, received_at=received_at))
        fresh = self._profile_of(events)
        if fresh is not None and len(self._head) <= _MOST_HEAD_BYTES:
            # What was read so far was read as by somebody else.
            self._profile, head = fresh, self._head
            self._codec = self._make_codec()
            events, is_broken = self._events(
                lambda codec: codec.receive(head, received_at=received_at)
            )
        if is_bound or (events and isinstance(events[-1], Reply)):
            self._head = b""
        return self._work(events, received_at, is_broken=is_broken)

    def order(self, what: str, argument: str) -> bytes:
        """Return a command for the terminal; raises InputError where it has no words for it."""
        return encode_order(self._codec, what, argument)

    def close(self, *, received_at: datetime) -> Work:
        """Return what the end of the line completes."""
        events, is_broken = self._events(lambda codec: codec.close())
        return self._work(events, received_at, is_broken=is_broken)

    def _events(self, ask: Callable[[Codec], list[Event]]) -> tuple[list[Event], bool]:
        try:
            return ask(self._codec), False
        except FrameError as error:
            return [Refused(reason=str(error), code=BROKEN_STREAM)], True

    def _profile_of(self, events: Sequence[Event]) -> Profile | None:
        """Return the profile by which these bytes should have been read, None if they were."""
        for event in events:
            if isinstance(event, Identified):
                entry = self._registry.find(self._protocol, event.terminal_id)
                if entry is not None and entry.profile != self._profile:
                    return entry.profile
        return None

    def _work(self, events: Sequence[Event], received_at: datetime, *, is_broken: bool) -> Work:
        work = Work(is_over=is_broken)
        for event in events:
            self._take(event, work, received_at)
            if work.is_over and not is_broken:
                # Who is not known is told nothing more.
                break
        work.strangers, self._strangers = work.strangers | self._strangers, set()
        return work

    def _take(self, event: Event, work: Work, received_at: datetime) -> None:
        match event:
            case Reply():
                work.reply += event.data
            case Refused():
                work.refused.append(event.code)
            case Identified():
                self._identify(event, work)
            case Located() | Alive():
                self._report(event, work, received_at)
            case Photo():
                self._take_photo(event, work, received_at)
            case Happened():
                self._count(work, event.kind)
                if event.kind == _ANSWER:
                    work.answers.append(event.attributes)

    def _identify(self, event: Identified, work: Work) -> None:
        self.entry = self._registry.find(self._protocol, event.terminal_id)
        self._standing = _NONE
        if self.entry is None:
            work.strangers.add(event.terminal_id)
            work.refused.append(UNKNOWN_TERMINAL)
            # A codec that asks has said no already; of the others nobody gets an answer.
            work.is_over = self._protocol not in _ASKING
        else:
            self._count(work, "identified")

    def _report(self, event: Located | Alive, work: Work, received_at: datetime) -> None:
        if self.entry is None:
            work.refused.append(NOT_IDENTIFIED)
            return
        self._count(work, "located" if isinstance(event, Located) else "alive")
        try:
            if isinstance(event, Located):
                kept = kept_of(event, self.entry, source=f"gateway-{self._protocol}")
                if kept is not None:
                    work.kept.append(kept)
                    self._count(work, "late" if event.late else "kept")
        except InputError:
            work.refused.append(WRONG_FIX)
        if event.alarms:
            work.letters += letters_of(
                event, self.entry, known=self._standing, received_at=received_at
            )
        self._standing = frozenset(event.alarms) if event.alarms else _NONE

    def _take_photo(self, event: Photo, work: Work, received_at: datetime) -> None:
        if self.entry is None:
            work.refused.append(NOT_IDENTIFIED)
            return
        try:
            picture, letter = report_of(event, self.entry, received_at=received_at)
        except InputError:
            work.refused.append(NO_PICTURE)
        else:
            work.pictures.append(picture)
            work.letters.append(letter)
            self._count(work, "photo")

    def _count(self, work: Work, what: str) -> None:
        work.counts.append((what, "" if self.entry is None else self.entry.model))

    def _admit(self, said: str) -> bool:
        if self._registry.find(self._protocol, said) is not None:
            return True
        self._strangers.add(said)
        return False

    def _make_codec(self) -> Codec:
        place = PROTOCOLS[self._protocol]
        options: dict[str, Any] = {}
        if self._protocol in _ASKING:
            options["admit"] = self._admit
        elif self._protocol == "nmea":
            options["peer"] = self._peer
        made: Codec = getattr(import_module(place.module), place.name)(self._profile, **options)
        return made
