"""Local days whose worker-days are held against one another: each by one copy at a time.

A day whose settlement fails keeps its marks, is put aside until it has new ones, and keeps
no other day waiting.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from functools import partial

import psycopg
import structlog

from ingest.judging.judged import cause_of
from ingest.judging.likeness import settle_likeness, uncompared_days
from ingest.judging.silence import settle_silence, unsettled_days
from ingest.judging.worklist import Turn, take_turn
from patrol.anomalies.findings import LikenessRules
from runtime.registers.turns import try_to_hold_registers

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Settler:
    """Settles marked days until `stop`; `aside` are those that failed, and their last mark then."""

    rules: LikenessRules
    stop: threading.Event = field(default_factory=threading.Event)
    aside: dict[tuple[Turn, date], int] = field(default_factory=dict)

    def settle(self, conn: psycopg.Connection) -> int:
        """Settle the days that are marked now, and return how many there were to try."""
        compare = partial(settle_likeness, rules=self.rules)
        return sum(
            self._try(conn, turn, day, mark=mark, settle=settle)
            for turn, find, settle in (
                (Turn.SILENCE, unsettled_days, settle_silence),
                (Turn.LIKENESS, uncompared_days, compare),
            )
            for day, mark in find(conn)
            if not self.stop.is_set() and self.aside.get((turn, day), -1) < mark
        )

    def _try(
        self,
        conn: psycopg.Connection,
        turn: Turn,
        day: date,
        *,
        mark: int,
        settle: Callable[[psycopg.Connection, date], int],
    ) -> bool:
        try:
            _settle_day(conn, turn, day, settle=settle)
        except psycopg.OperationalError:
            # The database is at fault, not the day.
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, other days are none the worse
            self.aside[turn, day] = mark
            _tell_failed(turn, day, error)
        else:
            self.aside.pop((turn, day), None)
        return True


def _tell_failed(turn: Turn, day: date, error: Exception) -> None:
    what, cause = turn.name.lower(), cause_of(error)
    log.error("ingest.settlement_failed", what=what, day=day, cause=cause)


def _settle_day(
    conn: psycopg.Connection,
    turn: Turn,
    day: date,
    *,
    settle: Callable[[psycopg.Connection, date], int],
) -> None:
    began = time.monotonic()
    with conn.transaction():
        # What is found marks days of the roster, as storing does. Later is early enough.
        if not (try_to_hold_registers(conn) and take_turn(conn, turn, day.isoformat())):
            return
        marks = settle(conn, day)
    if marks:
        took_ms = round((time.monotonic() - began) * 1000)
        what = turn.name.lower()
        log.info("ingest.day_settled", what=what, day=day, marks=marks, took_ms=took_ms)
