"""Findings in the database: made anew with a day, and what people said of them stays."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import psycopg
from psycopg.types.json import Jsonb

from ingest.judging.frozen import hold_frozen
from ingest.judging.worklist import WorkerDay, day_columns
from patrol.anomalies.findings import Finding, FindingKind
from patrol.ids import WorkerId
from patrol.intervals import Interval, intersect

# Kinds that need more than one worker-day; the others are those of one day by itself.
BETWEEN_DAYS = frozenset({FindingKind.SAME_PATH, FindingKind.REPLAYED_DAY})
OF_ONE_DAY = frozenset(FindingKind) - BETWEEN_DAYS

# Whom or what a finding is about besides the worker-day: another one is another finding.
_ABOUT = ("other_worker_id", "other_day")

_KNOWN = """
select f.worker_id, f.day, f.finding_id, f.kind, f.start_at, f.end_at, f.evidence
  from unnest(%(workers)s::text[], %(days)s::date[]) as u (worker_id, day)
  join finding f on f.worker_id = u.worker_id and f.day = u.day and f.kind = any(%(kinds)s)
 order by f.finding_id
"""

_PUT = """
insert into finding (worker_id, day, kind, start_at, end_at, evidence)
values (%(worker)s, %(day)s, %(kind)s, %(start)s, %(end)s, %(evidence)s)
"""

_RENEW = """
-- what was decided was decided on this evidence
update finding
   set start_at = case when decided_at is null then %(start)s else start_at end,
       end_at = case when decided_at is null then %(end)s else end_at end,
       evidence = case when decided_at is null then %(evidence)s else evidence end,
       is_found = true
 where finding_id = %(id)s
"""

_DROP_NEW = "delete from finding where finding_id = any(%(ids)s) and status = 'new'"

_LEAVE = "update finding set is_found = false where finding_id = any(%(ids)s)"


class _Known(NamedTuple):
    finding_id: int
    kind: str
    interval: Interval
    evidence: Mapping[str, int | str]


def replace_findings(
    conn: psycopg.Connection,
    found: Mapping[WorkerDay, Sequence[Finding]],
    *,
    kinds: Iterable[FindingKind],
) -> None:
    """Put what was `found` in place of the findings of `kinds` that are known of worker-days.

    One that is there still, of the same kind at an overlapping time, keeps its row; one that
    was decided keeps time and evidence, too. One that is not found any more goes, unless
    somebody has said something about it. Those of frozen worker-days stay as they are.
    """
    frozen = hold_frozen(conn, list(found))
    found = {unit: findings for unit, findings in found.items() if unit not in frozen}
    known = _read_known(conn, list(found), kinds=sorted(kinds))
    for unit, findings in found.items():
        _replace_of_day(conn, unit, findings, known=known[unit])
    gone = [one.finding_id for left in known.values() for one in left]
    if gone:
        conn.execute(_DROP_NEW, {"ids": gone})
        conn.execute(_LEAVE, {"ids": gone})


def _read_known(
    conn: psycopg.Connection, units: Sequence[WorkerDay], *, kinds: Sequence[FindingKind]
) -> dict[WorkerDay, list[_Known]]:
    known: dict[WorkerDay, list[_Known]] = {unit: [] for unit in units}
    asked = {**day_columns(units), "kinds": kinds}
    for worker, day, finding_id, kind, start, end, evidence in conn.execute(_KNOWN, asked):
        one = _Known(finding_id, kind, Interval(start, end), evidence)
        known[WorkerDay(WorkerId(worker), day)].append(one)
    return known


def _replace_of_day(
    conn: psycopg.Connection,
    unit: WorkerDay,
    findings: Sequence[Finding],
    *,
    known: list[_Known],
) -> None:
    """Put or renew findings, and take those that are found again out of `known`."""
    key = {"worker": unit.worker_id, "day": unit.day}
    for finding in findings:
        again = next((one for one in known if _is_same(one, finding)), None)
        values = {
            "kind": str(finding.kind),
            "start": finding.interval.start,
            "end": finding.interval.end,
            "evidence": Jsonb(dict(finding.evidence)),
        }
        if again is None:
            conn.execute(_PUT, {**key, **values})
        else:
            known.remove(again)
            conn.execute(_RENEW, {"id": again.finding_id, **values})


def _is_same(known: _Known, finding: Finding) -> bool:
    return (
        known.kind == finding.kind
        and all(known.evidence.get(name) == finding.evidence.get(name) for name in _ABOUT)
        and bool(intersect([known.interval], [finding.interval]))
    )
