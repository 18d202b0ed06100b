"""Payloads that cannot be used: kept as they came, with the reason, then acknowledged."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import psycopg

_KEEP = """
insert into quarantine (topic, payload, reason, received_at)
values (%(topic)s, %(payload)s, %(reason)s, %(received_at)s)
"""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A payload and why it was refused."""

    topic: str
    payload: bytes
    reason: str


def keep(conn: psycopg.Connection, refusals: Iterable[Refusal], *, received_at: datetime) -> None:
    """Put `refusals` aside."""
    for refusal in refusals:
        conn.execute(
            _KEEP,
            {
                # A topic or a reason may quote anything; PostgreSQL's text cannot hold NUL.
                "topic": refusal.topic.replace("\0", "\ufffd"),
                "payload": refusal.payload,
                "reason": refusal.reason.replace("\0", "\ufffd"),
                "received_at": received_at,
            },
        )
