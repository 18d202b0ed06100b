"""`python -m benchmarks.api`: questions of supervisors and streams; a table, one line of JSON."""

import argparse
import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import psycopg

from benchmarks.api import stage
from benchmarks.api.district import (
    GRIDS,
    INTERVAL_S,
    RESULT_DAYS,
    add_account,
    add_workers,
    fill,
    fill_positions,
    fixes_a_day,
)
from benchmarks.api.live import figures_of as figures_of_watching
from benchmarks.api.live import moving, watch
from benchmarks.api.questions import QUESTIONS, Ways, World, figures_of
from benchmarks.ingest.table import Figure, as_json, table
from benchmarks.keeping.databases import database, timescale_version
from runtime.logs import start_logging

DSN_VARIABLE: Final = "PATROL_TEST_DSN"
_PARTS: Final = ("questions", "live", "coalesced")
# Duty has lasted this long, so that everybody is on duty for hours to come.
_ON_DUTY_FOR: Final = timedelta(hours=4)
_SUPERVISORS: Final = 50
# Who would go on asking the table is measured with so many at most: more only takes longer.
_PLAIN_LISTENERS: Final = 100
_FEW_LISTENERS: Final = 20


def main(arguments: list[str] | None = None) -> int:
    """Measure, print, and return 0 whatever the figures are."""
    options = _parser().parse_args(arguments)
    figures: list[Figure] = []
    with ExitStack() as ends:
        server: str = options.dsn or stage.embedded(ends)
        print(timescale_version(server) or "PostgreSQL without TimescaleDB", flush=True)
        dsn = ends.enter_context(database(server))
        world, count = _make(dsn, options)
        with psycopg.connect(dsn, autocommit=True) as conn:
            names = [f"supervisor{number}" for number in range(_SUPERVISORS)]
            several = [add_account(conn, name, "area_supervisor", area="D") for name in names]
            tokens = {
                "district": several[0],
                "grid": add_account(conn, "grid1", "grid_supervisor", grid="G1"),
            }
        figures.append(Figure(name="positions", text="positions", values=[count], unit="/s"))
        ours = ends.enter_context(stage.api(dsn))
        plain = ends.enter_context(stage.plain(dsn))
        ways = Ways(ours, plain, tokens)
        for part in _measure(options, world, ways, several=several, dsn=dsn):
            print(table(part), flush=True)
            figures += part
    print(json.dumps({"bench": "api", "figures": as_json(figures)}), flush=True)
    return 0


def _make(dsn: str, options: argparse.Namespace) -> tuple[World, int]:
    began_s = time.monotonic()
    start = (datetime.now(UTC) - _ON_DUTY_FOR).replace(microsecond=0)
    fill(dsn, start=start, grids=options.grids)
    each = fixes_a_day(options.grids)
    days = min(RESULT_DAYS, max(1, round(options.positions / each)))
    count = fill_positions(dsn, start=start, days=days, grids=options.grids)
    today = start.date()
    world = World(
        grids=options.grids,
        position_days=[today - timedelta(days=ago) for ago in range(days, 0, -1)],
        result_days=[today - timedelta(days=ago) for ago in range(RESULT_DAYS, 0, -1)],
    )
    took_s = time.monotonic() - began_s
    print(
        f"{options.grids:,} grids, {count:,} positions of {days} days, results of {RESULT_DAYS}"
        f" days; made in {took_s:.0f} s",
        flush=True,
    )
    return world, count


def _measure(
    options: argparse.Namespace, world: World, ways: Ways, *, several: list[str], dsn: str
) -> Iterator[list[Figure]]:
    if "questions" in options.only:
        for question in QUESTIONS:
            yield figures_of(question, world, ways, times=options.times, repeats=options.repeats)
    if "live" in options.only:
        yield from _live(options, ways, several=several, dsn=dsn)
    if "coalesced" in options.only:
        yield _coalesced(options, ways, several=several, dsn=dsn)


def _live(
    options: argparse.Namespace, ways: Ways, *, several: list[str], dsn: str
) -> Iterator[list[Figure]]:
    due = options.grids / INTERVAL_S * options.live_s
    seconds = options.live_s
    count = options.listeners
    with moving(dsn, options.grids):
        seen = watch(ways.ours, "/v1/live", tokens=several, listeners=count, lasting_s=seconds)
        text = f"{count} who follow {options.grids:,} terminals"
        yield figures_of_watching("live", text, seen, due=due, has_goal=True)
        few = min(count, _PLAIN_LISTENERS)
        plain = watch(ways.plain, "/live", tokens=["none"], listeners=few, lasting_s=seconds)
        yield figures_of_watching("live.plain", f"plain, {few}", plain, due=due, has_goal=False)


def _coalesced(
    options: argparse.Namespace, ways: Ways, *, several: list[str], dsn: str
) -> list[Figure]:
    count = max(options.terminals, options.grids)
    with psycopg.connect(dsn, autocommit=True) as conn:
        start = datetime.now(UTC) - timedelta(minutes=1)
        more = range(options.grids + 1, count + 1)
        add_workers(conn, more, start=start, days=0, grids=options.grids)
        conn.execute("vacuum analyze")
    with moving(dsn, count):
        seen = watch(
            ways.ours,
            "/v1/live",
            tokens=several,
            listeners=_FEW_LISTENERS,
            lasting_s=options.live_s,
        )
    due = count / INTERVAL_S * options.live_s
    text = f"{_FEW_LISTENERS} who follow {count:,} terminals"
    return figures_of_watching("coalesced", text, seen, due=due, has_goal=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.api", description=__doc__)
    given: Any = os.environ.get(DSN_VARIABLE)
    parser.add_argument("--dsn", default=given, help=f"{DSN_VARIABLE}; without: embedded")
    parser.add_argument("--only", nargs="+", choices=_PARTS, default=list(_PARTS), metavar="PART")
    parser.add_argument("--positions", type=int, default=20_000_000, help="in whole days")
    parser.add_argument("--grids", type=int, default=GRIDS)
    parser.add_argument("--terminals", type=int, default=10_000, help="of one stream, coalesced")
    parser.add_argument("--listeners", type=int, default=500)
    parser.add_argument("--live-s", type=float, default=30.0, help="of each stream")
    parser.add_argument("--times", type=int, default=200, help="that each question is asked")
    parser.add_argument("--repeats", type=int, default=3)
    return parser


if __name__ == "__main__":
    start_logging("warning")
    sys.exit(main())
