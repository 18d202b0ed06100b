"""The days of a soak: what the receiver says on each, who is on duty when, and what goes wrong."""

import csv
import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path

from patrol.fix import epoch_of
from patrol.ids import TerminalId
from patrol.notices.plans import DutyPlan, Pace, Span, Window, derive_key, encode_plan
from simulator import files
from simulator.nmea import MODELS, encode
from simulator.scenario import Scenario, build_city, build_day

TERMINAL = TerminalId("T01")
# As `patrol ingest tell` does by itself, so that fixes are thinned as in the field.
PACE = Pace()

_SECRET = bytes(32)
_LEAST_CHUNK, _MOST_CHUNK = 150, 1500


class Trouble(StrEnum):
    """What goes wrong while the receiver goes on."""

    NOTHING = "nothing"
    KILL = "kill"
    UNPLUG = "unplug"
    CUT = "cut"


_LIKELY = (Trouble.NOTHING, Trouble.KILL, Trouble.UNPLUG, Trouble.CUT)


@dataclass(frozen=True, slots=True)
class Shift:
    """A day's duty: a moment within it, and the sentences of each epoch."""

    moment: datetime
    pieces: list[bytes]


@dataclass(frozen=True, slots=True)
class Month:
    """Days from the first one on, one worker with one terminal; another seed, other troubles."""

    first: Scenario
    days: int

    def shifts(self) -> Iterator[Shift]:
        """Yield the days."""
        city = build_city(self.first)
        for scenario in self._scenarios():
            day = build_day(scenario, city, TERMINAL)
            start_ms = scenario.duty_spans()[0].start_ms
            moment = epoch_of(start_ms) + timedelta(minutes=1)
            yield Shift(moment, list(encode(day.solutions, MODELS[day.model])))

    def write_registers(self, folder: Path) -> None:
        """Write what `patrol ingest load` takes, with the roster of all days."""
        city = build_city(self.first)
        files.save(folder, self.first, city=city, days=[build_day(self.first, city, TERMINAL)])
        with (folder / "roster.csv").open(encoding="utf-8", newline="") as file:
            row = next(csv.DictReader(file))
        with (folder / "roster.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(row)
            for span in self._spans():
                times = (epoch_of(ms).isoformat() for ms in span)
                writer.writerow([row["worker_id"], row["grid_id"], *times])

    def write_plan(self, folder: Path) -> None:
        """Write the signed plan of the month, and the key by which the terminal knows it."""
        spans = self._spans()
        plan = DutyPlan(
            number=spans[0].start_ms, windows=tuple(Window(one) for one in spans), pace=PACE
        )
        key = derive_key(_SECRET, TERMINAL)
        (folder / "plan").write_bytes(encode_plan(plan, TERMINAL, key))
        (folder / "plan-key").write_text(key.hex(), encoding="ascii")
        (folder / "plan-key").chmod(0o600)

    def _scenarios(self) -> Iterator[Scenario]:
        for index in range(self.days):
            yield replace(self.first, day=self.first.day + timedelta(days=index))

    def _spans(self) -> list[Span]:
        return [
            Span(one.start_ms, one.end_ms)
            for scenario in self._scenarios()
            for one in scenario.duty_spans()
        ]


def cut_up(pieces: list[bytes], chance: random.Random) -> Iterator[tuple[list[bytes], Trouble]]:
    """Yield the pieces of a day in chunks, and what happens after each."""
    at = 0
    while at < len(pieces):
        size = chance.randint(_LEAST_CHUNK, _MOST_CHUNK)
        yield pieces[at : at + size], chance.choice(_LIKELY)
        at += size
