"""A notice as receivers read it: JSON for machines, a few lines in two languages for mail."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

_SUBJECTS: Mapping[str, tuple[str, str]] = {
    "sos": ("Call for help", "求助"),
    "outside": ("Outside the grid", "离开网格"),
    "silent": ("Terminal silent", "终端失联"),
}


class Notice(NamedTuple):
    """What is told of an occasion."""

    notice_id: int
    kind: str
    worker_id: str
    terminal_id: str | None
    grid_id: str | None
    began_at: datetime
    found_at: datetime
    ended_at: datetime | None
    fix_epoch: datetime | None
    lat_deg: float | None
    lon_deg: float | None
    accuracy_m: float | None


def payload_of(notice: Notice, link: str) -> bytes:
    """Return the body of a webhook. Only a call for help has a place."""
    told: dict[str, Any] = {
        "type": f"notice.{notice.kind}",
        "notice_id": notice.notice_id,
        "worker_id": notice.worker_id,
        "terminal_id": notice.terminal_id,
        "grid_id": notice.grid_id,
        "began_at": notice.began_at.isoformat(),
        "found_at": notice.found_at.isoformat(),
        "ended_at": None if notice.ended_at is None else notice.ended_at.isoformat(),
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
    subject = f"{chinese} {english}: {notice.worker_id}"
    began = f"{notice.began_at:%Y-%m-%d %H:%M:%S} UTC"
    lines = [
        f"{english} / {chinese}",
        "",
        f"worker / 网格员: {notice.worker_id}",
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
    return f"{link.rstrip('/')}/v1/notices/{notice.notice_id}"
