"""One batch of messages into the database, in one transaction.

What can be used is stored, what cannot be used is quarantined with the reason; either way
the terminal may forget it after COMMIT.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

import psycopg

from ingest.checkins import store_checkins
from ingest.positions import find_known, store_positions, store_statuses
from ingest.quarantine import Refusal, keep
from ingest.receipts import receipts
from patrol.checkins import CheckIn, decode_checkin
from patrol.errors import InputError
from patrol.fix import epoch_ms, epoch_of
from patrol.ids import TerminalId
from patrol.messages import (
    Position,
    PositionBatch,
    Status,
    Stored,
    decode_position,
    decode_status,
)
from patrol.topics import Kind, Topics


class Letter(Protocol):
    """A message as it came."""

    @property
    def topic(self) -> str:
        """On which topic."""

    @property
    def payload(self) -> bytes:
        """With which bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What became of a batch: positions in it, new ones stored, letters refused, receipts."""

    positions: int
    stored: int
    refused: int
    receipts: list[tuple[TerminalId, Stored]]


class _Opened(NamedTuple):
    """A decoded batch of positions with the letter that brought it."""

    terminal: TerminalId
    batch: PositionBatch
    letter: Letter


class _CheckedIn(NamedTuple):
    """A decoded check-in with the letter that brought it."""

    terminal: TerminalId
    checkin: CheckIn
    letter: Letter


@dataclass(frozen=True, slots=True)
class _Sorted:
    """The letters of a batch by what is to become of them."""

    batches: list[_Opened] = field(default_factory=list)
    arrived: list[_CheckedIn] = field(default_factory=list)
    checkins: list[tuple[TerminalId, CheckIn]] = field(default_factory=list)
    statuses: dict[TerminalId, Status] = field(default_factory=dict)
    positions: list[tuple[TerminalId, Position]] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Writer:
    """Writes letters; `future_s` is how far an epoch may be ahead of the machine's clock."""

    topics: Topics
    future_s: int

    def write(
        self, conn: psycopg.Connection, letters: Sequence[Letter], *, now: datetime
    ) -> Written:
        """Store `letters` in one transaction and return what became of them, committed."""
        mail = self._open(letters)
        with conn.transaction():
            names = [opened.terminal for opened in mail.batches]
            names += [arrived.terminal for arrived in mail.arrived]
            known = find_known(conn, [*names, *mail.statuses])
            for opened in mail.batches:
                self._accept(opened, mail, known, now=now)
            for arrived in mail.arrived:
                self._accept_checkin(arrived, mail, known, now=now)
            store_checkins(conn, mail.checkins, received_at=now)
            stored = store_positions(conn, mail.positions, received_at=now)
            statuses = {name: one for name, one in mail.statuses.items() if name in known}
            store_statuses(conn, statuses, received_at=now)
            keep(conn, mail.refusals, received_at=now)
        return Written(
            positions=len(mail.positions),
            stored=stored,
            refused=len(mail.refusals),
            receipts=_receipts(mail),
        )

    def put_aside(
        self, conn: psycopg.Connection, letter: Letter, *, reason: str, now: datetime
    ) -> Written:
        """Quarantine one letter that the database would not take, and return its receipt."""
        mail = self._open([letter])
        refusals = mail.refusals or [Refusal(letter.topic, letter.payload, reason)]
        with conn.transaction():
            keep(conn, refusals, received_at=now)
        return Written(positions=0, stored=0, refused=1, receipts=_receipts(mail))

    def _open(self, letters: Iterable[Letter]) -> _Sorted:
        mail = _Sorted()
        for letter in letters:
            try:
                self._open_one(letter, mail)
            except InputError as error:
                mail.refusals.append(Refusal(letter.topic, letter.payload, str(error)))
        return mail

    def _open_one(self, letter: Letter, mail: _Sorted) -> None:
        terminal, kind = self.topics.read(letter.topic)
        if kind is Kind.POSITION:
            batch = decode_position(letter.payload)
            mail.batches.append(_Opened(terminal, batch, letter))
        elif kind is Kind.CHECKIN:
            mail.arrived.append(_CheckedIn(terminal, decode_checkin(letter.payload), letter))
        elif kind is Kind.STATUS:
            mail.statuses[terminal] = decode_status(letter.payload)
        else:
            raise InputError(f"nobody but the server speaks on {kind}")

    def _accept(self, opened: _Opened, mail: _Sorted, known: set[str], *, now: datetime) -> None:
        terminal, batch, letter = opened
        if terminal not in known:
            mail.refusals.append(_unknown(terminal, letter))
            return
        latest_ms = epoch_ms(self._latest(now))
        possible = [(terminal, one) for one in batch.positions if one.epoch_ms <= latest_ms]
        mail.positions.extend(possible)
        if len(possible) < len(batch.positions):
            reason = _future_reason(batch, len(possible), latest_ms)
            mail.refusals.append(Refusal(letter.topic, letter.payload, reason))

    def _accept_checkin(
        self, arrived: _CheckedIn, mail: _Sorted, known: set[str], *, now: datetime
    ) -> None:
        terminal, checkin, letter = arrived
        if terminal not in known:
            mail.refusals.append(_unknown(terminal, letter))
        elif checkin.at > self._latest(now):
            reason = (
                f"the check-in is from the future, at {checkin.at.isoformat()}: "
                "check the terminal's and the server's clock"
            )
            mail.refusals.append(Refusal(letter.topic, letter.payload, reason))
        else:
            mail.checkins.append((terminal, checkin))

    def _latest(self, now: datetime) -> datetime:
        return now + timedelta(seconds=self.future_s)


def _receipts(mail: _Sorted) -> list[tuple[TerminalId, Stored]]:
    return receipts(
        ((opened.terminal, opened.batch) for opened in mail.batches),
        ids=((arrived.terminal, arrived.checkin.checkin_id) for arrived in mail.arrived),
    )


def _unknown(terminal: TerminalId, letter: Letter) -> Refusal:
    reason = (
        f"terminal {terminal} is not registered: add it with `patrol ingest load --terminals FILE`"
    )
    return Refusal(letter.topic, letter.payload, reason)


def _future_reason(batch: PositionBatch, possible: int, latest_ms: int) -> str:
    first_ms = next(one.epoch_ms for one in batch.positions if one.epoch_ms > latest_ms)
    return (
        f"{len(batch.positions) - possible} of {len(batch.positions)} fixes are from the future, "
        f"the first at {epoch_of(first_ms).isoformat()}: check the receiver's and the server's "
        f"clock; the other {possible} are stored"
    )
