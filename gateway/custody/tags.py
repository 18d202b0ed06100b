"""Tags at doors that a terminal's card reader has read: check-ins, where the register says so.

By these protocols a card is that of whoever drives, with a name. Only where the register calls a
terminal a reader of tags is a card a tag, and only its number is told.
"""

from datetime import UTC, datetime

from gateway.codecs.events import Happened
from gateway.custody.matters import repeatable_id
from gateway.custody.spool import Letter
from gateway.registry import Entry
from patrol import wire
from patrol.errors import InputError
from patrol.fix import epoch_ms
from patrol.messages import DELTAS
from patrol.notices.checkins import CheckIn, CheckInKind, Phase, encode_checkin
from patrol.topics import Kind

_CARD = "card"


def checkin_of(event: Happened, entry: Entry, *, received_at: datetime) -> Letter | None:
    """Return the check-in of a tag that was read, None where `event` is something else."""
    if not entry.tag_reader or event.kind != _CARD:
        return None
    try:
        token = wire.name(event.attributes, _CARD)
    except InputError:
        # Taken out, or not read.
        return None
    at = _moment(event.attributes.get("epoch"), received_at)
    phase = Phase.BEGIN if event.attributes.get("inserted") else Phase.END
    checkin = CheckIn(
        checkin_id=repeatable_id(f"{entry.terminal_id} {phase} {token}", epoch_ms(at)),
        at=at,
        kind=CheckInKind.TAG,
        phase=phase,
        token=token,
    )
    return Letter(entry.terminal_id, str(Kind.CHECKIN), checkin.checkin_id, encode_checkin(checkin))


def _moment(said: object, received_at: datetime) -> datetime:
    """Return when it was read, by the terminal's clock if that can be."""
    try:
        at = datetime.fromisoformat(str(said)).astimezone(UTC)
    except (ValueError, OverflowError):
        return received_at
    return at if DELTAS["t"].low <= epoch_ms(at) <= DELTAS["t"].high else received_at
