"""One look at the database a second, however many listen, and what has changed since."""

import asyncio
import hashlib
import secrets
import time
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final, NamedTuple

import psycopg
import structlog

from api.live.statements import LIVE, MARK, REACH, STILL_GOOD
from api.reading.rows import LiveRow
from api.views import Asking, Views

log = structlog.get_logger()

LOOK_S: Final = 1.0
# So many looks a listener may have missed and still be told what has changed alone.
KEPT_LOOKS: Final = 120
# Looks that may fail before those who listen are sent away: nobody's reach is known any more.
_MOST_FAILURES: Final = 5
# After the last has gone: who was cut off comes again, and is told only what it has missed.
_LINGER_S: Final = 30.0
# Listeners whose reach is asked for at the same time.
_AT_ONCE: Final = 3
_EVERYTHING: Final = Asking(reader="live", is_file_token=True)


class Key(NamedTuple):
    """What a listener tells one position from another by."""

    worker_id: str
    terminal_id: str
    grid_id: str


@dataclass(frozen=True, slots=True)
class Reach:
    """Whose positions somebody may see, as the database has said."""

    grid_ids: frozenset[str]
    worker_ids: frozenset[str]
    # Of these, those in one grid alone.
    only_grid_id: str | None = None

    def holds(self, key: Key) -> bool:
        """Whether it is one of them."""
        if self.only_grid_id not in {None, key.grid_id}:
            return False
        return key.grid_id in self.grid_ids or key.worker_id in self.worker_ids

    @property
    def name(self) -> str:
        """A short text that another reach does not have."""
        workers = sorted(self.worker_ids)
        parts = "|".join([*sorted(self.grid_ids), "", *workers, "", self.only_grid_id or ""])
        return hashlib.blake2b(parts.encode(), digest_size=6).hexdigest()


class Look(NamedTuple):
    """What one look at the database has shown to be new."""

    number: int
    changed: Mapping[str, Sequence[Key]]
    gone: Mapping[str, Sequence[Key]]


