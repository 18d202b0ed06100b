"""Names of the things in a district, kept apart by type."""

import re
from typing import NewType

from patrol.errors import InputError

TerminalId = NewType("TerminalId", str)
WorkerId = NewType("WorkerId", str)
GridId = NewType("GridId", str)
PremisesId = NewType("PremisesId", str)
PlaceId = NewType("PlaceId", str)
CheckpointId = NewType("CheckpointId", str)

# The same alphabet for every id: safe in a topic, a path, a file name and a URL.
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


def check_id(text: str, *, what: str) -> str:
    """Return `text` if it can be an id, otherwise raise InputError naming `what`."""
    if _ID.fullmatch(text):
        return text
    raise InputError(f"{what} {text[:80]!r} is not an id: use 1 to 64 of A-Z a-z 0-9 _ -")


def terminal_id(text: str) -> TerminalId:
    """Return a checked terminal id, or raise InputError."""
    return TerminalId(check_id(text, what="terminal_id"))


def worker_id(text: str) -> WorkerId:
    """Return a checked worker id, or raise InputError."""
    return WorkerId(check_id(text, what="worker_id"))


def grid_id(text: str) -> GridId:
    """Return a checked grid id, or raise InputError."""
    return GridId(check_id(text, what="grid_id"))


def premises_id(text: str) -> PremisesId:
    """Return a checked premises id, or raise InputError."""
    return PremisesId(check_id(text, what="premises_id"))


def place_id(text: str) -> PlaceId:
    """Return a checked id of an authorised place, or raise InputError."""
    return PlaceId(check_id(text, what="place_id"))


def checkpoint_id(text: str) -> CheckpointId:
    """Return a checked checkpoint id, or raise InputError."""
    return CheckpointId(check_id(text, what="checkpoint_id"))
