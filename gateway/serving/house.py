"""What all lines share: custody, the register, limits, and who speaks for whom."""

import asyncio
import sqlite3
import time
from collections.abc import Sequence
from functools import partial
from typing import Protocol

import structlog

from gateway.custody.committer import Committer, Deed, Done, call_all
from gateway.custody.errands import Errands
from gateway.metrics import GatewayMetrics
from gateway.registry import Registry
from gateway.serving.places import Places
from gateway.serving.repeats import Repeats
from gateway.serving.work import Work
from gateway.settings import GatewaySettings
from gateway.standing.standings import Standings
from patrol.errors import InputError
from patrol.ids import TerminalId
from runtime.clock import utc_now

log = structlog.get_logger()

GONE = "the line has just ended: queue it again"

_SWEEP_S = 5.0
_ERRANDS_S = 1.0
# Lines that are held against the register before others have their turn.
_AT_ONCE = 500


class Guest(Protocol):
    """A line, as the house sees it."""

    protocol: str
    address: str
    is_shared: bool
    speakers: set[TerminalId]

    def send_order(self, what: str, argument: str) -> str | None:
        """Send a command; return why not where it cannot be."""
        ...

    def hang_up(self) -> None:
        """Close, once what was read is kept and answered."""
        ...

    def end(self, reason: str) -> None:
        """Count why the line has to end, and hang up."""
        ...

    def abort(self) -> None:
        """Close at once."""
        ...

    def look_again(self) -> None:
        """Hang up where the register has come to say otherwise."""
        ...

    def check(self, now_s: float) -> None:
        """Hang up on who has kept it waiting for too long."""
        ...


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
        self.lines: set[Guest] = set()
        self.errands = Errands(settings.spool)
        self.places = Places(
            most=settings.most_lines, most_of_address=settings.most_lines_of_address
        )
        self.repeats = Repeats()
        self.standings = Standings(silent_s=settings.idle_s, grace_s=settings.login_s)
        self.unfinished_bytes = 0
        self._speakers: dict[TerminalId, Guest] = {}
        self._is_empty = asyncio.Event()
        self._is_empty.set()

    def listen_to_custody(self, loop: asyncio.AbstractEventLoop) -> None:
        """Have the committer tell in this loop what is on disk, all of a transaction at once."""

        def tell(told: Sequence[tuple[Done, bool]]) -> None:
            # A loop that has ended has nobody left to answer.
            if not loop.is_closed():
                loop.call_soon_threadsafe(call_all, told)

        self.committer.tell = tell

    def let_in(self, line: Guest) -> str | None:
        """Take a line in, or return why not."""
        refused = self.places.take(line.address)
        if refused is None:
            self.lines.add(line)
            self._is_empty.clear()
        return refused

    def let_go(self, line: Guest) -> None:
        """Forget a line that has ended."""
        if line not in self.lines:
            return
        self.lines.discard(line)
        self.places.give_back(line.address)
        if not self.lines:
            self._is_empty.set()
        for terminal in line.speakers:
            if self._speakers.get(terminal) is line:
                del self._speakers[terminal]
                if not line.is_shared:
                    self.standings.gone(terminal, time.monotonic())

    def speaks(self, line: Guest, terminal: TerminalId) -> None:
        """Let the newest line of its own speak for a terminal: an older one broke unheard.

        A shared line takes nobody's place but another shared one's, and closes none.
        """
        line.speakers.add(terminal)
        older = self._speakers.get(terminal)
        if older is line or (line.is_shared and older is not None and not older.is_shared):
            return
        self._speakers[terminal] = line
        if older is not None and not older.is_shared:
            older.end("replaced_by_newer_line")

    def commit(self, work: Work, *, of: tuple[str, str], done: Done) -> None:
        """Have what came of a line put on disk; `done` is called in this loop.

        `of` is its protocol and address.
        """
        strangers = tuple((*_named(of, one), now()) for one in work.strangers)
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
        has_failed = False
        while not stop.is_set():
            try:
                await self._run_due_errands()
                has_failed = False
            except (sqlite3.Error, InputError) as error:
                if not has_failed:
                    log.warning("gateway.commands_wait", reason=str(error))
                has_failed = True
            await _wait(stop, _ERRANDS_S)

    async def _run_due_errands(self) -> None:
        for one in await asyncio.to_thread(self.errands.due, set(self._speakers)):
            # Noted first: an answer may be faster than a note behind the sending.
            await asyncio.to_thread(self.errands.note_sent, one.number, now=now())
            line = self._speakers.get(TerminalId(one.terminal_id))
            fault = GONE if line is None else line.send_order(one.what, one.argument)
            if fault is not None:
                note = partial(self.errands.note_sent, one.number, answer=fault)
                await asyncio.to_thread(note, now=now())

    async def sweep(self, stop: asyncio.Event, *, every_s: float = _SWEEP_S) -> None:
        """Close lines that nobody speaks on, and look at the register, now and then."""
        while not stop.is_set():
            now_s = time.monotonic()
            for line in list(self.lines):
                line.check(now_s)
            # Ten thousand lines take a tenth of a second to read, and nobody is to wait for that.
            if await asyncio.to_thread(self.registry.refresh):
                await self._look_again()
            await _wait(stop, every_s)

    async def _look_again(self) -> None:
        for number, line in enumerate(list(self.lines)):
            line.look_again()
            if not number % _AT_ONCE:
                await asyncio.sleep(0)

    async def see_off(self, *, within_s: float) -> None:
        """Have what was read kept and answered, and close every line."""
        for line in list(self.lines):
            line.hang_up()
        try:
            async with asyncio.timeout(within_s):
                await self._settle()
                await self._is_empty.wait()
        except TimeoutError:
            log.warning("gateway.lines_cut", lines=len(self.lines))
            for line in list(self.lines):
                line.abort()

    async def _settle(self) -> None:
        """Wait until all that was handed over so far has been told of."""
        settled = asyncio.get_running_loop().create_future()

        def tell(_is_kept: bool) -> None:  # noqa: FBT001 - called by position
            if not settled.done():
                settled.set_result(None)

        self.committer.hand_over(Deed(done=tell))
        await settled


def now() -> str:
    """Return the time as it is noted."""
    return utc_now().isoformat(timespec="seconds")


def _named(of: tuple[str, str], name: str) -> tuple[str, str, str]:
    protocol, address = of
    return protocol, name, address


async def _wait(stop: asyncio.Event, most_s: float) -> None:
    try:
        await asyncio.wait_for(stop.wait(), most_s)
    except TimeoutError:
        return
