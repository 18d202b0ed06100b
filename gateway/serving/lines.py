"""Sockets of terminals on asyncio: limits, custody before answers, and who speaks for whom."""

import asyncio
import sqlite3
import time
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import cast

import structlog

from gateway.custody.committer import Committer, Deed, Done, call_all
from gateway.custody.errands import Errands
from gateway.metrics import GatewayMetrics
from gateway.registry import Registry
from gateway.serving.line import Line, Work
from gateway.settings import GatewaySettings
from patrol.errors import InputError
from patrol.ids import TerminalId
from runtime.clock import utc_now

log = structlog.get_logger()

# Chunks of one line that wait for the disk; then nothing more is read of it.
_MOST_WAITING = 8
_SWEEP_S = 5.0
_ERRANDS_S = 1.0
_GONE = "the line has just ended: queue it again"


class House:
    """What all lines share: whom they know, where custody is, how many they are."""

    def __init__(
        self,
        settings: GatewaySettings,
        registry: Registry,
        *,
        committer: Committer,
        metrics: GatewayMetrics,
    ) -> None:
        self.settings = settings
        self.registry = registry
        self.committer = committer
        self.metrics = metrics
        self.lines: set[TerminalLine] = set()
        self.errands = Errands(settings.spool)
        self._by_address: Counter[str] = Counter()
        self._speakers: dict[TerminalId, TerminalLine] = {}

    def listen_to_custody(self, loop: asyncio.AbstractEventLoop) -> None:
        """Have the committer tell in this loop what is on disk, all of a transaction at once."""

        def tell(told: Sequence[tuple[Done, bool]]) -> None:
            # A loop that has ended has nobody left to answer.
            if not loop.is_closed():
                loop.call_soon_threadsafe(call_all, told)

        self.committer.tell = tell

    def let_in(self, line: "TerminalLine") -> str | None:
        """Take a line in, or return why not."""
        if len(self.lines) >= self.settings.most_lines:
            return "most_lines"
        if self._by_address[line.address] >= self.settings.most_lines_of_address:
            return "most_lines_of_address"
        self.lines.add(line)
        self._by_address[line.address] += 1
        return None

    def let_go(self, line: "TerminalLine") -> None:
        """Forget a line that has ended."""
        if line not in self.lines:
            return
        self.lines.discard(line)
        self._by_address[line.address] -= 1
        if not self._by_address[line.address]:
            del self._by_address[line.address]
        if line.speaker is not None and self._speakers.get(line.speaker) is line:
            del self._speakers[line.speaker]

    def speaks(self, line: "TerminalLine", terminal: TerminalId) -> None:
        """Let the newest line speak for a terminal: an older one is a line that broke unheard."""
        older = self._speakers.get(terminal)
        self._speakers[terminal] = line
        if older is not None and older is not line:
            self.metrics.refused(older.protocol, "replaced_by_newer_line")
            older.hang_up()

    def commit(self, line: "TerminalLine", work: Work, *, done: Done) -> None:
        """Have what came of a line put on disk; `done` is called in this loop."""
        strangers = _strangers(line.protocol, line.address, work) if work.strangers else ()
        self.committer.hand_over(
            Deed(
                tuple(work.kept),
                tuple(work.letters),
                tuple(work.pictures),
                strangers=strangers,
                done=done,
            )
        )

    async def run_errands(self, stop: asyncio.Event) -> None:
        """Send queued commands to terminals that are there, every second."""
        while not stop.is_set():
            try:
                await self._run_due_errands()
            except (sqlite3.Error, InputError) as error:
                log.warning("gateway.commands_wait", reason=str(error))
            try:
                await asyncio.wait_for(stop.wait(), _ERRANDS_S)
            except TimeoutError:
                continue

    async def _run_due_errands(self) -> None:
        for one in await asyncio.to_thread(self.errands.due, set(self._speakers)):
            # Noted first: an answer may be faster than a note behind the sending.
            await asyncio.to_thread(self.errands.note_sent, one.number, now=_now())
            line = self._speakers.get(TerminalId(one.terminal_id))
            fault = _GONE if line is None else line.send_order(one.what, one.argument)
            if fault is not None:
                note = partial(self.errands.note_sent, one.number, answer=fault)
                await asyncio.to_thread(note, now=_now())

    async def sweep(self, stop: asyncio.Event) -> None:
        """Close lines that nobody speaks on, and look at the register, now and then."""
        while not stop.is_set():
            now_s = time.monotonic()
            for line in list(self.lines):
                line.hang_up_if_idle(now_s)
            self.registry.refresh()
            try:
                await asyncio.wait_for(stop.wait(), _SWEEP_S)
            except TimeoutError:
                continue


