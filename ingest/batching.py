"""Cutting a stream of messages into batches.

A batch takes what is already there, and what comes until somebody wants it. So a trickle is
committed at once, and all that comes while one batch is being committed is in the next one.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")

Receive = Callable[[float], T | None]

# How soon somebody who wants a batch has it although nothing comes any more.
_LINGER_S = 0.001


@dataclass(frozen=True, slots=True, kw_only=True)
class Size(Generic[T]):
    """When a batch is full: at so many messages, or when they weigh so much together."""

    messages: int
    weight: int
    weigh: Callable[[T], int]


def gather(
    receive: Receive[T], *, size: Size[T], wait_s: float, is_wanted: Callable[[], bool]
) -> Iterator[T]:
    """Yield what comes up to `size`, until it `is_wanted` and no more of it is there.

    `receive(timeout_s)` returns the next message, or None when none came in time. When the first
    one does not come within `wait_s`, there is none.
    """
    message = receive(wait_s)
    count = weight = 0
    while message is not None or not (count == 0 or is_wanted()):
        if message is None:
            message = receive(_LINGER_S)
            continue
        yield message
        count, weight = count + 1, weight + size.weigh(message)
        if count >= size.messages or weight >= size.weight:
            return
        message = receive(0.0)
