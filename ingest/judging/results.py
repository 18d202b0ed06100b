"""The results of worker-days in the database: replaced whole."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

import psycopg
from psycopg.types.json import Jsonb

from ingest.judging.routes import day_values, put_coverage
from ingest.judging.worklist import WorkerDay, day_columns
from patrol.compliance import DailyCompliance, DayResult
from patrol.intervals import Interval
from patrol.reasons import Judgement, text
from patrol.visits import HomeVisit

_OF_DAYS = """
 using unnest(%(workers)s::text[], %(days)s::date[]) as u (worker_id, day)
 where t.worker_id = u.worker_id and t.day = u.day
"""
_TABLES = (
    "daily_compliance",
    "presence_interval",
    "home_visit",
    "excused_interval",
    "grid_coverage",
    "checkpoint_pass",
)
_DROP = tuple(f"delete from {table} t {_OF_DAYS}" for table in _TABLES)  # noqa: S608 - as above

_PUT_COMPLIANCE = """
insert into daily_compliance (worker_id, day, grid_ids, duty_s, excused_s, inside_s, plausible_s,
    outside_s, unknown_s, inside_low_s, inside_high_s, visit_s, visit_low_s, visit_high_s,
    visit_a_s, visit_b_s, visit_c_s,
    presence_verdict, presence_reason, presence_code, presence_values,
    visit_verdict, visit_reason, visit_code, visit_values,
    coverage_verdict, coverage_reason, coverage_code, coverage_values,
    coverage_kind, coverage_share, coverage_low, coverage_high,
    fixes, rules_version, parameters_version, assessed_at)
values (%(worker)s, %(day)s, %(grid_ids)s, %(duty_s)s, %(excused_s)s, %(inside_s)s,
    %(plausible_s)s, %(outside_s)s, %(unknown_s)s, %(inside_low_s)s, %(inside_high_s)s,
    %(visit_s)s, %(visit_low_s)s, %(visit_high_s)s,
    %(visit_a_s)s, %(visit_b_s)s, %(visit_c_s)s,
    %(presence_verdict)s, %(presence_reason)s, %(presence_code)s, %(presence_values)s,
    %(visit_verdict)s, %(visit_reason)s, %(visit_code)s, %(visit_values)s,
    %(coverage_verdict)s, %(coverage_reason)s, %(coverage_code)s, %(coverage_values)s,
    %(coverage_kind)s, %(coverage_share)s, %(coverage_low)s, %(coverage_high)s,
    %(fixes)s, %(rules_version)s, %(parameters_version)s, %(assessed_at)s)
"""

_PUT_PRESENCE = """
insert into presence_interval (worker_id, day, start_at, end_at, grid_id, state)
select * from unnest(%(worker)s::text[], %(day)s::date[], %(start)s::timestamptz[],
    %(end)s::timestamptz[], %(grid)s::text[], %(state)s::text[])
"""

_PUT_VISITS = """
insert into home_visit (worker_id, day, start_at, end_at, premises_id, observed_s, bridged_s,
    check_in_s, grade, p_any, p_premises)
select * from unnest(%(worker)s::text[], %(day)s::date[], %(start)s::timestamptz[],
    %(end)s::timestamptz[], %(premises)s::text[], %(observed_s)s::integer[],
    %(bridged_s)s::integer[], %(check_in_s)s::integer[], %(grade)s::text[], %(p_any)s::float8[],
    %(p_premises)s::float8[])
"""

_PUT_EXCUSED = """
insert into excused_interval (worker_id, day, start_at, end_at, grid_id, kind)
select * from unnest(%(worker)s::text[], %(day)s::date[], %(start)s::timestamptz[],
    %(end)s::timestamptz[], %(grid)s::text[], %(kind)s::text[])
