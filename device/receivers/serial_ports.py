"""Serial ports: one that is given, or whichever a receiver is on, at whatever speed it speaks."""

import errno
import termios
import time
from collections import deque
from collections.abc import Callable, Sequence

import serial

from device.epochs import FixReader
from device.receivers.finding import Candidate, find_candidates
from device.receivers.memory import Memory, Remembered
from device.receivers.state import Condition, PortError
from device.receivers.streams import SILENCE_S

# In the order in which receivers come: the standard's, modern ones, older ones.
_PROBED = (9600, 115_200, 38_400, 4800, 57_600, 19_200)
# A receiver speaks once a second; whoever speaks more seldom is heard in a later round.
_PATIENCE_S = 1.5
_MOST_PATIENCE_S = 6.0
# A receiver that was understood may pause; only then may it have changed its speed.
_TRUST_S = 5.0
_CONDITIONS = {
    errno.ENOENT: Condition.MISSING,
    errno.ENODEV: Condition.MISSING,
    errno.ENXIO: Condition.MISSING,
    errno.EIO: Condition.MISSING,
    errno.EACCES: Condition.FORBIDDEN,
    errno.EPERM: Condition.FORBIDDEN,
    errno.EBUSY: Condition.BUSY,
    errno.EAGAIN: Condition.BUSY,
}

Candidates = Callable[[], Sequence[Candidate]]


class SerialStream:
    """An open port; where several speeds are given, it changes them until sentences come.

    On trial it ends with a PortError when nothing comes, or no sentence at any speed.
    """

    is_live = True
    trouble = None

    def __init__(
        self,
        path: str,
        bauds: Sequence[int],
        *,
        settled: Callable[[str, int], None],
        trial_s: float | None = None,
    ) -> None:
        self.where = path
        self.baud = bauds[0]
        self.reader = FixReader()
        self._bauds = bauds
        self._settled = settled
        self._trial_s = trial_s
        self._heard = self._noise = self._turns = 0
        self._is_settled = False
        self._since_s = time.monotonic()
        self._line = _opened(path, self.baud)

    @property
    def is_trial(self) -> bool:
        """Whether nobody knows yet that a receiver is there."""
        return self._trial_s is not None

    def read(self) -> bytes:
        """Return what has come, nothing after a silence."""
        self._look()
        try:
            data: bytes = self._line.read(self._line.in_waiting or 1)
        except (OSError, termios.error, TypeError) as error:
            # pyserial compares with None when the port is gone between two calls.
            raise PortError(Condition.LOST, f"{self.where} is gone: {error}") from error
        self._noise += len(data)
        return data

    def close(self) -> None:
        """Let go of the port."""
        self._line.close()

    def _look(self) -> None:
        if self.reader.heard > self._heard:
            self._heard = self.reader.heard
            if not self._is_settled:
                self._is_settled, self._trial_s = True, None
                self._settled(self.where, self.baud)
            self._begin()
        elif time.monotonic() - self._since_s >= self._patience_s():
            if self._noise and len(self._bauds) > 1:
                self._turn()
            elif self._trial_s is not None:
                self._give_up(Condition.UNREADABLE if self._noise else Condition.SILENT)
            self._begin()

    def _begin(self) -> None:
        self._noise, self._since_s = 0, time.monotonic()

    def _patience_s(self) -> float:
        if self._is_settled:
            return _TRUST_S
        rounds = 1 + self._turns // len(self._bauds)
        return self._trial_s or min(_PATIENCE_S * rounds, _MOST_PATIENCE_S)

    def _turn(self) -> None:
        self._turns += 1
        if self._trial_s is not None and self._turns == len(self._bauds):
            self._give_up(Condition.UNREADABLE)
        self.baud = self._bauds[self._turns % len(self._bauds)]
        try:
            self._line.baudrate = self.baud
        except (OSError, termios.error, ValueError) as error:
            raise PortError(Condition.LOST, f"{self.where} is gone: {error}") from error
        self._is_settled = False

    def _give_up(self, condition: Condition) -> None:
        raise PortError(condition, f"no receiver speaks on {self.where}", is_trial=True)


