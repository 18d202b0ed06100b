"""`patrol simulate soak`: a month of the agent, and whether every fix is accounted for."""

import argparse
from datetime import date, timedelta
from pathlib import Path

from patrol.errors import InputError
from runtime.cli import Rooms
from runtime.clock import utc_now

_MOST_DAYS = 60
_INTERVAL_S = 5


def register(commands: Rooms) -> None:
    """Add the command to the room's."""
    text = "a month of the agent in minutes, killed, unplugged and cut off: is every fix stored?"
    parser = commands.add_parser("soak", help=text, description=text)
    parser.add_argument(
        "--folder", type=Path, default=Path(".soak"), help="made anew; services and logs"
    )
    parser.add_argument("--seed", type=int, default=1, help="another seed, other troubles")
    parser.add_argument("--days", type=int, default=30, metavar="N", help="days of duty")
    parser.add_argument(
        "--interval", type=int, default=_INTERVAL_S, metavar="S", help="seconds between solutions"
    )
    parser.add_argument("--dsn", help="a PostgreSQL on which a database is made and dropped")
    parser.set_defaults(command=_soak)


def _soak(options: argparse.Namespace) -> int:
    # Only here: the other commands need neither services nor the database's client.
    try:
        from simulator.scenario import Scenario  # noqa: PLC0415
        from simulator.soaking.month import Month  # noqa: PLC0415
        from simulator.soaking.run import run_soak  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise InputError(
            f"it needs the Python package of {error.name!r}: "
            "install gridpatrol[demo,device,ingest,simulator]"
        ) from error

    if not 1 <= options.days <= _MOST_DAYS:
        raise InputError(f"days is {options.days}: give 1 to {_MOST_DAYS}")
    # The last day is over, so that no fix is of the future.
    first: date = utc_now().date() - timedelta(days=options.days + 1)
    scenario = Scenario(seed=options.seed, workers=1, day=first, interval_s=options.interval)
    return run_soak(Month(scenario, options.days), options.folder, dsn=options.dsn)
