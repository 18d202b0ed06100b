"""Messages as they came, whoever carried them."""

from typing import Protocol


class Letter(Protocol):
    """A topic and what was said on it."""

    @property
    def topic(self) -> str:
        """On which topic."""

    @property
    def payload(self) -> bytes:
        """With which bytes."""
