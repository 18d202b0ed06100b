"""The result of a worker-day in the database: replaced whole."""

from datetime import datetime, timedelta

import psycopg

from ingest.judging.worklist import WorkerDay
from patrol.compliance import DailyCompliance, DayResult

_DROP = (
    "delete from daily_compliance where worker_id = %(worker)s and day = %(day)s",
    "delete from presence_interval where worker_id = %(worker)s and day = %(day)s",
    "delete from home_visit where worker_id = %(worker)s and day = %(day)s",
)

_PUT_COMPLIANCE = """
insert into daily_compliance (worker_id, day, grid_ids, duty_s, inside_s, outside_s, unknown_s,
    inside_low_s, inside_high_s, visit_s, visit_low_s, visit_high_s, presence_verdict, presence_reason, visit_verdict,
    visit_reason, fixes, rules_version, assessed_at)
values (%(worker)s, %(day)s, %(grid_ids)s, %(duty_s)s, %(inside_s)s, %(outside_s)s, %(unknown_s)s,
    %(inside_low_s)s, %(inside_high_s)s,
    %(visit_s)s, %(visit_low_s)s, %(visit_high_s)s, %(presence_verdict)s, %(presence_reason)s,
    %(visit_verdict)s, %(visit_reason)s, %(fixes)s, %(rules_version)s, %(assessed_at)s)
"""

_PUT_PRESENCE = """
insert into presence_interval (worker_id, day, start_at, end_at, grid_id, state)
values (%(worker)s, %(day)s, %(start)s, %(end)s, %(grid)s, %(state)s)
"""

_PUT_VISIT = """
insert into home_visit (worker_id, day, start_at, end_at, premises_id, observed_s, bridged_s)
values (%(worker)s, %(day)s, %(start)s, %(end)s, %(premises)s, %(observed_s)s, %(bridged_s)s)
"""


def replace_result(
    conn: psycopg.Connection, unit: WorkerDay, result: DayResult | None, *, now: datetime
) -> None:
    """Put `result` in place of what was known of the worker-day; None leaves nothing."""
    key = {"worker": unit.worker_id, "day": unit.day}
    for statement in _DROP:
        conn.execute(statement, key)
    if result is None:
        return
    conn.execute(_PUT_COMPLIANCE, {**key, **_compliance_values(result.compliance, now)})
    with conn.cursor() as cursor:
        cursor.executemany(
            _PUT_PRESENCE,
            [
                {
                    **key,
                    "start": one.interval.start,
                    "end": one.interval.end,
                    "grid": grid,
                    "state": str(one.state),
                }
                for grid, one in result.presence
            ],
        )
        cursor.executemany(
            _PUT_VISIT,
            [
                {
                    **key,
                    "start": visit.interval.start,
                    "end": visit.interval.end,
                    "premises": visit.premises_id,
                    "observed_s": _seconds(visit.observed),
                    "bridged_s": _seconds(visit.bridged),
                }
                for visit in result.visits
            ],
        )


def _compliance_values(result: DailyCompliance, now: datetime) -> dict[str, object]:
    duty_s, inside_s, outside_s = map(_seconds, (result.duty, result.inside, result.outside))
    return {
        "grid_ids": list(result.grid_ids),
        "duty_s": duty_s,
        "inside_s": inside_s,
        "outside_s": outside_s,
        # Parts of seconds are not known to be anything; so the three add up.
        "unknown_s": duty_s - inside_s - outside_s,
        "inside_low_s": _seconds(result.inside_low),
        "inside_high_s": _seconds(result.inside_high),
        "visit_s": _seconds(result.visited),
        "visit_low_s": _seconds(result.visited_low),
        "visit_high_s": _seconds(result.visited_high),
        "presence_verdict": str(result.presence.verdict),
        "presence_reason": result.presence.reason,
        "visit_verdict": str(result.visit_hours.verdict),
        "visit_reason": result.visit_hours.reason,
        "fixes": result.fixes,
        "rules_version": result.rules_version,
        "assessed_at": now,
    }


def _seconds(span: timedelta) -> int:
    return span // timedelta(seconds=1)
