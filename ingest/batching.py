"""Cutting a stream of messages into batches.

A batch takes what is already there and does not wait for more: a trickle is committed at
once, and while one batch is being committed the next one gathers.
"""

from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

Receive = Callable[[float], T | None]


def gather(receive: Receive[T], *, most: int, wait_s: float) -> list[T]:
    """Return up to `most` messages, or none when the first does not come within `wait_s`.

    `receive(timeout_s)` returns the next message, or None when none came in time.
    """
    batch: list[T] = []
    timeout_s = wait_s
    while len(batch) < most and (message := receive(timeout_s)) is not None:
        batch.append(message)
        timeout_s = 0.0
    return batch
