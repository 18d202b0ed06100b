"""Messages as they came, whoever carried them."""

from typing import Protocol

from ingest.quarantine import Code, Refusal


class Letter(Protocol):
    """A topic and what was said on it."""

    @property
    def topic(self) -> str:
        """On which topic."""

    @property
    def payload(self) -> bytes:
        """With which bytes."""


def refuse(letter: Letter, reason: str, code: Code) -> Refusal:
    """Return a letter as one that is refused."""
    return Refusal(letter.topic, letter.payload, reason, code)
