"""What `patrol ingest learn`, `parameters` and `rebuild` do."""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from ingest.database import needed, read_dsn
from ingest.history import learn as learning
from ingest.history.days import Progress, Span, find_days
from ingest.history.rebuild import Rebuilder
from ingest.history.rebuild import describe as describe_changes
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
from runtime.clock import utc_now
from runtime.lifecycle import stop_on_signals

# What a shell reports of a program that SIGINT ended.
_STOPPED = 130


def learn(options: argparse.Namespace) -> int:
    """Learn from the days that are named, and return the exit code."""
    span = Span(from_day=options.from_day, to_day=options.to_day)
    file = settings.read_file(options.config)
    zone = read_zone(settings.load(IngestSettings, SECTION, file=file).timezone)
    rules, progress = Rules(), Progress(stop=stop_on_signals())
    with _connected(read_dsn(file)) as conn:
        units = find_days(conn, span)
        before = read_set(conn, version_in_force(conn))
        seen = learning.see_days(conn, units, rules=rules, progress=progress)
        if not progress.is_whole:
            print("stopped: nothing was learned")
            return _STOPPED
        learned = learning.fit_models(seen, rules)
        print(learning.describe(seen, learned, before))
        if options.dry_run or not learned:
            print("nothing was stored")
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


def parameters(options: argparse.Namespace) -> int:
    """List versions, put one in force or print one, and return the exit code."""
    with _connected(read_dsn(settings.read_file(options.config))) as conn:
        if options.use:
            use_set(conn, options.use)
            _tell_in_force(read_set(conn, options.use))
        elif options.toml:
            version, model = options.toml
            print(rules_file(read_set(conn, version), model), end="")
        else:
            _print_versions(conn)
    return 0


def _print_versions(conn: psycopg.Connection) -> None:
    current = version_in_force(conn)
    print(f"{_mark(BUILT_IN.version, current)} for every model")
    for one in list_sets(conn):
        print(
            f"{_mark(one.version, current)} from {one.from_day} to {one.to_day}, "
            f"{one.worker_days} worker-days, for {', '.join(one.models)}"
        )


def _mark(version: str, current: str) -> str:
    return f"{'*' if version == current else ' '} {version:<24}"


def _tell_in_force(parameters: ParameterSet) -> None:
    print(
        f"{parameters.version} is in force for what is judged from now on; "
        "`patrol ingest rebuild` judges the past by it"
    )


def rebuild(options: argparse.Namespace) -> int:
    """Judge the days that are named again, and return the exit code."""
    span = Span(from_day=options.from_day, to_day=options.to_day, workers=options.workers)
    progress = Progress(stop=stop_on_signals())
    with _connected(read_dsn(settings.read_file(options.config))) as conn:
        _rebuild_days(conn, span, progress, dry_run=options.dry_run)
    progress.check()
    if not progress.is_whole:
        print(f"stopped after {progress.done} of {progress.of} worker-days")
        return _STOPPED
    return 0


def _rebuild_days(
    conn: psycopg.Connection, span: Span, progress: Progress, *, dry_run: bool
) -> None:
    rules = Rules()
    again = Rebuilder(conn=conn, rules=rules, dry_run=dry_run)
    units, changes = find_days(conn, span), []
    try:
        for change in progress.each(units, again.judge):
            changes.append(change)  # noqa: PERF402 - what was done before an error is told, too
    finally:
        print(describe_changes(changes))
        if dry_run:
            print("nothing was stored")
    if not dry_run:
        Settler(rules=rules.anomaly.likeness).settle(conn)


@contextmanager
def _connected(dsn: str) -> Iterator[psycopg.Connection]:
    check_migrated(dsn)
    with needed(), psycopg.connect(dsn, autocommit=True) as conn:
        yield conn
