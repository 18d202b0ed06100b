"""Payloads that cannot be used: kept as they came, with the reason, then acknowledged."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import psycopg

_KEEP = """
insert into quarantine (topic, payload, code, reason, received_at)
values (%(topic)s, %(payload)s, %(code)s, %(reason)s, %(received_at)s)
"""


class Code(StrEnum):
    """The kind of a reason, for counting: the reason itself may quote anything."""

    # The topic is none on which a terminal speaks to the server.
    WRONG_TOPIC = "wrong_topic"
    # The payload is not what its topic promises.
    NOT_UNDERSTOOD = "not_understood"
    UNKNOWN_TERMINAL = "unknown_terminal"
    FROM_THE_FUTURE = "from_the_future"
    # The checks let it through and the database did not.
    DATABASE_REFUSED = "database_refused"


@dataclass(frozen=True, slots=True)
class Refusal:
    """A payload and why it was refused."""

    topic: str
    payload: bytes
    reason: str
    code: Code


def keep(conn: psycopg.Connection, refusals: Iterable[Refusal], *, received_at: datetime) -> None:
    """Put `refusals` aside."""
    for refusal in refusals:
        conn.execute(
            _KEEP,
            {
                "topic": as_text(refusal.topic),
                "payload": refusal.payload,
                "code": refusal.code.value,
                "reason": as_text(refusal.reason),
                "received_at": received_at,
            },
        )


def as_text(quoted: str) -> str:
    """Return `quoted` as PostgreSQL's text can hold it: whatever is quoted, it knows no NUL."""
    return quoted.replace("\0", "\ufffd")
