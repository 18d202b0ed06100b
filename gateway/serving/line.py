"""One line of a terminal: bytes in, and what is to be kept, answered and counted of them. Pure."""

from datetime import datetime
from importlib import import_module
from typing import Any

from gateway.codecs.events import (
    Alive,
    Codec,
    Event,
    Happened,
    Identified,
    Located,
    Photo,
    Refused,
    Reply,
)
from gateway.codecs.profile import Profile
from gateway.custody.matters import kept_of, letters_of
from gateway.custody.photos import report_of
from gateway.custody.tags import checkin_of
from gateway.decoding import PROTOCOLS
from gateway.registry import Entry, Registry
from gateway.serving.clocks import fault_of, is_of_another_age, letter_of
from gateway.serving.orders import encode_order
from gateway.serving.reading import Reader, Reading
from gateway.serving.repeats import Repeats
from gateway.serving.work import (
    IDENTITY_CHANGED,
    NO_LOGIN,
    NO_LONGER_REGISTERED,
    NO_PICTURE,
    NOT_IDENTIFIED,
    REGISTER_CHANGED,
    UNKNOWN_TERMINAL,
    WRONG_CLOCK,
    WRONG_FIX,
    Work,
)
from patrol.errors import InputError
from patrol.ids import TerminalId

# Protocols whose codec asks whom it may let in, so that it can say no in its own words.
_ASKING = frozenset({"jt808", "osmand", "owntracks"})
# Requests say each for itself whom they are from: a proxy has one line for many.
_OF_REQUESTS = frozenset({"osmand", "owntracks"})
# What somebody may say on a line of his own until it is known who he is.
_MOST_UNNAMED_BYTES = 1 << 16
# What codecs call a terminal that they were told not to let in.
_NOT_LET_IN = frozenset({"terminal", "unknown_terminal"})

# What codecs call the answer to a command.
_ANSWER = "reply"
_NONE: frozenset[str] = frozenset()


