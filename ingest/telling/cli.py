"""`patrol ingest tell` and `patrol ingest plan-key`."""

import argparse
import json

import psycopg

from ingest.database import Retry, needed, read_dsn
from ingest.keeping.settings import SECTION as KEEPING
from ingest.keeping.settings import KeepingSettings
from ingest.migrate import check_migrated
from ingest.settings import SECTION as INGEST
from ingest.settings import IngestSettings
from ingest.telling.settings import SECTION, TellSettings
from ingest.telling.tell import Teller
from patrol.duty import read_zone
from patrol.ids import terminal_id
from patrol.notices.plans import derive_key
from patrol.topics import Topics
from runtime import mqtt, settings
from runtime.cli import Rooms, add_command
from runtime.clock import chosen_clock
from runtime.daylists.settings import SECTION as LISTS
from runtime.daylists.settings import ListSettings
from runtime.lifecycle import SOON_S, stop_on_signals


def register(commands: Rooms) -> None:
    """Add the commands."""
    teller = add_command(
        commands, "tell", _tell, text="tell terminals their duty and their worker's day"
    )
    teller.add_argument("--once", action="store_true", help="tell everything once and end")
    keys = add_command(
        commands, "plan-key", _print_key, text="print the key of a terminal's plans: a secret"
    )
    keys.add_argument("terminal", metavar="TERMINAL", help="its terminal_id")


def _tell(options: argparse.Namespace) -> int:
    file = settings.read_file(options.config)
    own = settings.load(TellSettings, SECTION, file=file)
    broker = settings.load(mqtt.BrokerSettings, mqtt.SECTION, file=file)
    dsn = read_dsn(file)
    secret = own.read_secret()
    check_migrated(dsn)
    session = mqtt.Session(broker, mqtt.Manner(client_id=own.client_id))
    teller = Teller(
        session=session,
        topics=Topics(broker.topic_root),
        settings=own,
        secret=secret,
        zone=read_zone(settings.load(IngestSettings, INGEST, file=file).timezone),
        kept_days=settings.load(KeepingSettings, KEEPING, file=file).positions_days,
        clock=chosen_clock(),
        stop=stop_on_signals(within_s=SOON_S),
        lists=settings.load(ListSettings, LISTS, file=file),
    )
    session.start()
    try:
        if options.once:
            with needed(), psycopg.connect(dsn, autocommit=True) as conn:
                print(json.dumps(teller.tell_once(conn)._asdict()))
        else:
            teller.run(Retry(dsn=dsn, stop=teller.stop))
    finally:
        session.stop()
    return 0


def _print_key(options: argparse.Namespace) -> int:
    own = settings.load(TellSettings, SECTION, file=settings.read_file(options.config))
    print(derive_key(own.read_secret(), terminal_id(options.terminal)).hex())
    return 0
