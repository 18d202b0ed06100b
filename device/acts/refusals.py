"""What a worker is refused: the reason in English, and a code for which the page has words."""

from typing import ClassVar

from patrol.errors import InputError, StateError


class UnacceptableError(InputError):
    """Something the worker gave cannot be taken, for the reason `code`."""

    def __init__(self, text: str, *, code: str) -> None:
        super().__init__(text)
        self.code = code


class NoRoomError(StateError):
    """So many photos wait for the server that no more is taken."""

    code: ClassVar[str] = "no_room"