class Line:
    """A connection in one protocol; `peer` names where it comes from.

    On a line of its own a terminal is bound by the first name that it gives. A datagram and a
    line of requests are shared: each message there says whom it is from.
    """

    def __init__(
        self,
        protocol: str,
        registry: Registry,
        *,
        peer: str,
        is_datagram: bool = False,
        repeats: Repeats | None = None,
    ) -> None:
        self.entry: Entry | None = None
        self.is_shared = is_datagram or protocol in _OF_REQUESTS
        self._protocol = protocol
        self._registry = registry
        self._peer = peer
        self._is_datagram = is_datagram
        self._repeats = Repeats() if repeats is None else repeats
        self._name = ""
        self._is_over = False
        self._strangers: set[str] = set()
        self._standing: dict[TerminalId, frozenset[str]] = {}
        self._battery_pct: dict[TerminalId, int] = {}
        self._reader = Reader(self._make_codec, self._profile_of, is_shared=self.is_shared)

    @property
    def unfinished_bytes(self) -> int:
        """How much is held of what nobody is known yet to have said."""
        return self._reader.unfinished_bytes

    @property
    def model(self) -> str:
        """The model of who speaks, as the register has it."""
        return "" if self.entry is None else self.entry.model

    def receive(self, data: bytes, *, received_at: datetime) -> Work:
        """Return what `data` comes to; nothing is done with a line that is over."""
        if self._is_over:
            return Work(is_over=True)
        work = self._work(self._reader.receive(data, received_at=received_at), received_at)
        if not self.is_shared and self.unfinished_bytes > _MOST_UNNAMED_BYTES:
            work.refused.append(NO_LOGIN)
            work.is_over = self._is_over = True
        return work

    def order(self, what: str, argument: str) -> bytes:
        """Return a command for the terminal; raises InputError where it has no words for it."""
        return encode_order(self._reader.codec, what, argument)

    def close(self, *, received_at: datetime) -> Work:
        """Return what the end of the line completes."""
        if self._is_over:
            return Work(is_over=True)
        return self._work(self._reader.close(), received_at)

    def look_again(self) -> str | None:
        """Take what the register has come to say; return why the line is to end, None if not."""
        if self.entry is None:
            return None
        fresh = self._registry.find(self._protocol, self._name)
        if fresh is None:
            # Requests are looked up one by one, and others may speak here.
            return None if self.is_shared else NO_LONGER_REGISTERED
        if (fresh.terminal_id, fresh.profile) != (self.entry.terminal_id, self.entry.profile):
            return REGISTER_CHANGED
        self.entry = fresh
        return None

    def _profile_of(self, said: str) -> Profile | None:
        entry = self._registry.find(self._protocol, said)
        return None if entry is None else entry.profile

    def _work(self, reading: Reading, received_at: datetime) -> Work:
        work = Work(is_over=reading.is_broken, frames=reading.frames)
        for event in reading.events:
            self._take(event, work, received_at)
            if work.is_over and not reading.is_broken:
                # Who is not known is told nothing more.
                break
        if self._strangers:
            work.strangers |= self._strangers
            self._strangers.clear()
        work.model = self.model
        self._is_over = work.is_over
        return work

    def _take(self, event: Event, work: Work, received_at: datetime) -> None:
        # As often as each comes: most of what is said is where somebody is, and the answer to it.
        match event:
            case Located() | Alive():
                self._report(event, work, received_at)
            case Reply():
                work.reply += event.data
            case Refused():
                self._refuse(event.code, work)
            case Identified():
                self._identify(event, work)
            case Photo():
                self._take_photo(event, work, received_at)
            case Happened():
                self._take_news(event, work, received_at)

    def _take_news(self, event: Happened, work: Work, received_at: datetime) -> None:
        self._count(work, event.kind)
        if event.kind == _ANSWER:
            work.answers.append(event.attributes)
        elif self.entry is not None:
            tag = checkin_of(event, self.entry, received_at=received_at)
            if tag is not None:
                work.letters.append(tag)
                self._count(work, "checkin")

    def _refuse(self, code: str, work: Work) -> None:
        if code not in _NOT_LET_IN:
            work.refused.append(code)
        elif self._is_bound():
            self._refuse_other(work)
        else:
            work.refused.append(UNKNOWN_TERMINAL)

    def _refuse_other(self, work: Work) -> None:
        """End the line of one terminal that says it is another one."""
        work.refused.append(IDENTITY_CHANGED)
        work.is_over = True

    def _is_bound(self) -> bool:
        return self.entry is not None and not self.is_shared

    def _identify(self, event: Identified, work: Work) -> None:
        entry = self._registry.find(self._protocol, event.terminal_id)
        if self._is_bound() and not _is_same(entry, self.entry):
            self._refuse_other(work)
            return
        self.entry, self._name = entry, event.terminal_id
        if entry is None:
            work.strangers.add(event.terminal_id)
            work.refused.append(UNKNOWN_TERMINAL)
            # A codec that asks has said no already; of the others nobody gets an answer.
            work.is_over = not self.is_shared and self._protocol not in _ASKING
        else:
            self._count(work, "identified")

    def _report(self, event: Located | Alive, work: Work, received_at: datetime) -> None:
        if self.entry is None:
            work.refused.append(NOT_IDENTIFIED)
            return
        self._count(work, "located" if isinstance(event, Located) else "alive")
        if isinstance(event, Located):
            self._keep(event, self.entry, work, received_at=received_at)
        elif event.battery_pct is not None:
            self._battery_pct[self.entry.terminal_id] = event.battery_pct
        self._take_alarms(event, self.entry, work, received_at=received_at)

    def _keep(self, event: Located, entry: Entry, work: Work, *, received_at: datetime) -> None:
        try:
            known_pct = self._battery_pct.get(entry.terminal_id)
            kept = kept_of(
                event, entry, source=f"gateway-{self._protocol}", known_battery_pct=known_pct
            )
        except InputError:
            self._refuse_fix(event, entry, work, received_at=received_at)
            return
        if kept is None or event.fix is None:
            return
        work.kept.append(kept)
        self._count(work, "late" if event.late else "kept")
        self._repeats.begins(entry.terminal_id, is_wrong=False)
        repeats = self._repeats.look(kept.terminal_id, kept.position)
        fault = fault_of(event.fix.epoch, received_at, is_late=event.late)
        for odd in (repeats, fault):
            if odd is not None:
                self._count(work, odd)

    def _refuse_fix(
        self, event: Located, entry: Entry, work: Work, *, received_at: datetime
    ) -> None:
        if event.fix is None or not is_of_another_age(event.fix, received_at):
            work.refused.append(WRONG_FIX)
            return
        work.refused.append(WRONG_CLOCK)
        # Its fixes have no time by which anybody could place them; that it is so, is told.
        if self._repeats.begins(entry.terminal_id, is_wrong=True):
            letter = letter_of(entry.terminal_id, event.fix, received_at=received_at)
            work.letters.append(letter)

    def _take_alarms(
        self, event: Located | Alive, entry: Entry, work: Work, *, received_at: datetime
    ) -> None:
        if not event.alarms:
            self._standing.pop(entry.terminal_id, None)
            return
        known = self._standing.get(entry.terminal_id, _NONE)
        work.letters += letters_of(event, entry, known=known, received_at=received_at)
        self._standing[entry.terminal_id] = frozenset(event.alarms)

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
        work.counts.append((what, self.model))

    def _admit(self, said: str) -> bool:
        if self._registry.find(self._protocol, said) is not None:
            return True
        self._strangers.add(said)
        return False

    def _make_codec(self, profile: Profile) -> Codec:
        place = PROTOCOLS[self._protocol]
        options: dict[str, Any] = {}
        if self._protocol in _ASKING:
            options["admit"] = self._admit
        elif self._protocol == "nmea":
            options |= {"peer": self._peer, "is_datagram": self._is_datagram}
        made: Codec = getattr(import_module(place.module), place.name)(profile, **options)
        return made


def _is_same(one: Entry | None, other: Entry | None) -> bool:
    return one is not None and other is not None and one.terminal_id == other.terminal_id
