"""The receiver: the way to it, its speed, its antenna, its sentences."""

import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Any

from device.doctor.findings import Finding, Grade
from device.receivers.source import Source, open_source
from device.receivers.state import ADVICE, Condition, ReceiverState
from device.settings import DeviceSettings
from device.sky import Antenna
from patrol.errors import InputError

# Long enough to try the usual speeds of a serial port.
_LISTEN_S = 12.0
_IN_THE_WAY = frozenset(
    {
        Condition.MISSING,
        Condition.BUSY,
        Condition.FORBIDDEN,
        Condition.UNREACHABLE,
        Condition.NO_DEVICE,
    }
)


def try_receiver(settings: DeviceSettings) -> Iterator[Finding]:
    """Open the receiver as the agent would and listen for a while; yield what came of it."""
    with tempfile.TemporaryDirectory() as folder:
        # What the agent remembers of its port is not ours to change.
        apart = replace(settings, outbox=Path(folder) / "outbox")
        try:
            source = open_source(apart, Event())
        except InputError as error:
            yield Finding("receiver", Grade.BROKEN, str(error))
            return
        has_fix, told = _listen(source)
    yield from _see_told(told)
    if told["sentence_ago_s"] is not None:
        grade = Grade.OK if has_fix else Grade.WARNING
        text = "the receiver has one" if has_fix else f"none within {_LISTEN_S:.0f} s"
        advice = "" if has_fix else "go under the open sky for two minutes; see the antenna"
        yield Finding("fix", grade, text, advice)


def _listen(source: Source) -> tuple[bool, dict[str, Any]]:
    """Return whether a fix came, and how the receiver was just before it was closed."""
    until_s = time.monotonic() + _LISTEN_S
    has_fix = False
    with closing(source.fixes()) as turns:
        for fixes in turns:
            has_fix = bool(fixes)
            if has_fix or source.state.condition in _IN_THE_WAY or time.monotonic() > until_s:
                break
        told = source.state.as_json()
        condition = source.state.condition
        if condition in {Condition.SEARCHING, Condition.LISTENING}:
            told |= _in_vain(source.state)
    return has_fix, told


def _in_vain(state: ReceiverState) -> dict[str, object]:
    """Return what a receiver is of which nothing was understood for as long as was listened."""
    condition = Condition.SILENT if state.bytes_s is None else Condition.UNREADABLE
    return {"condition": str(condition), "advice": ADVICE[condition]}


def see_receiver(seen: dict[str, Any]) -> Iterator[Finding]:
    """Yield how the agent's receiver is."""
    told = seen["receiver"]
    if not seen["duty"]["is_on_duty"]:
        yield Finding("receiver", Grade.OK, "closed: not on duty")
        return
    if not told:
        yield Finding("receiver", Grade.UNKNOWN, "nothing is known of it yet")
        return
    yield from _see_told(told)


def _see_told(told: dict[str, Any]) -> Iterator[Finding]:
    yield _see_way(told)
    if told["antenna"] is not None:
        yield _see_antenna(told["antenna"])
    if told["in_view"] is not None:
        best = told["strongest_dbhz"]
        heard = "" if best is None else f", the best at {best} dBHz"
        text = f"{told['satellites'] or 0} of {told['in_view']} satellites used{heard}"
        yield Finding("sky", Grade.OK, text)
    if told["date"] is not None:
        text = f"the receiver's date is not the clock's: {told['date']}"
        yield Finding("date", Grade.WARNING, text, "see `clock`; nothing is corrected by itself")


def _see_way(told: dict[str, Any]) -> Finding:
    condition = told["condition"]
    baud = "" if told["baud"] is None else f" at {told['baud']}"
    text = f"{told['where']}{baud}: {condition}" + (f", {told['reason']}" if told["reason"] else "")
    if condition == Condition.READING:
        return Finding("receiver", Grade.OK, text)
    is_waiting = condition in {Condition.SEARCHING, Condition.LISTENING, Condition.CLOSED}
    grade = Grade.UNKNOWN if is_waiting else Grade.BROKEN
    return Finding("receiver", grade, text, told["advice"])


def _see_antenna(antenna: str) -> Finding:
    if antenna == Antenna.OK:
        return Finding("antenna", Grade.OK, "by the receiver's own measurement")
    return Finding("antenna", Grade.BROKEN, f"{antenna} circuit", "see its plug and its cable")
