"""What workers and terminals tell beside where they are: check-ins, photo reports, events."""

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple, TypeAlias, TypeVar

import numpy as np

from ingest.quarantine import Code, Refusal
from ingest.writing.letters import Letter, refuse
from ingest.writing.roster import Roster
from patrol.ids import TerminalId
from patrol.messages import Position
from patrol.notices.checkins import CheckIn, decode_checkin
from patrol.notices.events import EventKind, TerminalEvent, decode_event
from patrol.notices.reports import PhotoReport, decode_report
from patrol.topics import Kind

Matter: TypeAlias = CheckIn | PhotoReport | TerminalEvent
M = TypeVar("M", CheckIn, PhotoReport, TerminalEvent)

_READ: Mapping[Kind, Callable[[bytes], Matter]] = {
    Kind.CHECKIN: decode_checkin,
    Kind.REPORT: decode_report,
    Kind.EVENT: decode_event,
}
_NAMES: Mapping[type[Matter], str] = {
    CheckIn: "check-in",
    PhotoReport: "report",
    TerminalEvent: "event",
}


class Told(NamedTuple):
    """Who told what, with the letter that brought it."""

    terminal: TerminalId
    matter: Matter
    letter: Letter

    @property
    def id(self) -> str:
        """By which the terminal may forget it."""
        match self.matter:
            case CheckIn():
                return self.matter.checkin_id
            case PhotoReport():
                return self.matter.report_id
            case TerminalEvent():
                return self.matter.event_id

    @property
    def at(self) -> datetime:
        """When it was, by the terminal's clock."""
        return self.matter.taken_at if isinstance(self.matter, PhotoReport) else self.matter.at


def read_told(letter: Letter, terminal: TerminalId, kind: Kind) -> Told | None:
    """Return what a letter of this kind tells, None where it is of another kind.

    Raises InputError with the reason when it cannot be read.
    """
    read = _READ.get(kind)
    return None if read is None else Told(terminal, read(letter.payload), letter)


def sort_told(
    told: Sequence[Told], known: Container[TerminalId], *, latest: datetime
) -> tuple[list[Told], list[Refusal]]:
    """Return what known terminals tell, and what of it is from the future."""
    own = [one for one in told if one.terminal in known]
    early = [
        refuse(
            one.letter,
            f"the {_NAMES[type(one.matter)]} is from the future, at {one.at.isoformat()}: "
            "check the terminal's and the server's clock",
            Code.FROM_THE_FUTURE,
        )
        for one in own
        if one.at > latest
    ]
    return [one for one in own if one.at <= latest], early


def without_place_off_duty(told: Sequence[Told], roster: Roster) -> list[Told]:
    """Return what is told, with the terminal's fix where that is on duty.

    What a worker tells is kept at any time; where the terminal was off duty is not, unless it
    is a call for help.
    """
    placed = [(one.terminal, fix) for one in told if (fix := _fix_to_ask_about(one)) is not None]
    if not placed:
        return list(told)
    free = _off_duty(placed, roster)
    return [
        _without_fix(one) if (one.terminal, _fix_to_ask_about(one)) in free else one for one in told
    ]


def _fix_to_ask_about(one: Told) -> Position | None:
    matter = one.matter
    is_call = isinstance(matter, TerminalEvent) and matter.kind is EventKind.SOS
    return None if is_call else matter.fix


def _off_duty(
    placed: Sequence[tuple[TerminalId, Position]], roster: Roster
) -> set[tuple[TerminalId, Position]]:
    codes = roster.codes_of(name for name, _ in placed)
    duty = roster.duty_at(
        np.array([codes[name] for name, _ in placed], dtype=np.int64),
        np.array([fix.epoch_ms for _, fix in placed], dtype=np.int64),
    )
    return {placed[at] for at in np.flatnonzero(duty < 0).tolist()}


def _without_fix(one: Told) -> Told:
    matter: Matter = replace(one.matter, fix=None)
    return one._replace(matter=matter)


def of_kind(told: Iterable[Told], kind: type[M]) -> list[tuple[TerminalId, M]]:
    """Return what of `told` is of one kind, with who told it."""
    return [(one.terminal, one.matter) for one in told if isinstance(one.matter, kind)]
