"""Findings that need more than one worker-day: what is kept of each, and holding them together.

Who judges a worker-day whose duty is over stores its trace and marks it if that is news. When
all duty of a local day is over, its traces are held against one another, and those of marked
workers against their earlier days. Who comes second sees what the first one has stored, so
the result does not depend on who judged which day, or when.
"""

import zlib
from collections import defaultdict
from datetime import date, datetime

import numpy as np
import psycopg

from ingest.judging.findings import replace_findings
from ingest.judging.worklist import WorkerDay
from patrol.anomalies.findings import Finding, FindingKind, LikenessRules
from patrol.anomalies.paths import Path, find_same_paths, make_path
from patrol.anomalies.replays import Steps, find_replay, make_steps
from patrol.compliance import DayFacts, Rules
from patrol.ids import WorkerId
from patrol.messages import SCALE_E7
from patrol.track import Integers, build_track

# A day is held against so many earlier ones.
REMEMBERED_DAYS = 60

# How traces are written. Whatever is written otherwise is not read.
_FORMAT = 1

_KNOWN = """
select path, steps from day_trace
 where worker_id = %(worker)s and day = %(day)s and format = %(format)s
"""

_IS_CLOSED = "select exists (select from closed_day where day = %(day)s and what = 'likeness')"

_DROP = "delete from day_trace where worker_id = %(worker)s and day = %(day)s"

_PUT = """
insert into day_trace (worker_id, day, path, steps, format)
values (%(worker)s, %(day)s, %(path)s, %(steps)s, %(format)s)
on conflict (worker_id, day) do update
   set path = excluded.path, steps = excluded.steps, format = excluded.format, stored_at = now()
"""

_MARK = """
-- the day itself, and later ones that may repeat it; in one order, so that nobody waits in a ring
insert into uncompared_day (worker_id, day)
select %(worker)s, day
  from (select %(day)s::date
         union
        select day from day_trace
         where worker_id = %(worker)s and day > %(day)s and day <= %(day)s + %(remembered)s
       ) as marked (day)
 order by day
on conflict (worker_id, day) do update set version = excluded.version
"""

_FIND = """
-- marked days on which nobody is on duty any more, and the last mark of each
select u.day, u.version
  from (select day, max(version) as version from uncompared_day group by day) u
 where not exists (select from duty_window w where w.day = u.day and w.end_at > now())
 order by u.day desc
"""

_MARKS = "select worker_id, version from uncompared_day where day = %(day)s order by worker_id"

_PATHS_OF_DAY = """
select worker_id, path from day_trace where day = %(day)s and format = %(format)s
 order by worker_id
"""

_WHO_HAD = "select distinct worker_id from finding where day = %(day)s and kind = %(kind)s"

_STEPS_UNTIL = """
select day, steps from day_trace
 where worker_id = %(worker)s and day <= %(day)s and day >= %(day)s - %(remembered)s
   and format = %(format)s
 order by day
"""

_DELETE_MARKS = """
delete from uncompared_day u
 using unnest(%(workers)s::text[], %(versions)s::bigint[]) as done (worker_id, version)
 where u.worker_id = done.worker_id and u.day = %(day)s and u.version = done.version
"""


def store_trace(
    conn: psycopg.Connection,
    unit: WorkerDay,
    facts: DayFacts | None,
    *,
    rules: Rules,
    now: datetime,
) -> None:
    """Keep what a worker-day is compared by; mark the day if that is news.

    Until its duty is over it is compared with nothing and would change with every fix. It is
    judged once more after that.
    """
    if facts is not None and any(window.interval.end > now for window in facts.windows):
        return
    key = _key(unit)
    trace = _trace(facts, rules) if facts is not None else None
    if conn.execute(_KNOWN, key).fetchone() == trace or is_closed(conn, unit.day):
        return
    if trace is None:
        conn.execute(_DROP, key)
    else:
        path, steps = trace
        conn.execute(_PUT, {**key, "path": path, "steps": steps})
    conn.execute(_MARK, key)


def is_closed(conn: psycopg.Connection, day: date) -> bool:
    """Return whether what was found by comparing a day is final."""
    return conn.execute(_IS_CLOSED, {"day": day}).fetchone() == (True,)


