"""`patrol ingest orders`: held against their events, and opened of reports that have none."""

import argparse
import json
from datetime import date

import psycopg

from ingest.database import needed, read_dsn
from ingest.migrate import check_migrated
from ingest.orders.checking import check_orders, rebuild_order
from ingest.orders.missing import open_missing
from ingest.settings import SECTION, IngestSettings
from patrol.duty import day_interval, read_zone
from patrol.errors import StateError
from runtime import settings
from runtime.cli import Rooms, add_command
from runtime.lifecycle import stop_on_signals


def register(commands: Rooms) -> None:
    """Add the commands."""
    text = "look after work orders"
    room = commands.add_parser("orders", help=text, description=text)
    orders = room.add_subparsers(title="commands", metavar="COMMAND", required=True)
    check = add_command(orders, "check", _check, text="replay all orders from their events")
    check.add_argument(
        "--rebuild", action="store_true", help="make rows anew that are not what their events say"
    )
    opening = add_command(
        orders, "open-missing", _open, text="open orders of reports that have none"
    )
    opening.add_argument(
        "--since",
        type=date.fromisoformat,
        required=True,
        metavar="DAY",
        help="local day of the first report, YYYY-MM-DD; older ones get none",
    )


def _check(options: argparse.Namespace) -> int:
    dsn = read_dsn(settings.read_file(options.config))
    check_migrated(dsn)
    rebuilt = 0
    with needed(), psycopg.connect(dsn, autocommit=True) as conn:
        checked = check_orders(conn)
        differing = sorted({one.order_id for one in checked.differences})
        if options.rebuild:
            rebuilt = sum(_is_rebuilt(conn, one) for one in differing)
    told = checked._asdict()
    told["differences"] = [one._asdict() for one in checked.differences]
    print(json.dumps({**told, "rebuilt": rebuilt}))
    return int(len(differing) > rebuilt)


def _is_rebuilt(conn: psycopg.Connection, order_id: str) -> bool:
    try:
        return rebuild_order(conn, order_id)
    except StateError:
        # What its events are is told already: nothing can be made of them.
        return False


def _open(options: argparse.Namespace) -> int:
    file = settings.read_file(options.config)
    zone = read_zone(settings.load(IngestSettings, SECTION, file=file).timezone)
    dsn = read_dsn(file)
    check_migrated(dsn)
    since = day_interval(options.since, zone).start
    with needed(), psycopg.connect(dsn, autocommit=True) as conn:
        opened = open_missing(conn, since=since, stop=stop_on_signals())
    print(json.dumps({"opened": opened}))
    return 0
