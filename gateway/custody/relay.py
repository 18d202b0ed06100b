"""From the spool to the broker, in the order in which things came; gone on `stored` alone."""

import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import structlog

from gateway.custody.flight import Flight, Run
from gateway.custody.spool import Spool, Spooled
from patrol.errors import InputError
from patrol.ids import TerminalId
from patrol.messages import MAX_FIXES, PositionBatch, Stored, decode_stored, encode_position
from patrol.topics import Kind, Topics
from runtime.mqtt import Manner, Message, Session

log = structlog.get_logger()

_TURN_S = 0.05
# Read from the spool at once. Fixes of one terminal among them go in one message, so that the
# more there is to do, the less it costs.
_CHUNK = 10_000
# Messages that the line must take before more is read: what waits meanwhile goes in fewer of them.
_LEAST_ROOM = _CHUNK // 2
# After so many fixes in a turn, the next ones are given time to gather, the more the faster they
# come: at thousands a second half of all work is messages of one fix.
_MANY = 250
_GATHER_S = (0.5, 2.0)
_FIXES_A_SECOND_S = 2_500.0
_MOST_ANSWERS = 1_000
_MOST_LETTERS = 2_000
# What is stored and cannot be forgotten, because the disk takes no writing; then nothing new is
# sent, so that it is no more than this and what is on its way.
_MOST_UNWRITTEN = 10_000
_RETRY_S = 1.0
# A message with so few fixes is small anyway; packing it costs both ends more than it saves.
_FEW = 3


@dataclass(slots=True)
class Relay:
    """Sends what the spool holds over `session`, and forgets there what is stored.

    At most `window` fixes are on their way. What has had no `stored` for a while, and
    everything after a new connection, is sent again.
    """

    session: Session
    topics: Topics
    window: int
    flight: Flight
    sent: int = 0
    # Fixes and messages that the spool no longer holds.
    forgotten: int = 0
    _connection: int = 0
    _after: int = 0
    _letters_after: int = 0
    _letters_since_s: float = 0.0
    _letters_on_the_way: int = 0
    _gather_until_s: float = 0.0
    _read_s: float = 0.0
    # Not before this is it tried again to forget; 0 while that goes well.
    _forget_after_s: float = 0.0
    _unwritten: list[tuple[TerminalId, Stored]] = field(default_factory=list)

    def run(self, spool: Spool, is_over: Callable[[], bool]) -> None:
        """Relay until `is_over`; what is left waits in the spool."""
        self.session.start()
        while not is_over():
            self.session.check()
            self._turn(spool)
        self._hear(spool, timeout_s=0)
        self.session.flush(timeout_s=1.0)
        self.session.stop()

    def _turn(self, spool: Spool) -> None:
        self._hear(spool, timeout_s=0)
        if not self.session.is_connected:
            time.sleep(_TURN_S)
            return
        if self.session.connections != self._connection:
            self._connection = self.session.connections
            self._begin_anew()
        self._send_again(spool)
        if self._letters_are_overdue(spool):
            self._take_up_letters(spool)
        sent = self._send_letters(spool)
        if time.monotonic() >= self._gather_until_s:
            sent += self._send_positions(spool)
        if not sent:
            self._hear(spool, timeout_s=_TURN_S)

    def _begin_anew(self) -> None:
        self._after = self._letters_after = self._letters_on_the_way = 0
        self._gather_until_s = 0.0
        self.flight.clear()

    def _send_again(self, spool: Spool) -> None:
        fixes = 0
        # Each in a message of its own at the worst, and one that is not taken now would be lost.
        most = self.session.room - MAX_FIXES
        for run in self.flight.take_due(time.monotonic(), most_fixes=most):
            rows = spool.read_numbers(run.terminal, run.first, run.last)
            for part in runs_of(rows):
                fixes += len(part)
                self._publish(spool, part, times=self.flight.times_of_next(run))
        if fixes:
            log.warning(
                "gateway.sent_again",
                reason="no `stored` came",
                fixes=fixes,
                waiting=self.flight.fixes,
                stuck=self.flight.stuck,
            )

    def _letters_are_overdue(self, spool: Spool) -> bool:
        since_s = self._letters_since_s
        if not since_s or time.monotonic() - since_s < self.flight.resend_s:
            return False
        self._letters_since_s = 0.0
        waiting = spool.read_letters(after=0, most=1)
        return bool(waiting) and waiting[0][0] <= self._letters_after

    def _take_up_letters(self, spool: Spool) -> None:
        """Go on behind what was sent, and from the first one when that was the last."""
        # Those that the server never stores are not to keep the ones behind them waiting.
        self._letters_on_the_way = 0
        if not spool.read_letters(after=self._letters_after, most=1):
            self._letters_after = 0

    def _send_positions(self, spool: Spool) -> int:
        line = self.session.room
        room = min(self.window - self.flight.fixes, line, _CHUNK)
        # Half a chunk that goes would come again as a whole; and of a few rows each is a message.
        if room <= 0 or line < _LEAST_ROOM or len(self._unwritten) > _MOST_UNWRITTEN:
            return 0
        rows = spool.read(after=self._after, most=room)
        for run in runs_of(rows):
            if not self._publish(spool, run):
                # The line has just broken: on the next one all is sent anew.
                return 0
        if rows:
            self._after = rows[-1].arrived
            self.sent += len(rows)
        self._gather(len(rows), is_all=len(rows) < room)
        return len(rows)

    def _gather(self, fixes: int, *, is_all: bool) -> None:
        now_s = time.monotonic()
        if is_all:
            self._gather_until_s = now_s + gathering_s(fixes, now_s - self._read_s)
        self._read_s = now_s

    def _publish(self, spool: Spool, run: Sequence[Spooled], *, times: int = 1) -> bool:
        first = run[0]
        batch = PositionBatch(
            seq=first.seq,
            source=first.source,
            positions=tuple(one.position for one in run),
            outbox=spool.id,
        )
        topic = self.topics.of(first.terminal_id, Kind.POSITION)
        payload = encode_position(batch, is_packed=len(run) > _FEW)
        if not self.session.publish(topic, payload):
            return False
        now_s = time.monotonic()
        self.flight.sent(Run(first.terminal_id, first.seq, run[-1].seq, now_s, times))
        return True

    def _send_letters(self, spool: Spool) -> int:
        room = _MOST_LETTERS - self._letters_on_the_way
        letters = spool.read_letters(after=self._letters_after, most=room) if room > 0 else []
        for arrived, letter in letters:
            topic = self.topics.of(letter.terminal_id, Kind(letter.kind))
            if not self.session.publish(topic, letter.payload):
                return 0
            self._letters_after = arrived
            self._letters_on_the_way += 1
            self._letters_since_s = self._letters_since_s or time.monotonic()
        return len(letters)

    def _hear(self, spool: Spool, *, timeout_s: float) -> None:
        """Take what is stored, and forget it."""
        heard: list[Message] = []
        message = self.session.receive(timeout_s=timeout_s)
        while message is not None:
            heard.append(message)
            if len(heard) >= _MOST_ANSWERS:
                break
            message = self.session.receive(timeout_s=0)
        if heard:
            self._unwritten += self._read(heard, spool.id)
            self.session.acknowledge_all(heard)
        if self._unwritten and time.monotonic() >= self._forget_after_s:
            self._forget(spool)

    def _read(
        self, heard: Iterable[Message], own_outbox: str
    ) -> Iterator[tuple[TerminalId, Stored]]:
        for message in heard:
            try:
                terminal, _ = self.topics.read(message.topic)
                told = decode_stored(message.payload)
            except InputError as error:
                log.warning("gateway.stored_refused", reason=str(error))
                continue
            if told.outbox == own_outbox:
                self.flight.stored(terminal, told.fixes)
                yield terminal, told
            elif told.ids:
                # Ids are nobody else's; the numbers of another outbox are no business of ours.
                yield terminal, Stored(ids=told.ids)

    def _forget(self, spool: Spool) -> None:
        try:
            spool.begin()
            gone, letters = _forget(spool, self._unwritten)
            spool.commit()
        except sqlite3.Error as error:
            spool.roll_back()
            if not self._forget_after_s:
                log.warning("gateway.not_forgotten", reason=str(error))
            self._forget_after_s = time.monotonic() + _RETRY_S
            return
        self._forget_after_s = 0.0
        self._unwritten.clear()
        self.forgotten += gone + letters
        self._letters_on_the_way = max(0, self._letters_on_the_way - letters)


