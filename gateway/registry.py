"""Which terminals may speak, by which protocol, and how theirs is to be read.

A CSV file that an operator keeps. It is read again when it changes; one that cannot be used is
said, and the last good one goes on to hold.
"""

import csv
import io
import os
import stat
import time
from collections.abc import Iterator, Mapping, Sequence
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
    "tag_reader",
)
_REQUIRED = COLUMNS[:3]
_MOST_OFFSET_H = 14.0
_TOO_MANY = "fields without a column"
_SETTLE_NS = 1_000_000_000
_TRUE = {"1", "true", "yes"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A terminal: its name at the server, and how what it says is to be read."""

    terminal_id: TerminalId
    model: str = ""
    datum: str = DATUMS[0]
    # Whether the cards that it reads are tags at doors.
    tag_reader: bool = False
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

    def refresh(self) -> bool:
        """Read the file again if it has changed, and return whether others may speak now.

        It may run beside `find`: what is read takes the place of the old entries as a whole.
        """
        stamp = _stamp(self._path)
        if stamp == self._stamp or _is_fresh(stamp):
            return False
        self._stamp = stamp
        try:
            entries = dict(read_entries(self._path))
        except InputError as error:
            log.warning("gateway.register_refused", reason=str(error), kept=len(self._entries))
            return False
        self._entries = entries
        log.info("gateway.register_read", terminals=len(entries))
        return True


def read_entries(path: Path) -> Iterator[tuple[tuple[str, str], Entry]]:
    """Yield what stands in the register at `path`, or raise InputError with every bad line."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, restkey=_TOO_MANY, strict=True)
            rows = list(reader)
            header = reader.fieldnames or ()
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"register {path} cannot be read: {error}") from error
    unknown = [str(name) for name in header if name not in COLUMNS]
    if unknown:
        raise InputError(
            f"register {path} has columns that are not known: {', '.join(unknown)}; "
            f"known are {', '.join(COLUMNS)}"
        )
    if missing := [name for name in _REQUIRED if name not in header]:
        # Half of a file that is being written would turn everybody out.
        raise InputError(f"register {path} has no column {', '.join(missing)}: name it at the top")
    found, faults = _check(rows, path.parent)
    if faults:
        raise InputError(f"register {path}: " + "; ".join(faults))
    yield from found.items()


def append_entry(path: Path, values: Mapping[str, str]) -> None:
    """Add a line to the register at `path`, made where there is none; the file is whole always.

    It keeps its owner and mode; a new one is its owner's alone. Raises InputError when the
    register cannot be written, or would not be usable with the line.
    """
    # A link stays one.
    path = path.resolve()
    fresh = path.with_name(f".{path.name}.new")
    try:
        text = path.read_text(encoding="utf-8-sig") if path.is_file() else ",".join(COLUMNS)
        line = _line_of(values, text.splitlines()[0].split(",") if text else [], path)
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            _write(handle, f"{text}{line}" if text.endswith("\n") else f"{text}\n{line}", like=path)
            dict(read_entries(fresh))
            fresh.replace(path)
        except BaseException:
            fresh.unlink()
            raise
    except InputError as error:
        raise InputError(str(error).replace(str(fresh), str(path))) from error
    except FileExistsError as error:
        raise InputError(
            f"register {path} is being changed by somebody else: try again, and remove {fresh} "
            "if it stays"
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"register {path} cannot be changed: {error}; let this user write it and its folder"
        ) from error


def _line_of(values: Mapping[str, str], header: Sequence[str], path: Path) -> str:
    if missing := sorted(set(values) - set(header)):
        raise InputError(
            f"register {path} has no column {', '.join(missing)}: add it to the first line"
        )
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(values.get(name, "") for name in header)
    return line.getvalue()


def _write(handle: int, text: str, *, like: Path) -> None:
    with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
        if like.is_file():
            status = like.stat()
            os.fchmod(handle, stat.S_IMODE(status.st_mode))
            if (status.st_uid, status.st_gid) != (os.geteuid(), os.getegid()):
                os.fchown(handle, status.st_uid, status.st_gid)
        file.write(text)
        file.flush()
        os.fsync(handle)


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
    if row.get(_TOO_MANY):
        raise InputError("it has more fields than the first line")
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
        tag_reader=text["tag_reader"].lower() in _TRUE,
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


def _is_fresh(stamp: tuple[int, int]) -> bool:
    """Return whether somebody may still be writing: then it is read when he is done."""
    return 0 <= time.time_ns() - stamp[0] < _SETTLE_NS


def _stamp(path: Path) -> tuple[int, int]:
    try:
        status = path.stat()
    except OSError:
        return (0, 0)
    return status.st_mtime_ns, status.st_size
