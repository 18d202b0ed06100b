"""Which terminals may speak, by which protocol, and how theirs is to be read.

A CSV file that an operator keeps. It is read again when it changes; one that cannot be used is
said, and the last good one goes on to hold.
"""

import csv
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import structlog

from gateway.codecs.profile import Profile, SpeedUnit
from gateway.decoding import PROTOCOLS
from patrol.datums import DATUMS
from patrol.errors import InputError
from patrol.ids import TerminalId, terminal_id

log = structlog.get_logger()

COLUMNS = (
    "protocol",
    "identity",
    "terminal_id",
    "model",
    "clock_offset_h",
    "datum",
    "speed_unit",
    "alarm_bits",
    "secret_key_file",
    "strict",
)
_REQUIRED = COLUMNS[:3]
_MOST_OFFSET_H = 14.0
_TRUE = {"1", "true", "yes"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A terminal: its name at the server, and how what it says is to be read."""

    terminal_id: TerminalId
    model: str = ""
    datum: str = DATUMS[0]
    profile: Profile = field(default_factory=Profile)


def identity_of(said: str) -> str:
    """Return an identity as it is compared: digits lose the zeros that only fill a field."""
    return said.lstrip("0") or "0" if said.isascii() and said.isdecimal() else said


class Registry:
    """The entries of a file, by protocol and identity."""

    def __init__(self, path: Path) -> None:
        """Read the file; raises InputError that names each line that cannot be used."""
        self._path = path
        self._stamp = _stamp(path)
        self._entries = dict(read_entries(path))

    def __len__(self) -> int:
        return len(self._entries)

    def find(self, protocol: str, said: str) -> Entry | None:
        """Return the terminal that calls itself `said`, None where nobody is known by that."""
        return self._entries.get((protocol, identity_of(said)))

    def refresh(self) -> None:
        """Read the file again if it has changed."""
        stamp = _stamp(self._path)
        if stamp == self._stamp:
            return
        self._stamp = stamp
        try:
            self._entries = dict(read_entries(self._path))
        except InputError as error:
            log.warning("gateway.register_refused", reason=str(error), kept=len(self._entries))
        else:
            log.info("gateway.register_read", terminals=len(self._entries))


def read_entries(path: Path) -> Iterator[tuple[tuple[str, str], Entry]]:
    """Yield what stands in the register at `path`, or raise InputError with every bad line."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file, strict=True))
            header = rows[0].keys() if rows else ()
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"register {path} cannot be read: {error}") from error
    unknown = [str(name) for name in header if name not in COLUMNS]
    if unknown:
        raise InputError(
            f"register {path} has columns that are not known: {', '.join(unknown)}; "
            f"known are {', '.join(COLUMNS)}"
        )
    found, faults = _check(rows, path.parent)
    if faults:
        raise InputError(f"register {path}: " + "; ".join(faults))
    yield from found.items()


def append_entry(path: Path, values: Mapping[str, str]) -> None:
    """Add a line to the register at `path`, made where there is none; the file is whole always.

    Raises InputError when the register would not be usable with it.
    """
    text = path.read_text(encoding="utf-8-sig") if path.is_file() else ",".join(COLUMNS) + "\n"
    header = text.splitlines()[0].split(",")
    if not set(values) <= set(header):
        missing = ", ".join(sorted(set(values) - set(header)))
        raise InputError(f"register {path} has no column {missing}: add it to the first line")
    fresh = path.with_name(f".{path.name}.new")
    with fresh.open("w", encoding="utf-8", newline="") as file:
        file.write(text if text.endswith("\n") else f"{text}\n")
        csv.writer(file, lineterminator="\n").writerow(values.get(name, "") for name in header)
        file.flush()
        os.fsync(file.fileno())
    try:
        dict(read_entries(fresh))
    except InputError:
        fresh.unlink()
        raise
    fresh.replace(path)


def _check(
    rows: list[dict[str, str]], folder: Path
) -> tuple[dict[tuple[str, str], Entry], list[str]]:
    found: dict[tuple[str, str], Entry] = {}
    faults: list[str] = []
    for number, row in enumerate(rows, start=2):
        try:
            key, entry = _read(row, folder)
        except InputError as error:
            faults.append(f"line {number}: {error}")
            continue
        if key in found:
            faults.append(f"line {number}: {key[1]} of {key[0]} stands twice")
        found[key] = entry
    return found, faults


def _read(row: Mapping[str, str | None], folder: Path) -> tuple[tuple[str, str], Entry]:
    text = {name: (row.get(name) or "").strip() for name in COLUMNS}
    for name in _REQUIRED:
        if not text[name]:
            raise InputError(f"{name} is empty")
    if text["protocol"] not in PROTOCOLS:
        raise InputError(f"protocol {text['protocol']!r} is not one of {', '.join(PROTOCOLS)}")
    datum = text["datum"] or DATUMS[0]
    if datum not in DATUMS:
        raise InputError(f"datum {datum!r} is not one of {', '.join(DATUMS)}")
    entry = Entry(
        terminal_id=terminal_id(text["terminal_id"]),
        model=text["model"],
        datum=datum,
        profile=Profile(
            clock_offset=_offset(text["clock_offset_h"]),
            alarm_bits=_alarm_bits(text["alarm_bits"]),
            speed_unit=_speed_unit(text["speed_unit"]),
            secret_key=_secret(text["secret_key_file"], folder),
            strict=text["strict"].lower() in _TRUE,
        ),
    )
    return (text["protocol"], identity_of(text["identity"])), entry


def _offset(text: str) -> timedelta | None:
    if not text:
        return None
    try:
        hours = float(text)
    except ValueError:
        hours = float("nan")
    if not abs(hours) <= _MOST_OFFSET_H:
        raise InputError(f"clock_offset_h {text!r} is not a number of hours from -14 to 14")
    return timedelta(hours=hours)


def _alarm_bits(text: str) -> dict[int, str]:
    """Return e.g. {17: "low_battery"} of `17=low_battery 18=removal`."""
    bits: dict[int, str] = {}
    for part in text.split():
        number, mark, name = part.partition("=")
        is_number = number.isascii() and number.isdecimal()
        if not (mark and is_number and name.isidentifier()):
            raise InputError(f"alarm_bits has {part!r}, not e.g. 17=low_battery")
        bits[int(number)] = name
    return bits


def _speed_unit(text: str) -> SpeedUnit:
    if text and text not in list(SpeedUnit):
        raise InputError(f"speed_unit {text!r} is not one of {', '.join(SpeedUnit)}")
    return SpeedUnit(text) if text else SpeedUnit.KNOTS


def _secret(text: str, folder: Path) -> bytes | None:
    if not text:
        return None
    try:
        return (folder / text).read_bytes().strip()
    except OSError as error:
        raise InputError(f"secret_key_file {text} cannot be read: {error.strerror}") from error


def _stamp(path: Path) -> tuple[int, int]:
    try:
        status = path.stat()
    except OSError:
        return (0, 0)
    return status.st_mtime_ns, status.st_size
