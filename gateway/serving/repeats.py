"""What terminals have said before, whatever line it came by. Pure."""

from array import array

from patrol.ids import TerminalId
from patrol.messages import Position

# As many as one message holds, or as wait for an answer on a bad line; 16 bytes each.
MOST_REMEMBERED = 32
# The same instant this far away, some 10 m, is not the same fix: its clock stands.
_ELSEWHERE_E7 = 1000

DUPLICATE = "duplicate"
CLOCK_STUCK = "clock_stuck"


class Repeats:
    """The last fixes of each terminal, and whose clock is known to be wrong.

    Only for counting: a fix that is told again may be one that could not be kept before.
    """

    def __init__(self) -> None:
        self._last: dict[TerminalId, tuple[array[int], array[int]]] = {}
        self._wrong: set[TerminalId] = set()

    def look(self, terminal: TerminalId, position: Position) -> str | None:
        """Return what a fix repeats, None for a new one, and remember it."""
        last = self._last.get(terminal)
        if last is None:
            last = self._last[terminal] = array("q"), array("i")
        epochs, places = last
        if position.epoch_ms in epochs:
            at = 2 * epochs.index(position.epoch_ms)
            off_e7 = abs(position.lat_e7 - places[at]), abs(position.lon_e7 - places[at + 1])
            return CLOCK_STUCK if max(off_e7) > _ELSEWHERE_E7 else DUPLICATE
        epochs.append(position.epoch_ms)
        places.extend((position.lat_e7, position.lon_e7))
        if len(epochs) > MOST_REMEMBERED:
            del epochs[0], places[:2]
        return None

    def begins(self, terminal: TerminalId, *, is_wrong: bool) -> bool:
        """Return whether a terminal's clock is wrong and was not at its last fix."""
        if is_wrong == (terminal in self._wrong):
            return False
        if is_wrong:
            self._wrong.add(terminal)
        else:
            self._wrong.discard(terminal)
        return is_wrong
