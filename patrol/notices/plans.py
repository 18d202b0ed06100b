"""When a terminal may track, how densely, and what its worker is told of that.

The server signs a plan with a key that it shares with one terminal alone; docs/adr/0020 says
why. The standard library alone, because handheld terminals are small.
"""

import hashlib
import hmac
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

from patrol import wire
from patrol.errors import InputError
from patrol.ids import CheckpointId, TerminalId, check_id, checkpoint_id

KEY_BYTES = 32
LEAST_SECRET_BYTES = 32

_KEY = re.compile(r"[0-9a-f]{64}")
# What is signed says what it is, so that no signature of another kind can stand in for it.
_KEY_WORDS = b"gridpatrol key of duty plans\n"
_PLAN_WORDS = b"gridpatrol duty plan\n"

# A longer one is a slip in a roster, not a shift.
_LONGEST_MS = 86_400_000
_SECONDS = (1, 3600)
_DAYS = (1, 3660)
MOST_WINDOWS = 100
MOST_BREAKS = 20
MOST_CHECKPOINTS = 500
_MOST_PURPOSES = 20


class Span(NamedTuple):
    """Milliseconds since 1970: the start belongs to it, the end does not."""

    start_ms: int
    end_ms: int


@dataclass(frozen=True, slots=True)
class Window:
    """A span of duty, and the breaks in it, which lie within it one after another."""

    span: Span
    breaks: tuple[Span, ...] = ()

    def __post_init__(self) -> None:
        if not 0 < self.span.end_ms - self.span.start_ms <= _LONGEST_MS:
            raise InputError("a window of a plan must last, and at most 24 h")
        if len(self.breaks) > MOST_BREAKS:
            raise InputError(f"a window has more than {MOST_BREAKS} breaks")
        _check_order(self.breaks, what="breaks")
        for one in self.breaks:
            if one.start_ms < self.span.start_ms or one.end_ms > self.span.end_ms:
                raise InputError("a break lies outside its window")


class Pace(NamedTuple):
    """Seconds between fixes that are kept: under way, standing, and after a while at rest."""

    moving_s: int = 10
    standing_s: int = 60
    heartbeat_s: int = 240


class Notice(NamedTuple):
    """What the worker is told: for how many days positions are kept, and codes of what for."""

    days: int = 60
    purposes: tuple[str, ...] = ()


DEFAULT_PACE = Pace()
_NO_NOTICE = Notice()


@dataclass(frozen=True, slots=True, kw_only=True)
class DutyPlan:
    """The last word of the server on when a terminal tracks; raises InputError where it is none.

    `number` grows from plan to plan and is the moment of issue, in milliseconds since 1970.
    """

    number: int
    windows: tuple[Window, ...] = ()
    pace: Pace = DEFAULT_PACE
    checkpoints: tuple[CheckpointId, ...] = ()
    notice: Notice = _NO_NOTICE

    def __post_init__(self) -> None:
        for what, most in (("windows", MOST_WINDOWS), ("checkpoints", MOST_CHECKPOINTS)):
            if len(getattr(self, what)) > most:
                raise InputError(f"a plan has more than {most} {what}")
        _check_order([one.span for one in self.windows], what="windows")
        if len(self.notice.purposes) > _MOST_PURPOSES:
            raise InputError(f"a plan has more than {_MOST_PURPOSES} purposes")

    def spans(self) -> list[Span]:
        """Return when the terminal tracks, in order: the windows without their breaks."""
        found = []
        for window in self.windows:
            start_ms = window.span.start_ms
            for one in (*window.breaks, Span(window.span.end_ms, window.span.end_ms)):
                if one.start_ms > start_ms:
                    found.append(Span(start_ms, one.start_ms))
                start_ms = one.end_ms
        return found


def derive_key(secret: bytes, terminal: TerminalId) -> bytes:
    """Return the key of `terminal`; raises InputError where the secret is short."""
    if len(secret) < LEAST_SECRET_BYTES:
        raise InputError(f"the secret of plans has {len(secret)} bytes: give {LEAST_SECRET_BYTES}")
    return hmac.digest(secret, _KEY_WORDS + terminal.encode(), hashlib.sha256)


