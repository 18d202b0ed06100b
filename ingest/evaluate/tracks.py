"""Recorded fixes out of a CSV file, by worker and in time order, whatever order they have there."""

import csv
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields
from itertools import islice
from pathlib import Path
from typing import TextIO

import numpy as np

from ingest.evaluate.columns import Chunk, Layout, Row, read_chunk, read_layout
from patrol import ids
from patrol.errors import InputError
from patrol.fix import epoch_ms
from patrol.ids import WorkerId
from patrol.intervals import Interval
from patrol.track import FixColumns, Integers

_ROWS_AT_ONCE = 20_000
_NAMED = 10
_BAD_ID = -1
# Those that a file cannot have, nobody knows here.
_COLUMNS = tuple(one.name for one in fields(FixColumns) if one.default is MISSING)


@dataclass(slots=True)
class Unused:
    """What stands in the file and was not used: bad rows and values, the first named; strangers."""

    rows: int = 0
    named: list[str] = field(default_factory=list)
    # Good rows with values that were taken as not known.
    doubted: int = 0
    named_doubted: list[str] = field(default_factory=list)
    strangers: Counter[str] = field(default_factory=Counter)

    def refuse(self, where: str, reason: object) -> None:
        """Note a bad row."""
        self.rows += 1
        if len(self.named) < _NAMED:
            self.named.append(f"{where}: {reason}")

    def doubt(self, where: str, reason: object) -> None:
        """Note a good row with a value that is taken as not known."""
        self.doubted += 1
        if len(self.named_doubted) < _NAMED:
            self.named_doubted.append(f"{where}: {reason}")


@dataclass(frozen=True, slots=True, eq=False)
class Tracks:
    """The fixes of all workers on the roster, sorted by worker and epoch."""

    fixes: FixColumns
    slices: Mapping[WorkerId, slice]
    unused: Unused

    def of(self, worker_id: WorkerId, spans: Iterable[Interval]) -> FixColumns:
        """Return the fixes of a worker within `spans`, which are disjoint."""
        own = self.slices.get(worker_id, slice(0, 0))
        epochs = self.fixes.epoch_ms[own]
        parts = [
            np.arange(*np.searchsorted(epochs, [epoch_ms(span.start), epoch_ms(span.end)]))
            for span in spans
        ]
        return _pick(self.fixes, own.start + np.concatenate([np.array([], dtype=np.int64), *parts]))


def read_tracks(path: Path, workers: Iterable[WorkerId], *, tell: Callable[[int], None]) -> Tracks:
    """Return the fixes of `workers` in a CSV file, any order of rows and columns.

    `tell` is called now and then with the rows read. Raises InputError when the file cannot
    be read, lacks a column or has bad rows only; a bad row is noted and skipped, a bad value
    that may be missing is noted and taken as not known.
    """
    known = _Codes(workers)
    unused = Unused()
    codes: list[Integers] = []
    chunks: list[FixColumns] = []
    used = 0
    for rows, layout, first_line in _pieces(path):
        chunk = read_chunk(rows, layout)
        own = np.fromiter(map(known.__getitem__, chunk.worker_ids), np.int64, len(chunk.rows))
        _note(unused, chunk, own, known=known, lines=_Lines(path, rows, first_line))
        used += int(np.count_nonzero(own != _BAD_ID))
        wanted = (own >= 0) & (own < known.on_roster)
        codes.append(own[wanted])
        chunks.append(_pick(chunk.fixes, wanted))
        tell(first_line + len(rows))
    if unused.rows and not used:
        listed = "\n  ".join(unused.named)
        raise InputError(f"none of the {unused.rows} rows of {path} can be used:\n  {listed}")
    return _sort(np.concatenate(codes), _join(chunks), known=known, unused=unused)