class TerminalLine(asyncio.Protocol):
    """A TCP connection."""

    def __init__(self, protocol: str, house: House) -> None:
        self.protocol = protocol
        self.address = ""
        self.speaker: TerminalId | None = None
        self._house = house
        self._line: Line | None = None
        self._transport: asyncio.Transport | None = None
        self._began_s = self._heard_s = time.monotonic()
        self._waiting = 0
        self._is_ending = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the line in, or hang up."""
        self._transport = cast("asyncio.Transport", transport)
        peer = transport.get_extra_info("peername")
        self.address = str(peer[0]) if peer else ""
        refused = self._house.let_in(self)
        if refused is not None:
            self._house.metrics.refused(self.protocol, refused)
            self._transport.abort()
            return
        self._line = Line(self.protocol, self._house.registry, peer=self.address)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's name
        """Take what the end completes; there is nobody left to answer."""
        self._house.let_go(self)
        if self._line is not None:
            self._take(self._line.close(received_at=utc_now()))
        self._line = self._transport = None

    def data_received(self, data: bytes) -> None:
        """Read on."""
        self._heard_s = time.monotonic()
        if self._line is not None and not self._is_ending:
            self._take(self._line.receive(data, received_at=utc_now()))

    def send_order(self, what: str, argument: str) -> str | None:
        """Send a command; return why not where it cannot be."""
        if self._line is None or self._transport is None:
            return _GONE
        try:
            self._transport.write(self._line.order(what, argument))
        except InputError as error:
            return str(error)
        return None

    def hang_up(self) -> None:
        """Close, once what was answered has gone out."""
        self._is_ending = True
        if self._transport is not None:
            self._transport.close()

    def hang_up_if_idle(self, now_s: float) -> None:
        """Close where nobody has said who it is, or anything, for too long."""
        settings = self._house.settings
        if self._is_ending and self._transport is not None:
            # It was asked to close at the last look, and nobody reads what it was told.
            self._transport.abort()
            return
        if self.speaker is None and now_s - self._began_s > settings.login_s:
            self._house.metrics.refused(self.protocol, "no_login")
        elif now_s - self._heard_s > settings.idle_s:
            self._house.metrics.refused(self.protocol, "idle")
        else:
            return
        self.hang_up()

    def _take(self, work: Work) -> None:
        self._house.metrics.count(self.protocol, work)
        self._notice_speaker()
        if work.answers and self.speaker is not None:
            self._note_answers(self.speaker, work)
        if work.is_over:
            self._is_ending = True
        has_to_wait = bool(work.kept or work.letters or work.strangers)
        if not has_to_wait and not self._waiting:
            self._answer(work, is_kept=True)
            return
        self._waiting += 1
        if self._waiting == _MOST_WAITING and self._transport is not None:
            self._transport.pause_reading()
        self._house.commit(self, work, done=lambda is_kept: self._settle(work, is_kept=is_kept))

    def _note_answers(self, speaker: TerminalId, work: Work) -> None:
        loop = asyncio.get_running_loop()
        for said in work.answers:
            note = partial(self._house.errands.note_answer, speaker, dict(said), now=_now())
            loop.run_in_executor(None, note)

    def _notice_speaker(self) -> None:
        entry = None if self._line is None else self._line.entry
        if entry is not None and entry.terminal_id != self.speaker:
            self.speaker = entry.terminal_id
            self._house.speaks(self, entry.terminal_id)

    def _settle(self, work: Work, *, is_kept: bool) -> None:
        self._waiting -= 1
        if self._waiting == _MOST_WAITING - 1 and self._transport is not None:
            self._transport.resume_reading()
        self._answer(work, is_kept=is_kept)

    def _answer(self, work: Work, *, is_kept: bool) -> None:
        if self._transport is None:
            return
        if work.reply and is_kept:
            self._transport.write(work.reply)
        if not is_kept:
            # What could not be kept is not answered: the terminal comes again and sends it again.
            self._house.metrics.refused(self.protocol, "not_kept")
            self.hang_up()
        elif self._is_ending and not self._waiting:
            self._transport.close()


class TerminalDatagrams(asyncio.DatagramProtocol):
    """A UDP port: each datagram is a line of its own."""

    def __init__(self, protocol: str, house: House) -> None:
        self.protocol = protocol
        self.address = ""
        self._house = house
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where to answer."""
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Read one datagram and answer it, once it is kept."""
        now: datetime = utc_now()
        line = Line(self.protocol, self._house.registry, peer=addr[0])
        for work in (line.receive(data, received_at=now), line.close(received_at=now)):
            self._house.metrics.count(self.protocol, work)
            deed = Deed(
                tuple(work.kept),
                tuple(work.letters),
                tuple(work.pictures),
                strangers=_strangers(self.protocol, addr[0], work),
                done=self._teller(work.reply, addr),
            )
            self._house.committer.hand_over(deed)

    def _teller(self, reply: bytes, addr: tuple[str, int]) -> Done:
        def tell(is_kept: bool) -> None:  # noqa: FBT001 - called by position
            if is_kept and reply and self._transport is not None:
                self._transport.sendto(reply, addr)

        return tell


def _strangers(protocol: str, address: str, work: Work) -> tuple[tuple[str, str, str, str], ...]:
    return tuple((protocol, one, address, _now()) for one in work.strangers)


def _now() -> str:
    return utc_now().isoformat(timespec="seconds")
