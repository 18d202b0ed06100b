"""One piece of work ahead: the next one is made while the one in hand is used."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Generic, TypeVar

T = TypeVar("T")


class Ahead(Generic[T]):
    """Makes things one after the other in a thread of its own, never more than one ahead.

    `make(is_wanted)` may go on with a thing until somebody waits for it, or nobody ever will.
    """

    def __init__(self, make: Callable[[Callable[[], bool]], T]) -> None:
        self._make = make
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="ahead")
        self._is_wanted = False
        self._next: Future[T] = self._pool.submit(make, lambda: self._is_wanted)

    @property
    def is_ready(self) -> bool:
        """Whether `take` returns at once."""
        return self._next.done()

    def take(self) -> T:
        """Return the next thing, in the order in which they are made; its errors pass through."""
        self._is_wanted = True
        taken = self._next.result()
        self._is_wanted = False
        self._next = self._pool.submit(self._make, lambda: self._is_wanted)
        return taken

    def close(self) -> None:
        """Wait for what is being made; nobody takes it any more."""
        self._is_wanted = True
        self._pool.shutdown()
