"""How a terminal logs in, tells what it has, and hears what was taken."""

from abc import ABC, abstractmethod
from collections.abc import Hashable
from dataclasses import dataclass

from patrol.fix import Fix


@dataclass(frozen=True, slots=True, eq=False)
class Matter:
    """Fixes that are told together, with a JPEG where there is one."""

    fixes: tuple[Fix, ...]
    picture: bytes = b""
    is_late: bool = False


@dataclass(frozen=True, slots=True)
class Utterance:
    """The frames of a matter, and the answers by which all of it is taken."""

    frames: tuple[bytes, ...]
    answers: frozenset[Hashable]


class Speech(ABC):
    """What a terminal says on one line after another; `identity` is what it calls itself."""

    # Whether frames may overtake one another: where each names its own time and is answered.
    can_reorder = True
    # Whether a frame may come twice as it is; an HTTP answer would then have no place.
    can_repeat = True
    is_answered = True
    most_fixes = 1

    def __init__(self, identity: str) -> None:
        self.identity = identity

    @abstractmethod
    def begin(self) -> None:
        """Forget what was heard on the last line."""

    @abstractmethod
    def greet(self) -> bytes | None:
        """Return what is to be said before anything else, None where that is done."""

    @abstractmethod
    def say(self, matter: Matter) -> Utterance:
        """Return a matter in frames."""

    @abstractmethod
    def hear(self, data: bytes) -> list[Hashable]:
        """Return the answers that are in what came."""

    def asked(self) -> bytes:
        """Return what the other side wants to have again."""
        return b""
