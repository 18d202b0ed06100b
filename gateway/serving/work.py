"""What the bytes of a line come to, and the reasons of which some of it is refused. Pure."""

from dataclasses import dataclass, field

from gateway.codecs.events import Attributes
from gateway.custody.photos import Picture
from gateway.custody.spool import Kept, Letter

UNKNOWN_TERMINAL = "unknown_terminal"
NOT_IDENTIFIED = "not_identified"
IDENTITY_CHANGED = "identity_changed"
NO_LONGER_REGISTERED = "no_longer_registered"
REGISTER_CHANGED = "register_changed"
NO_LOGIN = "no_login"
WRONG_FIX = "wrong_fix"
WRONG_CLOCK = "wrong_clock"
NO_PICTURE = "no_picture"


@dataclass(slots=True)
class Work:
    """What some bytes come to; `reply` is sent when the rest is on disk.

    `counts` are events, each with the model of its terminal; what was refused is of `model`.
    """

    kept: list[Kept] = field(default_factory=list)
    letters: list[Letter] = field(default_factory=list)
    pictures: list[Picture] = field(default_factory=list)
    answers: list[Attributes] = field(default_factory=list)
    strangers: set[str] = field(default_factory=set)
    reply: bytes = b""
    is_over: bool = False
    counts: list[tuple[str, str]] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    frames: int = 0
    model: str = ""
