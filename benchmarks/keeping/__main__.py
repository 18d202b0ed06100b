"""`python -m benchmarks.keeping`: bytes a position and what keeping costs, one table, one line."""

import argparse
import json
import os
import sys
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any, NamedTuple

from benchmarks.keeping.aggregate import measure_aggregate
from benchmarks.keeping.databases import timescale_version
from benchmarks.keeping.room import Room, measure_room
from benchmarks.keeping.times import measure_times
from benchmarks.keeping.tracks import Stored, random_walks, simulated_days
from runtime.logs import start_logging

DSN_VARIABLE = "PATROL_TEST_DSN"

_DAY = date(2026, 3, 2)
_INTERVAL_S = 10
# Duty of eight hours, and half a day of walking without a pause.
_WALK_FIXES = 4_320
_GOAL_BYTES = 6.5


class Figure(NamedTuple):
    """One measure; a goal is what it is to be at most."""

    name: str
    value: float
    unit: str
    goal: float | None = None

    def as_json(self) -> dict[str, Any]:
        """Return it as others read it."""
        reached = None if self.goal is None else self.value <= self.goal
        return {
            "name": self.name,
            "value": float(f"{self.value:.4g}"),
            "goal": self.goal,
            "reached": reached,
        }


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and return 0 whatever the figures are, 1 where nothing can be measured."""
    options = _parser().parse_args(arguments)
    version = timescale_version(options.dsn) if options.dsn else None
    if version is None:
        print(
            "bench-keeping needs a PostgreSQL with TimescaleDB preloaded, whose user may create "
            f"databases: name it by --dsn or {DSN_VARIABLE}"
        )
        print(json.dumps({"bench": "keeping", "figures": []}))
        return 1
    print(f"{version}; one day, a fix every {_INTERVAL_S} s")
    figures = list(_figures(options))
    for one in figures:
        goal = "" if one.goal is None else f"  at most {one.goal:g}"
        print(f"{one.name:<44} {one.value:>12,.4g} {one.unit}{goal}")
    print(json.dumps({"bench": "keeping", "figures": [one.as_json() for one in figures]}))
    return 0


def _figures(options: argparse.Namespace) -> Iterator[Figure]:
    dsn: str = options.dsn
    walks = list(
        random_walks(
            terminals=options.terminals, day=_DAY, interval_s=_INTERVAL_S, fixes=_WALK_FIXES
        )
    )
    yield from _room("walk", measure_room(dsn, walks))
    yield from _room("simulated", measure_room(dsn, list(_simulated(options))))
    times = measure_times(dsn, walks)
    yield Figure("day.fixes", times.day_fixes, "fixes")
    yield Figure("day.read_from_rows", times.day_from_rows_ms, "ms")
    yield Figure("day.read_from_columnstore", times.day_from_columnstore_ms, "ms")
    yield Figure("late.50_into_rows", times.late_into_rows_ms, "ms")
    yield Figure("late.50_into_columnstore_by_copy", times.late_copy_ms, "ms")
    yield Figure("late.50_into_columnstore_by_insert", times.late_staged_ms, "ms")
    yield Figure("convert.rows_a_second", times.convert_rows_s, "rows/s")
    yield Figure("convert.writer_of_another_day_waited", times.convert_waited_ms, "ms")
    yield Figure("convert.writer_of_that_day_waited", times.convert_late_waited_ms, "ms")
    yield Figure("convert_late_rows.writer_of_that_day_waited", times.again_waited_ms, "ms")
    yield Figure("plain.deleted_rows_a_second", times.delete_rows_s, "rows/s")
    yield Figure("plain.writer_waited_while_deleting", times.delete_waited_ms, "ms")
    heard = measure_aggregate(dsn, walks)
    yield Figure("aggregate.refresh_a_day", heard.refresh_ms, "ms")
    yield Figure("aggregate.refresh_after_one_late_fix", heard.refresh_late_ms, "ms")
    yield Figure("aggregate.bytes_a_day", heard.aggregate_bytes, "B")
    yield Figure("aggregate.bytes_a_day_of_the_derived_table", heard.derived_bytes, "B")


def _room(name: str, room: Room) -> Iterator[Figure]:
    yield Figure(f"{name}.positions", room.positions, "positions")
    yield Figure(f"{name}.bytes_in_rows", room.rows, "B")
    yield Figure(f"{name}.bytes_in_columnstore", room.columnstore, "B", _GOAL_BYTES)
    for column, taken in room.by_column.items():
        yield Figure(f"{name}.columnstore.{column}", taken, "B")
    yield Figure(f"{name}.bytes_of_information", sum(room.held.values()), "B")


def _simulated(options: argparse.Namespace) -> Iterator[Stored]:
    for seed in options.seeds:
        yield from simulated_days(
            workers=options.workers, day=_DAY, interval_s=_INTERVAL_S, seed=seed, batch=(10, 50)
        )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.keeping", description=__doc__)
    parser.add_argument("--dsn", default=os.environ.get(DSN_VARIABLE), help=DSN_VARIABLE)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3, 4], help="a city each")
    parser.add_argument("--workers", type=int, default=12, help="workers of each city")
    parser.add_argument("--terminals", type=int, default=100, help="random walks")
    return parser


if __name__ == "__main__":
    start_logging("warning")
    sys.exit(main())
