"""`patrol ingest keep`: the columnstore and the end of what is kept no longer."""

import argparse
import json
from dataclasses import asdict

import psycopg

from ingest.database import needed, read_dsn
from ingest.keeping.keep import Keeper
from ingest.keeping.settings import SECTION, KeepingSettings
from ingest.migrate import check_migrated
from ingest.settings import SECTION as INGEST
from ingest.settings import IngestSettings
from patrol.duty import read_zone
from runtime import settings
from runtime.cli import Rooms, add_command
from runtime.lifecycle import stop_on_signals

_TEXT = "pack old positions, and drop what is kept no longer"


def register(commands: Rooms) -> None:
    """Add the command."""
    parser = add_command(commands, "keep", _keep, text=_TEXT)
    parser.add_argument("--dry-run", action="store_true", help="say what is due and do nothing")


def _keep(options: argparse.Namespace) -> int:
    file = settings.read_file(options.config)
    keeper = Keeper(
        settings=settings.load(KeepingSettings, SECTION, file=file),
        zone=read_zone(settings.load(IngestSettings, INGEST, file=file).timezone),
        stop=stop_on_signals(),
    )
    dsn = read_dsn(file)
    check_migrated(dsn)
    with needed(), psycopg.connect(dsn, autocommit=True) as conn:
        kept = keeper.keep(conn, dry_run=options.dry_run)
    told = {"busy": True} if kept is None else asdict(kept)
    print(json.dumps({**told, "dry_run": options.dry_run}, default=str))
    return 0
