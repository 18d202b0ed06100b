"""`python -m benchmarks.reading`: columns out of the database, live fixes; a table, one line."""

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import psycopg

from benchmarks.keeping.databases import database, timescale_version
from benchmarks.reading.district import INTERVAL_S, TERMINALS, fill
from benchmarks.reading.live import Live, run_live
from benchmarks.reading.ways import Ways
from patrol.intervals import Interval
from runtime.logs import start_logging
from simulator.services import EmbeddedPostgres

DSN_VARIABLE = "PATROL_TEST_DSN"

_START = datetime(2026, 3, 2, tzinfo=UTC)
_WORKERS = 60
_GOAL_FIXES_A_SECOND = 1_000_000.0
_GOAL_AGE_S = 5.0

_COLUMNSTORE = """
alter table position set (timescaledb.enable_columnstore,
    timescaledb.segmentby = 'terminal_id', timescaledb.orderby = 'epoch');
select compress_chunk(chunk, if_not_compressed => true) from show_chunks('position') chunk
"""


class Figure(NamedTuple):
    """One measure; `reached` is None where there is no goal."""

    name: str
    value: float
    goal: str | None = None
    reached: bool | None = None


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and return 0 whatever the figures are."""
    options = _parser().parse_args(arguments)
    figures: list[Figure] = []
    with ExitStack() as ends:
        dsn: str = options.dsn or _embedded(ends)
        version = timescale_version(dsn)
        print(version or "PostgreSQL without TimescaleDB")
        figures += _reading(dsn, options.fixes, has_columnstore=version is not None)
        if options.live_s:
            figures += _live(dsn, options)
    shown = [{**one._asdict(), "value": float(f"{one.value:.4g}")} for one in figures]
    print(json.dumps({"bench": "reading", "figures": shown}), flush=True)
    return 0


def _embedded(ends: ExitStack) -> str:
    folder = ends.enter_context(tempfile.TemporaryDirectory(prefix="patrol-bench-"))
    server = EmbeddedPostgres(Path(folder))
    server.start()
    ends.callback(server.stop)
    return server.dsn


def _reading(dsn: str, fixes: int, *, has_columnstore: bool) -> Iterator[Figure]:
    span = Interval(_START, _START + timedelta(seconds=fixes * INTERVAL_S))
    workers = [f"W{number:04}" for number in range(0, _WORKERS, 3)]
    with database(dsn) as own, psycopg.connect(own, autocommit=True) as conn:
        fill(conn, start=span.start, end=span.end, terminals=_WORKERS, fixes=fixes)
        yield from _ways(conn, "rows", workers, span=span)
        if has_columnstore:
            conn.execute(_COLUMNSTORE)
            yield from _ways(conn, "columnstore", workers, span=span)


def _ways(
    conn: psycopg.Connection, store: str, workers: list[str], *, span: Interval
) -> Iterator[Figure]:
    print(f"\na worker-day out of {store}; positions a second of one core")
    print(f"{'':<32} {'ms':>8} {'client ms':>10} {'server ms':>10} {'positions/s':>12}")
    for way in Ways(conn, span).time_all(workers):
        print(
            f"{way.name:<32} {way.took_ms:8.2f} {way.client_ms:10.2f} {way.server_ms:10.2f}"
            f" {way.fixes_a_second:12,.0f}"
        )
        is_ours = way.name == "columns"
        yield Figure(
            f"{store}.{way.name}.positions_a_second",
            way.fixes_a_second,
            f">= {_GOAL_FIXES_A_SECOND:.0f}" if is_ours else None,
            way.fixes_a_second >= _GOAL_FIXES_A_SECOND if is_ours else None,
        )


def _live(dsn: str, options: argparse.Namespace) -> Iterator[Figure]:
    rate = options.terminals / INTERVAL_S
    print(f"\n{options.terminals:,} terminals, {rate:.0f} fixes/s, for {options.live_s:.0f} s each")
    print(
        f"{'assess processes':<18} {'fixes':>8} {'age p50':>8} {'p99':>8} {'most':>8}"
        f" {'day p50':>8} {'p99':>8} {'cores':>6}   (seconds)"
    )
    now = datetime.now(UTC)
    start = now - timedelta(hours=options.hours)
    for processes in options.processes:
        with database(dsn) as own:
            with psycopg.connect(own, autocommit=True) as conn:
                fixes = int(options.hours * 3600 / INTERVAL_S)
                end = now + timedelta(hours=2)
                fill(conn, start=start, end=end, terminals=options.terminals, fixes=fixes)
            found = run_live(
                own,
                terminals=options.terminals,
                processes=processes,
                lasting_s=options.live_s,
            )
        yield from _live_figures(found)


def _live_figures(found: Live) -> Iterator[Figure]:
    ages = [float(np.quantile(found.ages_s, share)) for share in (0.5, 0.99, 1.0)]
    days = [float(np.quantile(found.day_ages_s, share)) for share in (0.5, 0.99)]
    print(
        f"{found.processes:<18} {found.fixes:8,} {ages[0]:8.2f} {ages[1]:8.2f} {ages[2]:8.2f}"
        f" {days[0]:8.1f} {days[1]:8.1f} {found.assess_cores:6.2f}"
    )
    name = f"live.{found.processes}_assess"
    yield Figure(f"{name}.age_p50_s", ages[0])
    yield Figure(f"{name}.age_p99_s", ages[1], f"<= {_GOAL_AGE_S:g}", ages[1] <= _GOAL_AGE_S)
    yield Figure(f"{name}.age_most_s", ages[2])
    yield Figure(f"{name}.day_age_p99_s", days[1])
    yield Figure(f"{name}.cores", found.assess_cores)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.reading", description=__doc__)
    given: Any = os.environ.get(DSN_VARIABLE)
    parser.add_argument("--dsn", default=given, help=f"{DSN_VARIABLE}; without: embedded")
    parser.add_argument("--fixes", type=int, default=4_320, help="of each day that is read")
    parser.add_argument("--live-s", type=float, default=120.0, help="seconds a run; 0: none")
    parser.add_argument("--hours", type=float, default=4.0, help="for which duty has lasted")
    parser.add_argument("--terminals", type=int, default=TERMINALS)
    parser.add_argument("--processes", type=int, nargs="+", default=[1, 2])
    return parser


if __name__ == "__main__":
    start_logging("warning")
    sys.exit(main())
