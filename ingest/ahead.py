"""One piece of work ahead: the next one is made while the one in hand is used."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Generic, TypeVar

T = TypeVar("T")


class Ahead(Generic[T]):
    """Makes things one after the other in a thread of its own, never more than one ahead."""

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="ahead")
        self._next: Future[T] = self._pool.submit(make)

    @property
    def is_ready(self) -> bool:
        """Whether `take` returns at once."""
        return self._next.done()

    def take(self) -> T:
        """Return the next thing, in the order in which they are made; its errors pass through."""
        taken = self._next.result()
        self._next = self._pool.submit(self._make)
        return taken

    def close(self) -> None:
        """Wait for what is being made; nobody takes it any more."""
        self._pool.shutdown()