class GivenPort:
    """The port at a path, or the same device under the name that it was given since."""

    def __init__(
        self, path: str, baud: int, *, memory: Memory, candidates: Candidates = find_candidates
    ) -> None:
        self._path = path
        self._baud = baud
        self._memory = memory
        self._candidates = candidates

    def open(self) -> SerialStream:
        """Return the open port, or raise PortError."""
        bauds = _bauds(self._baud, self._memory.read())
        try:
            return SerialStream(self._path, bauds, settled=self._settle)
        except PortError as error:
            other = self._moved() if error.condition is Condition.MISSING else None
            if other is None:
                raise
        return SerialStream(other, bauds, settled=self._settle)

    def _moved(self) -> str | None:
        known = self._memory.read()
        if known is None or not known.usb or known.given != self._path:
            return None
        return next((one.path for one in self._candidates() if one.usb == known.usb), None)

    def _settle(self, path: str, baud: int) -> None:
        usb = _usb_of(path, self._candidates)
        self._memory.write(Remembered(given=self._path, path=path, baud=baud, usb=usb))


class AnyPort:
    """Whichever port a receiver speaks on: the likely ones first, one after the other."""

    def __init__(
        self, baud: int, *, memory: Memory, candidates: Candidates = find_candidates
    ) -> None:
        self._baud = baud
        self._memory = memory
        self._candidates = candidates
        self._queue: deque[Candidate] = deque()
        self._rounds = 0
        self._is_searching = False

    def open(self) -> SerialStream:
        """Return the next port that opens, on trial; raise PortError when a round has ended."""
        known = self._memory.read()
        if not self._is_searching:
            self._is_searching = True
            self._rounds += 1
            self._worst: PortError | None = None
            self._queue.extend(sorted(self._candidates(), key=lambda one: _order(one, known)))
        trial_s = min(_PATIENCE_S * self._rounds, _MOST_PATIENCE_S)
        while self._queue:
            path, bauds = self._queue.popleft().path, _bauds(self._baud, known)
            try:
                return SerialStream(path, bauds, settled=self._settle, trial_s=trial_s)
            except PortError as error:
                self._worst = error
        self._is_searching = False
        if self._worst is None:
            raise PortError(Condition.MISSING, "no receiver speaks on any serial port")
        raise PortError(self._worst.condition, f"no receiver is found; {self._worst}")

    def _settle(self, path: str, baud: int) -> None:
        self._queue.clear()
        self._rounds = 0
        self._is_searching = False
        usb = _usb_of(path, self._candidates)
        self._memory.write(Remembered(given="auto", path=path, baud=baud, usb=usb))


def _opened(path: str, baud: int) -> serial.Serial:
    try:
        return serial.Serial(path, baud, timeout=SILENCE_S, exclusive=True)
    except (OSError, termios.error, ValueError) as error:
        number = error.args[0] if error.args and isinstance(error.args[0], int) else None
        condition = _CONDITIONS.get(number or 0, Condition.MISSING)
        raise PortError(condition, f"{path} cannot be opened: {error}") from error


def _bauds(baud: int, known: Remembered | None) -> Sequence[int]:
    if baud:
        return (baud,)
    first = (known.baud,) if known is not None and known.baud in _PROBED else ()
    return tuple(dict.fromkeys((*first, *_PROBED)))


def _order(candidate: Candidate, known: Remembered | None) -> tuple[bool, bool, int, str]:
    is_known = known is not None and bool(candidate.usb) and candidate.usb == known.usb
    is_there = known is not None and candidate.path == known.path
    return not is_known, not is_there, candidate.order, candidate.path


def _usb_of(path: str, candidates: Candidates) -> str:
    return next((one.usb for one in candidates() if one.path == path), "")
