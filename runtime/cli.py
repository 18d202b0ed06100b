"""The one command, `patrol`: every room registers its own subcommands."""

import argparse
import sys
from collections.abc import Callable
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
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
    options = make_parser(_named_room(arguments)).parse_args(arguments)
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


def make_parser(only: str | None = None) -> argparse.ArgumentParser:
    """Return the parser of the whole command, or of one room where only that is asked for."""
    parser = argparse.ArgumentParser(
        prog="patrol", description="Patrol tracker and GPS gateway for community grid management."
    )
    parser.add_argument(
        "--log-level", choices=["debug", "info", "warning", "error"], default="info"
    )
    rooms = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    found = entry_points(group=ENTRY_POINTS)
    # A small terminal must not load the server's parts to run its agent.
    for entry in sorted(found.select(name=only) if only else found):
        try:
            register = entry.load()
        except ModuleNotFoundError as error:
            _register_missing(rooms, entry, str(error.name))
        else:
            register(rooms)
    return parser


def add_command(
    commands: Rooms, name: str, command: Callable[[argparse.Namespace], int], *, text: str
) -> argparse.ArgumentParser:
    """Add a command that reads settings, and return its parser for what else it takes."""
    parser = commands.add_parser(name, help=text, description=text)
    parser.add_argument("--config", type=Path, metavar="FILE", help="settings file (TOML)")
    parser.set_defaults(command=command)
    return parser


def _named_room(arguments: list[str]) -> str | None:
    names = {entry.name for entry in entry_points(group=ENTRY_POINTS)}
    return next((word for word in arguments if word in names), None)


def _register_missing(rooms: Rooms, entry: EntryPoint, module: str) -> None:
    """Say which part is not installed only when it is asked for; extras are called as rooms."""
    room = entry.module.partition(".")[0]

    def refuse(_options: argparse.Namespace) -> NoReturn:
        raise InputError(
            f"{entry.name} needs the Python package of {module!r}: install gridpatrol[{room}]"
        )

    parser = rooms.add_parser(entry.name, help=f"(not installed: needs {module})", add_help=False)
    parser.add_argument("rest", nargs=argparse.REMAINDER)
    parser.set_defaults(command=refuse)
