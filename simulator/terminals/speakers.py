"""How trackers, phones and plain receivers hold a conversation, if they do."""

from abc import abstractmethod
from collections import deque
from collections.abc import Hashable, Mapping

from patrol.fix import epoch_ms
from simulator.nmea import MODELS, sentence
from simulator.terminals import gt06, phones
from simulator.terminals.speech import Matter, Speech, Utterance


class Gt06(Speech):
    """A tracker: the login names it, and a heartbeat's answer says that all before is taken."""

    can_reorder = False
    _ANSWER_BYTES = 10

    def __init__(self, identity: str) -> None:
        super().__init__(identity)
        self._serial = 0
        self._is_in = False
        self._rest = b""

    def begin(self) -> None:
        """Forget what was heard on the last line."""
        self._is_in, self._rest = False, b""

    def greet(self) -> bytes | None:
        """Return what is to be said before anything else, None where that is done."""
        return None if self._is_in else self._frame(gt06.LOGIN, gt06.login(self.identity))

    def say(self, matter: Matter) -> Utterance:
        """Return a matter in frames."""
        place = self._frame(gt06.UPLOADED, gt06.uploaded(matter.fixes[0], is_late=matter.is_late))
        beat = self._frame(gt06.HEARTBEAT, bytes.fromhex("0504030001"))
        return Utterance((place, beat), frozenset({self._serial}))

    def hear(self, data: bytes) -> list[Hashable]:
        """Return the answers that are in what came."""
        self._rest += data
        found: list[Hashable] = []
        while len(self._rest) >= self._ANSWER_BYTES:
            frame, self._rest = self._rest[: self._ANSWER_BYTES], self._rest[self._ANSWER_BYTES :]
            self._is_in |= frame[3] == gt06.LOGIN
            if frame[3] == gt06.HEARTBEAT:
                found.append(int.from_bytes(frame[4:6], "big"))
        return found

    def _frame(self, kind: int, content: bytes) -> bytes:
        self._serial = (self._serial + 1) & 0xFFFF
        return gt06.frame(kind, content, serial=self._serial)


class Phone(Speech):
    """An HTTP client: answers come in the order of the requests."""

    can_reorder = False
    can_repeat = False

    def __init__(self, identity: str) -> None:
        super().__init__(identity)
        self._asked: deque[int] = deque()
        self._number = 0
        self._rest = b""

    def begin(self) -> None:
        """Forget what was heard on the last line."""
        self._asked.clear()
        self._rest = b""

    def greet(self) -> bytes | None:
        """Return what is to be said before anything else, None where that is done."""
        return None

    def say(self, matter: Matter) -> Utterance:
        """Return a matter in frames."""
        self._number += 1
        self._asked.append(self._number)
        return Utterance((self._request(matter),), frozenset({self._number}))

    def hear(self, data: bytes) -> list[Hashable]:
        """Return the answers that are in what came."""
        self._rest += data
        found: list[Hashable] = []
        while b"\r\n\r\n" in self._rest:
            head, _, behind = self._rest.partition(b"\r\n\r\n")
            fields = head.lower().split(b"\r\n")
            sizes = [int(one[15:]) for one in fields if one.startswith(b"content-length:")]
            size = sizes[0] if sizes else 0
            if len(behind) < size:
                break
            self._rest = behind[size:]
            number = self._asked.popleft()
            if head.split()[1] == b"200":
                found.append(number)
        return found

    @abstractmethod
    def _request(self, matter: Matter) -> bytes: ...


class OsmAnd(Phone):
    """A phone with Traccar Client."""

    def _request(self, matter: Matter) -> bytes:
        return phones.osmand(matter.fixes[0], device=self.identity)


class OwnTracks(Phone):
    """A phone with OwnTracks; `identity` is user/device."""

    def _request(self, matter: Matter) -> bytes:
        user, _, device = self.identity.partition("/")
        fix = matter.fixes[0]
        return phones.owntracks(fix, user=user, device=device, picture=matter.picture)


class Nmea(Speech):
    """A sender of a receiver's sentences, by time; nobody ever answers it."""

    can_reorder = False
    is_answered = False

    def __init__(self, identity: str, sentences: Mapping[int, bytes]) -> None:
        super().__init__(identity)
        self._sentences = sentences
        self._is_in = False

    def begin(self) -> None:
        """Forget what was heard on the last line."""
        self._is_in = False

    def greet(self) -> bytes | None:
        """Return what is to be said before anything else, None where that is done."""
        if self._is_in:
            return None
        self._is_in = True
        return sentence(f"PGID,{self.identity}", MODELS["gps-v30"])

    def say(self, matter: Matter) -> Utterance:
        """Return a matter in frames."""
        frames = tuple(self._sentences[epoch_ms(one.epoch)] for one in matter.fixes)
        return Utterance(frames, frozenset())

    def hear(self, data: bytes) -> list[Hashable]:  # noqa: ARG002 - there is nothing to hear
        """Return the answers that are in what came."""
        return []
