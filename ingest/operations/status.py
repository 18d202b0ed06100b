"""How the ingest is, as the database knows it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

import psycopg

from ingest.keeping.health import Health, read_health
from ingest.keeping.settings import KeepingSettings
from ingest.operations.quarantined import count_letters
from ingest.operations.worklist import Worklist, read_worklist
from ingest.quarantine import Code

_HEARD = """
-- when each terminal was heard last: numbered fixes or, before those were counted, any position
select max(at) from (
    select max(heard_at) as at from outbox_seq
    union all select max(received_at) from latest_position
    union all select max(received_at) from terminal_status) heard
"""

_RATE = """
-- what the last minute brought, found terminal by terminal: the unique key begins with it
select coalesce(sum(n), 0)::bigint
  from latest_position l
 cross join lateral (
    select count(*) as n from position p
     where p.terminal_id = l.terminal_id
       and p.epoch > %(now)s - interval '1 minute' and p.epoch <= %(now)s) c
 where l.epoch > %(now)s - interval '1 minute'
"""

_STATES = """
select coalesce(s.state, 'without status'), count(*)
  from terminal t left join terminal_status s using (terminal_id)
 group by 1 order by 2 desc, 1
"""

_ON_DUTY = """
-- terminals of workers on duty now, those first that were not heard for longest
select d.terminal_id,
       greatest((select max(heard_at) from outbox_seq o where o.terminal_id = d.terminal_id),
                (select received_at from latest_position l where l.terminal_id = d.terminal_id))
  from (select distinct a.terminal_id
          from duty_window w
          join assignment a on a.worker_id = w.worker_id and a.valid_from <= %(now)s
           and (a.valid_to is null or a.valid_to > %(now)s)
         where w.start_at <= %(now)s and w.end_at > %(now)s) d
 order by 2 asc nulls first, 1
"""

_LOSSES = """
-- the numbers of each outbox by what became of them; between the first and the last that came,
-- those that did not come and were not given up by rule were lost before us
select terminal_id, outbox, is_coarse, heard, span - accounted as missing, thinned, off_duty,
       set_aside
  from (select terminal_id, outbox, is_coarse, coalesce(upper(heard) - lower(heard), 0) as span,
               (select coalesce(sum(upper(r) - lower(r)), 0)::bigint from unnest(heard) r) as heard,
               (select coalesce(sum(upper(r) - lower(r)), 0)::bigint
                  from unnest((heard + thinned) * multirange(range_merge(heard))) r) as accounted,
               (select coalesce(sum(upper(r) - lower(r)), 0)::bigint
                  from unnest(thinned - heard) r) as thinned,
               (select coalesce(sum(upper(r) - lower(r)), 0)::bigint
                  from unnest(off_duty) r) as off_duty,
               (select coalesce(sum(upper(r) - lower(r)), 0)::bigint
                  from unnest(set_aside) r) as set_aside
          from outbox_seq) counted
 order by missing desc, terminal_id, outbox
"""

_VERSIONS = """
select (select name from schema_migration order by number desc limit 1),
       current_setting('server_version'),
       (select extversion from pg_extension where extname = 'timescaledb'),
       pg_is_in_recovery()
