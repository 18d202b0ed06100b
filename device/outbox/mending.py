"""A damaged outbox: set aside, a new one made, and what can be read carried over."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import structlog

from device.outbox import notices
from device.outbox.files import is_damaged, suspicion_of
from device.outbox.letters import LetterKind
from device.outbox.outbox import Outbox
from patrol.errors import StateError
from patrol.messages import COLUMNS, Position

log = structlog.get_logger()

_FIXES = """
select seq, epoch_ms, lat_e7, lon_e7, altitude_dm, speed_cmps, course_ddeg, hdop_d, accuracy_dm,
       satellites, quality, battery_pct, flags
  from position order by seq
"""
_LETTERS = "select number, kind, id, payload from letter order by number"
# What is set aside is kept for whoever looks into it, but not without end.
_MOST_SET_ASIDE = 3
_ENDS = ("", "-wal", "-shm")
_AT_ONCE = 500
_LONG_AGO_S = float("-inf")


class Mended(NamedTuple):
    """A damaged file where it is now, and how much of it was carried over."""

    set_aside: Path
    positions: int
    letters: int


def mend(path: Path, *, now: datetime) -> Mended | None:
    """Set the outbox at `path` aside if it is damaged and make a new one; None where all is well.

    For the start of the agent, while nobody else has the file open. What can still be read is
    carried over, kept before now for all that is known, and the server is told.
    """
    if not path.is_file() or path.stat().st_size == 0 or not is_damaged(path):
        _forget_suspicion(path)
        return None
    aside = path.with_name(f"{path.name}.damaged-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}")
    try:
        for end in _ENDS:
            part = path.with_name(path.name + end)
            if part.exists():
                part.replace(aside.with_name(aside.name + end))
    except OSError as error:
        raise StateError(f"outbox {path} is damaged and cannot be set aside: {error}") from error
    with Outbox(path) as outbox:
        mended = _carry_over(aside, outbox)
        notice = notices.damaged(outbox.id, at=now)
        outbox.put_letter(notice.kind, notice.identity, notice.payload)
    _forget_suspicion(path)
    _clear_away(path)
    log.error(
        "outbox.damaged",
        set_aside=str(mended.set_aside),
        positions_carried_over=mended.positions,
        letters_carried_over=mended.letters,
        advice="look at the disk of [device] outbox; what could not be read is lost",
    )
    return mended


def _forget_suspicion(path: Path) -> None:
    # A disk that can only be read refuses even where there is nothing; whoever writes next says so.
    with suppress(OSError):
        suspicion_of(path).unlink(missing_ok=True)


def _carry_over(aside: Path, outbox: Outbox) -> Mended:
    # Of a copy: what was set aside stays as it was found.
    copy = aside.with_name(f"{aside.name}.copy")
    for end in ("", "-wal"):
        part = aside.with_name(aside.name + end)
        if part.exists():
            shutil.copyfile(part, copy.with_name(copy.name + end))
    try:
        found = {row[0]: row[1:] for row in _readable(copy, _FIXES)}
        fixes = [Position._make(row) for _, row in sorted(found.items()) if _is_whole(row)]
        for first in range(0, len(fixes), _AT_ONCE):
            outbox.put(fixes[first : first + _AT_ONCE], now_s=_LONG_AGO_S)
        letters = {row[2]: row for row in _readable(copy, _LETTERS) if _is_letter(row)}
        for _, kind, identity, payload in letters.values():
            outbox.put_letter(LetterKind(kind), identity, payload)
    finally:
        for end in _ENDS:
            copy.with_name(copy.name + end).unlink(missing_ok=True)
    return Mended(aside, len(fixes), len(letters))


def _readable(path: Path, statement: str) -> Iterator[tuple[Any, ...]]:
    """Yield the rows from either end up to the damage; some may come twice."""
    for order in (statement, f"{statement} desc"):
        connection = sqlite3.connect(path)
        try:
            yield from connection.execute(order)
        except sqlite3.DatabaseError:
            continue
        finally:
            connection.close()


def _is_whole(row: tuple[Any, ...]) -> bool:
    """Return whether the values can be a fix: a single wild one would cost its whole batch."""
    return all(
        type(value) is int and allowed.low <= value <= allowed.high
        if value is not None or name in {"t", "lat", "lon", "flg"}
        else True
        for value, (name, allowed) in zip(row, COLUMNS.items(), strict=True)
    )


def _is_letter(row: tuple[Any, ...]) -> bool:
    _, kind, identity, payload = row
    return kind in list(LetterKind) and isinstance(identity, str) and isinstance(payload, bytes)


def _clear_away(path: Path) -> None:
    aside = sorted(path.parent.glob(f"{path.name}.damaged-*Z"))
    for old in aside[:-_MOST_SET_ASIDE]:
        for end in _ENDS:
            old.with_name(old.name + end).unlink(missing_ok=True)
