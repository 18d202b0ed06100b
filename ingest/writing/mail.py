"""What a batch of letters says, by what is to become of it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

from ingest.quarantine import Code, Refusal
from ingest.writing.fixes import Fixes
from ingest.writing.letters import Letter, refuse
from ingest.writing.matters.told import Told, read_told
from ingest.writing.parcels import Parcel, join, open_parcel, why_refused
from patrol.errors import InputError
from patrol.ids import TerminalId
from patrol.messages import Status, decode_status
from patrol.topics import UP, Kind, Topics


@dataclass(slots=True)
class Mail:
    """Opened letters: parcels of positions with the fixes of all, the others, what is refused."""

    parcels: list[Parcel] = field(default_factory=list)
    fixes: Fixes = field(default_factory=Fixes.none)
    told: list[Told] = field(default_factory=list)
    statuses: dict[TerminalId, Status] = field(default_factory=dict)
    refusals: list[Refusal] = field(default_factory=list)

    def terminals(self) -> set[TerminalId]:
        """Return who speaks in it."""
        return {
            *(one.terminal for one in self.parcels),
            *(one.terminal for one in self.told),
            *self.statuses,
        }


def open_mail(letters: Iterable[Letter], topics: Topics) -> Mail:
    """Return what `letters` say."""
    mail = Mail()
    for letter in letters:
        try:
            terminal, kind = _read_topic(letter.topic, topics)
        except InputError as error:
            mail.refusals.append(refuse(letter, str(error), Code.WRONG_TOPIC))
            continue
        try:
            _open(letter, mail, (terminal, kind))
        except InputError as error:
            mail.refusals.append(refuse(letter, str(error), Code.NOT_UNDERSTOOD))
    if mail.parcels:
        _join(mail)
    return mail


@lru_cache(maxsize=65_536)
def _read_topic(topic: str, topics: Topics) -> tuple[TerminalId, Kind]:
    terminal, kind = topics.read(topic)
    if kind not in UP:
        raise InputError(f"nobody but the server speaks on {kind}")
    return terminal, kind


def _open(letter: Letter, mail: Mail, about: tuple[TerminalId, Kind]) -> None:
    terminal, kind = about
    if kind is Kind.POSITION:
        mail.parcels.append(open_parcel(terminal, letter))
    elif (told := read_told(letter, terminal, kind)) is not None:
        mail.told.append(told)
    else:
        mail.statuses[terminal] = decode_status(letter.payload)


def _join(mail: Mail) -> None:
    """Put the fixes of all parcels into columns; what cannot be joined is refused."""
    while mail.parcels:
        mail.fixes, bad = join(mail.parcels)
        if not bad:
            return
        for number in sorted(bad):
            letter = mail.parcels[number].letter
            reason = why_refused(letter.payload)
            mail.refusals.append(refuse(letter, reason, Code.NOT_UNDERSTOOD))
        mail.parcels = [one for number, one in enumerate(mail.parcels) if number not in bad]
    mail.fixes = Fixes.none()
