"""`patrol ingest erase-worker`: somebody who has left, at once."""

import argparse
import json
import sys
from dataclasses import asdict

import psycopg

from ingest.database import needed, read_dsn
from ingest.erasure.erasing import erase_worker
from ingest.migrate import check_migrated
from patrol.errors import InputError
from runtime import settings
from runtime.cli import Rooms, add_command

# As when something needs somebody's attention.
_HELD = 69


def register(commands: Rooms) -> None:
    """Add the command."""
    parser = add_command(
        commands, "erase-worker", _erase, text="erase a worker who has left, and tell what stays"
    )
    parser.add_argument("worker", metavar="WORKER", help="the worker_id")
    parser.add_argument("--confirm", metavar="WORKER", required=True, help="the same once more")


def _erase(options: argparse.Namespace) -> int:
    if options.confirm != options.worker:
        raise InputError("--confirm names another worker: give the same id twice")
    dsn = read_dsn(settings.read_file(options.config))
    check_migrated(dsn)
    with needed(), psycopg.connect(dsn, autocommit=True) as conn:
        erased = erase_worker(conn, options.worker, by="command")
    told = json.dumps(asdict(erased))
    sys.stdout.write(f"{told}\n")
    return _HELD if erased.is_held else 0
