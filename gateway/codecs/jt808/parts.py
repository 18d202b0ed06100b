"""Messages that come in several parts, in any order, some of them twice or never."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import takewhile

from gateway.codecs.events import Refused
from gateway.codecs.jt808.header import Message, Part

MOST_OPEN = 4
MOST_BYTES = 2 * 1024 * 1024
# What a part costs beside its bytes, so that many empty ones are bounded too.
PART_BYTES = 128
# A terminal waits about 5 s for a request to send parts again.
PATIENCE = timedelta(seconds=5)
MOST_REQUESTS = 3
# So many serials may lie between two parts that follow each other.
SERIALS_BETWEEN = 16
# The number of parts stands in one byte of the request.
MOST_NUMBERS = 255


@dataclass(slots=True)
class Assembly:
    """What has come of one message; `first_serial` is the count that its part 1 has or had."""

    phone: bytes
    message_id: int
    total: int
    first_serial: int
    seen_at: datetime
    bodies: dict[int, bytes] = field(default_factory=dict)
    size_bytes: int = 0
    last_number: int = 0
    last_serial: int = 0
    requests: int = 0
    requested: set[int] = field(default_factory=set)

    def goes_on(self, part: Part, serial: int) -> bool:
        """Return whether a part follows the last one, though serials do not count on with parts.

        Some terminals repeat one serial, others send something else in between.
        """
        ahead = part.number - self.last_number
        return ahead > 0 and (serial - self.last_serial & 0xFFFF) <= ahead * SERIALS_BETWEEN

    def missing(self) -> list[int]:
        """Return the numbers that have not come, as many as one request holds."""
        numbers: list[int] = []
        number = 1
        while number <= self.total and len(numbers) < MOST_NUMBERS:
            if number not in self.bodies:
                numbers.append(number)
            number += 1
        return numbers

    def beginning(self) -> bytes:
        """Return the body put together up to the first part that is missing."""
        there = takewhile(self.bodies.__contains__, range(1, self.total + 1))
        return b"".join(self.bodies[number] for number in there)

    def ask(self, now: datetime) -> list[int]:
        """Return the numbers to ask for now, and remember that they were."""
        numbers = self.missing()
        self.requested.update(numbers)
        self.requests += 1
        self.seen_at = now
        return numbers


class Assemblies:
    """The messages of one connection that are `open`: at most MOST_OPEN, of MOST_BYTES together.

    Those `given_up` wait for what can be made of their beginning.
    """

    def __init__(self) -> None:
        self.open: list[Assembly] = []
        self.given_up: list[Assembly] = []

    @property
    def size_bytes(self) -> int:
        """How much the open messages hold."""
        return sum(assembly.size_bytes for assembly in self.open)

    def add(self, message: Message, part: Part) -> tuple[Assembly, bool, list[Refused]]:
        """Take a part; return its message, whether that is whole now, and what had to go for it."""
        assembly = self._find(message, part)
        refused: list[Refused] = []
        if assembly is None:
            if len(self.open) >= MOST_OPEN:
                refused.append(self._drop(self.open[0], "more messages in parts begun than kept"))
            serial = (message.serial - part.number + 1) & 0xFFFF
            assembly = Assembly(
                message.phone, message.message_id, part.total, serial, message.received_at
            )
            self.open.append(assembly)
        if part.number not in assembly.bodies:
            assembly.bodies[part.number] = message.body
            assembly.size_bytes += len(message.body) + PART_BYTES
        assembly.requested.discard(part.number)
        assembly.last_number, assembly.last_serial = part.number, message.serial
        assembly.seen_at = message.received_at
        if len(assembly.bodies) == assembly.total:
            self.open.remove(assembly)
            return assembly, True, refused
        while self.size_bytes > MOST_BYTES:
            refused.append(self._drop(self.open[0], "messages in parts larger than is kept"))
        return assembly, False, refused

    def overdue(self, now: datetime) -> tuple[list[Assembly], list[Refused]]:
        """Return whose parts are to be asked for again, and those given up."""
        waiting = [one for one in self.open if now - one.seen_at > PATIENCE]
        refused = [
            self._drop(one, f"asked for {MOST_REQUESTS} times in vain")
            for one in waiting
            if one.requests >= MOST_REQUESTS
        ]
        return [one for one in waiting if one.requests < MOST_REQUESTS], refused

    def close(self) -> list[Refused]:
        """Give up all that is open."""
        return [self._drop(one, "the line ended") for one in tuple(self.open)]

    def _find(self, message: Message, part: Part) -> Assembly | None:
        serial = (message.serial - part.number + 1) & 0xFFFF
        for assembly in self.open:
            same = (
                assembly.phone == message.phone
                and assembly.message_id == message.message_id
                and assembly.total == part.total
            )
            if same and (
                assembly.first_serial == serial
                or part.number in assembly.requested
                or assembly.goes_on(part, message.serial)
            ):
                return assembly
        return None

    def _drop(self, assembly: Assembly, why: str) -> Refused:
        self.open.remove(assembly)
        self.given_up.append(assembly)
        came = f"{len(assembly.bodies)} of {assembly.total} parts"
        name = f"0x{assembly.message_id:04x}"
        return Refused(reason=f"{came} of a message {name}: {why}", code="parts")
