"""Photos whose time is over: marked here, and taken away by whoever has the object store."""

import threading
from datetime import datetime

import psycopg

# While a matter is open its photos are needed; of somebody with a hold nothing goes.
_DUE = """
  from photo p
 where p.stored_at < %(before)s
   and p.due_since is null
   and not exists (
        select
          from report_photo r
          join work_order_report l on l.terminal_id = r.terminal_id and l.report_id = r.report_id
          join work_order o on o.order_id = l.order_id
         where r.sha256 = p.sha256
           and (o.ended_at is null
                or o.reporter_worker in (select worker_id from v1_held_worker)))
   and not exists (
        select
          from work_order_event e
          join work_order o on o.order_id = e.order_id
         where e.kind <> 'open'
           and e.photos <> '{}'
           and e.photos @> array[encode(p.sha256, 'hex')]
           and (o.ended_at is null or e.worker_id in (select worker_id from v1_held_worker)))
"""

_COUNT = f"select count(*) {_DUE}"
_END = f"""
update photo
   set due_since = now()
 where sha256 = any(array(select p.sha256 {_DUE} order by p.stored_at limit 1000))
"""  # noqa: S608 - the words above


def count_photos(conn: psycopg.Connection, before: datetime) -> int:
    """Return how many photos that were stored before a moment are due to go."""
    row = conn.execute(_COUNT, {"before": before}).fetchone()
    return 0 if row is None else int(row[0])


def end_photos(conn: psycopg.Connection, before: datetime, *, stop: threading.Event) -> int:
    """Mark them, until `stop`; return how many it was."""
    ended = 0
    while not stop.is_set() and (count := conn.execute(_END, {"before": before}).rowcount):
        ended += count
    return ended
