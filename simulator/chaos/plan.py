"""What a chaos run is to do: how many fixes of how many terminals, which faults, when."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from patrol.errors import InputError
from simulator.services import Installation


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The options of a run; `longest_s` is how long a fault lasts at most."""

    folder: Path
    seed: int
    terminals: int
    fixes: int
    faults: int
    kinds: Sequence[str]
    replicas: int
    longest_s: float
    resend_after_s: float
    dsn: str | None
    installation: Installation | None

    def __post_init__(self) -> None:
        if not 1 <= self.terminals <= 9_999:  # noqa: PLR2004 - names have four digits
            raise InputError(f"terminals is {self.terminals}: give 1 to 9999")
        if self.fixes < self.terminals * 100:
            raise InputError(f"fixes is {self.fixes}: give 100 a terminal or more")
        if not 0 <= self.faults <= 10_000:  # noqa: PLR2004 - a day and more of faults
            raise InputError(f"faults is {self.faults}: give 0 to 10000")
        if self.replicas < 1:
            raise InputError(f"replicas is {self.replicas}: give 1 or more")
        if not 0 < self.longest_s <= 60:  # noqa: PLR2004 - what is given up after two minutes
            raise InputError(f"longest is {self.longest_s}: give more than 0, at most 60")
        if self.resend_after_s <= 0:
            raise InputError(f"resend is {self.resend_after_s}: give more than 0")

    @property
    def fixes_each(self) -> int:
        """How many fixes each terminal measures."""
        return self.fixes // self.terminals

    @property
    def batch(self) -> int:
        """Fixes in a message: 50, fewer where every fault would not meet some."""
        return max(5, min(50, self.fixes_each // (4 * (self.faults + 1))))


@dataclass(frozen=True, slots=True)
class Blow:
    """A fault to come: after which part of all fixes it strikes, and for how long."""

    number: int
    name: str
    after: float
    lasts_s: float


def schedule(plan: Plan, names: Sequence[str]) -> list[Blow]:
    """Return the faults of a run in their order: each of `names` as often as the others."""
    rng = np.random.default_rng([plan.seed, 2])
    rounds = -(-plan.faults // len(names)) if names else 0
    order = [names[one] for _ in range(rounds) for one in rng.permutation(len(names)).tolist()]
    share = 1 / (plan.faults + 1)
    return [
        Blow(
            number,
            name,
            (number + float(rng.uniform(0.1, 0.5))) * share,
            plan.longest_s * float(rng.uniform(0.1, 1.0)),
        )
        for number, name in enumerate(order[: plan.faults])
    ]
