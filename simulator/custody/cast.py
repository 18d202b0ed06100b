"""Who plays: a terminal for each worker, in turns of all protocols, with what it is to tell."""

import csv
import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from patrol.fix import Fix, epoch_of
from patrol.ids import TerminalId
from simulator.nmea import MODELS, Solutions, encode
from simulator.scenario import WorkerDay
from simulator.terminals.handhelds import Jt808, Jt808Of2019
from simulator.terminals.playing import Terminal
from simulator.terminals.speakers import Gt06, Nmea, OsmAnd, OwnTracks
from simulator.terminals.speech import Matter, Speech

_VARIETIES = ("jt808", "jt808-2019", "gt06", "nmea", "osmand", "owntracks")
_TAKE_PICTURES = frozenset({"jt808-2019", "owntracks"})
_PICTURES_OF_A_DAY = 5
_PICTURE_BYTES = 2_000
_PER_DEG, _PER_M = 10_000_000, 10


@dataclass(frozen=True, slots=True)
class Part:
    """A terminal of a variety of a protocol, and all that it has to tell."""

    terminal_id: TerminalId
    variety: str
    identity: str
    player: Terminal
    matters: tuple[Matter, ...]

    @property
    def protocol(self) -> str:
        """The name by which the gateway's register calls its protocol."""
        return self.variety.partition("-")[0]


def cast(days: list[WorkerDay], *, fixes: int, seed: int) -> list[Part]:
    """Return a part for each worker, with the first `fixes` of the day."""
    return [_part(day, number, fixes=fixes, seed=seed) for number, day in enumerate(days)]


def write_register(parts: list[Part], path: Path) -> None:
    """Write the gateway's register."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["protocol", "identity", "terminal_id", "model"])
        for one in parts:
            writer.writerow([one.protocol, one.identity, one.terminal_id, one.variety])


def _part(day: WorkerDay, number: int, *, fixes: int, seed: int) -> Part:
    variety = _VARIETIES[number % len(_VARIETIES)]
    identity = _identity(variety, number)
    chance = random.Random(f"{seed} pictures {number}")  # noqa: S311 - the same seed, the same day
    solutions = day.solutions.at(day.solutions.solved)
    told = _fixes(solutions)[:fixes]
    taken = set(range(0, len(told), max(1, len(told) // _PICTURES_OF_A_DAY)))
    if variety not in _TAKE_PICTURES:
        taken = set()
    matters = tuple(
        Matter((fix,), _picture(chance) if at in taken else b"") for at, fix in enumerate(told)
    )
    sentences: dict[int, bytes] = {}
    if variety == "nmea":
        pieces = encode(solutions, MODELS[day.model])
        sentences = dict(zip(solutions.epoch_ms.tolist(), pieces, strict=True))
    speech = _speech(variety, identity, sentences)
    player = Terminal(speech, matters, seed=f"{seed} {number}")
    return Part(TerminalId(day.terminal_id), variety, identity, player, matters)


def _identity(variety: str, number: int) -> str:
    if variety == "owntracks":
        return f"worker{number}/phone"
    if variety == "osmand":
        return f"phone-{number}"
    return f"139{number:08d}" if variety.startswith("jt808") else f"35700000{number:07d}"


def _speech(variety: str, identity: str, sentences: dict[int, bytes]) -> Speech:
    if variety == "nmea":
        return Nmea(identity, sentences)
    others: dict[str, Callable[[str], Speech]] = {
        "jt808": Jt808,
        "jt808-2019": Jt808Of2019,
        "gt06": Gt06,
        "osmand": OsmAnd,
        "owntracks": OwnTracks,
    }
    return others[variety](identity)


def _fixes(solutions: Solutions) -> list[Fix]:
    columns = (
        solutions.epoch_ms,
        solutions.lat_e7,
        solutions.lon_e7,
        solutions.altitude_dm,
        solutions.speed_cmps,
        solutions.course_ddeg,
        solutions.accuracy_dm,
        solutions.satellites,
    )
    return [
        Fix(
            epoch=epoch_of(at_ms),
            lat_deg=lat_e7 / _PER_DEG,
            lon_deg=lon_e7 / _PER_DEG,
            altitude_m=altitude_dm / 10,
            speed_mps=speed_cmps / 100,
            course_deg=course_ddeg / 10,
            accuracy_m=accuracy_dm / 10,
            satellites=satellites,
        )
        for at_ms, lat_e7, lon_e7, altitude_dm, speed_cmps, course_ddeg, accuracy_dm, satellites in zip(
            *(column.tolist() for column in columns), strict=True
        )
    ]


def _picture(chance: random.Random) -> bytes:
    """Return something that begins and ends as a JPEG does."""
    return b"\xff\xd8\xff\xe0" + chance.randbytes(_PICTURE_BYTES) + b"\xff\xd9"
