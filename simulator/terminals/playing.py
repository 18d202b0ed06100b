"""A terminal that plays a day over real sockets, as badly as lines in the field are."""

import asyncio
import random
import time
from collections import deque
from collections.abc import Hashable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

from patrol.fix import Fix
from simulator.terminals.speech import Matter, Speech

_MOST_AT_ONCE = 12
_MOST_CUTS = 3
_ANSWERS_WITHIN_S = 10.0
_CONNECTS_WITHIN_S = 5.0
_READ_BYTES = 1 << 14
_OVERTAKE, _REPEAT, _SAY_AGAIN, _CUT, _LEAVE = 0.3, 0.05, 0.05, 0.04, 0.06
_BATCH = 0.5
_PAUSE_S = 0.3
_LOOK_S = 0.1


@dataclass(frozen=True, slots=True)
class Pace:
    """When fixes are due: evenly over `lasts_s` from `began_s`, a time of `time.monotonic`."""

    began_s: float
    lasts_s: float

    def due(self, count: int) -> int:
        """Return how many of `count` are due by now."""
        return min(count, int((time.monotonic() - self.began_s) / self.lasts_s * count) + 1)


@dataclass(slots=True)
class Told:
    """What a terminal has done; `ended_well` has its lines that nobody answers, with their time."""

    answered: list[Matter] = field(default_factory=list)
    ended_well: list[tuple[float, float, list[Matter]]] = field(default_factory=list)
    lines: int = 0
    cut: int = 0
    sent_again: int = 0
    repeated: int = 0


