"""`patrol ingest load`."""

import argparse
import json
from pathlib import Path

from ingest.database import needed, read_dsn
from ingest.migrate import check_migrated
from ingest.settings import SECTION, IngestSettings
from patrol.duty import read_zone
from patrol.errors import InputError
from patrol.registers.files import FILES
from runtime import settings
from runtime.registers.load import load


def load_files(options: argparse.Namespace) -> int:
    """Load the files that are named, and return the exit code."""
    file = settings.read_file(options.config)
    own = settings.load(IngestSettings, SECTION, file=file)
    dsn = read_dsn(file)
    paths, zone = _paths(options), read_zone(own.timezone)
    check_migrated(dsn)
    with needed():
        loaded = load(dsn, paths, zone=zone, dry_run=options.dry_run)
    print(json.dumps({"loaded": loaded, "dry_run": options.dry_run}))
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
