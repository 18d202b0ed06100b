"""One gateway to a spool: two would give one number to two fixes, and the server keep one of them."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from patrol.errors import InputError


@contextmanager
def held_alone(spool: Path) -> Iterator[None]:
    """Hold a spool for this process until the block ends, or the process.

    Raises InputError where another process holds it, or its folder cannot be written.
    """
    path = spool.with_name(f"{spool.name}-lock")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise InputError(
            f"spool {spool} cannot be used: {error}; give a file in a folder that this user may "
            "write"
        ) from error
    try:
        _seize(handle, spool)
        yield
    finally:
        os.close(handle)


def _seize(handle: int, spool: Path) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise InputError(
            f"spool {spool} is another gateway's that runs: stop that one, or give each a spool, "
            "a register and a client_id of its own"
        ) from error
