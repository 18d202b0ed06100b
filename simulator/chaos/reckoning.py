"""What is stored, held against what terminals were told to forget: exactly that, each once."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from patrol.topics import Topics
from simulator.chaos.database import Database, SetAside
from simulator.chaos.terminals.outboxes import Outboxes
from simulator.chaos.terminals.poison import poison
from simulator.chaos.terminals.walks import (
    BACK_FIXES,
    STEP_MS,
    Clock,
    Walks,
    outbox_name,
    terminal_name,
)

_MOST_EXAMPLES = 20
# Of one terminal: what is lost together says little more.
_EXAMPLES_AT_ONCE = 3
_KINDS = {
    Clock.RIGHT: "repeated",
    Clock.AHEAD: "ahead",
    Clock.WEEKS: "weeks",
    Clock.BACK: "repeated",
}


@dataclass(slots=True)
class Reckoning:
    """Sums over all terminals, and examples of what is not as it must be."""

    told: int = 0
    stored: int = 0
    set_aside: int = 0
    off_duty: int = 0
    missing: int = 0
    twice: int = 0
    extra: int = 0
    wrong_numbers: int = 0
    early: int = 0
    poison_missing: int = 0
    refused: int = 0
    ended: int = 0
    examples: list[str] = field(default_factory=list)

    @property
    def differences(self) -> dict[str, int]:
        """What must be none of."""
        names = ("missing", "twice", "extra", "wrong_numbers", "early", "poison_missing")
        return {name: getattr(self, name) for name in (*names, "refused", "ended")}

    def note(self, name: str, found: Sequence[str]) -> None:
        """Count differences, and keep some as examples."""
        setattr(self, name, getattr(self, name) + len(found))
        room = max(0, _MOST_EXAMPLES - len(self.examples))
        self.examples += [f"{name}: {one}" for one in found[: min(room, _EXAMPLES_AT_ONCE)]]


@dataclass(frozen=True, slots=True)
class Reckoner:
    """Compares `database` with `outboxes`, in which every fix was told."""

    walks: Walks
    outboxes: Outboxes
    database: Database

    def reckon(self) -> Reckoning:
        """Return the sums and the differences."""
        sums = Reckoning()
        for terminal in range(self.walks.terminals):
            self._reckon_one(terminal, sums)
        sums.note("early", self.outboxes.early)
        stored, aside = self.database.counts()
        strays = stored + aside - sums.stored - sums.set_aside
        if strays:
            sums.note("extra", [f"{strays} rows of other terminals or outboxes"])
        return sums

    def _reckon_one(self, number: int, sums: Reckoning) -> None:
        terminal, outbox = terminal_name(number), outbox_name(number) or ""
        index = np.arange(self.walks.fixes)
        clocks, told = self.outboxes.clocks[number], self.outboxes.told[number]
        epochs_ms = self.walks.epochs_ms(index, clocks)
        by_duty = (clocks == Clock.RIGHT) | (clocks == Clock.BACK)
        wanted = told & (~by_duty | self.walks.is_on_duty(epochs_ms))
        rows = self.database.positions(terminal)
        aside = self.database.set_aside(terminal, outbox)
        found, strange = self._find(number, rows)
        strange += self._find_aside(number, aside, found)
        sums.told += int(told.sum())
        sums.stored += len(rows)
        sums.set_aside += len(aside)
        sums.off_duty += int((told & ~wanted).sum())
        sums.note("missing", _named(terminal, wanted & (found == 0), epochs_ms))
        sums.note("twice", _named(terminal, found > 1, epochs_ms))
        sums.note("extra", _named(terminal, ~wanted & (found > 0), epochs_ms))
        sums.note("extra", [f"{terminal} {one}" for one in strange])
        heard = self.database.sequences(terminal, outbox)
        expected = (told, told & ~wanted, _mask([one.seq for one in aside], len(told)))
        said = (heard.heard, heard.off_duty, heard.set_aside) if heard else ("", "", "")
        names = ("heard", "off_duty", "set_aside")
        for name, mask, text in zip(names, expected, said, strict=True):
            if multirange(mask) != text:
                sums.note("wrong_numbers", [f"{terminal} {name} {text[:80]}"])

    def _find(self, terminal: int, rows: NDArray[np.void]) -> tuple[NDArray[np.int64], list[str]]:
        """Return how often each fix is stored, and what is stored and is no fix of ours."""
        clocks = self.outboxes.clocks[terminal]
        epochs_ms = rows["epoch_ms"].astype(np.int64)
        number, rest = np.divmod(epochs_ms - self.walks.start_ms, STEP_MS)
        found = np.zeros(self.walks.fixes, dtype=np.int64)
        ours = np.zeros(len(rows), dtype=bool)
        for clock, later in ((Clock.RIGHT, 0), (Clock.BACK, BACK_FIXES)):
            index = number + later
            possible = (rest == 0) & (index >= 0) & (index < self.walks.fixes)
            index = np.where(possible, index, 0)
            lats_e7, lons_e7 = self.walks.places_e7(terminal, index)
            same = possible & (clocks[index] == clock)
            same &= (lats_e7 == rows["lat_e7"]) & (lons_e7 == rows["lon_e7"])
            np.add.at(found, index[same], 1)
            ours |= same
        return found, [f"stored at {one}" for one in epochs_ms[~ours].tolist()]

    def _find_aside(
        self, terminal: int, rows: Iterable[SetAside], found: NDArray[np.int64]
    ) -> list[str]:
        """Add to `found` what is set aside, and return what is none of ours."""
        strange = []
        for row in rows:
            index = np.array([row.seq - 1])
            if not 0 <= row.seq - 1 < self.walks.fixes:
                strange.append(f"set aside {row.seq}")
                continue
            clock = self.outboxes.clocks[terminal, row.seq - 1]
            lats_e7, lons_e7 = self.walks.places_e7(terminal, index)
            epochs_ms = self.walks.epochs_ms(index, np.array([clock]))
            # A right clock is repeated only where another one was set back to the same time.
            again = self.outboxes.clocks[terminal, row.seq - 1 + BACK_FIXES :][:1]
            if clock == Clock.RIGHT and Clock.BACK not in again:
                strange.append(f"set aside {row.seq} of a right clock")
                continue
            meant = (int(epochs_ms[0]), int(lats_e7[0]), int(lons_e7[0]), _KINDS[Clock(clock)])
            if meant == (row.epoch_ms, row.lat_e7, row.lon_e7, row.kind):
                found[index] += 1
            else:
                strange.append(f"set aside {row.seq} as {row.kind} at {row.epoch_ms}")
        return strange


def missing_poison(database: Database, *, sent: int, terminals: int) -> tuple[list[int], list[str]]:
    """Return the numbers of poison that is not in the quarantine, and what else is there."""
    topics = Topics()
    awaited = {}
    for number in range(sent):
        topic, payload = poison(number, topics, terminals=terminals)
        awaited[topic, hashlib.sha256(payload).digest()] = number
    seen, others = set(), []
    for topic, payload in database.quarantined():
        number_or_none = awaited.get((topic, hashlib.sha256(payload).digest()))
        if number_or_none is None:
            others.append(f"{topic} {payload[:40]!r}")
        else:
            seen.add(number_or_none)
    return sorted(set(awaited.values()) - seen), others


def multirange(mask: NDArray[np.bool_]) -> str:
    """Return the numbers, counted from 1, at which `mask` is set, as PostgreSQL writes them."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]]).astype(np.int8))) + 1
    spans = edges.reshape(-1, 2).tolist()
    return "{" + ",".join(f"[{first},{end})" for first, end in spans) + "}"


def _mask(numbers: Sequence[int], length: int) -> NDArray[np.bool_]:
    mask = np.zeros(length, dtype=bool)
    mask[[one - 1 for one in numbers if 0 < one <= length]] = True
    return mask


def _named(terminal: str, where: NDArray[np.bool_], epochs_ms: NDArray[np.int64]) -> list[str]:
    return [f"{terminal} number {one + 1} at {epochs_ms[one]}" for one in np.flatnonzero(where)]
