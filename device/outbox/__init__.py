"""What the terminal keeps until the server has it: one SQLite file."""

from device.outbox.files import OutboxDamagedError, OutboxFullError
from device.outbox.letters import Letter, LetterKind
from device.outbox.mending import Mended, mend
from device.outbox.outbox import Outbox, count_at
from device.outbox.values import NO_END, OLDEST, Batch, Count, Limits, Mark, since_boot_s

__all__ = [
    "NO_END",
    "OLDEST",
    "Batch",
    "Count",
    "Letter",
    "LetterKind",
    "Limits",
    "Mark",
    "Mended",
    "Outbox",
    "OutboxDamagedError",
    "OutboxFullError",
    "count_at",
    "mend",
    "since_boot_s",
]
