"""What is on the terminal's disk: outbox, room, certificates, plan."""

import os
import shutil
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from device.doctor.certificates import read_validity
from device.doctor.findings import Finding, Grade
from device.duty import Duty, Reason
from device.outbox import count_at
from device.settings import DeviceSettings
from patrol.errors import InputError
from patrol.fix import epoch_of
from runtime.broker import BrokerSettings

_LITTLE_BYTES = 100 << 20
_TOO_LITTLE_BYTES = 5 << 20
_SOON = timedelta(days=30)
_OLD_PLAN = timedelta(days=7)
_HOUR_S = 3600
_LONG_S = 24 * _HOUR_S
_TROUBLES = {
    "full": "the disk takes no more: free space on it",
    "read_only": "the disk can only be read: mount it for writing, or replace it",
    "damaged": "it cannot be read: start the agent anew, which sets it aside and makes a new one",
    "unusable": "it cannot be opened: see whose file it is and [device] outbox",
}


def see_outbox(path: Path, seen: dict[str, Any] | None) -> Finding:
    """Return how the outbox is and what waits in it; the agent knows best, where it runs."""
    if seen is not None:
        return _outbox_by_agent(seen["waiting"])
    if not path.exists():
        return Finding("outbox", Grade.UNKNOWN, "there is none yet: the agent makes it")
    try:
        count = count_at(path)
    except InputError as error:
        return Finding("outbox", Grade.BROKEN, str(error), _TROUBLES["damaged"])
    return Finding("outbox", Grade.OK, _waits(count.waiting, count.letters, None))


def _outbox_by_agent(waiting: dict[str, Any]) -> Finding:
    if waiting["trouble"] is not None:
        return Finding("outbox", Grade.BROKEN, waiting["trouble"], _TROUBLES[waiting["trouble"]])
    text = _waits(waiting["fixes"], waiting["letters"], waiting["oldest_s"])
    if waiting["thinned"]:
        text += f"; it was full, and {waiting['thinned']} fixes were thinned out"
    if (waiting["oldest_s"] or 0) > _LONG_S:
        return Finding("outbox", Grade.WARNING, text, "see `broker` and `stored`")
    return Finding("outbox", Grade.OK, text)


def _waits(fixes: int, letters: int, oldest_s: float | None) -> str:
    text = f"{fixes} fixes and {letters} messages wait"
    return text if oldest_s is None else f"{text}, the oldest for {oldest_s / _HOUR_S:.1f} h"


def see_disk(folder: Path) -> Finding:
    """Return how much room there is beside the outbox."""
    try:
        free_bytes = shutil.disk_usage(folder).free
        is_read_only = bool(os.statvfs(folder).f_flag & os.ST_RDONLY)
    except OSError as error:
        return Finding(
            "disk",
            Grade.BROKEN,
            f"{folder}: {error.strerror}",
            "make the folder of [device] outbox",
        )
    text = f"{free_bytes >> 20} MiB free in {folder}"
    if is_read_only:
        return Finding("disk", Grade.BROKEN, f"{folder} can only be read", _TROUBLES["read_only"])
    if free_bytes < _LITTLE_BYTES:
        grade = Grade.BROKEN if free_bytes < _TOO_LITTLE_BYTES else Grade.WARNING
        return Finding("disk", grade, text, "free space: journals, old photos, packages")
    return Finding("disk", Grade.OK, text)


def see_certificates(broker: BrokerSettings, now: datetime) -> list[Finding]:
    """Return whether the certificates that were given hold at `now`."""
    given = {"ca_file": broker.ca_file, "certificate_file": broker.certificate_file}
    findings = [_certificate(name, path, now) for name, path in given.items() if path is not None]
    if findings or broker.is_encrypted:
        return findings
    is_near = broker.host in {"127.0.0.1", "localhost", "::1"}
    return [
        Finding(
            "certificates",
            Grade.OK if is_near else Grade.WARNING,
            "none: the line is not encrypted",
            "" if is_near else "set [broker] tls or ca_file",
        )
    ]


def _certificate(name: str, path: Path, now: datetime) -> Finding:
    try:
        start, end = read_validity(path)
    except InputError as error:
        return Finding(
            name, Grade.BROKEN, str(error), f"give a certificate as PEM: [broker] {name}"
        )
    text = f"holds from {start:%Y-%m-%d} to {end:%Y-%m-%d}"
    if not start <= now < end:
        return Finding(name, Grade.BROKEN, text, "renew it, or see `clock`")
    if end - now < _SOON:
        return Finding(name, Grade.WARNING, text, "renew it soon")
    return Finding(name, Grade.OK, text)


def see_plan(settings: DeviceSettings, now: datetime) -> Finding:
    """Return whether there is a duty plan, signed by the server, and how old it is."""
    try:
        duty = Duty(settings)
    except InputError as error:
        return Finding("plan", Grade.BROKEN, str(error))
    plan = duty.plan
    if plan is None:
        return _no_plan(settings.plan_file)
    age = now - epoch_of(plan.number)
    state = duty.state(now)
    text = f"signed by the server, {age.total_seconds() / _HOUR_S:.1f} h old: {state.reason}"
    if state.reason is Reason.CLOCK:
        return Finding("plan", Grade.BROKEN, f"{text}, it is of the future", "set the clock")
    if age > _OLD_PLAN:
        return Finding("plan", Grade.WARNING, text, "see `broker`, and `patrol ingest tell` there")
    return Finding("plan", Grade.OK, text)


def _no_plan(path: Path) -> Finding:
    if path.exists():
        return Finding(
            "plan",
            Grade.BROKEN,
            f"{path} is not signed for this terminal",
            "see that [device] plan_key_file is what `patrol ingest plan-key` prints",
        )
    return Finding(
        "plan",
        Grade.WARNING,
        "none yet, so nothing is tracked",
        "is the terminal assigned to a worker with duty, and does `patrol ingest tell` run?",
    )
