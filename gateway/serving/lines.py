"""TCP connections of terminals: custody before answers, and nobody waits for whoever does not."""

import asyncio
import socket
import time
from functools import partial
from typing import cast

from gateway.serving.house import GONE, House, now
from gateway.serving.line import Line
from gateway.serving.work import NO_LOGIN, Work
from patrol.errors import InputError
from patrol.ids import TerminalId
from runtime.clock import utc_now

# Chunks of one line that wait for the disk; then nothing more is read of it.
_MOST_WAITING = 8
# Answers that a terminal has not taken; then nothing more is read of it either.
_MOST_UNREAD_BYTES = 16_384
# The system would hold megabytes for each of them.
_MOST_SENT_BYTES = 65_536
# A request that is not whole and larger than this counts towards what all of them may hold.
_FEW_BYTES = 32_768
# How long what was answered may take to go out on a line that ends.
_LINGER_S = 5.0


class TerminalLine(asyncio.Protocol):
    """A TCP connection."""

    def __init__(self, protocol: str, house: House) -> None:
        self.protocol = protocol
        self.address = ""
        self.is_shared = False
        self.speakers: set[TerminalId] = set()
        self._house = house
        self._line: Line | None = None
        self._transport: asyncio.Transport | None = None
        self._began_s = self._heard_s = time.monotonic()
        self._unread_since_s: float | None = None
        self._ending_since_s: float | None = None
        self._is_reading = True
        self._waiting = 0
        self._unfinished_bytes = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the line in, or hang up."""
        if self.come_in(cast("asyncio.Transport", transport)):
            self.begin(cast("asyncio.Transport", transport))

    def come_in(self, transport: asyncio.Transport) -> bool:
        """Take a place for a connection, and hang up where there is none."""
        peer = transport.get_extra_info("peername")
        self.address = str(peer[0]) if peer else ""
        refused = self._house.let_in(self)
        if refused is None:
            self._transport = transport
            wire: socket.socket = transport.get_extra_info("socket")
            wire.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _MOST_SENT_BYTES)
            return True
        self.refuse(refused)
        transport.abort()
        return False

    def begin(self, transport: asyncio.Transport) -> None:
        """Speak over `transport` from here on."""
        self._transport = transport
        transport.set_write_buffer_limits(high=_MOST_UNREAD_BYTES)
        house = self._house
        self._line = Line(self.protocol, house.registry, peer=self.address, repeats=house.repeats)
        self.is_shared = self._line.is_shared
        # It may have been told to end while it shook hands.
        self._set_reading()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's name
        """Take what the end completes; there is nobody left to answer."""
        line, self._line, self._transport = self._line, None, None
        self._house.let_go(self)
        self._let_go_of_unfinished()
        if line is not None:
            self._take(line.close(received_at=utc_now()))

    def data_received(self, data: bytes) -> None:
        """Read on."""
        self._heard_s = time.monotonic()
        if self._line is None or self._ending_since_s is not None:
            return
        self._take(self._line.receive(data, received_at=utc_now()))
        self._watch_unfinished(self._line.unfinished_bytes)

    def pause_writing(self) -> None:
        """Read nothing more of who does not take his answers."""
        self._unread_since_s = time.monotonic()
        self._set_reading()

    def resume_writing(self) -> None:
        """Read on: the answers were taken."""
        self._unread_since_s = None
        self._set_reading()

    def send_order(self, what: str, argument: str) -> str | None:
        """Send a command; return why not where it cannot be."""
        if self._line is None or self._transport is None or self._ending_since_s is not None:
            return GONE
        try:
            self._transport.write(self._line.order(what, argument))
        except InputError as error:
            return str(error)
        return None

    def refuse(self, reason: str) -> None:
        """Count something that was refused on this line."""
        model = "" if self._line is None else self._line.model
        self._house.metrics.refused(self.protocol, reason, model=model)

    def hang_up(self) -> None:
        """Close, once what was read is kept and answered."""
        if self._ending_since_s is None:
            self._ending_since_s = time.monotonic()
        self._set_reading()
        self._close_if_done()

    def end(self, reason: str) -> None:
        """Count why the line has to end, and hang up."""
        if self._ending_since_s is None:
            self.refuse(reason)
            self.hang_up()

    def abort(self) -> None:
        """Close at once."""
        if self._transport is not None:
            self._transport.abort()

    def look_again(self) -> None:
        """Hang up where the register has come to say otherwise."""
        reason = None if self._line is None else self._line.look_again()
        if reason is not None:
            self.end(reason)

    def check(self, now_s: float) -> None:
        """Hang up on who has not said who it is, or anything, or takes no answers, for too long."""
        settings = self._house.settings
        if self._ending_since_s is not None:
            if now_s - self._ending_since_s > _LINGER_S:
                self.abort()
        elif self._unread_since_s is not None:
            if now_s - self._unread_since_s > settings.unread_s:
                self.end("unread")
                self.abort()
        elif not self.speakers and now_s - self._began_s > settings.login_s:
            self.end(NO_LOGIN)
        elif now_s - self._heard_s > settings.idle_s:
            self.end("idle")

    def _take(self, work: Work) -> None:
        self._house.metrics.count(self.protocol, work)
        speaker = self._notice_speaker()
        if work.answers and speaker is not None:
            self._note_answers(speaker, work)
        if work.is_over and self._ending_since_s is None:
            self._ending_since_s = time.monotonic()
            self._set_reading()
        has_to_wait = bool(work.kept or work.letters or work.strangers)
        if not has_to_wait and not self._waiting:
            self._answer(work, is_kept=True)
            return
        self._waiting += 1
        self._set_reading()
        self._house.commit(
            work,
            of=(self.protocol, self.address),
            done=lambda is_kept: self._settle(work, is_kept=is_kept),
        )

    def _note_answers(self, speaker: TerminalId, work: Work) -> None:
        loop = asyncio.get_running_loop()
        for said in work.answers:
            note = partial(self._house.errands.note_answer, speaker, dict(said), now=now())
            loop.run_in_executor(None, note)

    def _notice_speaker(self) -> TerminalId | None:
        """Return who speaks, and let the house know; a line that has ended speaks for nobody."""
        entry = None if self._line is None else self._line.entry
        if entry is None:
            return None
        self._house.speaks(self, entry.terminal_id)
        self._house.standings.heard(entry.terminal_id, self._heard_s)
        return entry.terminal_id

    def _watch_unfinished(self, unfinished_bytes: int) -> None:
        house = self._house
        house.unfinished_bytes += unfinished_bytes - self._unfinished_bytes
        self._unfinished_bytes = unfinished_bytes
        most_bytes = house.settings.unfinished_most_mb << 20
        if unfinished_bytes > _FEW_BYTES and house.unfinished_bytes > most_bytes:
            self._let_go_of_unfinished()
            self.end("unfinished")

    def _let_go_of_unfinished(self) -> None:
        self._house.unfinished_bytes -= self._unfinished_bytes
        self._unfinished_bytes = 0

    def _settle(self, work: Work, *, is_kept: bool) -> None:
        self._waiting -= 1
        self._set_reading()
        self._answer(work, is_kept=is_kept)

    def _set_reading(self) -> None:
        may_read = (
            self._waiting < _MOST_WAITING
            and self._unread_since_s is None
            and self._ending_since_s is None
        )
        if may_read == self._is_reading or self._transport is None:
            return
        self._is_reading = may_read
        if may_read:
            self._transport.resume_reading()
        else:
            self._transport.pause_reading()

    def _answer(self, work: Work, *, is_kept: bool) -> None:
        if self._transport is None:
            return
        if work.reply and is_kept:
            self._transport.write(work.reply)
        if not is_kept:
            # What could not be kept is not answered: the terminal comes again and sends it again.
            self.refuse("not_kept")
            self.hang_up()
        else:
            self._close_if_done()

    def _close_if_done(self) -> None:
        if self._ending_since_s is not None and not self._waiting and self._transport is not None:
            self._transport.close()
