"""A check-in and a call for help, put into the outbox: from the window, the command or a tag."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from device.acts.here import Here, check_on_duty
from device.acts.refusals import UnacceptableError
from device.outbox import Letter, LetterKind, Outbox
from patrol import wire
from patrol.errors import StateError
from patrol.fix import epoch_ms
from patrol.ids import PremisesId
from patrol.notices.checkins import CheckIn, CheckInKind, Phase, encode_checkin
from patrol.notices.events import EventKind, TerminalEvent, encode_event
from runtime.uuids import uuid7


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """What a worker says at premises; with a `token` it is by a tag."""

    phase: Phase
    token: str | None = None
    premises_id: PremisesId | None = None
    is_photo: bool = False

    @property
    def kind(self) -> CheckInKind:
        """By what it is shown that the worker is there."""
        if self.token is not None:
            return CheckInKind.TAG
        return CheckInKind.PHOTO if self.is_photo else CheckInKind.DECLARED


def check_in(here: Here, act: Act, outbox: Path) -> CheckIn:
    """Keep a check-in until it is stored, and return it.

    Raises InputError off duty and for a token that no tag has, StateError when the disk takes
    no more.
    """
    check_on_duty(here, "a check-in")
    checkin = CheckIn(
        checkin_id=uuid7(now_ms=epoch_ms(here.at)),
        at=here.at,
        kind=act.kind,
        phase=act.phase,
        premises_id=act.premises_id,
        token=None if act.token is None else check_token(act.token),
        fix=here.fix,
    )
    with Outbox(outbox) as kept:
        kept.put_letter(LetterKind.CHECKIN, checkin.checkin_id, encode_checkin(checkin))
    return checkin


def call_for_help(
    here: Here, outbox: Path, *, hold: Callable[[Letter], None] | None = None
) -> TerminalEvent:
    """Keep a call for help, which goes before everything else, and return it; off duty, too.

    What the disk does not take is handed to `hold`; without it StateError is raised.
    """
    event = TerminalEvent(
        event_id=uuid7(now_ms=epoch_ms(here.at)), at=here.at, kind=EventKind.SOS, fix=here.fix
    )
    letter = Letter(LetterKind.SOS, event.event_id, encode_event(event))
    try:
        with Outbox(outbox) as kept:
            kept.put_letter(*letter)
    except StateError:
        if hold is None:
            raise
        hold(letter)
    return event


def check_token(text: str) -> str:
    """Return what a tag holds, without spaces around it, or raise InputError."""
    token = text.strip()
    if not wire.is_name(token):
        raise UnacceptableError(
            f"the tag holds {wire.shown(text)}, not 1 to 64 printable ASCII characters: "
            "is it one of this deployment?",
            code="tag",
        )
    return token
