"""Trying quarantined letters again, as if they had come when they came.

Each letter is one transaction: what is accepted is stored and leaves the quarantine, what is
refused stays with its id and the newest reason. Any number may try at once, also beside the
ingest.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from threading import Event

import psycopg
from psycopg.rows import class_row

from ingest.operations.quarantined import WANTED, Kept, Wanted
from ingest.quarantine import Code, Refusal, as_text
from ingest.writer import Writer, Written

_LAST = "select coalesce(max(quarantine_id), 0) from quarantine"

_TAKE = """
-- the next one that is asked for and that nobody else has
select quarantine_id, topic, payload, code, reason, received_at, retries, retried_at
  from quarantine
 where quarantine_id > %(after)s and quarantine_id <= %(last)s and {wanted}
 order by quarantine_id
 limit 1
   for update skip locked
"""

_DELETE = "delete from quarantine where quarantine_id = %(id)s"

_REFUSE = """
update quarantine
   set code = %(code)s, reason = %(reason)s, retries = retries + 1, retried_at = now()
 where quarantine_id = %(id)s
"""

_LEFT = "select quarantine_id from quarantine where quarantine_id = any(%(ids)s::bigint[])"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a letter: what was written of it, or why it was refused again."""

    letter: Kept
    written: Written | None = None
    refusal: Refusal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Retrier:
    """Tries letters again on one connection, until `stop`."""

    conn: psycopg.Connection
    writer: Writer
    stop: Event

    def retry(self, wanted: Wanted) -> Iterator[Outcome]:
        """Try every letter that is asked for and in the quarantine now, the oldest first."""
        row = self.conn.execute(_LAST).fetchone()
        last, after = int(row[0]) if row else 0, 0
        while not self.stop.is_set():
            outcome = self._retry_next(wanted, after=after, last=last)
            if outcome is None:
                return
            after = outcome.letter.quarantine_id
            yield outcome

    def find_left(self, ids: list[int]) -> set[int]:
        """Return those of `ids` that are in the quarantine."""
        return {row[0] for row in self.conn.execute(_LEFT, {"ids": ids})}

    def _retry_next(self, wanted: Wanted, *, after: int, last: int) -> Outcome | None:
        query = _TAKE.format(wanted=WANTED).encode()
        with self.conn.transaction():
            with self.conn.cursor(row_factory=class_row(Kept)) as cursor:
                values = {**wanted.values, "after": after, "last": last}
                letter = cursor.execute(query, values).fetchone()
            return None if letter is None else self._retry(letter)

    def _retry(self, letter: Kept) -> Outcome:
        result = self._write(letter)
        if isinstance(result, Written):
            self.conn.execute(_DELETE, {"id": letter.quarantine_id})
            return Outcome(letter=letter, written=result)
        self.conn.execute(
            _REFUSE,
            {
                "id": letter.quarantine_id,
                "code": result.code.value,
                "reason": as_text(result.reason),
            },
        )
        return Outcome(letter=letter, refusal=result)

    def _write(self, letter: Kept) -> Written | Refusal:
        """Write a letter, or nothing of it where it is refused."""
        written = None
        try:
            with self.conn.transaction() as attempt:
                written = self.writer.write(self.conn, [letter], now=letter.received_at)
                if written.refusals:
                    # It was quarantined anew, and it is there already.
                    raise psycopg.Rollback(attempt)
        except (psycopg.DataError, psycopg.IntegrityError) as error:
            reason = f"the database does not take it: {str(error).strip()}"
            return Refusal(letter.topic, letter.payload, reason, Code.DATABASE_REFUSED)
        return written.refusals[0] if written.refusals else written
