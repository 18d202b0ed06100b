"""What waits on the terminal to be sent, and whether the outbox is well."""

from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from device.outbox import OLDEST, Outbox, OutboxDamagedError, OutboxFullError
from patrol.errors import InputError
from patrol.fix import epoch_ms


class Waiting(NamedTuple):
    """Fixes and other messages that wait, those given up by rule, and seconds since the oldest.

    `trouble` is `full`, `read_only`, `damaged` or `unusable`.
    """

    fixes: int | None = None
    letters: int | None = None
    thinned: int | None = None
    oldest_s: float | None = None
    trouble: str | None = None


def count_waiting(path: Path, now: datetime) -> Waiting:
    """Return what waits in the outbox at `path`; where that cannot be read, why."""
    try:
        with Outbox(path) as outbox:
            count = outbox.count()
            found = outbox.read_in_order(after=OLDEST, most=1)
    except OutboxFullError as error:
        return Waiting(trouble=str(error.cause))
    except OutboxDamagedError:
        return Waiting(trouble="damaged")
    except InputError:
        return Waiting(trouble="unusable")
    oldest_s = None
    if found is not None:
        oldest_s = max(0.0, (epoch_ms(now) - found[0].positions[0].epoch_ms) / 1000)
    return Waiting(count.waiting, count.letters, count.thinned, oldest_s)
