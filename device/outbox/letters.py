"""Letters: messages other than positions that wait in the outbox until they are stored."""

import sqlite3
from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

_PUT = """
-- keep a letter; one that is there already stays as it is
insert or ignore into letter (urgency, kind, id, payload) values (?, ?, ?, ?)
"""
_READ = """
-- what is most urgent, and of that the oldest
select kind, id, payload from letter order by urgency, number limit ?
"""
_FORGET = """
-- what is stored on the server
delete from letter where id = ?
"""


class LetterKind(StrEnum):
    """What a letter is, the most urgent first; an SOS is an event."""

    SOS = "sos"
    CHECKIN = "checkin"
    REPORT = "report"
    EVENT = "event"


_ORDER = list(LetterKind)


class Letter(NamedTuple):
    """A message that waits: its kind, its own id, and what is published."""

    kind: LetterKind
    identity: str
    payload: bytes


def put(connection: sqlite3.Connection, letter: Letter) -> None:
    """Keep `letter`, within the transaction of whoever calls."""
    urgency = _ORDER.index(letter.kind)
    connection.execute(_PUT, (urgency, letter.kind, letter.identity, letter.payload))


def read(connection: sqlite3.Connection, *, most: int) -> list[Letter]:
    """Return the most urgent letters in the order in which they are to be sent."""
    return [
        Letter(LetterKind(kind), identity, bytes(payload))
        for kind, identity, payload in connection.execute(_READ, (most,))
    ]


def forget(connection: sqlite3.Connection, identities: Sequence[str]) -> int:
    """Delete letters by their ids and return how many there were."""
    return connection.executemany(_FORGET, [(one,) for one in identities]).rowcount
