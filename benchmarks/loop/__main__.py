"""`python -m benchmarks.loop`: reports with photos, inboxes, acts, measures; a table and JSON."""

import argparse
import json
import os
import secrets
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import psycopg

from benchmarks.api.district import GRIDS, RESULT_DAYS, add_account, fill_registers
from benchmarks.api.questions import Ways, World
from benchmarks.api.questions import figures_of as figures_of_question
from benchmarks.api.stage import embedded
from benchmarks.ingest.table import Figure, as_json, table
from benchmarks.keeping.databases import database, timescale_version
from benchmarks.loop import acts, intake, stage
from benchmarks.loop.orders import fill_orders
from benchmarks.loop.plain import TABLES
from benchmarks.loop.questions import MEASURES, QUESTIONS
from runtime.logs import start_logging

DSN_VARIABLE: Final = "PATROL_TEST_DSN"
_PARTS: Final = ("inboxes", "acts", "measures", "intake")
# What `--short` measures: whether all of it runs.
_SHORT: Final = {"orders": 20_000, "times": 5, "repeats": 1, "acts": 20, "seconds": 1.0}
_AS_DEPARTMENT: Final = (
    "insert into account_role (account_id, role, department_id)"
    " values ('of.roads', 'department', 'roads')"
)
_ON_DUTY_FOR: Final = timedelta(hours=4)


def main(arguments: list[str] | None = None) -> int:
    """Measure, print, and return 0 whatever the figures are."""
    options = _parser().parse_args(arguments)
    if options.short:
        vars(options).update(_SHORT)
    figures: list[Figure] = []
    with ExitStack() as ends:
        server: str = options.dsn or embedded(ends)
        print(timescale_version(server) or "PostgreSQL without TimescaleDB", flush=True)
        dsn = ends.enter_context(database(server))
        folder = Path(ends.enter_context(tempfile.TemporaryDirectory(prefix="patrol-bench-")))
        world = _make(dsn, options)
        tokens = _accounts(dsn)
        names = [f"T{number}" for number in range(1, options.lines + 1)]
        terminals = [(name, secrets.token_urlsafe(32)) for name in names]
        ours = ends.enter_context(stage.api(dsn, folder, terminals=terminals))
        plain = ends.enter_context(stage.plain(dsn, folder))
        load = _Load(options, dsn=dsn, folder=folder, terminals=terminals)
        for part in load.measure(world, Ways(ours, plain, tokens)):
            print(table(part), flush=True)
            figures += part
    print(json.dumps({"bench": "loop", "figures": as_json(figures)}), flush=True)
    return 0


class _Load:
    """What is asked of both ways."""

    def __init__(
        self,
        options: argparse.Namespace,
        *,
        dsn: str,
        folder: Path,
        terminals: list[tuple[str, str]],
    ) -> None:
        self._options = options
        self._dsn = dsn
        self._folder = folder
        self._terminals = terminals

    def measure(self, world: World, ways: Ways) -> Iterator[list[Figure]]:
        options = self._options
        asked = (*(QUESTIONS if "inboxes" in options.only else ()),)
        asked += (MEASURES,) if "measures" in options.only else ()
        for question in asked:
            times = options.times if question is not MEASURES else max(1, options.times // 10)
            yield figures_of_question(question, world, ways, times=times, repeats=options.repeats)
        if "acts" in options.only:
            yield self._acts(ways)
        if "intake" in options.only:
            yield self._intake(ways)

    def _acts(self, ways: Ways) -> list[Figure]:
        with psycopg.connect(self._dsn) as conn:
            found = conn.execute(
                "select order_id from work_order where step = 'grid' order by order_id limit %s",
                (self._options.acts * self._options.repeats,),
            )
            orders = [str(row[0]) for row in found]
        return acts.figures_of(
            orders,
            ours=ways.ours,
            plain=ways.plain,
            token=ways.tokens["district"],
            repeats=self._options.repeats,
        )

    def _intake(self, ways: Ways) -> list[Figure]:
        seconds, lines = self._options.seconds, len(self._terminals)
        with (
            stage.broker(self._folder) as settings,
            stage.ingest(self._dsn, settings, self._folder) as pid,
        ):
            receipts = intake.Receipts(settings)
            receipts.open()
            try:
                return intake.figures_of(
                    lambda: intake.send_ours(
                        receipts, ways.ours, terminals=self._terminals, seconds=seconds
                    ),
                    lambda: intake.send_plain(ways.plain, lines=lines, seconds=seconds),
                    repeats=self._options.repeats,
                    pids=(ways.ours.pid, pid),
                )
            finally:
                receipts.close()


def _make(dsn: str, options: argparse.Namespace) -> World:
    began_s = time.monotonic()
    start = (datetime.now(UTC) - _ON_DUTY_FOR).replace(microsecond=0)
    with psycopg.connect(dsn, autocommit=True) as conn:
        fill_registers(conn, start=start, days=0, grids=options.grids)
    fill_orders(dsn, count=options.orders, grids=options.grids)
    with psycopg.connect(dsn, autocommit=True) as conn:
        conn.execute(TABLES)
        conn.execute("checkpoint")
    took_s = time.monotonic() - began_s
    print(f"{options.grids:,} grids, {options.orders:,} orders; made in {took_s:.0f} s", flush=True)
    today = start.date()
    days = [today - timedelta(days=ago) for ago in range(RESULT_DAYS, 0, -1)]
    return World(grids=options.grids, position_days=[], result_days=days)


def _accounts(dsn: str) -> dict[str, str]:
    with psycopg.connect(dsn, autocommit=True) as conn:
        tokens = {
            "district": add_account(conn, "district", "area_supervisor", area="D"),
            "street": add_account(conn, "street", "area_supervisor", area="S1"),
            "grid": add_account(conn, "grid1", "grid_supervisor", grid="G1"),
            "department": add_account(conn, "of.roads", "worker"),
        }
        conn.execute("delete from account_role where account_id = 'of.roads'")
        conn.execute(_AS_DEPARTMENT)
    return tokens


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.loop", description=__doc__)
    given: Any = os.environ.get(DSN_VARIABLE)
    parser.add_argument("--dsn", default=given, help=f"{DSN_VARIABLE}; without: embedded")
    parser.add_argument("--only", nargs="+", choices=_PARTS, default=list(_PARTS), metavar="PART")
    parser.add_argument("--orders", type=int, default=2_000_000)
    parser.add_argument("--grids", type=int, default=GRIDS)
    parser.add_argument("--times", type=int, default=200, help="that each page is asked for")
    parser.add_argument("--acts", type=int, default=200, help="of each repeat")
    parser.add_argument("--seconds", type=float, default=15.0, help="of intake in each repeat")
    parser.add_argument("--lines", type=int, default=32, help="terminals that report at once")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--short", action="store_true", help="a little of all, to see it run")
    return parser


if __name__ == "__main__":
    start_logging("warning")
    sys.exit(main())
