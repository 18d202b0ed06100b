"""`patrol api photos`: what is done to photos by hand."""

import argparse
import asyncio
import json
from dataclasses import asdict
from pathlib import Path

from api.photos.settings import open_store
from api.photos.tidying import Tidied, Tidier
from api.settings import SECTION, ApiSettings
from api.views import Views
from patrol.errors import InputError
from runtime import database
from runtime.settings import load, read_file


def register_photos(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
) -> None:
    """Add `patrol api photos` and its commands."""
    photos = commands.add_parser("photos", help="look after the photos of reports")
    acts = photos.add_subparsers(title="commands", metavar="COMMAND", required=True)
    text = "bring what is kept and what is written down together, and take away what is over"
    tidy = acts.add_parser("tidy", help=text, description=text)
    tidy.add_argument("--dry-run", action="store_true", help="say what is due and do nothing")
    tidy.add_argument("--config", type=Path, metavar="FILE", help="settings in TOML")
    tidy.set_defaults(command=tidy_photos)


def tidy_photos(options: argparse.Namespace) -> int:
    """Tidy once and print what was found; 1 where a photo is missing or spoilt."""
    file = read_file(options.config)
    settings = load(ApiSettings, SECTION, file=file)
    dsn = load(database.DatabaseSettings, database.SECTION, file=file).dsn
    store = open_store(settings)
    if store is None:
        raise InputError("there are no photos here: set [api] photo_folder")
    views = Views(dsn, settings)
    tidier = Tidier(
        views=views, store=store, orphan_days=settings.photo_orphan_days, is_dry=options.dry_run
    )
    tidied = asyncio.run(_tidy(tidier))
    told = {"busy": True} if tidied is None else asdict(tidied)
    print(json.dumps({**told, "dry_run": options.dry_run}))  # noqa: T201 - the person at the terminal
    return int(tidied is not None and bool(tidied.missing or tidied.spoilt))


async def _tidy(tidier: Tidier) -> Tidied | None:
    await tidier.views.open()
    try:
        return await tidier.tidy()
    finally:
        await tidier.views.close()
