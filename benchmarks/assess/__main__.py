"""`python -m benchmarks.assess`: everybody on the same days, one table, one line of JSON."""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.assess.contenders import (
    LIBRARIES,
    Absent,
    run_engine,
    run_library,
    run_radius,
)
from benchmarks.assess.days import Days, make_days, write_tracks
from benchmarks.assess.libraries.exchange import Request
from benchmarks.assess.table import Comparison, figures, table

# Cities on which no parameter was chosen.
_SEEDS = [101, 102]
_INTERVALS_S = [10, 30]
_WORKERS = 6
_PASSES = 3


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and return 0 whatever the figures are."""
    options = _parser().parse_args(arguments)
    options.folder.mkdir(parents=True, exist_ok=True)
    comparisons = [_compare(interval_s, options) for interval_s in options.interval]
    print(table(comparisons))
    print(json.dumps({"bench": "assess", "figures": figures(comparisons)}), flush=True)
    return 0


def _compare(interval_s: int, options: argparse.Namespace) -> Comparison:
    passes: int = options.passes
    days = make_days(Days(seeds=options.seeds, workers=options.workers), interval_s=interval_s)
    tracks = options.folder / f"tracks-{interval_s}s.csv"
    write_tracks(tracks, days)
    outcomes = [run_engine(days, passes=passes), run_radius(days, passes=passes)]
    absent = []
    for name in LIBRARIES:
        _tell(f"{name}, a fix every {interval_s} s")
        answers = options.folder / f"{name}-{interval_s}s.json"
        request = Request(tracks.absolute(), answers.absolute(), passes)
        found = run_library(name, days, options.folder, request=request)
        if isinstance(found, Absent):
            absent.append(found)
        else:
            outcomes += found
    return Comparison(interval_s=interval_s, days=days, outcomes=outcomes, absent=absent)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.assess", description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path(".bench"), help="environments, tracks")
    parser.add_argument("--seeds", type=int, nargs="+", default=_SEEDS, help="a city for each")
    parser.add_argument("--workers", type=int, default=_WORKERS, help="workers of each city")
    parser.add_argument("--interval", type=int, nargs="+", default=_INTERVALS_S, metavar="S")
    parser.add_argument("--passes", type=int, default=_PASSES, help="times that each is run")
    return parser


def _tell(what: str) -> None:
    if sys.stderr.isatty():
        print(f"bench-assess: {what}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