def read_key(text: str) -> bytes:
    """Return the key that is written as 64 hexadecimal digits, or raise InputError."""
    if not _KEY.fullmatch(text):
        raise InputError(f"a key of plans is 64 digits of 0-9 a-f, and this has {len(text)}")
    return bytes.fromhex(text)


def encode_plan(plan: DutyPlan, terminal: TerminalId, key: bytes) -> bytes:
    """Return the payload of `plan`, signed for `terminal`."""
    body = {
        "plan": plan.number,
        "windows": [_window_body(one) for one in plan.windows],
        **plan.pace._asdict(),
        "checkpoints": list(plan.checkpoints),
        "notice": {"days": plan.notice.days, "purposes": list(plan.notice.purposes)},
    }
    sig = _signature({"v": wire.VERSION, **body}, terminal, key)
    return wire.encode({**body, "sig": sig})


def decode_plan(payload: bytes, terminal: TerminalId, key: bytes) -> DutyPlan:
    """Return the plan in `payload`, or raise InputError where it is not signed for `terminal`."""
    body = wire.decode(payload)
    given = body.pop("sig", None)
    is_ours = (
        isinstance(given, str)
        and _KEY.fullmatch(given)
        and hmac.compare_digest(given, _signature(body, terminal, key))
    )
    if not is_ours:
        raise InputError(
            f"the plan is not signed for {terminal}: the key of this terminal must be that of "
            "the server (`patrol ingest plan-key`)"
        )
    return DutyPlan(
        number=wire.number_within(body, "plan", wire.EPOCHS_MS),
        windows=tuple(_window(one) for one in wire.items(body, "windows")),
        pace=Pace(*(wire.number_within(body, name, _SECONDS) for name in Pace._fields)),
        checkpoints=tuple(_checkpoint(one) for one in wire.items(body, "checkpoints")),
        notice=_notice(body),
    )


def _signature(body: dict[str, Any], terminal: TerminalId, key: bytes) -> str:
    """Return the signature of all fields, also of those that nobody here knows."""
    # One way of writing it: whoever reads the payload and writes it again gets the same bytes.
    text = json.dumps(body, sort_keys=True, separators=(",", ":"))
    signed = _PLAN_WORDS + terminal.encode() + b"\n" + text.encode()
    return hmac.new(key, signed, hashlib.sha256).hexdigest()


def _window_body(window: Window) -> dict[str, Any]:
    body: dict[str, Any] = {"start": window.span.start_ms, "end": window.span.end_ms}
    if window.breaks:
        body["breaks"] = [list(one) for one in window.breaks]
    return body


def _window(value: object) -> Window:
    if not isinstance(value, dict):
        raise InputError(f"a window is {wire.shown(value)}, not an object")
    start, end = (wire.number_within(value, name, wire.EPOCHS_MS) for name in ("start", "end"))
    return Window(Span(start, end), tuple(_span(one) for one in wire.items(value, "breaks")))


def _span(value: object) -> Span:
    if not isinstance(value, list) or len(value) != len(Span._fields):
        raise InputError(f"a break is {wire.shown(value)}, not [start, end]")
    return Span(*(wire.number_within({"breaks": one}, "breaks", wire.EPOCHS_MS) for one in value))


def _checkpoint(value: object) -> CheckpointId:
    return checkpoint_id(wire.name({"checkpoints": value}, "checkpoints"))


def _notice(body: dict[str, Any]) -> Notice:
    value = body.get("notice")
    if not isinstance(value, dict):
        raise InputError(f"notice is {wire.shown(value)}, not an object")
    purposes = (wire.name({"purposes": one}, "purposes") for one in wire.items(value, "purposes"))
    return Notice(
        wire.number_within(value, "days", _DAYS),
        tuple(check_id(one, what="purpose") for one in purposes),
    )


def _check_order(spans: Sequence[Span] | Iterable[Span], *, what: str) -> None:
    spans = list(spans)
    if any(one.end_ms <= one.start_ms for one in spans):
        raise InputError(f"{what} of a plan must last")
    if any(later.start_ms < one.end_ms for one, later in pairwise(spans)):
        raise InputError(f"{what} of a plan must follow one another without overlaps")