"""

_SILENT = timedelta(minutes=5)
_LATE = timedelta(minutes=10)
_WORST = 5
# Until the next hour, days that have just become old enough, or that came late.
_USUALLY_OVERDUE = 2


class Silence(NamedTuple):
    """A terminal on duty, and when it was heard last, if ever."""

    terminal_id: str
    heard_at: datetime | None


class Loss(NamedTuple):
    """What became of the numbers of one outbox; of a coarse one it is not known what is missing."""

    terminal_id: str
    outbox: str
    is_coarse: bool
    heard: int
    missing: int
    thinned: int
    off_duty: int
    set_aside: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OnDuty:
    """Terminals of workers on duty now: all, those heard in five minutes, the most silent."""

    terminals: int
    heard: int
    most_silent: list[Silence]


@dataclass(frozen=True, slots=True, kw_only=True)
class Losses:
    """Numbers that terminals gave, added up, and the outboxes that most are missing of."""

    heard: int
    missing: int
    thinned: int
    off_duty: int
    set_aside: int
    coarse_outboxes: int
    worst: list[Loss]


@dataclass(frozen=True, slots=True, kw_only=True)
class Versions:
    """What the database is."""

    schema: str
    server: str
    timescaledb: str | None
    is_replica: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """All of it, at one moment."""

    now: datetime
    heard_at: datetime | None
    positions_last_minute: int
    terminals: dict[str, int]
    on_duty: OnDuty
    quarantine: dict[str, int]
    worklist: Worklist
    losses: Losses
    keeping: Health
    versions: Versions

    @property
    def lag_s(self) -> float | None:
        """Seconds since anything was heard."""
        return None if self.heard_at is None else (self.now - self.heard_at).total_seconds()

    @property
    def attention(self) -> list[str]:
        """What a person should look into, in words."""
        return list(_find_attention(self))


def read_status(conn: psycopg.Connection, keeping: KeepingSettings, *, now: datetime) -> Status:
    """Return how the ingest is at `now`."""
    values = {"now": now}
    ((heard_at,),) = conn.execute(_HEARD).fetchall()
    ((rate,),) = conn.execute(_RATE, values).fetchall()
    (versions,) = conn.execute(_VERSIONS).fetchall()
    return Status(
        now=now,
        heard_at=heard_at,
        positions_last_minute=rate,
        terminals=dict(conn.execute(_STATES).fetchall()),
        on_duty=_find_on_duty(conn, now),
        quarantine=count_letters(conn),
        worklist=read_worklist(conn, now=now),
        losses=_add_losses(conn),
        keeping=read_health(conn, keeping),
        versions=Versions(
            schema=versions[0],
            server=versions[1],
            timescaledb=versions[2],
            is_replica=versions[3],
        ),
    )


def _find_on_duty(conn: psycopg.Connection, now: datetime) -> OnDuty:
    on_duty = [Silence(*row) for row in conn.execute(_ON_DUTY, {"now": now})]
    silent = [one for one in on_duty if one.heard_at is None or one.heard_at < now - _SILENT]
    return OnDuty(
        terminals=len(on_duty), heard=len(on_duty) - len(silent), most_silent=silent[:_WORST]
    )


def _add_losses(conn: psycopg.Connection) -> Losses:
    losses = [Loss(*row) for row in conn.execute(_LOSSES)]
    return Losses(
        heard=sum(one.heard for one in losses),
        missing=sum(one.missing for one in losses),
        thinned=sum(one.thinned for one in losses),
        off_duty=sum(one.off_duty for one in losses),
        set_aside=sum(one.set_aside for one in losses),
        coarse_outboxes=sum(one.is_coarse for one in losses),
        worst=[one for one in losses[:_WORST] if one.missing],
    )


def _find_attention(status: Status) -> Iterator[str]:
    since = status.worklist.waiting_since
    if since is not None and status.now - since > _LATE:
        yield (
            f"{status.worklist.due} worker-days wait to be judged, the first since "
            f"{since.isoformat()}: is `patrol ingest assess` running?"
        )
    heard_at, on_duty = status.heard_at, status.on_duty.terminals
    if on_duty and (heard_at is None or status.now - heard_at > _LATE):
        yield (
            f"{on_duty} terminals are on duty and nothing was heard for ten minutes: "
            "are the broker and `patrol ingest run` running?"
        )
    refused = status.quarantine.get(Code.DATABASE_REFUSED, 0)
    if refused:
        yield (
            f"the database refused {refused} messages that the checks let through: "
            f"see `patrol ingest quarantine list --code {Code.DATABASE_REFUSED}`"
        )
    if status.keeping.overdue_chunks > _USUALLY_OVERDUE:
        yield (
            f"{status.keeping.overdue_chunks} chunks should be in the columnstore and are not: "
            "is `patrol ingest keep` running?"
        )
