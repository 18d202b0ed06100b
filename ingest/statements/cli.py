"""`patrol ingest verify`: whether statements, results and points are what they were."""

import argparse
import json
import sys
from dataclasses import asdict
from datetime import date

import psycopg

from ingest.database import needed, read_dsn
from ingest.keeping.horizon import facts_from
from ingest.migrate import check_migrated
from ingest.statements.verifying import Verified, Wanted, verify
from patrol.errors import InputError
from runtime import settings
from runtime.cli import BROKEN, Rooms, add_command

_TEXT = "verify the chain of statements, and results and points against them"


def register(commands: Rooms) -> None:
    """Add the command."""
    parser = add_command(commands, "verify", _verify, text=_TEXT)
    parser.add_argument("--from", dest="from_day", type=_day, metavar="DAY", help="first day")
    parser.add_argument("--to", dest="to_day", type=_day, metavar="DAY", help="last day, included")
    parser.add_argument("--worker", metavar="ID", help="only this worker's days")
    parser.add_argument(
        "--expect", metavar="DIGEST", help="a head noted earlier, which must be in the chain still"
    )
    parser.add_argument("--json", action="store_true", help="tell it as one JSON document")


def _day(given: str) -> date:
    try:
        return date.fromisoformat(given)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{given} is no day: give YYYY-MM-DD") from None


def _verify(options: argparse.Namespace) -> int:
    wanted = Wanted(from_day=options.from_day, to_day=options.to_day, worker_id=options.worker)
    if wanted.from_day and wanted.to_day and wanted.from_day > wanted.to_day:
        raise InputError(f"--from {wanted.from_day} is later than --to {wanted.to_day}")
    dsn = read_dsn(settings.read_file(options.config))
    check_migrated(dsn)
    with needed(), psycopg.connect(dsn, autocommit=True) as conn:
        found = verify(conn, wanted, points_from=facts_from(conn), expected=options.expect)
    told = json.dumps(asdict(found)) if options.json else describe(found)
    sys.stdout.write(f"{told}\n")
    return BROKEN if found.broken else 0


def describe(found: Verified) -> str:
    """Return what was verified, in words, with every break that is told."""
    chain = f"{found.statements} statements, {found.erased} of them with erased content"
    points = f"points of {found.points_checked} checked, of {found.points_gone} gone by rule"
    lines = [
        f"{chain}; head {found.head}",
        f"{found.worker_days} worker-days held against their last statement: {points}",
    ]
    if found.renewed or found.results_gone:
        renewed = f"{found.renewed} have a newer result, whose statement is due"
        lines.append(f"{renewed}; of {found.results_gone} the result is gone by rule")
    lines += [
        f"BROKEN at {one['number']}: {one['what']}"
        + "".join(f", {name} {value}" for name, value in one.items() if name not in _TOLD)
        for one in found.breaks
    ]
    if found.broken > len(found.breaks):
        lines.append(f"and {found.broken - len(found.breaks)} more")
    lines.append("all of it holds" if not found.broken else f"{found.broken} breaks")
    return "\n".join(lines)


_TOLD = ("number", "what")
