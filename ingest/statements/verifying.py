"""The chain of statements gone through from its begin: what holds, and where it is broken."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

import psycopg
from psycopg.rows import dict_row

from ingest.statements.content import read_points, read_row
from patrol.decisions.chain import START, link, sha256_of

# So many breaks are told; a forger who changes all needs no list.
MOST_TOLD: Final = 100
_LOT: Final = 500

_CHAIN = """
select number, worker_id, day, content, content_sha256, previous, digest
  from day_statement order by number
"""

_HEAD = "select number, digest from statement_head"

_CONTENT = "select content from day_statement where number = %(number)s"

# What is held against the tables; what was decided has a history of its own.
_STATED: Final = ("result", "presence", "visits", "excused", "coverage")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Of which worker-days results and points are checked; the chain is checked whole."""

    from_day: date | None = None
    to_day: date | None = None
    worker_id: str | None = None

    def has(self, worker_id: str, day: date) -> bool:
        """Whether a worker-day is wanted."""
        return (
            (self.worker_id is None or worker_id == self.worker_id)
            and (self.from_day is None or day >= self.from_day)
            and (self.to_day is None or day <= self.to_day)
        )


@dataclass(slots=True, kw_only=True)
class Verified:
    """What was checked, and each break by its place in the chain."""

    statements: int = 0
    # Their content was erased; that they were there, and in which order, is verified.
    erased: int = 0
    worker_days: int = 0
    points_checked: int = 0
    # Points of these have gone by rule; what was said of the day is verified all the same.
    points_gone: int = 0
    # Results of these are of later; their next statement is due.
    renewed: int = 0
    results_gone: int = 0
    head: str = START.hex()
    breaks: list[dict[str, Any]] = field(default_factory=list)
    broken: int = 0

    def note(self, number: int, what: str, **where: object) -> None:
        """Note a break; of many, the first are told."""
        self.broken += 1
        if len(self.breaks) < MOST_TOLD:
            self.breaks.append({"number": number, "what": what, **where})


def verify(
    conn: psycopg.Connection,
    wanted: Wanted,
    *,
    points_from: date | None,
    expected: str | None = None,
) -> Verified:
    """Go through the chain, then through results and points of the worker-days `wanted`.

    `points_from` is the first day whose points are kept; `expected` a digest that was noted
    some time ago and must be in the chain still.
    """
    found = Verified()
    with conn.transaction():
        conn.execute("set transaction isolation level repeatable read, read only")
        last = _go_through(conn, found, wanted, expected=expected)
        for (worker_id, day), number in sorted(last.items()):
            _check_day(conn, found, (worker_id, day), number=number, points_from=points_from)
    return found


def _go_through(
    conn: psycopg.Connection, found: Verified, wanted: Wanted, *, expected: str | None
) -> dict[tuple[str, date], int]:
    """Return the last statement of each worker-day that is wanted."""
    last: dict[tuple[str, date], int] = {}
    number, digest, is_met = 0, START, expected in (None, START.hex())
    for row in _chain(conn):
        if row["number"] != number + 1:
            found.note(number + 1, "missing", until=row["number"] - 1)
        _check_link(found, row, digest)
        number, digest = row["number"], row["digest"]
        found.statements += 1
        is_met = is_met or digest.hex() == expected
        if row["content"] is None:
            found.erased += 1
        elif wanted.has(row["worker_id"], row["day"]):
            last[row["worker_id"], row["day"]] = number
    found.head = digest.hex()
    if conn.execute(_HEAD).fetchone() != (number, digest):
        found.note(number + 1, "end_missing")
    if not is_met:
        found.note(number, "expected_digest_missing")
    return last


def _chain(conn: psycopg.Connection) -> Iterator[dict[str, Any]]:
    with conn.cursor("chain", row_factory=dict_row) as cursor:
        cursor.itersize = _LOT
        yield from cursor.execute(_CHAIN)


def _check_link(found: Verified, row: dict[str, Any], before: bytes) -> None:
    number, where = row["number"], {"worker_id": row["worker_id"], "day": str(row["day"])}
    if row["previous"] != before:
        found.note(number, "does_not_follow", **where)
    if row["digest"] != link(row["previous"], number, row["content_sha256"]):
        found.note(number, "digest_differs", **where)
    content = row["content"]
    if content is None:
        return
    if sha256_of(content) != row["content_sha256"]:
        found.note(number, "content_changed", **where)
        return
    said = json.loads(content)
    if (said["worker_id"], said["day"]) != (row["worker_id"], str(row["day"])):
        found.note(number, "of_another_day", **where)


def _check_day(
    conn: psycopg.Connection,
    found: Verified,
    unit: tuple[str, date],
    *,
    number: int,
    points_from: date | None,
) -> None:
    worker_id, day = unit
    found.worker_days += 1
    (content,) = conn.execute(_CONTENT, {"number": number}).fetchone() or ("{}",)
    try:
        said = json.loads(content)
        points, spans = said["points"], said["spans"]
    except (ValueError, KeyError):
        # Whatever stands there now was noted as changed.
        return
    where = {"worker_id": worker_id, "day": day.isoformat()}
    _check_result(conn, found, said, number=number, where=where)
    if points is None or (points_from is not None and day < points_from):
        found.points_gone += 1
        return
    found.points_checked += 1
    now = read_points(conn, spans, until=points["until"]) if points["count"] else points
    if now != points:
        found.note(number, "points_changed", **where, stated=points["count"], found=now["count"])


def _check_result(
    conn: psycopg.Connection,
    found: Verified,
    said: dict[str, Any],
    *,
    number: int,
    where: dict[str, str],
) -> None:
    day = date.fromisoformat(where["day"])
    row = read_row(conn, where["worker_id"], day)
    if row is None:
        found.results_gone += 1
    elif row["result"]["assessed_at"] != said["result"]["assessed_at"]:
        found.renewed += 1
    elif differing := [name for name in _STATED if not _is_still(said[name], row[name])]:
        found.note(number, "result_changed", **where, parts=differing)


def _is_still(said: Any, now: Any) -> bool:  # noqa: ANN401 - values of JSON
    """Whether what was said is there still; what tables have got since is no change."""
    if isinstance(said, dict) and isinstance(now, dict):
        return all(name in now and _is_still(one, now[name]) for name, one in said.items())
    if isinstance(said, list) and isinstance(now, list):
        return len(said) == len(now) and all(map(_is_still, said, now))
    return bool(said == now)
