"""One batch of messages into the database, in one transaction.

What can be used is stored, what is off duty is dropped, what cannot be used is quarantined with
the reason; in each case the terminal may forget it after COMMIT.
"""

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from weakref import WeakKeyDictionary

import numpy as np
import psycopg
from psycopg.errors import UniqueViolation

from ingest.quarantine import Code, Refusal, keep
from ingest.receipts import Receipt
from ingest.writing.custody import find_heard, set_aside
from ingest.writing.fates import Clock, Fate, Fated, find_fates
from ingest.writing.following import marked, store_following
from ingest.writing.letters import Letter, refuse
from ingest.writing.mail import Mail, open_mail
from ingest.writing.matters.checkins import store_checkins
from ingest.writing.matters.events import store_events
from ingest.writing.matters.reports import store_reports
from ingest.writing.matters.told import Told, of_kind, sort_told, without_place_off_duty
from ingest.writing.roster import Roster
from ingest.writing.statuses import store_statuses
from ingest.writing.tables import store_positions, tell_known
from patrol.fix import epoch_ms
from patrol.ids import TerminalId
from patrol.messages import Flag
from patrol.notices.checkins import CheckIn
from patrol.notices.events import TerminalEvent
from patrol.notices.reports import PhotoReport
from patrol.topics import Topics
from runtime.registers.turns import holding_registers
from runtime.workorders.opening import Opener

# Batches that are looked up first after one that was known in part: repeats come in rows.
_CAREFUL = 20
# How often a batch is tried while another ingest stores the same fixes at the same moment.
_TRIES = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What became of a batch.

    Of `positions`, the fixes of known terminals, some were new and are `stored`, some `off_duty`,
    some `set_aside`; the rest was known. `refusals` are of letters. `newest_ms` is the epoch of
    the newest fix that was stored and sent at once, None where there is none.
    """

    positions: int = 0
    stored: int = 0
    off_duty: int = 0
    set_aside: int = 0
    refusals: Sequence[Refusal] = ()
    newest_ms: int | None = None
    receipts: Sequence[Receipt]

    @property
    def refused(self) -> int:
        """How many letters were refused."""
        return len(self.refusals)


@dataclass(slots=True)
class _Desk:
    """What is kept for a connection: the roster, and how long repeats are expected."""

    roster: Roster
    careful: int = 0
    opener: Opener = field(default_factory=Opener)


@dataclass(frozen=True, slots=True, kw_only=True)
class Writer:
    """Writes letters; `future_s` is how far an epoch may be ahead of the machine's clock."""

    topics: Topics
    future_s: int
    _desks: WeakKeyDictionary[psycopg.Connection, _Desk] = field(
        default_factory=WeakKeyDictionary, repr=False
    )

    def write(
        self, conn: psycopg.Connection, letters: Sequence[Letter], *, now: datetime
    ) -> Written:
        """Store `letters` in one transaction and return what became of them, committed."""
        return self.store(conn, self.open(letters), now=now)

    def open(self, letters: Iterable[Letter]) -> Mail:
        """Return what `letters` say; nothing is looked up."""
        return open_mail(letters, self.topics)

    def store(self, conn: psycopg.Connection, mail: Mail, *, now: datetime) -> Written:
        """Store `mail` in one transaction and return what became of it, committed."""
        desk = self._desks.setdefault(conn, _Desk(Roster(conn)))
        for _ in range(_TRIES):
            try:
                return self._write(desk, mail, now=now)
            except UniqueViolation:
                desk.careful = _CAREFUL
        return self._write(desk, mail, now=now)

    def put_aside(
        self, conn: psycopg.Connection, letter: Letter, *, reason: str, now: datetime
    ) -> Written:
        """Quarantine one letter that the database would not take, and return its receipt."""
        mail = open_mail([letter], self.topics)
        refusals = mail.refusals or [refuse(letter, reason, Code.DATABASE_REFUSED)]
        with conn.transaction():
            keep(conn, refusals, received_at=now)
        return Written(refusals=refusals, receipts=_receipts(mail))

    def _write(self, desk: _Desk, mail: Mail, *, now: datetime) -> Written:
        conn = desk.roster.conn
        with holding_registers(conn) as changes:
            desk.roster.refresh(changes)
            known = desk.roster.codes_of(mail.terminals())
            fated = self._find_fates(desk.roster, mail, known, now=now)
            if len(fated.fixes):
                _store_fixes(desk, mail, fated, now=now)
            told, early = sort_told(mail.told, known, latest=self._latest(now))
            _store_told(desk, without_place_off_duty(told, desk.roster), now=now)
            statuses = {name: one for name, one in mail.statuses.items() if name in known}
            store_statuses(conn, statuses, received_at=now)
            refusals = [*mail.refusals, *_unknown(mail, known), *early]
            keep(conn, refusals, received_at=now)
        return Written(
            positions=len(fated.fixes),
            stored=int(np.count_nonzero(fated.where(Fate.STORED))),
            off_duty=int(np.count_nonzero(fated.where(Fate.OFF_DUTY))),
            set_aside=int(np.count_nonzero(fated.set_aside)),
            refusals=refusals,
            newest_ms=_newest_ms(fated),
            receipts=_receipts(mail),
        )

    def _find_fates(
        self, roster: Roster, mail: Mail, known: Mapping[TerminalId, int], *, now: datetime
    ) -> Fated:
        is_known = np.array([one.terminal in known for one in mail.parcels], dtype=bool)
        fixes = mail.fixes if is_known.all() else mail.fixes.at(is_known[mail.fixes.parcel])
        codes = np.array([known.get(one.terminal, -1) for one in mail.parcels], dtype=np.int64)
        clock = Clock(now_ms=epoch_ms(now), future_ms=1000 * self.future_s)
        return find_fates(fixes, codes[fixes.parcel], roster, clock=clock)

    def _latest(self, now: datetime) -> datetime:
        return now + timedelta(seconds=self.future_s)


