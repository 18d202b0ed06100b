"""An hour of one worker's receiver at 1 Hz, as sentences and as what the agent makes of them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice

from device.epochs import FixReader
from device.sampling import Sampler
from patrol.fix import Fix
from patrol.messages import Position
from patrol.notices.plans import Pace
from simulator.nmea import MODELS, encode
from simulator.scenario import Scenario, build_city, build_days

DAY = date(2026, 3, 2)
SEED = 11
# As a terminal sends under way; and whatever the receiver says.
TEN_SECONDS = Pace(10, 10, 10)
EACH_SECOND = Pace(1, 1, 1)


@dataclass(frozen=True, slots=True)
class Recording:
    """What a model of receiver said, an epoch after another."""

    model: str
    epochs: list[bytes]

    def positions(self, pace: Pace) -> list[Position]:
        """Return what the agent keeps of it."""
        sampler = Sampler(pace)
        kept = [position for fix in fixes_in(self.epochs) for position in sampler.sample(fix)]
        return [*kept, *sampler.flush()]


def fixes_in(epochs: Sequence[bytes]) -> list[Fix]:
    """Return the fixes in what a receiver said."""
    reader = FixReader()
    return [*reader.receive(b"".join(epochs)), *reader.flush()]


def recordings(*, seconds: int) -> Iterator[Recording]:
    """Yield so many seconds of each model of receiver, each of another worker on the way."""
    scenario = Scenario(seed=SEED, workers=len(MODELS), day=DAY, interval_s=1)
    for one in build_days(scenario, build_city(scenario)):
        yield Recording(one.model, list(islice(encode(one.solutions, MODELS[one.model]), seconds)))
