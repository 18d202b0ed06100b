"""On duty or not: by the server's last signed plan, the worker's pause, and the clock.

Nothing is tracked without a plan, outside its windows, or when nobody knows what time it is.
"""

import json
import os
import stat
import threading
from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import structlog

from patrol.errors import InputError
from patrol.fix import epoch_ms, epoch_of
from patrol.ids import TerminalId
from patrol.notices.plans import DutyPlan, Span, decode_plan, read_key

log = structlog.get_logger()

PAUSE_SUFFIX = ".pause"

# A server's clock may be ahead of a terminal's by so much; farther behind, it is wrong.
_BEHIND = timedelta(minutes=10)


class Reason(StrEnum):
    """Why the terminal tracks, or why it does not."""

    ON_DUTY = "on_duty"
    OFF_DUTY = "off_duty"
    BREAK = "break"
    PAUSED = "paused"
    NO_PLAN = "no_plan"
    CLOCK = "clock"


class DutyState(NamedTuple):
    """Whether the terminal tracks now, until when, and when it tracks next."""

    is_on_duty: bool
    until: datetime | None
    next_start: datetime | None
    is_paused: bool
    reason: Reason


_NO_PLAN = DutyState(
    is_on_duty=False, until=None, next_start=None, is_paused=False, reason=Reason.NO_PLAN
)


class PlanSettings(Protocol):
    """What of the settings says where plans are."""

    @property
    def terminal(self) -> TerminalId:
        """Whose plans they are."""

    @property
    def plan_file(self) -> Path:
        """Where the last plan is kept."""

    @property
    def plan_key_file(self) -> Path:
        """Where the key is."""


class Duty:
    """The plan that holds; any thread may ask, and so may other processes by the same files.

    Raises InputError when the key of plans cannot be read.
    """

    def __init__(self, settings: PlanSettings) -> None:
        self._terminal = settings.terminal
        self._key = _read_key(settings.plan_key_file)
        self._lock = threading.Lock()
        self._plan_file = _Kept(settings.plan_file)
        pause = settings.plan_file.with_name(settings.plan_file.name + PAUSE_SUFFIX)
        self._pause_file = _Kept(pause)
        self._plan: DutyPlan | None = None
        self._spans: list[Span] = []
        self._pause: Span | None = None
        self._look()

    @property
    def plan(self) -> DutyPlan | None:
        """The plan that holds, if there is one."""
        with self._lock:
            self._look()
            return self._plan

    def take(self, payload: bytes) -> None:
        """Follow the plan in `payload` from now on, unless it is none of ours or an older one."""
        try:
            plan = decode_plan(payload, self._terminal, self._key)
        except InputError as error:
            log.warning("duty.plan_refused", reason=str(error))
            return
        with self._lock:
            self._look()
            if self._plan is not None and plan.number <= self._plan.number:
                if plan.number < self._plan.number:
                    log.warning("duty.plan_older", plan=plan.number, ours=self._plan.number)
                return
            self._follow(plan)
            log.info("duty.plan_taken", plan=plan.number, windows=len(plan.windows))
            self._plan_file.write(payload)

    def state(self, now: datetime) -> DutyState:
        """Return what holds at `now`, as the clock says it."""
        with self._lock:
            self._look()
            return self._state(epoch_ms(now))

    def allows(self, epoch: datetime) -> bool:
        """Return whether a fix of `epoch` may be kept, whatever the clock says."""
        with self._lock:
            at_ms = epoch_ms(epoch)
            is_paused = self._pause is not None and _holds(self._pause, at_ms)
            return not is_paused and _span_at(self._spans, at_ms) is not None

    def pause(self, now: datetime) -> DutyState:
        """Track no more until `resume`, or until the window of duty ends."""
        with self._lock:
            self._look()
            at_ms = epoch_ms(now)
            ends_ms = [
                one.span.end_ms
                for one in (self._plan.windows if self._plan else ())
                if _holds(one.span, at_ms)
            ]
            if ends_ms:
                self._pause = Span(at_ms, ends_ms[0])
                self._pause_file.write(json.dumps(self._pause).encode())
                log.info("duty.paused")
            return self._state(at_ms)

    def resume(self, now: datetime) -> DutyState:
        """Track again, as far as the plan says so."""
        with self._lock:
            self._look()
            if self._pause is not None:
                self._pause = None
                self._pause_file.write(b"null")
                log.info("duty.resumed")
            return self._state(epoch_ms(now))

    def _look(self) -> None:
        """Read again what somebody else may have written."""
        payload = self._plan_file.read_new()
        if payload is not None:
            self._take_kept(payload)
        pause = self._pause_file.read_new()
        if pause is not None:
            self._pause = _read_pause(pause)

    def _take_kept(self, payload: bytes) -> None:
        try:
            plan = decode_plan(payload, self._terminal, self._key)
        except InputError as error:
            log.warning("duty.kept_plan_refused", reason=str(error))
            return
        if self._plan is None or plan.number >= self._plan.number:
            self._follow(plan)

    def _follow(self, plan: DutyPlan) -> None:
        self._plan, self._spans = plan, plan.spans()

    def _state(self, now_ms: int) -> DutyState:
        plan = self._plan
        if plan is None:
            return _NO_PLAN
        current = _span_at(self._spans, now_ms)
        following = next((one.start_ms for one in self._spans if one.start_ms > now_ms), None)
        is_paused = self._pause is not None and _holds(self._pause, now_ms)
        reason = _reason(plan, now_ms, is_tracking=current is not None)
        if is_paused and reason is not Reason.CLOCK:
            reason = Reason.PAUSED
        return DutyState(
            is_on_duty=reason is Reason.ON_DUTY,
            until=None if current is None else epoch_of(current.end_ms),
            next_start=None if following is None else epoch_of(following),
            is_paused=is_paused,
            reason=reason,
        )


