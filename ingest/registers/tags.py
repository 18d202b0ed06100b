"""The tags at doors: out of a CSV file, and into the database."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from itertools import groupby, pairwise
from pathlib import Path

import psycopg

from ingest.registers.files import Problems, epoch, read_rows
from patrol import ids, wire
from patrol.duty import MARGIN
from patrol.errors import InputError

_KNOWN_PREMISES = "select premises_id from premises where premises_id = any(%(ids)s)"

_KNOWN = "select token_sha256, premises_id, valid_from, valid_to from premises_tag"

_DROP = "delete from premises_tag"

_PUT = """
insert into premises_tag (token_sha256, premises_id, valid_from, valid_to)
values (%(token)s, %(premises)s, %(valid_from)s, %(valid_to)s)
"""

_MARK = """
-- worker-days whose check-ins were made by any of these tags
insert into dirty_day (worker_id, day)
select distinct w.worker_id, w.day
  from checkin c
  join assignment a on a.terminal_id = c.terminal_id
   and a.valid_from <= c.at and (a.valid_to is null or a.valid_to > c.at)
  join duty_window w on w.worker_id = a.worker_id
   and w.start_at - %(margin)s <= c.at and w.end_at + %(margin)s > c.at
 where c.token_sha256 = any(%(tokens)s)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class TagRow:
    """A tag, by the SHA-256 of its token, and when it is at which premises; None is open."""

    token_sha256: bytes
    premises_id: str
    valid_from: datetime | None
    valid_to: datetime | None
    where: str

    @property
    def content(self) -> tuple[bytes, str, datetime | None, datetime | None]:
        """All but where it stands."""
        return self.token_sha256, self.premises_id, self.valid_from, self.valid_to


def sha256_of(token: str) -> bytes:
    """Return what is kept of a token."""
    return sha256(token.encode()).digest()


def read_tags(path: Path, problems: Problems) -> list[TagRow]:
    """Return the tags in a CSV file: `token,premises_id,valid_from,valid_to`."""

    def read(row: Mapping[str, str], where: str) -> TagRow:
        token = wire.name(row, "token")
        valid_from, valid_to = (
            epoch(row, key) if row[key] else None for key in ("valid_from", "valid_to")
        )
        if valid_from is not None and valid_to is not None and valid_to <= valid_from:
            raise InputError("valid_to is not after valid_from")
        return TagRow(
            token_sha256=sha256_of(token),
            premises_id=ids.premises_id(row["premises_id"]),
            valid_from=valid_from,
            valid_to=valid_to,
            where=where,
        )

    columns = ("token", "premises_id", "valid_from", "valid_to")
    return read_rows(path, read, problems, columns=columns)


def check_tags(
    conn: psycopg.Connection, tags: Sequence[TagRow], problems: Problems, *, premises: set[str]
) -> None:
    """Note tags at premises that nobody knows, and those at two doors at once.

    `premises` are those that are being loaded.
    """
    named = {row.premises_id for row in tags}
    known = premises | {row[0] for row in conn.execute(_KNOWN_PREMISES, {"ids": sorted(named)})}
    for row in tags:
        if row.premises_id not in known:
            problems.add(row.where, f"premises {row.premises_id} are not known: load premises")
    ordered = sorted(tags, key=_order)
    for _, own in groupby(ordered, key=lambda row: row.token_sha256):
        for earlier, later in pairwise(own):
            if earlier.valid_to is None or _starts(later) < earlier.valid_to.timestamp():
                reason = f"its tag is elsewhere at the same time ({earlier.where}): set valid_to"
                problems.add(later.where, reason)


def put_tags(conn: psycopg.Connection, tags: Iterable[TagRow]) -> None:
    """Store the tags in place of all that are known; mark the days that this changes."""
    given = {row.content for row in tags}
    changed = given.symmetric_difference(conn.execute(_KNOWN))
    conn.execute(_DROP)
    with conn.cursor() as cursor:
        names = ("token", "premises", "valid_from", "valid_to")
        cursor.executemany(_PUT, [dict(zip(names, one, strict=True)) for one in given])
    tokens = sorted({one[0] for one in changed})
    conn.execute(_MARK, {"tokens": tokens, "margin": MARGIN})


def _order(row: TagRow) -> tuple[bytes, float]:
    return row.token_sha256, _starts(row)


def _starts(row: TagRow) -> float:
    return float("-inf") if row.valid_from is None else row.valid_from.timestamp()
