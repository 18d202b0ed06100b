"""The one command, `patrol`: every room registers its own subcommands."""

import argparse
import sys
from importlib.metadata import entry_points
from typing import NoReturn, TypeAlias

from patrol.errors import InputError, StateError
from runtime.logs import start_logging

ENTRY_POINTS = "gridpatrol.commands"

# What a room gets to add its commands to; argparse has no public name for it.
Rooms: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # noqa: SLF001

# Exit codes as sysexits.h has them: bad input, and a promise of the system broken.
BAD_INPUT = 65
BROKEN = 70


def main() -> NoReturn:
    """Run the command named on the command line and exit."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Return the exit code of the command in `arguments`."""
    options = make_parser().parse_args(arguments)
    start_logging(options.log_level)
    try:
        code: int = options.command(options)
    except InputError as error:
        print(f"patrol: {error}", file=sys.stderr)  # noqa: T201 - the person at the terminal
        return BAD_INPUT
    except StateError as error:
        print(f"patrol: {error}", file=sys.stderr)  # noqa: T201
        return BROKEN
    return code


def make_parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command, with the rooms that are installed."""
    parser = argparse.ArgumentParser(
        prog="patrol", description="Patrol tracker and GPS gateway for community grid management."
    )
    parser.add_argument(
        "--log-level", choices=["debug", "info", "warning", "error"], default="info"
    )
    rooms = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for entry in sorted(entry_points(group=ENTRY_POINTS)):
        try:
            register = entry.load()
        except ModuleNotFoundError as error:
            _register_missing(rooms, entry.name, str(error.name))
        else:
            register(rooms)
    return parser


def _register_missing(rooms: Rooms, name: str, module: str) -> None:
    """Say which part is not installed only when it is asked for."""

    def refuse(_options: argparse.Namespace) -> NoReturn:
        raise InputError(
            f"{name} needs the Python package of {module!r}: install gridpatrol[{name}]"
        )

    parser = rooms.add_parser(name, help=f"(not installed: needs {module})", add_help=False)
    parser.add_argument("rest", nargs=argparse.REMAINDER)
    parser.set_defaults(command=refuse)