class _Codes(dict[str, int]):
    """A number for each worker id as it stands in the file: the roster's own come first."""

    def __init__(self, workers: Iterable[WorkerId]) -> None:
        self.names = sorted(set(workers))
        self.on_roster = len(self.names)
        super().__init__({name: code for code, name in enumerate(self.names)})

    def __missing__(self, text: str) -> int:
        name = text.strip()
        if name in self:
            self[text] = self[name]
            return self[name]
        try:
            self.names.append(ids.worker_id(name))
        except InputError:
            self[text] = _BAD_ID
            return _BAD_ID
        self[text] = self[name] = len(self.names) - 1
        return self[name]


@dataclass(frozen=True, slots=True)
class _Lines:
    """Where rows stand in the file, for the message about a bad one."""

    path: Path
    rows: Sequence[Row]
    first_line: int

    def where(self, index: int) -> str:
        # A quoted value may hold line ends.
        before = sum(value.count("\n") for row in self.rows[:index] for value in row)
        return f"{self.path}: line {self.first_line + index + before}"


def _pieces(path: Path) -> Iterator[tuple[list[list[str]], Layout, int]]:
    """Yield rows, what their columns are, and the line of the first one."""
    try:
        # Spreadsheets put a byte order mark in front.
        with path.open(encoding="utf-8-sig", newline="") as file:
            yield from _cut(path, file)
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not UTF-8: save it as such") from error


def _cut(path: Path, file: TextIO) -> Iterator[tuple[list[list[str]], Layout, int]]:
    # Strict: a quotation mark that is never closed would swallow the rest of the file.
    reader = csv.reader(file, strict=True)
    try:
        layout = _layout(path, next(reader, []))
        line = reader.line_num + 1
        rows: list[list[str]] | None = None
        # At least one piece, so that a file without rows has columns without rows.
        while rows or rows is None:
            rows = list(islice(reader, _ROWS_AT_ONCE))
            yield rows, layout, line
            line = reader.line_num + 1
    except csv.Error as error:
        raise InputError(
            f"{path}: line {reader.line_num}: {error}: are its quotation marks in pairs?"
        ) from error


def _layout(path: Path, header: Row) -> Layout:
    try:
        return read_layout(header)
    except InputError as error:
        raise InputError(f"{path}: line 1 {error}") from error


def _note(unused: Unused, chunk: Chunk, own: Integers, *, known: _Codes, lines: _Lines) -> None:
    refused = dict(chunk.refused)
    for index in np.flatnonzero(own == _BAD_ID).tolist():
        name = chunk.worker_ids[index].strip()
        refused[int(chunk.rows[index])] = f"worker_id {name[:40]!r} is not an id"
    for index in sorted(refused):
        where = lines.where(index) if len(unused.named) < _NAMED else ""
        unused.refuse(where, refused[index])
    for index in sorted(chunk.doubted.keys() - refused.keys()):
        where = lines.where(index) if len(unused.named_doubted) < _NAMED else ""
        unused.doubt(where, chunk.doubted[index])
    strangers = np.bincount(own[own >= known.on_roster])
    for code in np.flatnonzero(strangers).tolist():
        unused.strangers[known.names[code]] += int(strangers[code])


def _sort(codes: Integers, fixes: FixColumns, *, known: _Codes, unused: Unused) -> Tracks:
    order = np.lexsort((fixes.epoch_ms, codes))
    ends = np.searchsorted(codes[order], np.arange(known.on_roster + 1)).tolist()
    slices = {
        WorkerId(name): slice(ends[code], ends[code + 1])
        for code, name in enumerate(known.names[: known.on_roster])
    }
    return Tracks(_pick(fixes, order), slices, unused)


def _pick(fixes: FixColumns, index: Integers | np.ndarray) -> FixColumns:
    return FixColumns(**{name: getattr(fixes, name)[index] for name in _COLUMNS})


def _join(parts: Sequence[FixColumns]) -> FixColumns:
    return FixColumns(
        **{name: np.concatenate([getattr(one, name) for one in parts]) for name in _COLUMNS}
    )
