"""`patrol simulate chaos`: faults under load, and whether anything was lost."""

import argparse
from pathlib import Path

from patrol.errors import InputError
from runtime.cli import Rooms

_FIXES = 5_000_000
_FAULTS = 57
_TERMINALS = 200
_LONGEST_S = 6.0
_RESEND_S = 5.0


def register(commands: Rooms) -> None:
    """Add the command to the room's."""
    text = "faults under load: is everything stored that terminals were told to forget?"
    parser = commands.add_parser("chaos", help=text, description=text)
    parser.add_argument("--folder", type=Path, default=Path(".chaos"), help="services and logs")
    parser.add_argument("--seed", type=int, default=1, help="another seed, other moments")
    parser.add_argument("--terminals", type=int, default=_TERMINALS, metavar="N")
    parser.add_argument("--fixes", type=int, default=_FIXES, metavar="N", help="of all terminals")
    parser.add_argument("--faults", type=int, default=_FAULTS, metavar="N", help="how many strike")
    parser.add_argument(
        "--kinds", nargs="+", metavar="NAME", help="only these; a wrong name lists all"
    )
    parser.add_argument("--replicas", type=int, default=1, metavar="N", help="ingests at once")
    parser.add_argument(
        "--longest", type=float, default=_LONGEST_S, metavar="S", help="a fault lasts at most"
    )
    parser.add_argument(
        "--resend",
        type=float,
        default=_RESEND_S,
        metavar="S",
        help="what had no receipt goes again",
    )
    parser.add_argument(
        "--dsn", help="a PostgreSQL that is not to be struck; a database is made on it and dropped"
    )
    parser.add_argument(
        "--postgres-programs", type=Path, metavar="DIR", help="start this PostgreSQL instead"
    )
    parser.add_argument(
        "--postgres-libraries", type=Path, metavar="DIR", help="libraries that it needs"
    )
    parser.set_defaults(command=_chaos)


def _chaos(options: argparse.Namespace) -> int:
    # Only here: the other commands need neither services nor the database's client.
    try:
        from simulator.chaos.faults import FAULTS  # noqa: PLC0415
        from simulator.chaos.plan import Plan  # noqa: PLC0415
        from simulator.chaos.run import run_chaos  # noqa: PLC0415
        from simulator.services import Installation  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise InputError(
            f"it needs the Python package of {error.name!r}: "
            "install gridpatrol[demo,ingest,simulator]"
        ) from error

    unknown = set(options.kinds or ()) - set(FAULTS)
    if unknown:
        raise InputError(f"no fault is called {sorted(unknown)}: there are {', '.join(FAULTS)}")
    programs, libraries = options.postgres_programs, options.postgres_libraries
    return run_chaos(
        Plan(
            folder=options.folder,
            seed=options.seed,
            terminals=options.terminals,
            fixes=options.fixes,
            faults=options.faults,
            kinds=options.kinds or tuple(FAULTS),
            replicas=options.replicas,
            longest_s=options.longest,
            resend_after_s=options.resend,
            dsn=options.dsn,
            installation=Installation(programs, libraries) if programs else None,
        )
    )