"""


def replace_results(
    conn: psycopg.Connection, judged: Sequence[tuple[WorkerDay, DayResult | None]], *, now: datetime
) -> None:
    """Put results in place of what was known of worker-days; None leaves nothing."""
    units = day_columns(unit for unit, _ in judged)
    found = [(_key(unit), result) for unit, result in judged if result is not None]
    values = [
        {**key, **_compliance_values(one.compliance, now), **day_values(one.coverage)}
        for key, one in found
    ]
    with conn.pipeline(), conn.cursor() as cursor:
        for statement in _DROP:
            cursor.execute(statement, units)
        cursor.executemany(_PUT_COMPLIANCE, values)
        _put(cursor, _PUT_PRESENCE, [row for key, one in found for row in _presence(key, one)])
        _put(cursor, _PUT_VISITS, [row for key, one in found for row in _visits(key, one)])
        _put(cursor, _PUT_EXCUSED, [row for key, one in found for row in _excused(key, one)])
        for key, one in found:
            put_coverage(cursor, key, one.coverage)


def result_values(result: DayResult, *, now: datetime) -> dict[str, object]:
    """Return the row of a result in `daily_compliance`, without its key, as JSON has it."""
    row = {**_compliance_values(result.compliance, now), **day_values(result.coverage)}
    row["assessed_at"] = now.isoformat()
    return {name: one.obj if isinstance(one, Jsonb) else one for name, one in row.items()}


def _put(cursor: psycopg.Cursor, statement: str, rows: Sequence[Mapping[str, object]]) -> None:
    """Put rows by one statement, which takes a list a column."""
    if rows:
        cursor.execute(statement, {name: [row[name] for row in rows] for name in rows[0]})


def _key(unit: WorkerDay) -> dict[str, object]:
    return {"worker": unit.worker_id, "day": unit.day}


def _presence(key: dict[str, object], result: DayResult) -> Iterator[dict[str, object]]:
    for grid, one in result.presence:
        yield {**key, **_span(one.interval), "grid": grid, "state": str(one.state)}


def _visits(key: dict[str, object], result: DayResult) -> Iterator[dict[str, object]]:
    for one in result.visits:
        yield {**key, **_span(one.interval), **_visit_values(one)}


def _excused(key: dict[str, object], result: DayResult) -> Iterator[dict[str, object]]:
    for one in result.excused:
        yield {**key, **_span(one.interval), "grid": one.grid_id, "kind": str(one.kind)}


def _span(interval: Interval) -> dict[str, object]:
    return {"start": interval.start, "end": interval.end}


def _visit_values(visit: HomeVisit) -> dict[str, object]:
    return {
        "premises": visit.premises_id,
        "observed_s": _seconds(visit.observed),
        "bridged_s": _seconds(visit.bridged),
        "check_in_s": _seconds(visit.checked_in),
        "grade": visit.grade,
        "p_any": visit.p_any,
        "p_premises": visit.p_premises,
    }


def _compliance_values(result: DailyCompliance, now: datetime) -> dict[str, object]:
    spans = result.duty, result.excused, result.inside, result.outside
    duty_s, excused_s, inside_s, outside_s = map(_seconds, spans)
    visit_s, by_grade = _seconds(result.visited), result.visited_by_grade
    return {
        "grid_ids": list(result.grid_ids),
        "duty_s": duty_s,
        "excused_s": excused_s,
        "inside_s": inside_s,
        # Not more than inside, whatever is cut off.
        "plausible_s": min(_seconds(result.plausible), inside_s),
        "outside_s": outside_s,
        # Parts of seconds are not known to be anything; so the four add up.
        "unknown_s": duty_s - excused_s - inside_s - outside_s,
        "inside_low_s": _seconds(result.inside_low),
        "inside_high_s": _seconds(result.inside_high),
        "visit_s": visit_s,
        "visit_a_s": _seconds(by_grade["A"]),
        "visit_b_s": visit_s - _seconds(by_grade["A"]),
        "visit_c_s": _seconds(by_grade["C"]),
        "visit_low_s": _seconds(result.visited_low),
        "visit_high_s": _seconds(result.visited_high),
        **judgement_values("presence", result.presence),
        **judgement_values("visit", result.visit_hours),
        **judgement_values("coverage", result.coverage),
        "fixes": result.fixes,
        "rules_version": result.rules_version,
        "parameters_version": result.parameters_version,
        "assessed_at": now,
    }


def judgement_values(what: str, judgement: Judgement | None) -> dict[str, object]:
    """Return a judgement as columns whose names begin with `what`; empty where there is none."""
    if judgement is None:
        return dict.fromkeys(f"{what}_{one}" for one in ("verdict", "reason", "code", "values"))
    return {
        f"{what}_verdict": str(judgement.verdict),
        f"{what}_reason": text(judgement.reason, "en"),
        f"{what}_code": judgement.reason.code,
        f"{what}_values": Jsonb(dict(judgement.reason.values)),
    }


def _seconds(span: timedelta) -> int:
    return span // timedelta(seconds=1)
