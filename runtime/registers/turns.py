"""Taking turns with the registers.

Who stores looks into the registers for the days to mark; who changes the registers marks the
days of what is stored. Neither sees what the other has not committed, so they take turns.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psycopg
from psycopg.pq import TransactionStatus

# Any number, as long as every version of this program uses the same one.
_REGISTERS = 4_722_166_881
_HOLD_REGISTERS = "select pg_advisory_xact_lock_shared(%(lock)s)"
_TRY_TO_HOLD_REGISTERS = "select pg_try_advisory_xact_lock_shared(%(lock)s)"
_CHANGE_REGISTERS = "select pg_advisory_xact_lock(%(lock)s), nextval('register_change')"
# A sequence that was never called has the value of the first call.
_CHANGES = "select last_value + is_called::integer from register_change"

# In one go, because each way to the server and back costs as much as ten rows of what is stored.
_BEGIN = f"begin; select pg_advisory_xact_lock_shared({_REGISTERS}); {_CHANGES}"


@contextmanager
def holding_registers(conn: psycopg.Connection) -> Iterator[int]:
    """Keep the registers as they are during a transaction, and yield `register_changes`.

    `conn` is in autocommit. What is done in the block is committed with it, or, where a
    transaction is open already, with that one; it is taken back when the block is left with an
    error.
    """
    if conn.info.transaction_status is not TransactionStatus.IDLE:
        with conn.transaction():
            hold_registers(conn)
            yield register_changes(conn)
        return
    try:
        yield _begin(conn)
    except BaseException:
        # A connection that is gone has nothing to take back, and the error says more.
        with suppress(psycopg.Error):
            conn.rollback()
        raise
    conn.commit()


def _begin(conn: psycopg.Connection) -> int:
    cursor = conn.execute(_BEGIN, prepare=False)
    while cursor.nextset():
        pass
    row = cursor.fetchone()
    return int(row[0]) if row is not None else 0


def hold_registers(conn: psycopg.Connection) -> None:
    """Keep the registers as they are until the transaction ends; any number may."""
    conn.execute(_HOLD_REGISTERS, {"lock": _REGISTERS})


def try_to_hold_registers(conn: psycopg.Connection) -> bool:
    """Return whether the registers stay as they are until the transaction ends.

    They do not when somebody changes them or waits to do so.
    """
    row = conn.execute(_TRY_TO_HOLD_REGISTERS, {"lock": _REGISTERS}).fetchone()
    return row is not None and bool(row[0])


def change_registers(conn: psycopg.Connection) -> None:
    """Be the only one to change or to hold the registers until the transaction ends."""
    conn.execute(_CHANGE_REGISTERS, {"lock": _REGISTERS})


def register_changes(conn: psycopg.Connection) -> int:
    """Return a number that goes up whenever the registers change.

    Whoever holds the registers reads what is true until the transaction ends.
    """
    row = conn.execute(_CHANGES).fetchone()
    return int(row[0]) if row is not None else 0
