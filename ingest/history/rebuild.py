"""Worker-days of the past judged again, and what that changed."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import psycopg

from ingest.judging.facts import KeptAreas
from ingest.judging.judged import judge_unit, store_judged
from ingest.judging.worklist import WorkerDay, lock_day
from ingest.keeping.horizon import is_closed
from patrol.compliance import Rules
from runtime.registers.turns import hold_registers

VERDICTS = ("presence", "visit_hours", "coverage")

_READ = """
select presence_verdict, visit_verdict, coverage_verdict, inside_s, visit_s, rules_version,
       parameters_version
  from daily_compliance
 where worker_id = %(worker)s and day = %(day)s
"""


class Outcome(NamedTuple):
    """What a result says; verdicts in the order of VERDICTS, None where nothing is asked for."""

    verdicts: tuple[str | None, ...]
    inside_s: int
    visit_s: int
    versions: tuple[str, str]


class Change(NamedTuple):
    """A worker-day judged again; None where there was no result, or is none any more."""

    unit: WorkerDay
    before: Outcome | None
    after: Outcome | None

    def verdicts(self) -> Iterator[tuple[str, str | None, str | None]]:
        """Yield the verdicts that are others now: which, what it was, what it is."""
        if self.before is None or self.after is None:
            return
        for name, was, now in zip(VERDICTS, self.before.verdicts, self.after.verdicts, strict=True):
            if was != now:
                yield name, was, now


@dataclass(slots=True, kw_only=True)
class Rebuilder:
    """Judges worker-days again, each in one transaction that `dry_run` takes back.

    Whoever judges new facts meanwhile has another day, and loading registers waits for one day
    at most.
    """

    conn: psycopg.Connection
    rules: Rules
    dry_run: bool
    _areas: KeptAreas = field(init=False)

    def __post_init__(self) -> None:
        self._areas = KeptAreas(self.conn)

    def judge(self, unit: WorkerDay) -> Change:
        """Judge one worker-day again; marks of new facts stay."""
        with self.conn.transaction() as transaction:
            hold_registers(self.conn)
            lock_day(self.conn, unit)
            before = _outcome(self.conn, unit)
            if is_closed(self.conn, unit.day):
                return Change(unit, before, before)
            areas = self._areas.now()
            store_judged(self.conn, [judge_unit(self.conn, unit, areas, rules=self.rules)])
            after = _outcome(self.conn, unit)
            if self.dry_run:
                raise psycopg.Rollback(transaction)
        return Change(unit, before, after)


def describe(changes: Sequence[Change]) -> str:
    """Return what changed: verdicts one a line, then seconds and versions."""
    lines = [
        f"{change.unit.day} {change.unit.worker_id} {name}: {was or 'none'} -> {now or 'none'}"
        for change in changes
        for name, was, now in change.verdicts()
    ]
    both = [(one.before, one.after) for one in changes if one.before and one.after]
    inside_s = sum(abs(after.inside_s - before.inside_s) for before, after in both)
    visit_s = sum(abs(after.visit_s - before.visit_s) for before, after in both)
    first = sum(one.before is None for one in changes)
    return "\n".join(
        [
            *lines,
            f"{len(changes)} worker-days judged again, {first} of them for the first time",
            f"{len(lines)} verdicts changed",
            f"{inside_s} s of time inside changed, {visit_s} s of visits",
            *_versions(changes),
        ]
    )


def _versions(changes: Sequence[Change]) -> Iterator[str]:
    counted = Counter(
        (one.before.versions if one.before else None, one.after.versions if one.after else None)
        for one in changes
    )
    for (was, now), count in sorted(counted.items(), key=str):
        yield f"{count} from {_named(was)} to {_named(now)}"


def _named(versions: tuple[str, str] | None) -> str:
    return " with ".join(versions) if versions else "no result"


def _outcome(conn: psycopg.Connection, unit: WorkerDay) -> Outcome | None:
    key: Mapping[str, object] = {"worker": unit.worker_id, "day": unit.day}
    row = conn.execute(_READ, key).fetchone()
    if row is None:
        return None
    *verdicts, inside_s, visit_s, rules_version, parameters_version = row
    return Outcome(tuple(verdicts), inside_s, visit_s, (rules_version, parameters_version))