@dataclass(slots=True)
class Hub:
    """Looks as long as somebody listens; nothing is kept for anybody but what is there now."""

    views: Views
    look_s: float = LOOK_S
    name: str = field(default_factory=partial(secrets.token_hex, 4))
    number: int = 0
    # When the newest look was told, by the monotonic clock.
    looked_s: float = 0.0
    rows: dict[Key, LiveRow] = field(default_factory=dict)
    looks: deque[Look] = field(default_factory=lambda: deque(maxlen=KEPT_LOOKS))
    # What of the newest look is sent to whom: the same bytes to all with one reach.
    told: dict[tuple[Reach, int], tuple[bytes, frozenset[str]]] = field(default_factory=dict)
    has_failed: bool = False
    _good: set[bytes] = field(default_factory=set)
    _listening: int = 0
    _left_s: float = 0.0
    _mark: str = ""
    _reaches: dict[Asking, Reach] = field(default_factory=dict)
    _slots: asyncio.Semaphore = field(default_factory=partial(asyncio.Semaphore, _AT_ONCE))
    _looked: asyncio.Event = field(default_factory=asyncio.Event)
    _task: "asyncio.Task[None] | None" = None

    def join(self, digest: bytes | None) -> None:
        """Count somebody who listens, with the digest of a session or key that may end."""
        self._listening += 1
        if digest is not None:
            self._good.add(digest)
        if self._task is None or self._task.done():
            self.has_failed = False
            self._task = asyncio.create_task(self._look_on())

    def leave(self) -> None:
        """Count somebody less."""
        self._listening -= 1
        self._left_s = time.monotonic()

    async def close(self) -> None:
        """Look no more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def is_good(self, digest: bytes) -> bool:
        """Whether the session or key was good at the last look."""
        return digest in self._good

    async def wait(self, behind: int, *, within_s: float) -> bool:
        """Return whether there is another look than the last one known, as soon as there is."""
        if self.number != behind or self.has_failed:
            return True
        try:
            async with asyncio.timeout(within_s):
                await self._looked.wait()
        except TimeoutError:
            return False
        return True

    async def reach_of(self, asking: Asking) -> Reach:
        """Return whose positions `asking` may see; asked of the database after each change."""
        known = self._reaches.get(asking)
        if known is not None:
            return known
        # All who come at the same moment ask one after another, not for all connections at once.
        async with self._slots:
            mark = self._mark
            async with self.views.snapshot(asking) as snapshot:
                row = await snapshot.row(REACH) or {}
        known = Reach(frozenset(row["grid_ids"]), frozenset(row["worker_ids"]))
        if self._mark == mark:
            # Otherwise it may be what was seen before a change.
            self._reaches[asking] = known
        return known

    def visible(self, reach: Reach) -> Iterator[LiveRow]:
        """Yield what is there within a reach."""
        return (row for key, row in self.rows.items() if reach.holds(key))

    def changed_since(self, number: int, reach: Reach) -> tuple[list[LiveRow], list[Key]]:
        """Return what is new within a reach since a look, and what is no longer there."""
        touched: set[Key] = set()
        for look in reversed(self.looks):
            if look.number <= number:
                break
            touched.update(_within(reach, look.changed), _within(reach, look.gone))
        there = [self.rows[key] for key in sorted(touched) if key in self.rows]
        return there, sorted(key for key in touched if key not in self.rows)

    async def _look_on(self) -> None:
        failures = 0
        try:
            while failures < _MOST_FAILURES and self._is_wanted():
                began_s = time.monotonic()
                try:
                    await self._look()
                    failures = 0
                except psycopg.Error as error:
                    failures += 1
                    log.warning("api.live_look_failed", reason=type(error).__name__)
                took_s = time.monotonic() - began_s
                await asyncio.sleep(max(self.look_s - took_s, self.look_s / 10))
        finally:
            # Whatever has ended it: who listens still knows nothing any more.
            self._forget()
            self._tell()

    def _is_wanted(self) -> bool:
        return self._listening > 0 or time.monotonic() < self._left_s + _LINGER_S

    async def _look(self) -> None:
        asked = list(self._good)
        async with self.views.snapshot(_EVERYTHING) as snapshot:
            mark = (await snapshot.row(MARK) or {})["mark"]
            good = await snapshot.row(STILL_GOOD, digests=asked)
            found = await snapshot.many(LiveRow, LIVE)
        rows = {Key(row.worker_id, row.terminal_id, row.grid_id): row for row in found}
        if mark != self._mark:
            self._reaches.clear()
        self._mark = mark
        changed = [key for key, row in rows.items() if self.rows.get(key) != row]
        gone = [key for key in self.rows if key not in rows]
        # Whoever has come while this look was under way was good a moment ago.
        self._good.difference_update(set(asked).difference(map(bytes, (good or {})["digests"])))
        self.rows = rows
        self.told.clear()
        self.number += 1
        self.looked_s = time.monotonic()
        self.looks.append(Look(self.number, _by_place(changed), _by_place(gone)))
        self._tell()

    def _tell(self) -> None:
        # No lock: hundreds who leave at once would each have to take it again for that.
        looked, self._looked = self._looked, asyncio.Event()
        looked.set()

    def _forget(self) -> None:
        self.has_failed = self._listening > 0
        self._task = None
        self.number = 0
        self.name = secrets.token_hex(4)
        self.rows = {}
        self.told.clear()
        self.looks.clear()
        self._reaches.clear()
        self._good.clear()


def _by_place(keys: Iterable[Key]) -> dict[str, list[Key]]:
    """Return keys by their grids and by their workers, as a reach asks for them."""
    places = defaultdict(list)
    for key in keys:
        places[f"grid {key.grid_id}"].append(key)
        places[f"worker {key.worker_id}"].append(key)
    return places


def _within(reach: Reach, keys: Mapping[str, Sequence[Key]]) -> Iterator[Key]:
    # A supervisor of one grid among a thousand looks up one; of all of them, what has changed.
    wanted = [f"worker {one}" for one in reach.worker_ids]
    if len(reach.grid_ids) <= len(keys):
        wanted += [f"grid {one}" for one in reach.grid_ids]
    else:
        wanted += [place for place in keys if place.removeprefix("grid ") in reach.grid_ids]
    for place in wanted:
        yield from filter(reach.holds, keys.get(place, ()))
