"""Reports that are told over HTTP, stored with their work orders, one transaction each."""

from datetime import datetime
from typing import Any, Final

import anyio
import psycopg
from anyio.to_thread import run_sync

from api.photos.shapes import told_by
from api.reports.shapes import NewPlace, NewReport
from api.reports.statements import IS_ON_DUTY
from api.views import Asking
from patrol.fix import epoch_ms
from patrol.ids import WorkerId
from patrol.messages import SCALE_E7
from patrol.notices.reports import Mark
from patrol.workorders.values import Place
from runtime.clock import utc_now
from runtime.registers.turns import hold_registers
from runtime.workorders.opening import Opener, Reported, age_of
from runtime.workorders.reporting import STORE_PHOTO, STORE_REPORT

_CONNECT_S: Final = 5
_PREPARE: Final = "set timezone to 'UTC'; set statement_timeout to '10s'"


class Intake:
    """Stores reports of people over a connection of its own, one after the other."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._turn = anyio.Lock()
        self._opener = Opener()
        self._conn: psycopg.Connection | None = None

    async def take(self, asking: Asking, report: NewReport) -> bool:
        """Store a report and open its order; return whether it was new.

        psycopg.OperationalError when the database is away.
        """
        async with self._turn:
            return await run_sync(self._take, asking, report)

    async def close(self) -> None:
        """Close the connection."""
        async with self._turn:
            if self._conn is not None:
                self._conn.close()
                self._conn = None

    def _take(self, asking: Asking, report: NewReport) -> bool:
        conn = self._connection()
        try:
            with conn.transaction():
                hold_registers(conn)
                return self._store(conn, asking, report)
        except psycopg.OperationalError:
            conn.close()
            raise

    def _connection(self) -> psycopg.Connection:
        if self._conn is None or self._conn.closed:
            self._conn = psycopg.connect(
                self._dsn,
                autocommit=True,
                connect_timeout=_CONNECT_S,
                application_name="patrol api reports",
            )
            self._conn.execute(_PREPARE)
            # What was read over the one before may have changed since.
            self._opener = Opener()
        return self._conn

    def _store(self, conn: psycopg.Connection, asking: Asking, report: NewReport) -> bool:
        now, by, key = utc_now(), told_by(asking.account_id), str(report.report_id)
        place = _place(report.place, report.taken_at)
        # Off duty nobody is told where a worker is, the worker's own report included.
        if asking.worker_id is not None and not _is_on_duty(conn, asking.worker_id, report):
            place = None
        values = _values(asking, report, place=place, now=now)
        if conn.execute(STORE_REPORT, {**values, "terminal_id": by}).rowcount == 0:
            return False
        for number, photo in enumerate(report.photos):
            conn.execute(
                STORE_PHOTO,
                {
                    **photo.model_dump(mode="json"),
                    "terminal_id": by,
                    "report_id": key,
                    "place": number,
                    "exif": None,
                    "sha256": bytes.fromhex(photo.sha256),
                },
            )
        told = Reported(
            terminal_id=by,
            report_id=key,
            taken_at=report.taken_at,
            category=report.category,
            text=report.text,
            photos=tuple(photo.sha256 for photo in report.photos),
            place=place,
            worker_id=None if asking.worker_id is None else WorkerId(asking.worker_id),
            account_id=asking.account_id,
        )
        self._opener.open(conn, [told], at=now)
        return True


def _values(
    asking: Asking, report: NewReport, *, place: Place | None, now: datetime
) -> dict[str, Any]:
    told_at = None if report.place is None else report.place.at or report.taken_at
    return {
        "report_id": str(report.report_id),
        "taken_at": report.taken_at,
        "category": report.category,
        "facility_id": report.facility_id,
        "about": report.text,
        "marks": [str(Mark.NO_FIX)] if place is None else [],
        "fix_epoch": None if place is None else told_at,
        "fix_lat_e7": None if place is None else place.lat_e7,
        "fix_lon_e7": None if place is None else place.lon_e7,
        "fix_accuracy_dm": None if place is None else place.accuracy_dm,
        "received_at": now,
        "account_id": asking.account_id,
        "worker_id": asking.worker_id,
    }


def _place(told: NewPlace | None, taken_at: datetime) -> Place | None:
    if told is None:
        return None
    return Place(
        round(told.lat_deg * SCALE_E7),
        round(told.lon_deg * SCALE_E7),
        None if told.accuracy_m is None else round(told.accuracy_m * 10),
        age_of(epoch_ms(told.at or taken_at), at=taken_at),
    )


def _is_on_duty(conn: psycopg.Connection, worker_id: str, report: NewReport) -> bool:
    values = {"worker_id": worker_id, "at": report.taken_at}
    return conn.execute(IS_ON_DUTY, values).fetchone() == (True,)
