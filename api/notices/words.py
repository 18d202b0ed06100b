"""A notice as receivers read it: JSON for machines, a few lines in two languages for mail."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

_SUBJECTS: Mapping[str, tuple[str, str]] = {
    "sos": ("Call for help", "求助"),
    "outside": ("Outside the grid", "离开网格"),
    "silent": ("Terminal silent", "终端失联"),
    "report_overdue": ("Order overdue", "工单超期"),
    "order_returned": ("Order returned", "工单退回"),
    "order_new": ("New order", "新工单"),
}
# What is told of an order: codes of the workflow, and no person.
_OF_ORDER = (
    *("revision", "act", "from_step", "step", "step_kind", "category", "severity"),
    *("department_id", "reason"),
)


class Notice(NamedTuple):
    """What is told of an occasion."""

    notice_id: int
    kind: str
    worker_id: str | None
    terminal_id: str | None
    grid_id: str | None
    began_at: datetime
    found_at: datetime
    ended_at: datetime | None
    fix_epoch: datetime | None
    lat_deg: float | None
    lon_deg: float | None
    accuracy_m: float | None
    order_id: UUID | None = None
    revision: int | None = None
    department_id: str | None = None
    act_kind: str | None = None
    act: str | None = None
    from_step: str | None = None
    step: str | None = None
    step_kind: str | None = None
    category: str | None = None
    severity: str | None = None
    reason: str | None = None
    order_due_at: datetime | None = None
    order_lat_deg: float | None = None
    order_lon_deg: float | None = None


def payload_of(notice: Notice, link: str) -> bytes:
    """Return the body of a webhook. Of workers only a call for help has a place."""
    is_event = notice.kind == "order_event"
    told: dict[str, Any] = {
        "type": f"order.{notice.act_kind}" if is_event else f"notice.{notice.kind}",
        "notice_id": notice.notice_id,
        **_subject_of(notice),
        "grid_id": notice.grid_id,
        "began_at": notice.began_at.isoformat(),
        "found_at": notice.found_at.isoformat(),
        "ended_at": _moment(notice.ended_at),
    }
    if notice.fix_epoch is not None:
        told["fix"] = {
            "epoch": notice.fix_epoch.isoformat(),
            "lat_deg": notice.lat_deg,
            "lon_deg": notice.lon_deg,
            "accuracy_m": notice.accuracy_m,
        }
    if link:
        told["link"] = link_of(notice, link)
    return json.dumps(told, separators=(",", ":")).encode()


def mail_of(notice: Notice, link: str) -> tuple[str, str]:
    """Return subject and text of a mail."""
    english, chinese = _SUBJECTS[notice.kind]
    subject = f"{chinese} {english}: {notice.order_id or notice.worker_id}"
    began = f"{notice.began_at:%Y-%m-%d %H:%M:%S} UTC"
    lines = [
        f"{english} / {chinese}",
        "",
        *_lines_of(notice),
        f"grid / 网格: {notice.grid_id or '-'}",
        f"since / 始于: {began}",
    ]
    if notice.fix_epoch is not None:
        lines.append(
            f"place / 位置: {notice.lat_deg:.6f}, {notice.lon_deg:.6f} (WGS-84), "
            f"{notice.fix_epoch:%H:%M:%S} UTC"
        )
    if link:
        lines += ["", link_of(notice, link)]
    return subject, "\n".join(lines) + "\n"


def link_of(notice: Notice, link: str) -> str:
    """Return where more is to be read of a notice."""
    about = (
        f"notices/{notice.notice_id}" if notice.order_id is None else f"orders/{notice.order_id}"
    )
    return f"{link.rstrip('/')}/v1/{about}"


def _subject_of(notice: Notice) -> dict[str, Any]:
    """Return whom or what a notice is about."""
    if notice.order_id is None:
        return {"worker_id": notice.worker_id, "terminal_id": notice.terminal_id}
    place = None
    if notice.order_lat_deg is not None:
        place = {"lat_deg": notice.order_lat_deg, "lon_deg": notice.order_lon_deg}
    return {
        "order_id": str(notice.order_id),
        **{name: getattr(notice, name) for name in _OF_ORDER},
        "due_at": _moment(notice.order_due_at),
        "place": place,
    }


def _lines_of(notice: Notice) -> list[str]:
    if notice.order_id is None:
        return [f"worker / 网格员: {notice.worker_id}"]
    return [
        f"order / 工单: {notice.order_id}",
        f"category / 类别: {notice.category}",
        f"step / 环节: {notice.step}",
        f"department / 部门: {notice.department_id or '-'}",
    ]


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
