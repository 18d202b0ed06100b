"""A simulated month in the real thing: through the functions that the API and the ingest use.

Orders are opened as the ingest opens them, held under their lock, changed by the machine and
written as the API writes them; many deeds of different orders share a transaction.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import groupby
from random import Random
from typing import Any, Final

import psycopg
from psycopg.rows import dict_row

from patrol.ids import WorkerId
from patrol.workorders.machine import merge, take
from patrol.workorders.transitions import Matter as Held
from patrol.workorders.values import Act, Actor, Part, Place, Severity, Who
from runtime.registers.turns import hold_registers
from runtime.workorders.acting import Writing, escalate_due, writings_of
from runtime.workorders.opening import Opener, Reported
from runtime.workorders.reporting import STORE_PHOTO, STORE_REPORT
from runtime.workorders.rows import order_of
from runtime.workorders.statements import INSERT_ORDER, UPDATE_ORDER
from runtime.workorders.workflows import Versions, newest_workflow, workflow_of
from simulator.loops.truth.deeds import Deed
from simulator.loops.truth.hours import DAY_S
from simulator.loops.truth.month import Month

_TOGETHER: Final = 300
_PHOTO_BYTES: Final = 300_000
_ACCURACY_DM: Final = 60
# Whoever looks for what is overdue is away on every other day: it must not matter.
_LOOKS: Final = 3

_LOCK = """
-- orders that are acted on, one after the other
select * from work_order where order_id = any(%(order_ids)s) order by order_id for update
"""


@dataclass(slots=True)
class Player:
    """Plays the deeds of a month over one connection in autocommit."""

    conn: psycopg.Connection
    opener: Opener = field(default_factory=Opener)
    versions: Versions = field(default_factory=Versions)
    # By what it is called in the truth: what an order is called there.
    names: dict[str, str] = field(default_factory=dict)

    def play(self, month: Month) -> int:
        """Do all of it, and what time does until the end; return how many deeds it were."""
        newest_workflow(self.conn, self.versions)
        looks = self._looks(month)
        for piece in _pieces(month.deeds):
            while looks and looks[0] <= piece[0].at_s:
                self._look(looks.pop(0))
            self._do(piece)
        self._look(month.plan.end_s - 1)
        return len(month.deeds)

    def _looks(self, month: Month) -> list[int]:
        chance = Random(month.plan.seed)  # noqa: S311 - the same each time
        return [
            month.plan.start_s + day * DAY_S + chance.randrange(DAY_S)
            for day in range(0, month.plan.days, _LOOKS)
        ]

    def _look(self, at_s: int) -> None:
        while escalate_due(self.conn, self.versions, now=_moment(at_s)):
            pass

    def _do(self, deeds: Sequence[Deed]) -> None:
        with self.conn.transaction():
            for is_report, some in groupby(deeds, key=lambda deed: deed.what == "report"):
                if is_report:
                    self._report(list(some))
                else:
                    self._act(list(some))

    def _report(self, deeds: Sequence[Deed]) -> None:
        hold_registers(self.conn)
        with self.conn.cursor() as cursor:
            cursor.executemany(STORE_REPORT, [_report_row(one) for one in deeds])
            photos = [row for one in deeds for row in _photo_rows(one)]
            if photos:
                cursor.executemany(STORE_PHOTO, photos)
        for at_s, some in groupby(deeds, key=lambda deed: deed.at_s):
            same = list(some)
            opened = self.opener.open(self.conn, [_reported(one) for one in same], at=_moment(at_s))
            by_report = {one.report.report_id: one.order_id for one in opened}
            self.names |= {one.order_id: by_report[one.report_id or ""] for one in same}

    def _act(self, deeds: Sequence[Deed]) -> None:
        held = self._hold(deeds)
        writings: list[Writing] = []
        for deed in deeds:
            matter = held[self._name(deed.order_id)]
            actor = Actor(_who(deed), deed.who.parties)
            act, at = self._act_of(deed), _moment(deed.at_s)
            if deed.into_id is None:
                taken = take(matter.workflow, matter.order, act, actor=actor, at=at)
                writings += writings_of(matter.workflow, taken)
                continue
            into = held[self._name(deed.into_id)]
            both = merge(matter, into, act, actor=actor, at=at)
            for one, of in ((both.order, matter), (both.into, into)):
                writings += writings_of(of.workflow, one)
        _write_together(self.conn, writings)

    def _hold(self, deeds: Sequence[Deed]) -> dict[str, Held]:
        wanted = {one for deed in deeds for one in (deed.order_id, deed.into_id) if one}
        order_ids = [self._name(one) for one in wanted]
        with self.conn.cursor(row_factory=dict_row) as cursor:
            rows = cursor.execute(_LOCK, {"order_ids": order_ids}).fetchall()
        orders = [order_of(row) for row in rows]
        return {
            one.order_id: Held(workflow_of(self.conn, self.versions, one.workflow_version), one)
            for one in orders
        }

    def _name(self, order_id: str) -> str:
        # What was split off is called what the act said.
        return self.names.get(order_id, order_id)

    def _act_of(self, deed: Deed) -> Act:
        severity = None if deed.severity is None else Severity(deed.severity)
        part = None
        if deed.part_id is not None:
            part = Part(order_id=deed.part_id, category=deed.category or "")
        return Act(
            code=deed.what,
            reason=deed.reason,
            text=deed.text,
            photos=deed.photos,
            department_id=deed.department_id,
            category=None if part else deed.category,
            severity=severity,
            part=part,
        )


def _pieces(deeds: Sequence[Deed]) -> Iterator[list[Deed]]:
    """Yield deeds in their order, so that no order is in one piece twice."""
    piece: list[Deed] = []
    seen: set[str] = set()
    for deed in deeds:
        about = {one for one in (deed.order_id, deed.into_id, deed.part_id) if one}
        if len(piece) == _TOGETHER or about & seen:
            yield piece
            piece, seen = [], set()
        piece.append(deed)
        seen |= about
    if piece:
        yield piece


def _write_together(conn: psycopg.Connection, writings: Sequence[Writing]) -> None:
    """Store all of it: new orders before others, which may name them, and events last."""
    values: dict[str, list[dict[str, Any]]] = {}
    for one in writings:
        values.setdefault(one.sql, []).append(one.values)
    first = {INSERT_ORDER: 0, UPDATE_ORDER: 1}
    with conn.cursor() as cursor:
        for sql in sorted(values, key=lambda one: first.get(one, 2)):
            cursor.executemany(sql.encode(), values[sql])


def _report_row(deed: Deed) -> dict[str, Any]:
    at = _moment(deed.at_s)
    return {
        "terminal_id": deed.terminal_id,
        "report_id": deed.report_id,
        "taken_at": at,
        "category": deed.category,
        "about": deed.text,
        "marks": [],
        "received_at": at,
        "account_id": None,
        "worker_id": None,
        "facility_id": None,
        "fix_epoch": at if deed.lat_e7 is not None else None,
        "fix_lat_e7": deed.lat_e7,
        "fix_lon_e7": deed.lon_e7,
        "fix_accuracy_dm": _ACCURACY_DM if deed.lat_e7 is not None else None,
    }


def _photo_rows(deed: Deed) -> Iterator[dict[str, Any]]:
    for place, digest in enumerate(deed.photos):
        yield {
            "terminal_id": deed.terminal_id,
            "report_id": deed.report_id,
            "place": place,
            "sha256": bytes.fromhex(digest),
            "bytes": _PHOTO_BYTES,
            "media_type": "image/jpeg",
            "width": None,
            "height": None,
            "exif": None,
        }


def _reported(deed: Deed) -> Reported:
    place = None
    if deed.lat_e7 is not None and deed.lon_e7 is not None:
        place = Place(deed.lat_e7, deed.lon_e7, _ACCURACY_DM, 0)
    return Reported(
        terminal_id=deed.terminal_id or "",
        report_id=deed.report_id or "",
        taken_at=_moment(deed.at_s),
        category=deed.category or "",
        text=deed.text,
        photos=deed.photos,
        place=place,
    )


def _who(deed: Deed) -> Who:
    worker = None if deed.who.worker_id is None else WorkerId(deed.who.worker_id)
    return Who(deed.who.account_id, worker)


def _moment(at_s: int) -> datetime:
    return datetime.fromtimestamp(at_s, UTC)
