"""Working time as the simulated city has it: offices from Monday to Friday, clocks of UTC+8.

Counted in whole seconds since 1970, by looking up how much had been worked until a moment. It
shares nothing with the calendar of the product.
"""

from bisect import bisect_left, bisect_right
from typing import Final

DAY_S: Final = 86_400
HOUR_S: Final = 3_600
# Clocks in the city are ahead of UTC by so much all year.
AHEAD_S: Final = 8 * HOUR_S

_MORNING: Final = (8 * HOUR_S + HOUR_S // 2, 12 * HOUR_S)
_AFTERNOON: Final = (13 * HOUR_S + HOUR_S // 2, 17 * HOUR_S + HOUR_S // 2)
_DAYS_OF_WEEK: Final = 7
_WEEKEND: Final = (5, 6)
# 1970-01-01 was a Thursday.
_FIRST_WEEKDAY: Final = 3
# Longer than any limit reaches back, or on.
_BEFORE_DAYS: Final = 60
_AFTER_DAYS: Final = 200


class Hours:
    """Offices' hours around the days from the local midnight `start_s` on."""

    def __init__(self, start_s: int) -> None:
        first = (start_s + AHEAD_S) // DAY_S - _BEFORE_DAYS
        self._starts: list[int] = []
        self._ends: list[int] = []
        # What had been worked when each of them began, and when it ended.
        self._before: list[int] = []
        self._with: list[int] = []
        worked = 0
        for day in range(first, first + _BEFORE_DAYS + _AFTER_DAYS):
            if (day + _FIRST_WEEKDAY) % _DAYS_OF_WEEK in _WEEKEND:
                continue
            for opens_s, closes_s in (_MORNING, _AFTERNOON):
                self._starts.append(day * DAY_S + opens_s - AHEAD_S)
                self._ends.append(day * DAY_S + closes_s - AHEAD_S)
                self._before.append(worked)
                worked += closes_s - opens_s
                self._with.append(worked)

    def worked(self, at_s: int) -> int:
        """Return the seconds that had been worked until a moment."""
        number = bisect_right(self._starts, at_s) - 1
        return self._before[number] + min(at_s, self._ends[number]) - self._starts[number]

    def after(self, at_s: int, length_s: int) -> int:
        """Return the first moment by which so much more was worked; the last one, if less."""
        if length_s == 0:
            return at_s
        wanted = self.worked(at_s) + length_s
        if length_s > 0:
            number = bisect_left(self._with, wanted)
        else:
            number = bisect_right(self._before, wanted) - 1
        return self._starts[number] + wanted - self._before[number]
