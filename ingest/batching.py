"""Cutting a stream of messages into batches.

A batch takes what is already there and does not wait for more: a trickle is committed at
once, and while one batch is being committed the next one gathers.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")

Receive = Callable[[float], T | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Size(Generic[T]):
    """When a batch is full: at so many messages, or when they weigh so much together."""

    messages: int
    weight: int
    weigh: Callable[[T], int]


def gather(receive: Receive[T], *, size: Size[T], wait_s: float) -> list[T]:
    """Return what is there up to `size`; none when the first does not come within `wait_s`.

    `receive(timeout_s)` returns the next message, or None when none came in time.
    """
    batch: list[T] = []
    timeout_s, weight = wait_s, 0
    while len(batch) < size.messages and weight < size.weight:
        message = receive(timeout_s)
        if message is None:
            break
        batch.append(message)
        weight += size.weigh(message)
        timeout_s = 0.0
    return batch
