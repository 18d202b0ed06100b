"""What the worker does through the window: pause, resume, check in, report, call for help."""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

from device.acts.here import Here, on_board
from device.checkins.acts import Act, call_for_help, check_in
from device.reports.taking import Reporter, Told
from device.window.door import RefusedError
from device.window.looks import Parts
from device.window.uploads import Uploads
from patrol import wire
from patrol.ids import premises_id
from patrol.notices.checkins import Phase
from patrol.notices.reports import check_category

Body = Mapping[str, Any]


def do(deed: str, body: Body, *, parts: Parts, uploads: Uploads) -> dict[str, Any]:
    """Do what the worker asks for and return what came of it.

    Raises InputError when that cannot be, StateError when the disk takes no more.
    """
    known: Mapping[str, Callable[[], dict[str, Any]]] = {
        "pause": lambda: _pause(parts),
        "resume": lambda: _resume(parts),
        "checkin": lambda: _check_in(body, parts),
        "report": lambda: _report(body, parts, uploads),
        "sos": lambda: _call_for_help(parts),
    }
    if deed not in known:
        raise RefusedError(HTTPStatus.NOT_FOUND, f"known are {', '.join(known)}")
    return known[deed]()


def _pause(parts: Parts) -> dict[str, Any]:
    return {"is_paused": parts.duty.pause(parts.clock.now()).is_paused}


def _resume(parts: Parts) -> dict[str, Any]:
    return {"is_paused": parts.duty.resume(parts.clock.now()).is_paused}


def _check_in(body: Body, parts: Parts) -> dict[str, Any]:
    premises = wire.optional_name(body, "premises_id")
    act = Act(
        phase=wire.choice(body, "phase", Phase),
        token=wire.optional_name(body, "token"),
        premises_id=None if premises is None else premises_id(premises),
    )
    return {"checkin_id": check_in(_here(parts), act, parts.settings.outbox).checkin_id}


def _call_for_help(parts: Parts) -> dict[str, Any]:
    # Without a disk the running agent still has a line.
    hold = parts.board.calls.hold
    return {"event_id": call_for_help(_here(parts), parts.settings.outbox, hold=hold).event_id}


def _report(body: Body, parts: Parts, uploads: Uploads) -> dict[str, Any]:
    names = wire.items(body, "photos")
    photos = [uploads.path_of(name) for name in names]
    told = Told(
        category=check_category(body.get("category")),
        text=body.get("text"),
        facility_id=wire.optional_name(body, "facility_id"),
        photos=photos,
    )
    report = Reporter(parts.reports, parts.settings.outbox).take(_here(parts), told)
    for path in photos:
        path.unlink(missing_ok=True)
    return {"report_id": report.report_id, "marks": report.marks}


def _here(parts: Parts) -> Here:
    return on_board(parts.board, parts.duty, parts.clock.now())