def _store_fixes(desk: _Desk, mail: Mail, fated: Fated, *, now: datetime) -> None:
    """Store what is on duty and what follows from it; set aside what is of a wrong clock."""
    conn, names = desk.roster.conn, desk.roster.names()
    # Which place of a repeated epoch is the first one is told by what is stored, if any.
    if desk.careful or fated.where(Fate.REPEATED).any():
        desk.careful = max(0, desk.careful - 1)
        tell_known(conn, fated, names)
    newest = store_positions(conn, fated, names, received_at=now)
    set_aside(conn, mail.parcels, fated, received_at=now)
    units = desk.roster.units(fated.duty[fated.where(Fate.STORED)])
    columns = {**newest, **find_heard(mail.parcels, fated), **marked(units)}
    store_following(conn, columns, received_at=now)


def _store_told(desk: _Desk, told: Sequence[Told], *, now: datetime) -> None:
    conn = desk.roster.conn
    store_checkins(conn, of_kind(told, CheckIn), received_at=now)
    store_reports(conn, of_kind(told, PhotoReport), opener=desk.opener, received_at=now)
    store_events(conn, of_kind(told, TerminalEvent), received_at=now)


def _newest_ms(fated: Fated) -> int | None:
    live = fated.where(Fate.STORED) & (fated.fixes.values["flags"] & Flag.LATE == 0)
    return int(fated.fixes.epoch_ms[live].max()) if live.any() else None


def _unknown(mail: Mail, known: Container[TerminalId]) -> list[Refusal]:
    who = [(one.terminal, one.letter) for one in mail.parcels]
    who += [(one.terminal, one.letter) for one in mail.told]
    return [
        refuse(
            letter,
            f"terminal {terminal} is not registered: "
            "add it with `patrol ingest load --terminals FILE`",
            Code.UNKNOWN_TERMINAL,
        )
        for terminal, letter in who
        if terminal not in known
    ]


def _receipts(mail: Mail) -> list[Receipt]:
    return [
        *[Receipt(one.terminal, one.body.outbox, one.seqs) for one in mail.parcels],
        *(Receipt(one.terminal, id=one.id) for one in mail.told),
    ]