class Terminal:
    """Tells `matters` by its `speech` to a port; what is not answered is told again, late."""

    def __init__(self, speech: Speech, matters: Sequence[Matter], *, seed: str) -> None:
        self.told = Told()
        self._speech = speech
        self._ahead = deque(matters)
        self._all = len(matters)
        self._unanswered: list[Matter] = []
        self._flying: dict[Matter, None] = {}
        self._chance = random.Random(seed)  # noqa: S311 - the same seed, the same mischief

    async def play(self, host: str, port: int, pace: Pace) -> None:
        """Return when everything is told and answered."""
        while self._ahead or self._unanswered:
            with suppress(OSError, TimeoutError, asyncio.IncompleteReadError):
                await self._play_line(host, port, pace)
            self._take_back()
            await asyncio.sleep(self._chance.uniform(0, _PAUSE_S))

    async def _play_line(self, host: str, port: int, pace: Pace) -> None:
        opening = asyncio.open_connection(host, port)
        reader, writer = await asyncio.wait_for(opening, _CONNECTS_WITHIN_S)
        self._speech.begin()
        self.told.lines += 1
        began_s = time.monotonic()
        said: list[Matter] = []
        try:
            await self._log_in(reader, writer)
            while (self._ahead or self._unanswered) and self._chance.random() >= _LEAVE:
                group = await self._gather(pace)
                if not group:
                    break
                said += group
                await self._tell(group, reader, writer)
            if not self._speech.is_answered:
                await self._end_well(reader, writer)
                self.told.ended_well.append((began_s, time.monotonic(), said))
        finally:
            writer.transport.abort()

    async def _log_in(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while (greeting := self._speech.greet()) is not None:
            writer.write(greeting)
            if self._speech.is_answered:
                self._speech.hear(await _read(reader))

    async def _gather(self, pace: Pace) -> list[Matter]:
        """Return what is to be told now, waiting until some is due."""
        while True:
            late, self._unanswered = (
                self._unanswered[:_MOST_AT_ONCE],
                self._unanswered[_MOST_AT_ONCE:],
            )
            due = pace.due(self._all) - (self._all - len(self._ahead))
            count = min(due, self._chance.randint(1, _MOST_AT_ONCE), len(self._ahead))
            fresh = [self._ahead.popleft() for _ in range(count)]
            if late or fresh or not self._ahead:
                return self._shuffled(late + fresh)
            await asyncio.sleep(_LOOK_S)

    def _shuffled(self, group: list[Matter]) -> list[Matter]:
        if self._speech.is_answered and self._chance.random() < _OVERTAKE:
            self._chance.shuffle(group)
        return group

    async def _tell(
        self, group: list[Matter], reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        # Until it is answered it is to be told again, whatever ends this line.
        self._flying = dict.fromkeys(group) if self._speech.is_answered else {}
        frames, waiting = self._frames(group)
        data = b"".join(frames)
        if self._chance.random() < _CUT:
            await self._write(writer, data[: self._chance.randrange(len(data))])
            self.told.cut += 1
            raise ConnectionError("the line was cut")
        await self._write(writer, data)
        until_s = time.monotonic() + _ANSWERS_WITHIN_S
        while self._flying:
            if time.monotonic() > until_s:
                raise TimeoutError
            for answer in self._speech.hear(await _read(reader)):
                self._note(answer, waiting)
            if asked := self._speech.asked():
                writer.write(asked)

    def _frames(
        self, group: list[Matter]
    ) -> tuple[list[bytes], list[tuple[set[Hashable], Matter]]]:
        frames: list[bytes] = []
        waiting: list[tuple[set[Hashable], Matter]] = []
        for matter in group:
            times = 2 if self._chance.random() < _SAY_AGAIN else 1
            for _ in range(times):
                told = self._speech.say(matter)
                waiting.append((set(told.answers), matter))
                frames += told.frames
            self.told.repeated += times - 1
        if self._speech.can_repeat:
            again = [one for one in frames if self._chance.random() < _REPEAT]
            self.told.repeated += len(again)
            frames = [one for frame in frames for one in [frame] * (1 + (frame in again))]
        if self._speech.can_reorder and self._chance.random() < _OVERTAKE:
            self._chance.shuffle(frames)
        return frames, waiting

    def _note(self, answer: Hashable, waiting: list[tuple[set[Hashable], Matter]]) -> None:
        for answers, matter in waiting:
            answers.discard(answer)
            if not answers and matter in self._flying:
                del self._flying[matter]
                self.told.answered.append(matter)

    async def _write(self, writer: asyncio.StreamWriter, data: bytes) -> None:
        """Write in pieces that end anywhere, each on its way before the next."""
        cuts = sorted(
            self._chance.choices(range(len(data) + 1), k=self._chance.randint(0, _MOST_CUTS))
        )
        for first, last in zip([0, *cuts], [*cuts, len(data)], strict=True):
            writer.write(data[first:last])
            await writer.drain()
            await asyncio.sleep(0)

    async def _end_well(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Say that this was all, and wait until the other side has read it to its end."""
        writer.write_eof()
        while await asyncio.wait_for(reader.read(_READ_BYTES), _ANSWERS_WITHIN_S):
            pass

    def _take_back(self) -> None:
        late = [replace(one, is_late=True) for one in self._flying]
        self.told.sent_again += len(late)
        self._flying = {}
        self._unanswered += _together(late, self._speech.most_fixes, self._chance)


def _together(late: list[Matter], most: int, chance: random.Random) -> list[Matter]:
    """Put what was not answered into batches, where the protocol has such."""
    if most == 1 or chance.random() >= _BATCH:
        return late
    plain = [one for one in late if not one.picture]
    fixes: list[Fix] = [fix for one in plain for fix in one.fixes]
    batches = [
        Matter(tuple(fixes[at : at + most]), is_late=True) for at in range(0, len(fixes), most)
    ]
    return batches + [one for one in late if one.picture]


async def _read(reader: asyncio.StreamReader) -> bytes:
    data = await asyncio.wait_for(reader.read(_READ_BYTES), _ANSWERS_WITHIN_S)
    if not data:
        raise ConnectionError("the other side has ended the line")
    return data
