"""The result of a worker-day in the database: replaced whole."""

from datetime import datetime, timedelta

import psycopg
from psycopg.types.json import Jsonb

from ingest.judging.routes import day_values, replace_coverage
from ingest.judging.worklist import WorkerDay
from patrol.compliance import DailyCompliance, DayResult
from patrol.intervals import Interval
from patrol.reasons import Judgement, text
from patrol.visits import HomeVisit

_DROP = (
    "delete from daily_compliance where worker_id = %(worker)s and day = %(day)s",
    "delete from presence_interval where worker_id = %(worker)s and day = %(day)s",
    "delete from home_visit where worker_id = %(worker)s and day = %(day)s",
    "delete from excused_interval where worker_id = %(worker)s and day = %(day)s",
)

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
values (%(worker)s, %(day)s, %(start)s, %(end)s, %(grid)s, %(state)s)
"""

_PUT_VISIT = """
insert into home_visit (worker_id, day, start_at, end_at, premises_id, observed_s, bridged_s,
    check_in_s, grade, p_any, p_premises)
values (%(worker)s, %(day)s, %(start)s, %(end)s, %(premises)s, %(observed_s)s, %(bridged_s)s,
    %(check_in_s)s, %(grade)s, %(p_any)s, %(p_premises)s)
"""

_PUT_EXCUSED = """
insert into excused_interval (worker_id, day, start_at, end_at, grid_id, kind)
values (%(worker)s, %(day)s, %(start)s, %(end)s, %(grid)s, %(kind)s)
"""


def replace_result(
    conn: psycopg.Connection, unit: WorkerDay, result: DayResult | None, *, now: datetime
) -> None:
    """Put `result` in place of what was known of the worker-day; None leaves nothing."""
    key = {"worker": unit.worker_id, "day": unit.day}
    for statement in _DROP:
        conn.execute(statement, key)
    replace_coverage(conn, unit, result.coverage if result is not None else ())
    if result is None:
        return
    judged = {**_compliance_values(result.compliance, now), **day_values(result.coverage)}
    conn.execute(_PUT_COMPLIANCE, {**key, **judged})
    with conn.cursor() as cursor:
        cursor.executemany(
            _PUT_PRESENCE,
            [
                {**key, **_span(one.interval), "grid": grid, "state": str(one.state)}
                for grid, one in result.presence
            ],
        )
        cursor.executemany(
            _PUT_VISIT,
            [{**key, **_span(one.interval), **_visit_values(one)} for one in result.visits],
        )
        cursor.executemany(
            _PUT_EXCUSED,
            [
                {**key, **_span(one.interval), "grid": one.grid_id, "kind": str(one.kind)}
                for one in result.excused
            ],
        )


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
