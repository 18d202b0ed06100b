"""Which terminals are there. Pure: times are seconds of one clock that never goes back."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from patrol.ids import TerminalId
from patrol.messages import State

# A terminal that stays is told of anew, so that its counts are not too old.
AGAIN_S = 900.0
_AT_ONCE = 2_000


@dataclass(slots=True)
class Standings:
    """Terminals by when they were heard; lost are those whose line is gone or that are silent.

    A line that is back within `grace_s` was never gone: in the field they break all the time.
    """

    silent_s: float
    grace_s: float
    _heard: dict[TerminalId, float] = field(default_factory=dict)
    _gone: dict[TerminalId, float] = field(default_factory=dict)
    _told: dict[TerminalId, tuple[State, float]] = field(default_factory=dict)
    _ahead: list[TerminalId] = field(default_factory=list)

    def heard(self, terminal: TerminalId, now_s: float) -> None:
        """Note a sign of life."""
        self._heard[terminal] = now_s
        if self._gone:
            self._gone.pop(terminal, None)

    def gone(self, terminal: TerminalId, now_s: float) -> None:
        """Note that its line has ended."""
        self._gone.setdefault(terminal, now_s)

    def recall(self, terminals: Iterable[TerminalId], now_s: float) -> None:
        """Note who was there when this process began: they have the grace to come back."""
        for terminal in terminals:
            self._told[terminal] = State.ONLINE, now_s
            if terminal not in self._heard:
                self._heard[terminal] = self._gone[terminal] = now_s

    def due(self, now_s: float, *, most: int) -> list[tuple[TerminalId, State]]:
        """Return up to `most` terminals that are to be told of, and how they are.

        It looks at a few thousand each time, one after the other, because lines wait meanwhile.
        """
        if not self._ahead:
            self._ahead = list(self._heard)
        look, self._ahead = self._ahead[:_AT_ONCE], self._ahead[_AT_ONCE:]
        found = []
        for terminal in look:
            if terminal not in self._heard:
                continue
            state = self._state(terminal, now_s)
            told = self._told.get(terminal)
            is_new = told is None or told[0] is not state
            is_old = told is not None and state is State.ONLINE and now_s - told[1] > AGAIN_S
            if is_new or is_old:
                found.append((terminal, state))
                if len(found) == most:
                    break
        return found

    def told(self, told: Iterable[tuple[TerminalId, State]], now_s: float) -> None:
        """Note what was said."""
        for terminal, state in told:
            self._told[terminal] = state, now_s
            # It may have come back while that was said.
            if terminal in self._heard and self._state(terminal, now_s) is State.LOST:
                del self._heard[terminal]
                self._gone.pop(terminal, None)

    def forget_told(self) -> None:
        """Have all told anew: the broker may have forgotten it."""
        self._told.clear()

    def _state(self, terminal: TerminalId, now_s: float) -> State:
        gone_s = self._gone.get(terminal)
        is_gone = gone_s is not None and now_s - gone_s > self.grace_s
        is_silent = now_s - self._heard[terminal] > self.silent_s
        return State.LOST if is_gone or is_silent else State.ONLINE