def manner_of(client_id: str, topics: Topics) -> Manner:
    """Return what is asked of the broker: what is stored of every terminal."""
    return Manner(
        client_id=client_id,
        subscriptions=[topics.of_all(Kind.STORED)],
        forgets_unanswered=True,
    )


def gathering_s(fixes: int, since_s: float) -> float:
    """Return how long the next ones are to gather after so many that came within `since_s`."""
    if fixes < _MANY:
        return 0.0
    least_s, most_s = _GATHER_S
    rate = fixes / max(since_s, least_s)
    return min(most_s, max(least_s, rate / _FIXES_A_SECOND_S))


def runs_of(rows: Iterable[Spooled]) -> Iterator[list[Spooled]]:
    """Yield rows of one terminal and source with numbers that follow one another, as batches.

    Terminals take turns as their first rows came; each one's rows stay in their order.
    """
    by_terminal: dict[tuple[TerminalId, str], list[Spooled]] = {}
    for row in rows:
        by_terminal.setdefault((row.terminal_id, row.source), []).append(row)
    for own in by_terminal.values():
        run: list[Spooled] = []
        for row in own:
            if run and (row.seq != run[-1].seq + 1 or len(run) == MAX_FIXES):
                yield run
                run = []
            run.append(row)
        yield run


def _forget(spool: Spool, stored: Iterable[tuple[TerminalId, Stored]]) -> tuple[int, int]:
    fixes = letters = 0
    for terminal, one in stored:
        if one.fixes:
            fixes += spool.forget(terminal, one.fixes)
        if one.ids:
            letters += spool.forget_letters(terminal, one.ids)
    return fixes, letters
