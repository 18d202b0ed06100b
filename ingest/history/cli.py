"""`patrol ingest learn`, `parameters`, `rebuild`: parameters out of one's own days, and history."""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import psycopg

from ingest.database import needed, read_dsn
from ingest.history import learn, rebuild
from ingest.history.days import Progress, Span, find_days
from ingest.judging.settlement import Settler
from ingest.migrate import check_migrated
from ingest.parameters.sets import BUILT_IN, ParameterSet, rules_file
from ingest.parameters.tables import (
    Lesson,
    list_sets,
    read_set,
    store_lesson,
    use_set,
    version_in_force,
)
from ingest.settings import SECTION, IngestSettings
from patrol.compliance import Rules
from patrol.duty import local_day, read_zone
from runtime import settings
from runtime.cli import Rooms
from runtime.clock import utc_now
from runtime.lifecycle import stop_on_signals

# What a shell reports of a program that SIGINT ended.
_STOPPED = 130


def register(commands: Rooms) -> None:
    """Add the commands."""
    learner = _add(commands, "learn", _learn, text="learn how receivers behave from one's own days")
    _add_span(learner)
    learner.add_argument(
        "--dry-run", action="store_true", help="print what is learned, store nothing"
    )
    versions = _add(commands, "parameters", _parameters, text="list versions of what was learned")
    either = versions.add_mutually_exclusive_group()
    either.add_argument(
        "--use", metavar="VERSION", help=f"put a version in force, or {BUILT_IN.version}"
    )
    either.add_argument(
        "--toml", nargs=2, metavar=("VERSION", "MODEL"), help="print a rules file for evaluate"
    )
    again = _add(commands, "rebuild", _rebuild, text="judge days of the past again")
    _add_span(again)
    again.add_argument("--workers", nargs="+", metavar="ID", help="of these workers alone")
    again.add_argument(
        "--dry-run", action="store_true", help="print what would change, store nothing"
    )


def _add(commands: Rooms, name: str, command: Any, *, text: str) -> argparse.ArgumentParser:  # noqa: ANN401 - argparse takes any callable
    parser = commands.add_parser(name, help=text, description=text)
    parser.add_argument("--config", type=Path, metavar="FILE", help="settings file (TOML)")
    parser.set_defaults(command=command)
    return parser


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
    span = Span(from_day=options.from_day, to_day=options.to_day)
    file = settings.read_file(options.config)
    zone = read_zone(settings.load(IngestSettings, SECTION, file=file).timezone)
    rules, progress = Rules(), Progress(stop=stop_on_signals())
    with _connected(read_dsn(file)) as conn:
        units = find_days(conn, span)
        before = read_set(conn, version_in_force(conn))
        seen = learn.see_days(conn, units, rules=rules, progress=progress)
        if not progress.is_whole:
            print("stopped: nothing was learned")  # noqa: T201 - the command's answer
            return _STOPPED
        learned = learn.fit_models(seen, rules)
        print(learn.describe(seen, learned, before))  # noqa: T201
        if options.dry_run or not learned:
            print("nothing was stored")  # noqa: T201
            progress.check()
            return 0
        lesson = Lesson(
            from_day=span.from_day,
            to_day=span.to_day,
            worker_days=sum(one.worker_days for one in seen.values()),
            read_with=before,
            models=learned,
        )
        made = store_lesson(conn, lesson, today=local_day(utc_now(), zone))
    _tell_in_force(made)
    progress.check()
    return 0


def _parameters(options: argparse.Namespace) -> int:
    with _connected(read_dsn(settings.read_file(options.config))) as conn:
        if options.use:
            use_set(conn, options.use)
            _tell_in_force(read_set(conn, options.use))
        elif options.toml:
            version, model = options.toml
            print(rules_file(read_set(conn, version), model), end="")  # noqa: T201
        else:
            _print_versions(conn)
    return 0


def _print_versions(conn: psycopg.Connection) -> None:
    current = version_in_force(conn)
    print(f"{_mark(BUILT_IN.version, current)} for every model")  # noqa: T201
    for one in list_sets(conn):
        print(  # noqa: T201
            f"{_mark(one.version, current)} from {one.from_day} to {one.to_day}, "
            f"{one.worker_days} worker-days, for {', '.join(one.models)}"
        )


def _mark(version: str, current: str) -> str:
    return f"{'*' if version == current else ' '} {version:<24}"


def _tell_in_force(parameters: ParameterSet) -> None:
    print(  # noqa: T201
        f"{parameters.version} is in force for what is judged from now on; "
        "`patrol ingest rebuild` judges the past by it"
    )


def _rebuild(options: argparse.Namespace) -> int:
    span = Span(from_day=options.from_day, to_day=options.to_day, workers=options.workers)
    progress = Progress(stop=stop_on_signals())
    with _connected(read_dsn(settings.read_file(options.config))) as conn:
        _rebuild_days(conn, span, progress, dry_run=options.dry_run)
    progress.check()
    if not progress.is_whole:
        print(f"stopped after {progress.done} of {progress.of} worker-days")  # noqa: T201
        return _STOPPED
    return 0


def _rebuild_days(
    conn: psycopg.Connection, span: Span, progress: Progress, *, dry_run: bool
) -> None:
    rules = Rules()
    again = rebuild.Rebuilder(conn=conn, rules=rules, dry_run=dry_run)
    units, changes = find_days(conn, span), []
    try:
        for change in progress.each(units, again.judge):
            changes.append(change)  # noqa: PERF402 - what was done before an error is told, too
    finally:
        print(rebuild.describe(changes))  # noqa: T201
        if dry_run:
            print("nothing was stored")  # noqa: T201
    if not dry_run:
        Settler(rules=rules.anomaly.likeness).settle(conn)


@contextmanager
def _connected(dsn: str) -> Iterator[psycopg.Connection]:
    check_migrated(dsn)
    with needed(), psycopg.connect(dsn, autocommit=True) as conn:
        yield conn
