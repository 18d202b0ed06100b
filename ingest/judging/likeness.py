"""Findings that need more than one worker-day: what is kept of each, and holding them together.

Who judges a worker-day stores its trace and marks it if that is news. When all duty of a local
day is over, its traces are held against one another, and those of marked workers against
their earlier days. Who comes second sees what the first one has stored, so the result does
not depend on who judged which day, or when.
"""

import zlib
from collections import defaultdict
from datetime import date

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
_REMEMBERED_DAYS = 60

_KNOWN = "select path, steps from day_trace where worker_id = %(worker)s and day = %(day)s"

_DROP = "delete from day_trace where worker_id = %(worker)s and day = %(day)s"

_PUT = """
insert into day_trace (worker_id, day, path, steps)
values (%(worker)s, %(day)s, %(path)s, %(steps)s)
on conflict (worker_id, day) do update set path = excluded.path, steps = excluded.steps
"""

_MARK = """
-- the day itself, and later ones that may repeat it
insert into uncompared_day (worker_id, day)
select %(worker)s, %(day)s
 union
select worker_id, day from day_trace
 where worker_id = %(worker)s and day > %(day)s and day <= %(day)s + %(remembered)s
"""

_FIND = """
-- days with marks on which nobody is on duty any more
select u.day, array_agg(u.mark_id), array_agg(distinct u.worker_id)
  from uncompared_day u
 where not exists (select from duty_window w where w.day = u.day and w.end_at > now())
 group by u.day
 order by u.day
"""

_TAKE = "select pg_advisory_xact_lock(hashtextextended('likeness/' || %(day)s, 0))"

_PATHS_OF_DAY = "select worker_id, path from day_trace where day = %(day)s order by worker_id"

_WHO_HAD = "select distinct worker_id from finding where day = %(day)s and kind = %(kind)s"

_STEPS_UNTIL = """
select day, steps from day_trace
 where worker_id = %(worker)s and day <= %(day)s and day >= %(day)s - %(remembered)s
 order by day
"""

_DELETE_MARKS = "delete from uncompared_day where mark_id = any(%(marks)s)"


def store_trace(
    conn: psycopg.Connection, unit: WorkerDay, facts: DayFacts | None, *, rules: Rules
) -> None:
    """Keep what a worker-day is compared by; mark the day if that is news."""
    key = {"worker": unit.worker_id, "day": unit.day, "remembered": _REMEMBERED_DAYS}
    trace = _trace(facts, rules) if facts is not None else None
    if conn.execute(_KNOWN, key).fetchone() == trace:
        return
    if trace is None:
        conn.execute(_DROP, key)
    else:
        path, steps = trace
        conn.execute(_PUT, {**key, "path": path, "steps": steps})
    conn.execute(_MARK, key)


def settle_likeness(conn: psycopg.Connection, rules: LikenessRules) -> None:
    """Compare the traces of marked days that are over, each day in one transaction."""
    for day, marks, workers in conn.execute(_FIND).fetchall():
        with conn.transaction():
            conn.execute(_TAKE, {"day": day.isoformat()})
            _replace_same_paths(conn, day, rules)
            for worker in workers:
                _replace_replays(conn, WorkerDay(WorkerId(worker), day), rules)
            conn.execute(_DELETE_MARKS, {"marks": marks})


def _replace_same_paths(conn: psycopg.Connection, day: date, rules: LikenessRules) -> None:
    paths = [
        _read_path(WorkerId(worker), path)
        for worker, path in conn.execute(_PATHS_OF_DAY, {"day": day})
    ]
    found: dict[WorkerId, list[Finding]] = defaultdict(list)
    for worker_id, finding in find_same_paths(paths, rules=rules):
        found[worker_id].append(finding)
    kind = FindingKind.SAME_PATH
    had = {WorkerId(worker) for (worker,) in conn.execute(_WHO_HAD, {"day": day, "kind": kind})}
    for worker_id in sorted(had | found.keys()):
        unit = WorkerDay(worker_id, day)
        replace_findings(conn, unit, found.get(worker_id, []), kinds=[kind])


def _replace_replays(conn: psycopg.Connection, unit: WorkerDay, rules: LikenessRules) -> None:
    key = {"worker": unit.worker_id, "day": unit.day, "remembered": _REMEMBERED_DAYS}
    days = [_read_steps(day, steps) for day, steps in conn.execute(_STEPS_UNTIL, key)]
    own = [one for one in days if one.day == unit.day]
    earlier = [one for one in days if one.day < unit.day]
    found = [finding for one in own for finding in find_replay(one, earlier, rules=rules)]
    replace_findings(conn, unit, found, kinds=[FindingKind.REPLAYED_DAY])


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
    return zlib.compress(np.diff(rows, axis=1, prepend=0).astype("<i8").tobytes())


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
