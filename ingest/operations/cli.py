"""`patrol ingest status` and `patrol ingest quarantine`: what an operator sees, and does."""

import argparse
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import psycopg
import structlog

from ingest.database import needed, read_dsn
from ingest.keeping.settings import SECTION as KEEPING
from ingest.keeping.settings import KeepingSettings
from ingest.migrate import check_migrated
from ingest.operations import quarantined
from ingest.operations.quarantined import Wanted
from ingest.operations.retrying import Outcome, Retrier
from ingest.operations.status import read_status
from ingest.operations.status_page import as_json, describe
from ingest.quarantine import Code
from ingest.settings import SECTION, IngestSettings
from ingest.writer import Writer
from patrol.errors import InputError
from patrol.topics import Topics
from runtime import mqtt, settings
from runtime.cli import Rooms, add_command
from runtime.clock import utc_now
from runtime.lifecycle import stop_on_signals

# What a shell reports of a program that SIGINT ended.
_STOPPED = 130
# As sysexits.h has it: a service is not as it should be.
_NEEDS_ATTENTION = 69
_MOST_LISTED = 1000


def register(commands: Rooms) -> None:
    """Add the commands."""
    status = add_command(
        commands, "status", _status, text="how the ingest is, and what needs attention"
    )
    status.add_argument("--json", action="store_true", help="one JSON object")
    text = "messages that were refused: list, show, retry"
    room = commands.add_parser("quarantine", help=text, description=text)
    kinds = room.add_subparsers(title="commands", metavar="COMMAND", required=True)
    lister = add_command(kinds, "list", _list, text="list refused messages, the newest first")
    _add_filters(lister)
    lister.add_argument(
        "--limit", type=_limit, default=20, metavar="N", help=f"how many, at most {_MOST_LISTED}"
    )
    shower = add_command(kinds, "show", _show, text="show one with what it holds: personal data")
    shower.add_argument("id", type=int, metavar="ID", help="its number in the list")
    retrier = add_command(kinds, "retry", _retry, text="try refused messages again")
    retrier.add_argument("ids", nargs="*", type=int, metavar="ID", help="numbers in the list")
    _add_filters(retrier)
    retrier.add_argument("--all", action="store_true", help="every message in the quarantine")


def _add_filters(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--reason", metavar="TEXT", help="with this text in the reason")
    parser.add_argument("--code", choices=[one.value for one in Code], help="of this kind")
    parser.add_argument("--terminal", metavar="ID", help="from this terminal")
    parser.add_argument(
        "--since", type=_time, metavar="TIME", help="since then, such as 2026-03-02T08:00:00+08:00"
    )


def _time(text: str) -> datetime:
    try:
        time = datetime.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no time") from error
    if time.tzinfo is None:
        raise argparse.ArgumentTypeError(f"{text!r} has no offset: write 2026-03-02T08:00:00+08:00")
    return time


def _limit(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= _MOST_LISTED:
        raise argparse.ArgumentTypeError(f"give 1 to {_MOST_LISTED}")
    return int(text)


def _wanted(options: argparse.Namespace, ids: list[int] | None = None) -> Wanted:
    return Wanted(
        ids=ids,
        terminal=options.terminal,
        code=options.code,
        reason=options.reason,
        since=options.since,
    )


def _status(options: argparse.Namespace) -> int:
    file = settings.read_file(options.config)
    keeping = settings.load(KeepingSettings, KEEPING, file=file)
    dsn = read_dsn(file)
    check_migrated(dsn)
    with needed(), psycopg.connect(dsn, autocommit=True) as conn:
        status = read_status(conn, keeping, now=utc_now())
    print(json.dumps(as_json(status)) if options.json else describe(status))
    return _NEEDS_ATTENTION if status.attention else 0


def _list(options: argparse.Namespace) -> int:
    wanted = _wanted(options)
    with _connected(options) as conn:
        counts = quarantined.count_letters(conn, wanted)
        letters = quarantined.list_letters(conn, wanted, limit=options.limit)
    for one in letters:
        print(quarantined.describe(one))
    counted = ", ".join(f"{count} {code}" for code, count in counts.items())
    print(f"{sum(counts.values())} in all{': ' if counts else ''}{counted}")
    return 0


def _show(options: argparse.Namespace) -> int:
    with _connected(options) as conn:
        letter = quarantined.read_letter(conn, options.id)
    structlog.get_logger().info("ingest.quarantine_shown", id=options.id)
    for line in quarantined.reveal(letter):
        print(line)
    return 0


def _retry(options: argparse.Namespace) -> int:
    wanted = _wanted(options, options.ids or None)
    if options.all != (wanted == Wanted()):
        raise InputError("say which are to be retried: ids, filters, or --all and nothing else")
    file = settings.read_file(options.config)
    own = settings.load(IngestSettings, SECTION, file=file)
    broker = settings.load(mqtt.BrokerSettings, mqtt.SECTION, file=file)
    writer = Writer(topics=Topics(broker.topic_root), future_s=own.future_s)
    stop = stop_on_signals()
    seen: set[int] = set()
    with _connected(options) as conn:
        retrier = Retrier(conn=conn, writer=writer, stop=stop)
        accepted = refused = 0
        for outcome in retrier.retry(wanted):
            print(_tell(outcome))
            accepted += outcome.refusal is None
            refused += outcome.refusal is not None
            if wanted.ids:
                seen.add(outcome.letter.quarantine_id)
        _tell_others(retrier, [one for one in wanted.ids or () if one not in seen])
    print(f"{accepted} accepted, {refused} refused again")
    return _STOPPED if stop.is_set() else 0


def _tell(outcome: Outcome) -> str:
    number, written = outcome.letter.quarantine_id, outcome.written
    if written is None or outcome.refusal is not None:
        refusal = outcome.refusal
        why = f"{refusal.code}: {quarantined.discreet(refusal.reason)}" if refusal else ""
        return f"{number}: refused again, {why}"
    if not written.positions:
        return f"{number}: accepted"
    parts = {
        "stored": written.stored,
        "off duty": written.off_duty,
        "set aside": written.set_aside,
    }
    parts["known"] = written.positions - sum(parts.values())
    fates = ", ".join(f"{count} {fate}" for fate, count in parts.items() if count)
    return f"{number}: accepted, {written.positions} positions: {fates}"


def _tell_others(retrier: Retrier, ids: list[int]) -> None:
    left = retrier.find_left(ids) if ids else set()
    for number in ids:
        what = "is left as it is" if number in left else "is not in the quarantine"
        print(f"{number}: {what}")


@contextmanager
def _connected(options: argparse.Namespace) -> Iterator[psycopg.Connection]:
    dsn = read_dsn(settings.read_file(options.config))
    check_migrated(dsn)
    with needed(), psycopg.connect(dsn, autocommit=True) as conn:
        yield conn
