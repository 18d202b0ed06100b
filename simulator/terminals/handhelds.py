"""How handhelds that speak JT/T 808 hold a conversation."""

import struct
from collections.abc import Hashable, Iterator

from patrol.fix import epoch_ms
from simulator.terminals import jt808
from simulator.terminals.speech import Matter, Speech, Utterance


class Jt808(Speech):
    """A handheld of 2013: registers once, then logs in; what is late goes in batches."""

    most_fixes = 20

    def __init__(self, identity: str) -> None:
        super().__init__(identity)
        self._serial = 0
        self._code: bytes | None = None
        self._is_in = False
        self._rest = b""

    def begin(self) -> None:
        """Forget what was heard on the last line."""
        self._is_in, self._rest = False, b""

    def greet(self) -> bytes | None:
        """Return what is to be said before anything else, None where that is done."""
        if self._is_in:
            return None
        if self._code is None:
            return self._frame(jt808.REGISTER, self._registration())
        return self._frame(jt808.AUTHENTICATE, self._authentication(self._code))

    def say(self, matter: Matter) -> Utterance:
        """Return a matter in frames."""
        locations = [jt808.location(one) for one in matter.fixes]
        if len(locations) > 1 or matter.is_late:
            body = jt808.batch(locations, is_late=matter.is_late)
            frame = self._frame(jt808.BATCH, body)
        else:
            frame = self._frame(jt808.LOCATION, locations[0])
        return Utterance((frame,), frozenset({self._serial}))

    def hear(self, data: bytes) -> list[Hashable]:
        """Return the answers that are in what came."""
        *frames, self._rest = (self._rest + data).split(b"\x7e")
        return [one for frame in frames if frame for one in self._read(*jt808.heard(frame))]

    def _read(self, message: int, body: bytes) -> Iterator[Hashable]:
        if message == jt808.REGISTERED and body[2] == 0:
            self._code = body[3:]
        elif message == jt808.REPLY:
            serial, answered, result = struct.unpack(">HHB", body)
            if result == 0 and answered == jt808.AUTHENTICATE:
                self._is_in = True
            elif result == 0:
                yield serial

    def _next(self) -> int:
        self._serial = (self._serial + 1) & 0xFFFF
        return self._serial

    def _frame(self, message: int, body: bytes) -> bytes:
        return jt808.frame(message, body, phone=self.identity, serial=self._next())

    def _registration(self) -> bytes:
        return jt808.registration()

    def _authentication(self, code: bytes) -> bytes:
        return code


class Jt808Of2019(Jt808):
    """A handheld of 2019 that takes pictures, which go in parts."""

    def __init__(self, identity: str) -> None:
        super().__init__(identity)
        self._parts: dict[int, list[bytes]] = {}
        self._asked = b""

    def begin(self) -> None:
        """Forget what was heard on the last line."""
        super().begin()
        self._asked = b""
        self._parts.clear()

    def say(self, matter: Matter) -> Utterance:
        """Return a matter in frames."""
        told = super().say(matter)
        if not matter.picture:
            return told
        fix = matter.fixes[0]
        media_id = epoch_ms(fix.epoch) // 1000 & 0xFFFFFFFF
        bodies = jt808.picture(media_id, fix, matter.picture)
        parts = [
            jt808.frame_2019(
                jt808.MEDIA,
                body,
                phone=self.identity,
                serial=self._next(),
                part=(len(bodies), number),
            )
            for number, body in enumerate(bodies, start=1)
        ]
        self._parts[media_id] = parts
        return Utterance((*told.frames, *parts), told.answers | {("picture", media_id)})

    def asked(self) -> bytes:
        """Return what the other side wants to have again."""
        asked, self._asked = self._asked, b""
        return asked

    def _read(self, message: int, body: bytes) -> Iterator[Hashable]:
        if message != jt808.MEDIA_REPLY:
            yield from super()._read(message, body)
            return
        (media_id,) = struct.unpack_from(">I", body)
        missing = struct.unpack(f">{body[4]}H", body[5:]) if len(body) > 4 else ()  # noqa: PLR2004 - the picture's number
        if not missing:
            yield "picture", media_id
        for number in missing:
            self._asked += self._parts[media_id][number - 1]

    def _frame(self, message: int, body: bytes) -> bytes:
        return jt808.frame_2019(message, body, phone=self.identity, serial=self._next())

    def _registration(self) -> bytes:
        return jt808.registration_2019()

    def _authentication(self, code: bytes) -> bytes:
        return jt808.authentication_2019(code)
