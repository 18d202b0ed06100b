"""What the window shows at one moment, as JSON: the page and the Unix socket give the same.

No coordinates: whoever looks over the worker's shoulder learns where nobody is.
"""

from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from device.clock import Clock
from device.duty import Duty
from device.outbox import since_boot_s
from device.reports.settings import ReportSettings
from device.reports.waiting import WaitingPhotos
from device.settings import DeviceSettings
from device.window.board import Board
from device.window.tasks import show_list
from device.window.waiting import Waiting, count_waiting
from patrol.fix import epoch_of
from patrol.notices.plans import DutyPlan
from patrol.notices.today import Today
from patrol.reasons import LANGUAGES, Judgement, text_or
from runtime.lines import Health, LineState

# Whoever is denied one topic still gets the others through.
_STANDS = frozenset({LineState.CONNECTED, LineState.DENIED})
# What has had no `stored` for so long is said to the worker.
OVERDUE_S = 86_400.0


@dataclass(frozen=True, slots=True)
class Parts:
    """What the window looks at, and acts through."""

    settings: DeviceSettings
    duty: Duty
    clock: Clock
    board: Board
    reports: ReportSettings = field(default_factory=ReportSettings)


def look(parts: Parts) -> dict[str, Any]:
    """Return what there is to see now."""
    now = parts.clock.now()
    plan = parts.duty.plan
    waiting = count_waiting(parts.settings.outbox, now)
    # What can be read need not take anything more: whoever writes knows.
    trouble = waiting.trouble or parts.board.storage()
    today, daylist = parts.board.today, parts.board.daylist
    return {
        "terminal_id": parts.settings.terminal_id,
        "now": _text(now),
        "duty": _duty(parts.duty, now),
        "fix": _fix(parts.board),
        "receiver": parts.board.receiver(),
        "counts": parts.board.counts(),
        "waiting": {**waiting._asdict(), "trouble": trouble, "photos": _photos(parts)},
        "categories": parts.reports.category_codes,
        "line": _line(parts.board, waiting),
        "today": None if today is None else _today(today),
        "list": None if daylist is None else show_list(daylist, _text),
        "notice": None if plan is None else _notice(plan),
        "plan": None if plan is None else {"issued": _text(epoch_of(plan.number))},
    }


def _text(moment: datetime | None) -> str | None:
    if moment is None:
        return None
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _duty(duty: Duty, now: datetime) -> dict[str, Any]:
    state = duty.state(now)
    return {
        "is_on_duty": state.is_on_duty,
        "reason": str(state.reason),
        "until": _text(state.until),
        "next_start": _text(state.next_start),
        "is_paused": state.is_paused,
    }


def _fix(board: Board) -> dict[str, Any] | None:
    pinned = board.last_fix()
    if pinned is None:
        return None
    accuracy_dm = pinned.position.accuracy_dm
    return {
        "age_s": round(since_boot_s() - pinned.heard_s, 1),
        "accuracy_m": None if accuracy_dm is None else accuracy_dm / 10,
        "satellites": pinned.position.satellites,
        "quality": pinned.position.quality,
        "clock_ahead_s": round(pinned.ahead_s, 1),
    }


def _photos(parts: Parts) -> int:
    waiting = WaitingPhotos(parts.settings.outbox, most_bytes=parts.reports.waiting_bytes)
    return len(waiting.names())


def _line(board: Board, waiting: Waiting) -> dict[str, Any]:
    state = None if board.line is None else board.line()
    stored_ago_s = None if state is None else state.stored_ago_s
    # After a start nobody knows when the last `stored` was; how long things wait tells as much.
    is_quiet = stored_ago_s is None or stored_ago_s > OVERDUE_S
    health = Health(LineState.CONNECTING) if state is None else state.line
    return {
        "state": str(health.state),
        "reason": health.reason,
        "is_connected": health.state in _STANDS,
        "stored_ago_s": None if stored_ago_s is None else round(stored_ago_s, 1),
        "is_overdue": is_quiet and (waiting.oldest_s or 0) > OVERDUE_S,
    }


def _today(today: Today) -> dict[str, Any]:
    return {
        "worker_id": today.worker_id,
        "day": today.day.isoformat(),
        "computed_at": _text(today.computed_at),
        "provisional": today.provisional,
        "presence": asdict(today.presence),
        "visit_time": asdict(today.visit_time),
        "visits": [
            {
                "start": _text(visit.start),
                "end": _text(visit.end),
                "grade": str(visit.grade),
                "premises_id": visit.premises_id,
            }
            for visit in today.visits
        ],
        "verdicts": {what: _judgement(one) for what, one in today.judgements.items()},
    }


def _judgement(judgement: Judgement) -> dict[str, Any]:
    reason = judgement.reason
    return {
        "verdict": str(judgement.verdict),
        "code": reason.code,
        "text": {language: text_or(reason.code, reason, language) for language in LANGUAGES},
    }


def _notice(plan: DutyPlan) -> dict[str, Any]:
    return {
        "days": plan.notice.days,
        "purposes": list(plan.notice.purposes),
        **plan.pace._asdict(),
    }
