"""`patrol simulate loop`: a month of reports, and whether every measure is what it truly is."""

import argparse
import time

from patrol.errors import InputError
from runtime.cli import Rooms

_GRIDS = 1147
_DAYS = 30
_MOST_GRIDS = 5000
_MOST_DAYS = 60
_REPORTS_A_DAY = 0.5
_LIVE = 40
_HANDS = 4


def register(commands: Rooms) -> None:
    """Add the command to the room's."""
    text = "a month of reports and of what becomes of them: is every measure what it truly is?"
    parser = commands.add_parser("loop", help=text, description=text)
    parser.add_argument("--grids", type=int, default=_GRIDS, metavar="N", help="of the district")
    parser.add_argument("--days", type=int, default=_DAYS, metavar="N", help="until yesterday")
    parser.add_argument("--seed", type=int, default=1, help="another seed, another month")
    parser.add_argument(
        "--reports-a-day", type=float, default=_REPORTS_A_DAY, metavar="X", help="of each grid"
    )
    parser.add_argument(
        "--live", type=int, default=_LIVE, metavar="N", help="orders that are done over HTTP, too"
    )
    parser.add_argument("--dsn", help="a PostgreSQL on which a database is made and dropped")
    parser.add_argument(
        "--kills", type=int, default=0, metavar="N", help="instead: kill the API and PostgreSQL"
    )
    parser.set_defaults(command=_loop)


def _loop(options: argparse.Namespace) -> int:
    # Only here: the other commands need neither services nor the database's client.
    try:
        from simulator.loops.killing import run_kills  # noqa: PLC0415
        from simulator.loops.run import run_loop  # noqa: PLC0415
        from simulator.loops.truth.hours import DAY_S  # noqa: PLC0415
        from simulator.loops.truth.month import Plan, local_midnight  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise InputError(
            f"it needs the Python package of {error.name!r}: "
            "install gridpatrol[demo,ingest,api,simulator]"
        ) from error

    if not 1 <= options.grids <= _MOST_GRIDS or not 1 <= options.days <= _MOST_DAYS:
        raise InputError(f"give 1 to {_MOST_GRIDS} grids and 1 to {_MOST_DAYS} days")
    if options.kills:
        return run_kills(kills=options.kills, workers=_HANDS, seed=options.seed)
    # All of it is over, so that no measure depends on when it is asked for.
    start_s = local_midnight(int(time.time())) - options.days * DAY_S
    plan = Plan(
        grids=options.grids,
        days=options.days,
        start_s=start_s,
        seed=options.seed,
        reports_a_day=options.reports_a_day,
    )
    return run_loop(plan, live=options.live, dsn=options.dsn)
