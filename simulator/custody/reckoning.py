"""What is stored, held against what terminals told and what they were answered."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from types import MappingProxyType
from typing import NamedTuple

import psycopg

from patrol.fix import Fix, epoch_ms
from simulator.custody.cast import Part
from simulator.terminals.speech import Matter

_STORED = """
-- what is stored of one terminal; milliseconds since 1970
select round(extract(epoch from epoch) * 1000)::bigint, lat_e7, lon_e7, altitude_dm, speed_cmps,
       course_ddeg
  from position where terminal_id = %s
"""
_PICTURES = "select sha256 from report_photo where terminal_id = %s"
_ASIDE = """
-- what was not taken at all
select (select count(*) from set_aside_fix) + (select count(*) from quarantine)
"""
# What a gateway has answered is on its disk. A line that was closed without an answer was read to
# its end; so long after that nothing may kill the gateway, or the line promises nothing.
_WRITTEN_WITHIN_S = 5.0
_TURN_DDEG = 3_600
_EXAMPLES = 3
# Below this a receiver of NMEA tells no course.
_STANDS_CMPS = 30


class Apart(NamedTuple):
    """How far a value may be from what was told; None where the protocol does not tell it."""

    place_e7: int
    altitude_dm: int | None
    speed_cmps: int
    course_ddeg: int


_APART: Mapping[str, Apart] = MappingProxyType(
    {
        # A millionth of a degree, a metre, a tenth of a km/h, a degree.
        "jt808": Apart(6, 6, 3, 6),
        # 1/1,800,000 of a degree, a km/h, a degree.
        "gt06": Apart(4, None, 15, 6),
        # A ten-thousandth of a minute.
        "nmea": Apart(9, 1, 2, 1),
        "osmand": Apart(1, 1, 1, 1),
        # Whole metres, km/h and degrees.
        "owntracks": Apart(1, 6, 15, 6),
    }
)


class Row(NamedTuple):
    """A row of `position`, but for its epoch."""

    lat_e7: int
    lon_e7: int
    altitude_dm: int | None
    speed_cmps: int | None
    course_ddeg: int | None


@dataclass(slots=True)
class Account:
    """One terminal: what it told, was answered, and what became of it."""

    part: Part
    told: int = 0
    owed: int = 0
    stored: int = 0
    missing: int = 0
    extra: int = 0
    twice: int = 0
    wrong: int = 0
    pictures: int = 0
    pictures_wrong: int = 0
    examples: list[str] = field(default_factory=list)

    @property
    def is_exact(self) -> bool:
        """Whether all that is owed is stored, once, as it was told, and nothing else."""
        faults = (self.missing, self.extra, self.twice, self.wrong, self.pictures_wrong)
        return not any(faults)


def reckon(dsn: str, parts: Iterable[Part], kills_s: list[float]) -> tuple[list[Account], int]:
    """Return the account of each terminal, and how many fixes and messages were not taken."""
    with psycopg.connect(dsn) as conn:
        row = conn.execute(_ASIDE).fetchone()
        return [_account(conn, one, kills_s) for one in parts], int(row[0]) if row else 0


def _account(conn: psycopg.Connection, part: Part, kills_s: list[float]) -> Account:
    told = {epoch_ms(fix.epoch): fix for matter in part.matters for fix in matter.fixes}
    owed = _owed(part, kills_s)
    rows = [(row[0], Row(*row[1:])) for row in conn.execute(_STORED, (part.terminal_id,))]
    stored = dict(rows)
    owed_ms = {epoch_ms(fix.epoch) for matter in owed for fix in matter.fixes}
    apart = _APART[part.protocol]
    both = sorted(told.keys() & stored.keys())
    wrong = [at for at in both if not _agrees(told[at], stored[at], apart)]
    account = Account(
        part,
        told=len(told),
        owed=len(owed_ms),
        stored=len(rows),
        missing=len(owed_ms - stored.keys()),
        extra=len(stored.keys() - told.keys()),
        twice=len(rows) - len(stored),
        wrong=len(wrong),
        examples=[f"{told[at]} is stored as {stored[at]}" for at in wrong[:_EXAMPLES]],
    )
    _reckon_pictures(account, conn)
    return account


def _owed(part: Part, kills_s: list[float]) -> list[Matter]:
    told = part.player.told
    safe = [
        matter
        for began_s, ended_s, matters in told.ended_well
        if not any(began_s <= kill_s <= ended_s + _WRITTEN_WITHIN_S for kill_s in kills_s)
        for matter in matters
    ]
    return told.answered + safe


def _reckon_pictures(account: Account, conn: psycopg.Connection) -> None:
    """Compare the pictures: nobody who takes some ends before all of them are answered."""
    told = sorted(sha256(one.picture).digest() for one in account.part.matters if one.picture)
    rows = conn.execute(_PICTURES, (account.part.terminal_id,)).fetchall()
    stored = sorted(bytes(row[0]) for row in rows)
    account.pictures = len(stored)
    account.pictures_wrong = len(set(told) ^ set(stored)) + len(stored) - len(set(stored))


def _agrees(fix: Fix, row: Row, apart: Apart) -> bool:
    places = (fix.lat_deg * 1e7 - row.lat_e7, fix.lon_deg * 1e7 - row.lon_e7)
    return (
        all(abs(one) <= apart.place_e7 for one in places)
        and _is_near(fix.altitude_m, row.altitude_dm, per_unit=10, apart=apart.altitude_dm)
        and _is_near(fix.speed_mps, row.speed_cmps, per_unit=100, apart=apart.speed_cmps)
        and _turns_little(fix, row, apart.course_ddeg)
    )


def _is_near(told: float | None, stored: int | None, *, per_unit: int, apart: int | None) -> bool:
    """Return whether a value is near enough; one that came without its sentence is not told."""
    if apart is None or stored is None:
        return True
    return abs((told or 0.0) * per_unit - stored) <= apart


def _turns_little(fix: Fix, row: Row, apart_ddeg: int) -> bool:
    if row.course_ddeg is None or (row.speed_cmps or 0) < _STANDS_CMPS:
        return True
    turned = ((fix.course_deg or 0) * 10 - row.course_ddeg) % _TURN_DDEG
    return min(turned, _TURN_DDEG - turned) <= apart_ddeg
