"""The tags at doors in the database."""

from collections.abc import Iterable, Sequence
from itertools import groupby, pairwise

import psycopg

from patrol.duty import MARGIN
from patrol.registers.files import Problems
from patrol.registers.tags import TagRow

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
