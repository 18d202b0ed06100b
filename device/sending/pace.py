"""How much is sent at once, by how the line does."""

from patrol.messages import MAX_FIXES

# What a line that keeps breaking can still carry between two breaks.
_LEAST_FIXES = 10
_FIRST_WINDOW = 2
_QUICK_S = 5.0
_SLOW_S = 20.0


class Pace:
    """Size and number of the batches of a backlog: more with each quick answer, less with trouble.

    `batch_fixes` is the size of a batch, `window` how many may wait for their answer.
    """

    def __init__(self, *, first_fixes: int, most_window: int) -> None:
        self.batch_fixes = first_fixes
        self.window = min(_FIRST_WINDOW, most_window)
        self._most_window = most_window

    def answered(self, took_s: float) -> None:
        """Note that a batch was stored so long after it was sent."""
        if took_s <= _QUICK_S:
            self.batch_fixes = min(2 * self.batch_fixes, MAX_FIXES)
            self.window = min(2 * self.window, self._most_window)
        elif took_s >= _SLOW_S:
            self.batch_fixes = max(self.batch_fixes // 2, _LEAST_FIXES)

    def failed(self) -> None:
        """Note that the line broke, or that an answer did not come."""
        self.batch_fixes = max(self.batch_fixes // 4, _LEAST_FIXES)
        self.window = min(_FIRST_WINDOW, self._most_window)
