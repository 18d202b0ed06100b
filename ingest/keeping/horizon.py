"""From which local day on the facts of worker-days are kept.

What was found of earlier days stays as it is: judged anew, a day without positions would be
one of which nothing is known.
"""

from datetime import date

import psycopg

# Any number, as long as every version of this program uses the same one.
_LOCK = 4_722_166_882

_HOLD = "select pg_advisory_xact_lock_shared(%(lock)s)"
_CHANGE = "select pg_advisory_xact_lock(%(lock)s)"
_READ = "select from_day from facts_kept"
_MOVE = """
-- what was dropped does not come back, whatever is set later
update facts_kept
   set from_day = greatest(from_day, %(day)s), changed_at = now()
 where from_day is distinct from greatest(from_day, %(day)s)
"""


def facts_from(conn: psycopg.Connection) -> date | None:
    """Return the first local day of which all facts are kept; None while none was dropped."""
    row = conn.execute(_READ).fetchone()
    return None if row is None else row[0]


def hold_facts(conn: psycopg.Connection) -> date | None:
    """Return the same, and keep it so until the transaction ends; any number may."""
    # A statement of its own: the next one must see what whoever had the lock has committed.
    conn.execute(_HOLD, {"lock": _LOCK})
    return facts_from(conn)


def is_closed(conn: psycopg.Connection, day: date) -> bool:
    """Return whether the facts of a day are kept no longer, and hold the others.

    What is found of such a day stands, and is not to be replaced.
    """
    kept_from = hold_facts(conn)
    return kept_from is not None and day < kept_from


def move_horizon(conn: psycopg.Connection, day: date) -> None:
    """Say that facts before `day` are kept no longer, when nobody is reading them."""
    with conn.transaction():
        conn.execute(_CHANGE, {"lock": _LOCK})
        conn.execute(_MOVE, {"day": day})
