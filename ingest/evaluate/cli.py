"""`patrol evaluate`: recorded days judged out of files."""

import argparse
import json
import os
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from io import TextIOWrapper
from pathlib import Path
from typing import Any

from ingest.evaluate.answers import answer
from ingest.evaluate.district import District, read_district
from ingest.evaluate.likeness import find_alike, read_strays
from ingest.evaluate.rules import read_rules
from ingest.evaluate.silence import excuse_common_silence
from ingest.evaluate.tracks import Tracks, Unused, read_tracks
from patrol.anomalies.findings import in_order
from patrol.compliance import DayResult, Rules, judge_day
from patrol.duty import needed_span, read_zone
from patrol.errors import InputError
from patrol.intervals import merge
from patrol.reasons import LANGUAGES
from runtime.cli import Rooms

_TRACKS = "tracks.csv"
_NAMED = 10
# How often progress is told to a person who watches, and to a log.
_WATCHED_S = 1.0
_LOGGED_S = 15.0


def register(rooms: Rooms) -> None:
    """Add the command."""
    text = "judge recorded days out of files"
    parser = rooms.add_parser("evaluate", help=text, description=text)
    parser.add_argument(
        "folder", type=Path, metavar="DIR", help="folder with registers, roster.csv and tracks.csv"
    )
    parser.add_argument(
        "--timezone", default="Asia/Shanghai", metavar="TZ", help="whose days; an IANA time zone"
    )
    parser.add_argument("--rules", type=Path, metavar="FILE", help="rules that differ (TOML)")
    parser.add_argument(
        "--language", choices=LANGUAGES, default="en", help="in which the reasons are told"
    )
    parser.set_defaults(command=_evaluate)


def _evaluate(options: argparse.Namespace) -> int:
    folder: Path = options.folder
    if not folder.is_dir():
        raise InputError(f"{folder} is not a folder: name one with roster.csv and tracks.csv")
    zone = read_zone(options.timezone)
    rules = read_rules(options.rules) if options.rules else Rules()
    district = read_district(folder, zone)
    progress = _Progress()
    tracks = read_tracks(
        folder / _TRACKS,
        {unit.worker_id for unit in district.windows},
        tell=lambda rows: progress.tell(f"{rows} rows of {_TRACKS} read"),
    )
    _tell_unused(folder / _TRACKS, tracks.unused)
    _tell_outside(district, tracks)
    district = excuse_common_silence(district, tracks)
    results = _results(district, tracks, rules, progress=progress)
    _print(answer(one, options.language) for one in results)
    return 0


def _results(
    district: District, tracks: Tracks, rules: Rules, *, progress: "_Progress"
) -> Iterator[DayResult]:
    count = len(district.windows)
    alike = find_alike(
        district,
        tracks,
        rules,
        tell=lambda number: progress.tell(f"{number} of {count} worker-days compared"),
    )
    for number, (unit, windows) in enumerate(district.windows.items(), start=1):
        fixes = tracks.of(unit.worker_id, needed_span(windows))
        facts = replace(district.facts(unit, fixes), strays=read_strays(tracks, windows))
        result = judge_day(facts, rules)
        yield replace(result, findings=in_order([*result.findings, *alike.get(unit, [])]))
        progress.tell(f"{number} of {count} worker-days judged")


def _print(answers: Iterator[dict[str, Any]]) -> None:
    if isinstance(sys.stdout, TextIOWrapper):
        # JSON is UTF-8, whatever the terminal prefers.
        sys.stdout.reconfigure(encoding="utf-8")
    try:
        for one in answers:
            print(json.dumps(one, ensure_ascii=False))  # noqa: T201 - the command's answer
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read has enough; what is left must not be written at exit either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _tell_unused(path: Path, unused: Unused) -> None:
    _tell_named(f"rows of {path} that were skipped", unused.rows, unused.named)
    what = f"rows of {path} with a value that is taken as not known"
    _tell_named(what, unused.doubted, unused.named_doubted)
    if unused.strangers:
        names = sorted(unused.strangers)
        more = ", ..." if len(names) > _NAMED else ""
        _tell(
            f"fixes of workers without duty in roster.csv, not used: "
            f"{unused.strangers.total()} of {', '.join(names[:_NAMED])}{more}"
        )


def _tell_named(what: str, count: int, named: Sequence[str]) -> None:
    if count:
        rest = count - len(named)
        lines = [*named, *([f"and {rest} more"] if rest else [])]
        _tell(f"{what}: {count}\n  " + "\n  ".join(lines))


def _tell_outside(district: District, tracks: Tracks) -> None:
    counts = [own.stop - own.start for own in tracks.slices.values()]
    for unit, windows in district.windows.items():
        duty = merge(window.interval for window in windows)
        if len(tracks.of(unit.worker_id, duty).epoch_ms):
            return
    if sum(counts):
        workers = sum(count > 0 for count in counts)
        _tell(f"{sum(counts)} fixes of {workers} workers lie outside every duty")


class _Progress:
    """Says now and then how far a long run has come."""

    def __init__(self) -> None:
        self._every_s = _WATCHED_S if sys.stderr.isatty() else _LOGGED_S
        self._told = time.monotonic()

    def tell(self, what: str) -> None:
        now = time.monotonic()
        if now - self._told >= self._every_s:
            self._told = now
            _tell(what)


def _tell(what: str) -> None:
    print(f"patrol: {what}", file=sys.stderr)  # noqa: T201 - the person at the terminal
