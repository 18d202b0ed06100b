"""`patrol simulate score`: the rules held against days whose truth is known."""

import argparse
import json
import os
import sys
from typing import TYPE_CHECKING

from patrol.errors import InputError
from runtime.cli import Rooms

if TYPE_CHECKING:
    from simulator.scoring.run import Plan

# Parameters are chosen on seeds 1 to 4; the days on which they are marked are others.
_MARKING_SEEDS = "101-117"
_MARKING_INTERVALS_S = [5, 10, 15, 30]
_TUNING_SEEDS = "1-4"
_TUNING_INTERVALS_S = [10]
_WORKERS = 12


def register(commands: Rooms) -> None:
    """Add the command to the room's."""
    text = "hold the rules against days whose truth is known"
    parser = commands.add_parser("score", help=text, description=text)
    parser.add_argument("--seeds", metavar="A-B", help="a city for each seed")
    parser.add_argument(
        "--interval", type=int, nargs="+", metavar="S", help="seconds between solutions"
    )
    parser.add_argument(
        "--workers", type=int, default=_WORKERS, metavar="N", help="workers of each city"
    )
    parser.add_argument(
        "--scenarios", nargs="+", metavar="NAME", help="only these; a wrong name lists all"
    )
    parser.add_argument(
        "--sensitivity",
        action="store_true",
        help="instead: each parameter of the rules halved and doubled, on seeds 1-4",
    )
    parser.set_defaults(command=_score)


def _score(options: argparse.Namespace) -> int:
    # Only here: the other commands of the room need not wait for the rules to be loaded.
    from patrol.compliance import Rules  # noqa: PLC0415
    from simulator.scoring.run import run_all  # noqa: PLC0415
    from simulator.scoring.sensitivity import sensitivity, sensitivity_table  # noqa: PLC0415
    from simulator.scoring.table import figures, table  # noqa: PLC0415

    plan, rules = _plan(options), Rules()
    head = f"rules {rules.version}, cities {plan.seeds[0]}-{plan.seeds[-1]}"
    if options.sensitivity:
        _print(f"{head}, {sensitivity_table(*sensitivity(plan, rules, tell=_tell))}")
        return 0
    runs = run_all(plan, rules, tell=_tell)
    last = json.dumps({"bench": "score", "figures": figures(runs)})
    _print(f"{head}\n\n{table(runs)}\n{last}")
    return 0


def _plan(options: argparse.Namespace) -> "Plan":
    from simulator.scoring.run import Plan  # noqa: PLC0415 - as above
    from simulator.scoring.scenarios import chosen  # noqa: PLC0415 - as above

    names, seeds, intervals_s = (
        (["usual"], _TUNING_SEEDS, _TUNING_INTERVALS_S)
        if options.sensitivity
        else (None, _MARKING_SEEDS, _MARKING_INTERVALS_S)
    )
    return Plan(
        hazards=chosen(options.scenarios or names),
        seeds=_seeds(seeds if options.seeds is None else options.seeds),
        intervals_s=sorted(set(options.interval or intervals_s)),
        workers=options.workers,
    )


def _print(text: str) -> None:
    try:
        print(text, flush=True)  # noqa: T201 - the command's answer
    except BrokenPipeError:
        # Whoever read has enough; what is left must not be written at exit either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _seeds(text: str) -> range:
    first, _, last = text.partition("-")
    try:
        seeds = range(int(first), int(last or first) + 1)
    except ValueError as error:
        raise InputError(f"seeds {text!r}: write them like 101-117") from error
    if not seeds:
        raise InputError(f"seeds {text!r} are none: the first one must not be the larger")
    return seeds


def _tell(what: str) -> None:
    if sys.stderr.isatty():
        print(f"patrol: {what}", file=sys.stderr)  # noqa: T201 - the person who waits