class _Kept:
    """A small file that is written whole or not at all, and read when it has changed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: tuple[int, int, int] | None = None

    def read_new(self) -> bytes | None:
        """Return what is in it if that has changed, None otherwise or where there is none."""
        try:
            found = self._path.stat()
            seen = (found.st_ino, found.st_mtime_ns, found.st_size)
            if seen == self._seen:
                return None
            self._seen = seen
            return self._path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            log.warning("duty.file_unreadable", file=str(self._path), reason=error.strerror)
            return None

    def write(self, data: bytes) -> None:
        """Replace what is in it; say so where the disk takes nothing."""
        new = self._path.with_name(self._path.name + ".new")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            new.replace(self._path)
            _sync_folder(self._path.parent)
        except OSError as error:
            log.warning(
                "duty.not_written",
                file=str(self._path),
                reason=error.strerror,
                advice="it holds until the agent ends: free space on the disk of [device] plan_file",
            )


def _reason(plan: DutyPlan, now_ms: int, *, is_tracking: bool) -> Reason:
    # Whoever issued the plan knew the time, and it has not become earlier since.
    if epoch_of(now_ms) < epoch_of(plan.number) - _BEHIND:
        return Reason.CLOCK
    if is_tracking:
        return Reason.ON_DUTY
    is_break = any(_holds(one.span, now_ms) for one in plan.windows)
    return Reason.BREAK if is_break else Reason.OFF_DUTY


def _span_at(spans: Iterable[Span], at_ms: int) -> Span | None:
    return next((one for one in spans if _holds(one, at_ms)), None)


def _holds(span: Span, at_ms: int) -> bool:
    return span.start_ms <= at_ms < span.end_ms


def _read_pause(data: bytes) -> Span | None:
    try:
        value: Any = json.loads(data)
        return None if value is None else Span(*map(int, value))
    except (ValueError, TypeError):
        log.warning("duty.pause_refused", advice="pause again if duty is to pause")
        return None


def _read_key(path: Path) -> bytes:
    try:
        if path.stat().st_mode & stat.S_IRWXO:
            raise InputError("it is open to every user: chmod o= it")  # noqa: TRY301 - one text for all
        return read_key(path.read_text(encoding="ascii").strip())
    except (OSError, UnicodeError, InputError) as error:
        raise InputError(
            f"[device] plan_key_file {path} gives no key of plans ({error}): without it nothing "
            "may be tracked; `patrol ingest plan-key` on the server prints it"
        ) from error


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
