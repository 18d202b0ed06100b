"""The days on which all are measured: simulated, so that the truth is known."""

import csv
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.assess.doors import Doors
from patrol.compliance import DayFacts
from patrol.intervals import Interval
from patrol.messages import SCALE_E7
from simulator.files import premises_features
from simulator.hazards.reports import reports_of
from simulator.scenario import Scenario, build_city, build_days
from simulator.scoring.truth import facts_of, ground_of, truth_of
from simulator.world import City

_DAY = date(2026, 3, 2)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class KnownDay:
    """A worker-day, what is known of it, and the visits that were true."""

    key: str
    facts: DayFacts
    doors: Doors
    true_visits: Sequence[Interval]

    def duty(self) -> list[Interval]:
        """Return the duty windows."""
        return [window.interval for window in self.facts.windows]


@dataclass(frozen=True, slots=True, kw_only=True)
class Days:
    """Which days: so many workers of the city of each seed."""

    seeds: Sequence[int]
    workers: int


def make_days(days: Days, *, interval_s: int) -> list[KnownDay]:
    """Return the days with a fix every `interval_s` seconds."""
    return [day for seed in days.seeds for day in _of_city(seed, days.workers, interval_s)]


def write_tracks(path: Path, days: Sequence[KnownDay]) -> None:
    """Write the fixes of all days, sorted, as `key,epoch_ms,lat_deg,lon_deg`."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["key", "epoch_ms", "lat_deg", "lon_deg"])
        for day in days:
            fixes = day.facts.fixes
            for index in np.argsort(fixes.epoch_ms, kind="stable").tolist():
                lat_deg, lon_deg = fixes.lat_e7[index] / SCALE_E7, fixes.lon_e7[index] / SCALE_E7
                place = [f"{lat_deg:.7f}", f"{lon_deg:.7f}"]
                writer.writerow([day.key, int(fixes.epoch_ms[index]), *place])


def _of_city(seed: int, workers: int, interval_s: int) -> Iterator[KnownDay]:
    scenario = Scenario(seed=seed, workers=workers, day=_DAY, interval_s=interval_s)
    city = build_city(scenario)
    ground, outlines = ground_of(city), _outlines(city)
    for one in build_days(scenario, city):
        yield KnownDay(
            key=f"{seed}-{one.worker_id}",
            facts=facts_of(scenario, one, ground, reports=reports_of(one.solutions)),
            doors=Doors(outlines[one.day.grid_id], city.plane),
            true_visits=truth_of(one, city).visits,
        )


def _outlines(city: City) -> Mapping[str, list[Mapping[str, Any]]]:
    by_grid: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for feature in premises_features(city):
        by_grid[feature["properties"]["grid_id"]].append(feature["geometry"])
    return by_grid
