"""Positions as they are stored: what terminals send of simulated days, and random walks.

Simulated days go through what they go through in the field: the sentences of four models of
receivers, the reading and sampling of the device agent, batches. All fixes of a batch have one
`received_at`, as they are committed together.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice

import numpy as np

from device.epochs import FixReader
from device.sampling import Sampler
from patrol.fix import epoch_ms, epoch_of
from patrol.messages import Position
from patrol.notices.plans import Pace
from simulator.nmea import MODELS, encode
from simulator.scenario import Scenario, build_city, build_days

# How old a batch is when it is committed: the agent's waiting, the line, the ingest.
_LATENCY_S = 0.4
_LATENCY_SIGMA = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """The positions of one terminal with the times at which they were committed."""

    terminal_id: str
    positions: list[Position]
    received_at: list[datetime]

    def __len__(self) -> int:
        return len(self.positions)


def simulated_days(
    *, workers: int, day: date, interval_s: int, seed: int, batch: tuple[int, int]
) -> Iterator[Stored]:
    """Yield the day of each worker, in batches of so many fixes, from least to most."""
    scenario = Scenario(seed=seed, workers=workers, day=day, interval_s=interval_s)
    rng = np.random.Generator(np.random.PCG64(seed))
    for one in build_days(scenario, build_city(scenario)):
        reader, sampler = FixReader(), Sampler(Pace(interval_s, interval_s, interval_s))
        data = b"".join(encode(one.solutions, MODELS[one.model]))
        fixes = [*reader.receive(data), *reader.flush()]
        positions = [kept for fix in fixes for kept in sampler.sample(fix)]
        received_at = list(_received(positions, batch, rng))
        yield Stored(
            terminal_id=f"{seed}-{one.terminal_id}", positions=positions, received_at=received_at
        )


def random_walks(*, terminals: int, day: date, interval_s: int, fixes: int) -> Iterator[Stored]:
    """Yield walks: place, speed and course wander by small steps, the rest stands; batches of 50."""
    rng = np.random.Generator(np.random.PCG64(1))
    start_ms = epoch_ms(datetime.combine(day, time(0, 30), UTC))
    for number in range(terminals):
        lat, lon, speed, course = (
            np.cumsum(rng.integers(-most, most + 1, fixes)).tolist() for most in (100, 100, 3, 20)
        )
        positions = [
            Position(
                start_ms + index * interval_s * 1000,
                306_600_000 + lat[index],
                1_040_600_000 + lon[index],
                altitude_dm=5_000,
                speed_cmps=abs(110 + speed[index]),
                course_ddeg=(900 + course[index]) % 3_600,
                hdop_d=9,
                accuracy_dm=50,
                satellites=12,
            )
            for index in range(fixes)
        ]
        received_at = list(_received(positions, (50, 50), rng))
        yield Stored(
            terminal_id=f"walk-{number + 1:02d}", positions=positions, received_at=received_at
        )


def _received(
    positions: list[Position], batch: tuple[int, int], rng: np.random.Generator
) -> Iterator[datetime]:
    rest = iter(positions)
    while lot := list(islice(rest, int(rng.integers(batch[0], batch[1] + 1)))):
        took_s = _LATENCY_S * float(rng.lognormal(0, _LATENCY_SIGMA))
        yield from [epoch_of(lot[-1].epoch_ms) + timedelta(seconds=took_s)] * len(lot)
