"""The result of a worker-day as the object that is printed."""

from datetime import UTC, datetime, timedelta
from typing import Any

from patrol.compliance import DayResult
from patrol.intervals import Interval
from patrol.visits import HomeVisit

_MILLISECOND = timedelta(milliseconds=1)


def answer(result: DayResult) -> dict[str, Any]:
    """Return the result as values for JSON: times in UTC with Z, spans in seconds."""
    found = result.compliance
    return {
        "worker_id": found.worker_id,
        "day": found.day.isoformat(),
        "duty_s": _seconds(found.duty),
        "inside_s": _seconds(found.inside),
        "outside_s": _seconds(found.outside),
        "unknown_s": _seconds(found.unknown),
        "presence": [
            {"state": str(one.state), **_span(one.interval)} for _, one in result.presence
        ],
        "visits": [_visit(one) for one in result.visits],
        "visit_s": _seconds(found.visited),
        "visit_interval_s": [_seconds(found.visited_low), _seconds(found.visited_high)],
        "verdicts": {
            "presence": str(found.presence.verdict),
            "visit_hours": str(found.visit_hours.verdict),
            # Checkpoints and routes are not judged.
            "coverage": None,
        },
        "findings": [],
        "rules_version": found.rules_version,
    }


def _visit(visit: HomeVisit) -> dict[str, Any]:
    length = visit.interval.length
    return {
        "premises_id": visit.premises_id,
        **_span(visit.interval),
        "grade": visit.grade,
        "p_any": round(float(visit.p_any), 3),
        "p_premises": round(float(visit.p_premises), 3),
        "evidence": {
            "observed": round(visit.observed / length, 3),
            "gap": round(visit.bridged / length, 3),
            "check_in": 0.0,
        },
    }


def _span(interval: Interval) -> dict[str, str]:
    return {"start": _moment(interval.start), "end": _moment(interval.end)}


def _moment(moment: datetime) -> str:
    text = moment.astimezone(UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def _seconds(length: timedelta) -> float:
    return length // _MILLISECOND / 1000