def uncompared_days(conn: psycopg.Connection) -> list[tuple[date, int]]:
    """Return the days with marks that are over, and the last mark of each."""
    return conn.execute(_FIND).fetchall()


def settle_likeness(conn: psycopg.Connection, day: date, rules: LikenessRules) -> int:
    """Compare the traces of a day; return how many marks that took, 0 if none are left."""
    # Before what they announce: a later one stays.
    marks = conn.execute(_MARKS, {"day": day}).fetchall()
    workers = [worker for worker, _ in marks]
    if marks and not is_closed(conn, day):
        _replace_same_paths(conn, day, rules)
        for worker in workers:
            _replace_replays(conn, WorkerDay(WorkerId(worker), day), rules)
    versions = [version for _, version in marks]
    conn.execute(_DELETE_MARKS, {"day": day, "workers": workers, "versions": versions})
    return len(marks)


def _key(unit: WorkerDay) -> dict[str, object]:
    return {
        "worker": unit.worker_id,
        "day": unit.day,
        "remembered": REMEMBERED_DAYS,
        "format": _FORMAT,
    }


def _replace_same_paths(conn: psycopg.Connection, day: date, rules: LikenessRules) -> None:
    paths = [
        _read_path(WorkerId(worker), path)
        for worker, path in conn.execute(_PATHS_OF_DAY, {"day": day, "format": _FORMAT})
    ]
    found: dict[WorkerId, list[Finding]] = defaultdict(list)
    for worker_id, finding in find_same_paths(paths, rules=rules):
        found[worker_id].append(finding)
    kind = FindingKind.SAME_PATH
    had = {WorkerId(worker) for (worker,) in conn.execute(_WHO_HAD, {"day": day, "kind": kind})}
    units = [WorkerDay(worker_id, day) for worker_id in sorted(had | found.keys())]
    told = {unit: found.get(unit.worker_id, []) for unit in units}
    replace_findings(conn, told, kinds=[kind])


def _replace_replays(conn: psycopg.Connection, unit: WorkerDay, rules: LikenessRules) -> None:
    days = [_read_steps(day, steps) for day, steps in conn.execute(_STEPS_UNTIL, _key(unit))]
    own = [one for one in days if one.day == unit.day]
    earlier = [one for one in days if one.day < unit.day]
    found = [finding for one in own for finding in find_replay(one, earlier, rules=rules)]
    replace_findings(conn, {unit: found}, kinds=[FindingKind.REPLAYED_DAY])


def _trace(facts: DayFacts, rules: Rules) -> tuple[bytes, bytes]:
    duty = [window.interval for window in facts.windows]
    track = build_track(facts.fixes, rules.track)
    path = make_path(facts.worker_id, track, duty)
    columns = [
        path.slot,
        np.rint(path.lat_deg * SCALE_E7),
        np.rint(path.lon_deg * SCALE_E7),
        np.rint(path.sigma_m * 10),
    ]
    steps = make_steps(facts.day, track, duty, rules=rules.anomaly.likeness)
    marks = np.stack([steps.mark, steps.at_ms])
    return _pack(np.stack(columns).astype(np.int64)), _pack(marks)


def _pack(rows: Integers) -> bytes:
    """Return rows of whole numbers in few bytes: their differences are small or repeat."""
    # More effort takes three times as long for a twentieth less.
    return zlib.compress(np.diff(rows, axis=1, prepend=0).astype("<i8").tobytes(), level=1)


def _unpack(stored: bytes, rows: int) -> Integers:
    differences = np.frombuffer(zlib.decompress(stored), "<i8").reshape(rows, -1)
    result: Integers = np.cumsum(differences, axis=1, dtype=np.int64)
    return result


def _read_path(worker_id: WorkerId, stored: bytes) -> Path:
    slot, lat_e7, lon_e7, sigma_dm = _unpack(stored, 4)
    return Path(
        worker_id=worker_id,
        slot=slot,
        lat_deg=lat_e7 / SCALE_E7,
        lon_deg=lon_e7 / SCALE_E7,
        sigma_m=sigma_dm / 10,
    )


def _read_steps(day: date, stored: bytes) -> Steps:
    mark, at_ms = _unpack(stored, 2)
    return Steps(day=day, mark=mark, at_ms=at_ms)
