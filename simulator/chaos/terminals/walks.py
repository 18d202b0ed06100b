"""What the terminals of a chaos run measure: every fix is made of its number alone.

So nothing needs to be kept to send a fix again, or to know at the end what must be stored.
"""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from patrol.ids import TerminalId, WorkerId

STEP_MS = 10_000
# How far a clock that was set back repeats itself; the places that it has by then are others.
BACK_FIXES = 40

# A window lasts 24 h at most.
_LONGEST_PERIOD = 8_000
_SHORTEST_PERIOD = 20
_HOUR_MS = 3_600_000
_DAY_MS = 24 * _HOUR_MS
# Receivers count weeks with ten bits.
_ROUND_MS = 1024 * 7 * _DAY_MS
# Far enough behind that no fix looks like a live one of a clock that is whole hours off.
_LATEST_MS = 4 * _DAY_MS
# The far ends of what a wrong clock says, from the start of the run; the fixes between tell
# the milliseconds of their numbers, so that no two of them are at one time.
_AHEAD_MS = 5 * _DAY_MS
_BEHIND_MS = _ROUND_MS + 6 * _HOUR_MS
_MIDDLE_E7 = (306_600_000, 1_040_600_000)
_STRIDE_E7 = (2_003, 1_009)
_TURNS_AFTER = (1_000, 777)
_APART_E7 = 50_000


class Clock(IntEnum):
    """How a terminal's clock was when a fix was measured."""

    RIGHT = 0
    AHEAD = 1
    WEEKS = 2
    BACK = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Walks:
    """So many terminals with so many fixes each; the run begins at `now_ms`.

    The fixes are of the days before. Of every `period` the last tenth is off duty.
    """

    terminals: int
    fixes: int
    now_ms: int

    @property
    def total(self) -> int:
        """How many fixes there are in all."""
        return self.terminals * self.fixes

    @property
    def period(self) -> int:
        """How many fixes there are from the begin of a duty to the begin of the next one."""
        return min(_LONGEST_PERIOD, max(_SHORTEST_PERIOD, self.fixes // 10))

    @property
    def start_ms(self) -> int:
        """When the first fix is measured."""
        start_ms = self.now_ms - _LATEST_MS - self.fixes * STEP_MS
        return start_ms - start_ms % STEP_MS

    def epochs_ms(self, index: NDArray[np.int64], clocks: NDArray[np.uint8]) -> NDArray[np.int64]:
        """Return what a terminal's clock says at its fixes, counted from 0."""
        right = self.start_ms + index * STEP_MS
        choices = [
            right,
            self.now_ms + _AHEAD_MS + index,
            self.now_ms - _BEHIND_MS + index,
            right - BACK_FIXES * STEP_MS,
        ]
        return np.choose(clocks, choices)

    def places_e7(
        self, terminal: int, index: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return latitudes and longitudes of a terminal's fixes, in 1e-7 degrees."""
        lat_e7 = _MIDDLE_E7[0] + terminal * _APART_E7 + index % _TURNS_AFTER[0] * _STRIDE_E7[0]
        lon_e7 = _MIDDLE_E7[1] + index % _TURNS_AFTER[1] * _STRIDE_E7[1]
        return lat_e7, lon_e7

    def is_on_duty(self, epochs_ms: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Return which of the times of right clocks lie within a duty window."""
        number = (epochs_ms - self.start_ms) // STEP_MS
        on_duty: NDArray[np.bool_] = (number >= 0) & (number % self.period < self._on_duty)
        return on_duty

    def duty_ms(self) -> list[tuple[int, int]]:
        """Return the duty windows of every worker: those of the fixes, and half a day around now."""
        spans = [
            (
                self.start_ms + first * STEP_MS,
                self.start_ms + (first + self._on_duty) * STEP_MS,
            )
            for first in range(0, self.fixes, self.period)
        ]
        # A wrong clock is told from off duty by the duty at the moment at which it is heard.
        return [*spans, (self.now_ms - 12 * _HOUR_MS, self.now_ms + 11 * _HOUR_MS)]

    @property
    def _on_duty(self) -> int:
        return self.period * 9 // 10


def terminal_name(number: int) -> TerminalId:
    """Return the id of a terminal, counted from 0."""
    return TerminalId(f"C{number:04}")


def worker_name(number: int) -> WorkerId:
    """Return the id of whoever carries that terminal."""
    return WorkerId(f"CW{number:04}")


def outbox_name(number: int) -> str | None:
    """Return the id of a terminal's outbox; every fourth terminal names none."""
    return None if number % 4 == 3 else f"outbox-{number}"  # noqa: PLR2004 - the last of four
