"""What is in the quarantine, for reading."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import psycopg
from psycopg.rows import class_row

from patrol import wire
from patrol.errors import InputError

_LIST = """
-- the newest that are asked for, without what they hold
select quarantine_id, topic, octet_length(payload) as size, code, reason, received_at, retries
  from quarantine
 where {wanted}
 order by quarantine_id desc
 limit %(limit)s
"""

_COUNT = "select code, count(*) from quarantine where {wanted} group by code order by 2 desc, 1"

# Which are asked for; a null asks for all.
WANTED = """
    (%(ids)s::bigint[] is null or quarantine_id = any(%(ids)s::bigint[]))
    and (%(terminal)s::text is null or terminal_id = %(terminal)s::text)
    and (%(code)s::text is null or code = %(code)s::text)
    and (%(reason)s::text is null or strpos(lower(reason), lower(%(reason)s::text)) > 0)
    and (%(since)s::timestamptz is null or received_at >= %(since)s::timestamptz)
"""

_READ = """
select quarantine_id, topic, payload, code, reason, received_at, retries, retried_at
  from quarantine where quarantine_id = %(id)s
"""

_MOST_REASON_CHARS = 160
_HEAD_BYTES = 512
_HEX_BYTES = 32
# A number that can be a coordinate or a time: of more than three figures, or with a fraction.
_TELLING = re.compile(r"(?<![\w.-])-?(?:\d+\.\d+|\d{4,})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which letters are asked for: all that fit everything that is given."""

    ids: list[int] | None = None
    terminal: str | None = None
    code: str | None = None
    reason: str | None = None
    since: datetime | None = None

    @property
    def values(self) -> dict[str, object]:
        """The parameters of `WANTED`."""
        return {
            "ids": self.ids,
            "terminal": self.terminal,
            "code": self.code,
            "reason": self.reason,
            "since": self.since,
        }


class Summary(NamedTuple):
    """A quarantined letter without what it holds."""

    quarantine_id: int
    topic: str
    size: int
    code: str
    reason: str
    received_at: datetime
    retries: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A quarantined letter, whole."""

    quarantine_id: int
    topic: str
    payload: bytes
    code: str
    reason: str
    received_at: datetime
    retries: int
    retried_at: datetime | None


def list_letters(conn: psycopg.Connection, wanted: Wanted, *, limit: int) -> list[Summary]:
    """Return the newest `limit` letters that are asked for, the newest first."""
    query = _LIST.format(wanted=WANTED).encode()
    rows = conn.execute(query, {**wanted.values, "limit": limit})
    return [Summary(*row) for row in rows]


def count_letters(conn: psycopg.Connection, wanted: Wanted | None = None) -> dict[str, int]:
    """Return how many letters are asked for, by code."""
    query = _COUNT.format(wanted=WANTED).encode()
    return dict(conn.execute(query, (wanted or Wanted()).values).fetchall())


def read_letter(conn: psycopg.Connection, quarantine_id: int) -> Kept:
    """Return one letter, or raise InputError where it is not there."""
    with conn.cursor(row_factory=class_row(Kept)) as cursor:
        found = cursor.execute(_READ, {"id": quarantine_id}).fetchone()
    if found is None:
        raise InputError(
            f"{quarantine_id} is not in the quarantine: it was retried and accepted, or is too old"
        )
    return found


def describe(one: Summary) -> str:
    """Return a letter as a line that tells nobody's position."""
    retries = f", retried {one.retries} x" if one.retries else ""
    return (
        f"{one.quarantine_id:>8}  {one.received_at:%Y-%m-%d %H:%M:%S%z}  {printable(one.topic)}  "
        f"{one.size} bytes  {one.code}{retries}: {discreet(one.reason)}"
    )


def reveal(one: Kept) -> Iterator[str]:
    """Yield the lines that show all of a letter."""
    yield "This shows personal data: where somebody was, and when."
    yield f"id:          {one.quarantine_id}"
    yield f"topic:       {printable(one.topic)}"
    yield f"received at: {one.received_at.isoformat()}"
    yield f"code:        {one.code}"
    yield f"reason:      {printable(one.reason)}"
    if one.retried_at is not None:
        yield f"retried:     {one.retries} x, last at {one.retried_at.isoformat()}"
    yield f"payload:     {len(one.payload)} bytes"
    yield from _payload_lines(one.payload)


def discreet(reason: str) -> str:
    """Return the first line of a reason, with every number hidden that may tell a place."""
    first = printable(reason.partition("\n")[0])
    hidden = _TELLING.sub("#", first)
    return hidden if len(hidden) <= _MOST_REASON_CHARS else f"{hidden[: _MOST_REASON_CHARS - 3]}..."


def printable(text: str) -> str:
    """Return somebody else's text as a terminal can show it without doing what it says."""
    return "".join(one if one.isprintable() else "\ufffd" for one in text)


def _payload_lines(payload: bytes) -> Iterator[str]:
    try:
        body = json.loads(wire.plain_of(payload))
    except (InputError, ValueError, RecursionError):
        yield from _hex_lines(payload)
        return
    if not isinstance(body, dict):
        yield f"  {json.dumps(body)}"
        return
    for name, value in body.items():
        yield f"  {json.dumps(name)}: {json.dumps(value)}"


def _hex_lines(payload: bytes) -> Iterator[str]:
    for first in range(0, min(len(payload), _HEAD_BYTES), _HEX_BYTES):
        chunk = payload[first : first + _HEX_BYTES]
        text = "".join(chr(one) if 0x20 <= one < 0x7F else "." for one in chunk)  # noqa: PLR2004 - printable ASCII
        yield f"  {first:04x}  {chunk.hex(' ')}  {text}"
    if len(payload) > _HEAD_BYTES:
        yield f"  ... and {len(payload) - _HEAD_BYTES} bytes more"
