"""Where the Unix socket of an agent is."""

from pathlib import Path


def socket_of(outbox: Path) -> Path:
    """Return the Unix socket of the agent that writes `outbox`."""
    return outbox.with_name(outbox.name + ".sock")
