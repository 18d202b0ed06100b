"""`patrol ingest`: migrate, load, run, assess, tell, keep, learn, parameters, rebuild, verify."""

import argparse
import gc
import json
import sys
from pathlib import Path

from ingest.consumer import Consumer
from ingest.database import needed, read_dsn
from ingest.erasure import cli as erasure
from ingest.granting import grant_api
from ingest.history import cli as history
from ingest.keeping import cli as keeping
from ingest.migrate import check_migrated, migrate
from ingest.operations import cli as operations
from ingest.operations.metrics import IngestMetrics
from ingest.operations.replicas import manner_of
from ingest.orders import cli as orders
from ingest.settings import SECTION, IngestSettings
from ingest.statements import cli as statements
from ingest.telling import cli as telling
from ingest.writer import Writer
from patrol.registers.files import FILES
from patrol.topics import Topics
from runtime import mqtt, settings
from runtime.cli import Rooms, add_command
from runtime.health import Vitals, served
from runtime.lifecycle import SOON_S, stop_on_signals

# What loads areas or judges is imported when it is asked for: its compiled loops take a second
# and 80 MB, which the ingest itself has no use for.

# How many objects more than were freed make the collector look, and how often it looks farther.
_OBJECTS, _OLDER = 100_000, 20
# How long one thread of the ingest keeps the interpreter while another one wants it.
_TURN_S = 0.0005


def register(rooms: Rooms) -> None:
    """Add the commands of this room."""
    room = rooms.add_parser("ingest", help="from the broker to the database, and to results")
    commands = room.add_subparsers(title="commands", metavar="COMMAND", required=True)
    add_command(commands, "migrate", _migrate, text="bring the database schema up to date")
    grant = add_command(
        commands, "grant-api", _grant, text="let a database user do what the API does"
    )
    grant.add_argument("role", metavar="ROLE", help="the database user of the API")
    add_command(commands, "run", _run, text="store what terminals send, until stopped")
    assess = add_command(commands, "assess", _assess, text="recompute worker-days with new facts")
    assess.add_argument("--once", action="store_true", help="end when nothing is marked any more")
    loader = add_command(commands, "load", _load, text="load registers: all rows or none")
    loader.add_argument(
        "folder", nargs="?", type=Path, help=f"folder with any of {', '.join(FILES.values())}"
    )
    for kind, name in FILES.items():
        loader.add_argument(f"--{kind}", type=Path, metavar="FILE", help=f"a file like {name}")
    loader.add_argument("--dry-run", action="store_true", help="check everything and load nothing")
    keeping.register(commands)
    telling.register(commands)
    history.register(commands)
    operations.register(commands)
    statements.register(commands)
    erasure.register(commands)
    orders.register(commands)


def _migrate(options: argparse.Namespace) -> int:
    dsn = read_dsn(settings.read_file(options.config))
    with needed():
        applied = migrate(dsn)
    print(json.dumps({"applied": applied}))
    return 0


def _grant(options: argparse.Namespace) -> int:
    views, tables = grant_api(read_dsn(settings.read_file(options.config)), options.role)
    print(json.dumps({"role": options.role, "views": views, "tables": tables}))
    return 0


def _load(options: argparse.Namespace) -> int:
    from ingest.loading import load_files  # noqa: PLC0415 - see above

    return load_files(options)


def _run(options: argparse.Namespace) -> int:
    file = settings.read_file(options.config)
    own = settings.load(IngestSettings, SECTION, file=file)
    broker = settings.load(mqtt.BrokerSettings, mqtt.SECTION, file=file)
    dsn = read_dsn(file)
    check_migrated(dsn)
    topics = Topics(broker.topic_root)
    session = mqtt.Session(broker, manner_of(own, broker))
    vitals = Vitals()
    vitals.ask("broker", lambda: session.is_connected)
    consumer = Consumer(
        session=session,
        dsn=dsn,
        writer=Writer(topics=topics, future_s=own.future_s),
        batch_messages=own.batch_messages,
        stop=stop_on_signals(within_s=SOON_S),
        metrics=IngestMetrics(vitals, waiting=lambda: session.waiting),
    )
    # Whoever comes back from the network or the database would wait 5 ms for its turn to go on.
    sys.setswitchinterval(_TURN_S)
    # Messages are many small lists without cycles: looking for cycles takes a third of the time.
    gc.freeze()
    gc.set_threshold(_OBJECTS, _OLDER, _OLDER)
    with served(own.health_port, vitals, consumer.metrics.expose):
        session.start()
        try:
            consumer.run()
        finally:
            session.stop()
    return 0


def _assess(options: argparse.Namespace) -> int:
    from ingest.assessing import assess  # noqa: PLC0415 - see above

    return assess(options)
