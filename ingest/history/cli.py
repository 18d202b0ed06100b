"""`patrol ingest learn`, `parameters`, `rebuild`: parameters out of one's own days, and history."""

import argparse
from datetime import date

from runtime.cli import Rooms, add_command

# What judges is imported when it is asked for: its compiled loops take a second and 80 MB.


def register(commands: Rooms) -> None:
    """Add the commands."""
    learner = add_command(
        commands, "learn", _learn, text="learn how receivers behave from one's own days"
    )
    _add_span(learner)
    learner.add_argument(
        "--dry-run", action="store_true", help="print what is learned, store nothing"
    )
    versions = add_command(
        commands, "parameters", _parameters, text="list versions of what was learned"
    )
    either = versions.add_mutually_exclusive_group()
    either.add_argument("--use", metavar="VERSION", help="put a version in force, or builtin-1")
    either.add_argument(
        "--toml", nargs=2, metavar=("VERSION", "MODEL"), help="print a rules file for evaluate"
    )
    again = add_command(commands, "rebuild", _rebuild, text="judge days of the past again")
    _add_span(again)
    again.add_argument("--workers", nargs="+", metavar="ID", help="of these workers alone")
    again.add_argument(
        "--dry-run", action="store_true", help="print what would change, store nothing"
    )


def _add_span(parser: argparse.ArgumentParser) -> None:
    for name, text in (("from", "the first local day"), ("to", "the last local day, included")):
        parser.add_argument(
            f"--{name}",
            dest=f"{name}_day",
            type=_day,
            required=True,
            metavar="DAY",
            help=f"{text}, such as 2026-03-02",
        )


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no day: write 2026-03-02") from error


def _learn(options: argparse.Namespace) -> int:
    from ingest.history import commands  # noqa: PLC0415 - see above

    return commands.learn(options)


def _parameters(options: argparse.Namespace) -> int:
    from ingest.history import commands  # noqa: PLC0415 - see above

    return commands.parameters(options)


def _rebuild(options: argparse.Namespace) -> int:
    from ingest.history import commands  # noqa: PLC0415 - see above

    return commands.rebuild(options)
