"""`patrol ingest`: migrate, load, run, assess, learn, parameters, rebuild."""

import argparse
import json
import threading
from pathlib import Path
from typing import Any

import psycopg

from ingest.consumer import Consumer
from ingest.database import needed, read_dsn
from ingest.history import cli as history
from ingest.judging.assess import Assessor, Judge
from ingest.migrate import check_migrated, migrate
from ingest.operations.metrics import IngestMetrics
from ingest.registers.load import FILES, load
from ingest.settings import SECTION, IngestSettings
from ingest.writer import Writer
from patrol.compliance import Rules
from patrol.duty import read_zone
from patrol.errors import InputError, StateError
from patrol.topics import Kind, Topics
from runtime import mqtt, settings
from runtime.cli import Rooms
from runtime.health import Vitals, served
from runtime.lifecycle import stop_on_signals


def register(rooms: Rooms) -> None:
    """Add the commands of this room."""
    room = rooms.add_parser("ingest", help="from the broker to the database, and to results")
    commands = room.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add(commands, "migrate", _migrate, text="bring the database schema up to date")
    _add(commands, "run", _run, text="store what terminals send, until stopped")
    assess = _add(commands, "assess", _assess, text="recompute worker-days with new facts")
    assess.add_argument("--once", action="store_true", help="end when nothing is marked any more")
    loader = _add(commands, "load", _load, text="load registers: all rows or none")
    loader.add_argument(
        "folder", nargs="?", type=Path, help=f"folder with any of {', '.join(FILES.values())}"
    )
    for kind, name in FILES.items():
        loader.add_argument(f"--{kind}", type=Path, metavar="FILE", help=f"a file like {name}")
    loader.add_argument("--dry-run", action="store_true", help="check everything and load nothing")
    history.register(commands)


def _add(commands: Rooms, name: str, command: Any, *, text: str) -> argparse.ArgumentParser:  # noqa: ANN401 - argparse takes any callable
    parser = commands.add_parser(name, help=text, description=text)
    parser.add_argument("--config", type=Path, metavar="FILE", help="settings file (TOML)")
    parser.set_defaults(command=command)
    return parser


def _migrate(options: argparse.Namespace) -> int:
    dsn = read_dsn(settings.read_file(options.config))
    with needed():
        applied = migrate(dsn)
    print(json.dumps({"applied": applied}))  # noqa: T201 - the command's answer
    return 0


def _load(options: argparse.Namespace) -> int:
    file = settings.read_file(options.config)
    own = settings.load(IngestSettings, SECTION, file=file)
    dsn = read_dsn(file)
    paths, zone = _paths(options), read_zone(own.timezone)
    check_migrated(dsn)
    with needed():
        loaded = load(dsn, paths, zone=zone, dry_run=options.dry_run)
    print(json.dumps({"loaded": loaded, "dry_run": options.dry_run}))  # noqa: T201
    return 0


def _paths(options: argparse.Namespace) -> dict[str, Path]:
    folder: Path | None = options.folder
    if folder is not None and not folder.is_dir():
        raise InputError(f"{folder} is not a folder: name one, or files by --grids and so on")
    paths = {
        kind: folder / name
        for kind, name in FILES.items()
        if folder is not None and (folder / name).exists()
    }
    paths |= {kind: path for kind in FILES if (path := getattr(options, kind)) is not None}
    if not paths:
        raise InputError(f"nothing to load: give a folder with {', '.join(FILES.values())}")
    return {kind: paths[kind] for kind in FILES if kind in paths}


def _run(options: argparse.Namespace) -> int:
    file = settings.read_file(options.config)
    own = settings.load(IngestSettings, SECTION, file=file)
    broker = settings.load(mqtt.BrokerSettings, mqtt.SECTION, file=file)
    dsn = read_dsn(file)
    check_migrated(dsn)
    topics = Topics(broker.topic_root)
    manner = mqtt.Manner(
        client_id=own.client_id,
        subscriptions=[topics.of_all(kind) for kind in Kind if kind is not Kind.STORED],
        persistent=True,
        receive_maximum=min(2 * own.batch_messages, mqtt.MOST_UNACKNOWLEDGED),
    )
    session = mqtt.Session(broker, manner)
    vitals = Vitals()
    vitals.ask("broker", lambda: session.is_connected)
    consumer = Consumer(
        session=session,
        dsn=dsn,
        writer=Writer(topics=topics, future_s=own.future_s),
        batch_messages=own.batch_messages,
        stop=stop_on_signals(),
        metrics=IngestMetrics(vitals, waiting=lambda: session.waiting),
    )
    with served(own.health_port, vitals, consumer.metrics.expose):
        session.start()
        try:
            consumer.run()
        finally:
            session.stop()
    return 0


def _assess(options: argparse.Namespace) -> int:
    file = settings.read_file(options.config)
    own = settings.load(IngestSettings, SECTION, file=file)
    dsn = read_dsn(file)
    check_migrated(dsn)
    stop = stop_on_signals()
    if options.once:
        return _assess_once(dsn, Rules(), stop)
    Assessor(dsn=dsn, rules=Rules(), every_s=own.assess_every_s, stop=stop).run()
    return 0


def _assess_once(dsn: str, rules: Rules, stop: threading.Event) -> int:
    with needed(), psycopg.connect(dsn, autocommit=True) as conn:
        judge = Judge(conn=conn, rules=rules, stop=stop)
        judged = judge.judge_all()
    print(json.dumps({"assessed": judged}))  # noqa: T201
    if judge.aside:
        raise StateError(f"{len(judge.aside)} worker-days cannot be judged: the log says why")
    if judge.settler.aside:
        raise StateError(f"{len(judge.settler.aside)} days cannot be settled: the log says why")
    return 0
