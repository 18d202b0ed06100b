"""`patrol simulate gateway`: terminals of every protocol, and whether their answers were true."""

import argparse
from datetime import timedelta
from pathlib import Path

from patrol.errors import InputError
from runtime.cli import Rooms
from runtime.clock import utc_now

_WORKERS, _MINUTES, _OUTAGE_S = 12, 30, 20.0
_MOST_MINUTES = 450
_MOST_OUTAGE_S = 3_600


def register(commands: Rooms) -> None:
    """Add the command to the room's."""
    text = "terminals of every protocol on bad lines: is exactly what was answered stored?"
    parser = commands.add_parser("gateway", help=text, description=text)
    parser.add_argument(
        "--folder", type=Path, default=Path(".gateway"), help="made anew; services and logs"
    )
    parser.add_argument("--seed", type=int, default=1, help="another seed, other mischief")
    parser.add_argument("--workers", type=int, default=_WORKERS, metavar="N", help="terminals")
    parser.add_argument(
        "--minutes", type=int, default=_MINUTES, metavar="M", help="a fix a second, of each"
    )
    parser.add_argument(
        "--outage", type=float, default=_OUTAGE_S, metavar="S", help="the broker is away so long"
    )
    parser.add_argument("--dsn", help="a PostgreSQL on which a database is made and dropped")
    parser.set_defaults(command=_gateway)


def _gateway(options: argparse.Namespace) -> int:
    # Only here: the other commands need neither services nor the database's client.
    try:
        from simulator.custody.run import Plan, run_gateway_day  # noqa: PLC0415
        from simulator.scenario import Scenario  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise InputError(
            f"it needs the Python package of {error.name!r}: "
            "install gridpatrol[demo,gateway,ingest,simulator]"
        ) from error

    if not 1 <= options.minutes <= _MOST_MINUTES:
        raise InputError(f"minutes is {options.minutes}: give 1 to {_MOST_MINUTES}")
    if not 0 <= options.outage <= _MOST_OUTAGE_S:
        raise InputError(f"outage is {options.outage}: give 0 to {_MOST_OUTAGE_S} seconds")
    # The day is over, so that no fix is of the future.
    day = utc_now().date() - timedelta(days=2)
    return run_gateway_day(
        Plan(
            folder=options.folder,
            scenario=Scenario(seed=options.seed, workers=options.workers, day=day, interval_s=1),
            fixes=options.minutes * 60,
            outage_s=options.outage,
            dsn=options.dsn,
        )
    )
