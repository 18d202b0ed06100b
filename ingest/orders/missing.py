"""Reports without an order get one: those that were stored before there were orders."""

import threading
from datetime import datetime
from typing import Any

import psycopg
from psycopg.rows import dict_row

from patrol.fix import epoch_ms
from patrol.workorders.values import Place
from runtime.registers.turns import hold_registers
from runtime.workorders.opening import Opener, Reported, age_of

_MISSING = """
-- reports without an order, the oldest first; what another one opens just now is left to it
select r.terminal_id, r.report_id::text, r.taken_at, r.category, r.about as text, r.fix_epoch,
       r.fix_lat_e7, r.fix_lon_e7, r.fix_accuracy_dm, r.worker_id, r.account_id,
       array(select encode(p.sha256, 'hex')
               from report_photo p
              where p.terminal_id = r.terminal_id and p.report_id = r.report_id
              order by p.place) as photos
  from photo_report r
 where r.taken_at >= %(since)s
   and not exists (select
                     from work_order_report o
                    where o.terminal_id = r.terminal_id and o.report_id = r.report_id)
 order by r.taken_at
 limit %(lot)s
   for update of r skip locked
"""

_NOW = "select now()"
_LOT = 500


def open_missing(conn: psycopg.Connection, *, since: datetime, stop: threading.Event) -> int:
    """Open the orders of reports that were taken `since`; return how many, until `stop`.

    Their time begins now: nobody could have handled them before.
    """
    opener, opened = Opener(), 0
    while not stop.is_set():
        with conn.transaction(), conn.cursor(row_factory=dict_row) as cursor:
            hold_registers(conn)
            rows = cursor.execute(_MISSING, {"since": since, "lot": _LOT}).fetchall()
            ((now,),) = conn.execute(_NOW).fetchall()
            opener.open(conn, [_reported(row) for row in rows], at=now)
        opened += len(rows)
        if len(rows) < _LOT:
            break
    return opened


def _reported(row: dict[str, Any]) -> Reported:
    place = None
    if row["fix_lat_e7"] is not None:
        age_s = age_of(epoch_ms(row["fix_epoch"]), at=row["taken_at"])
        place = Place(row["fix_lat_e7"], row["fix_lon_e7"], row["fix_accuracy_dm"], age_s)
    told = ("terminal_id", "report_id", "taken_at", "category", "text", "worker_id", "account_id")
    return Reported(**{name: row[name] for name in told}, photos=tuple(row["photos"]), place=place)
