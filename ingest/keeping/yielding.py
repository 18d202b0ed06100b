"""Long work that gives way: broken off when others wait for it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psycopg

_LOOK_S = 0.5
_CANCEL_S = 2.0

_IS_WAITED_FOR = """
-- whether anybody waits for a lock that a connection has
select exists (select from pg_locks where not granted and %(pid)s = any(pg_blocking_pids(pid)))
"""


@contextmanager
def giving_way(conn: psycopg.Connection, *, after_s: float) -> Iterator[None]:
    """Break off what `conn` does when others have waited for it for so long without a pause.

    What is broken off raises psycopg.errors.QueryCanceled and is taken back. The block holds what
    takes long, and no more than one statement of it.
    """
    is_over = threading.Event()
    watch = threading.Thread(target=_watch, args=(conn, is_over, after_s), daemon=True)
    watch.start()
    try:
        yield
    finally:
        is_over.set()
        # A cancellation must not hit what comes next.
        watch.join()


def _watch(conn: psycopg.Connection, is_over: threading.Event, after_s: float) -> None:
    pid, waited_s = conn.info.backend_pid, 0.0
    # Who cannot look lets the work go on: it has an end.
    with suppress(psycopg.Error), _beside(conn) as other:
        while not is_over.wait(_LOOK_S):
            row = other.execute(_IS_WAITED_FOR, {"pid": pid}).fetchone()
            waited_s = waited_s + _LOOK_S if row == (True,) else 0.0
            if waited_s >= after_s:
                conn.cancel_safe(timeout=_CANCEL_S)
                return


def _beside(conn: psycopg.Connection) -> psycopg.Connection:
    return psycopg.connect(conn.info.dsn, password=conn.info.password or None, autocommit=True)
