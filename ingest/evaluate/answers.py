"""The result of a worker-day as the object that is printed."""

from datetime import UTC, datetime, timedelta
from typing import Any

from patrol.anomalies import words
from patrol.anomalies.findings import Finding
from patrol.compliance import DayResult
from patrol.coverage import Coverage, Reach
from patrol.intervals import Interval
from patrol.reasons import Language, text
from patrol.visits import HomeVisit

_MILLISECOND = timedelta(milliseconds=1)


def answer(result: DayResult, language: Language = "en") -> dict[str, Any]:
    """Return the result as values for JSON: times in UTC with Z, spans in seconds."""
    found = result.compliance
    judged = {
        "presence": found.presence,
        "visit_hours": found.visit_hours,
        "coverage": found.coverage,
    }
    return {
        "worker_id": found.worker_id,
        "day": found.day.isoformat(),
        "duty_s": _seconds(found.duty),
        "inside_s": _seconds(found.inside),
        "outside_s": _seconds(found.outside),
        "unknown_s": _seconds(found.unknown),
        "excused_s": _seconds(found.excused),
        "plausible_s": _seconds(found.plausible),
        "presence": [
            {"state": str(one.state), **_span(one.interval)} for _, one in result.presence
        ],
        "visits": [_visit(one) for one in result.visits],
        "visit_s": _seconds(found.visited),
        "visit_s_by_grade": {
            grade: _seconds(length) for grade, length in found.visited_by_grade.items()
        },
        "visit_interval_s": [_seconds(found.visited_low), _seconds(found.visited_high)],
        "coverage": [_coverage(one) for one in result.coverage],
        "excused": [{"reason": one.kind, **_span(one.interval)} for one in result.excused],
        "verdicts": {name: one and str(one.verdict) for name, one in judged.items()},
        "reasons": {name: one and text(one.reason, language) for name, one in judged.items()},
        "findings": [_finding(one, language) for one in result.findings],
        "rules_version": found.rules_version,
        "parameters_version": found.parameters_version,
    }


def _visit(visit: HomeVisit) -> dict[str, Any]:
    length = visit.interval.length
    return {
        "premises_id": visit.premises_id,
        **_span(visit.interval),
        "grade": visit.grade,
        "p_any": _probability(visit.p_any),
        "p_premises": _probability(visit.p_premises),
        "evidence": {
            "observed": round(visit.observed / length, 3),
            "gap": round(visit.bridged / length, 3),
            "check_in": round(visit.checked_in / length, 3),
        },
    }


def _probability(value: float | None) -> float | None:
    return None if value is None else round(float(value), 3)


def _coverage(found: Coverage) -> dict[str, Any]:
    by_reach = {
        str(reach): [one.name for one in found.targets if one.reach is reach] for reach in Reach
    }
    return {
        "grid_id": found.grid_id,
        "kind": str(found.kind),
        "share": found.share,
        "share_interval": [found.share_low, found.share_high],
        **by_reach,
        "passes": [
            {"checkpoint_id": one.checkpoint_id, **_span(one.interval), "p": one.p}
            for one in found.passes
        ],
    }


def _finding(finding: Finding, language: Language) -> dict[str, Any]:
    return {
        "kind": str(finding.kind),
        **_span(finding.interval),
        "evidence": dict(finding.evidence),
        "text": words.text(finding, language),
    }


def _span(interval: Interval) -> dict[str, str]:
    return {"start": _moment(interval.start), "end": _moment(interval.end)}


def _moment(moment: datetime) -> str:
    text = moment.astimezone(UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def _seconds(length: timedelta) -> float:
    return length // _MILLISECOND / 1000
