"""`patrol api`: answer questions over HTTP, and make the tokens of those who ask."""

import argparse
import gc
import logging
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import structlog
import uvicorn

from api.app import Brought, make_app
from api.auth import TokenFile, add_token
from api.decisions.settings import SECTION as DECISIONS
from api.decisions.settings import DecisionSettings
from api.identity.commands import register_accounts
from api.notices.commands import register_notify
from api.photos.commands import register_photos
from api.photos.settings import open_store
from api.registry.desk import Desk
from api.registry.settings import SECTION as REGISTRY
from api.registry.settings import RegistrySettings
from api.settings import SECTION, ApiSettings
from api.views import Views
from patrol.errors import InputError
from runtime import database
from runtime.daylists.settings import SECTION as LISTS
from runtime.daylists.settings import ListSettings
from runtime.lifecycle import stop_on_signals
from runtime.settings import load, read_file

if TYPE_CHECKING:
    from fastapi import FastAPI

log = structlog.get_logger()

# Requests that last longer are cut off when the process is asked to end.
_GRACE_S = 3
# A line on which nothing is taken for so long is cut.
_UNTAKEN_MS = 30_000
# So many more of them than have gone, and it is looked for cycles.
_NEW_OBJECTS = 200_000


def register(rooms: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `patrol api` and its commands."""
    room = rooms.add_parser("api", help="answer questions over HTTP")
    commands = room.add_subparsers(title="commands", metavar="COMMAND", required=True)

    run = commands.add_parser("run", help="answer until asked to stop")
    run.add_argument("--config", type=Path, metavar="FILE", help="settings in TOML")
    run.set_defaults(command=run_api)

    register_notify(commands)

    token = commands.add_parser("token", help="make a token and print it, once")
    token.add_argument("name", metavar="NAME", help="whose it is; the log calls the reader so")
    token.add_argument(
        "--file", type=Path, metavar="FILE", help="tokens file, if not that of the settings"
    )
    token.add_argument("--config", type=Path, metavar="FILE", help="settings in TOML")
    token.set_defaults(command=make_token)

    register_accounts(commands)
    register_photos(commands)


def run_api(options: argparse.Namespace) -> int:
    """Answer requests until SIGTERM or SIGINT; InputError when it cannot begin."""
    file = read_file(options.config)
    settings = load(ApiSettings, SECTION, file=file)
    dsn = load(database.DatabaseSettings, database.SECTION, file=file).dsn
    tokens = TokenFile(settings.tokens_file)
    tokens.read()
    app = make_app(Views(dsn, settings), tokens, brought_of(settings), identity=settings)
    app.state.decisions = load(DecisionSettings, DECISIONS, file=file)
    app.state.lists = load(ListSettings, LISTS, file=file)
    app.state.desk = Desk(app.state.views, load(RegistrySettings, REGISTRY, file=file))
    with _listen(settings) as listener:
        host, port = listener.getsockname()[:2]
        log.info("api.listening", host=host, port=port)
        _serve(app, listener)
    log.info("api.stopped")
    return 0


def make_token(options: argparse.Namespace) -> int:
    """Print a new token on standard output, and where its hash is on standard error."""
    path: Path | None = (
        options.file or load(ApiSettings, SECTION, file=read_file(options.config)).tokens_file
    )
    if path is None:
        raise InputError("there is no tokens file: give --file FILE or [api] tokens_file")
    token = add_token(path, options.name)
    sys.stderr.write(f"patrol: {path} has the hash of this token; it is shown only now\n")
    sys.stdout.write(f"{token}\n")
    return 0


def brought_of(settings: ApiSettings) -> Brought | None:
    """Return where photos go, if the settings say so; InputError when that cannot be."""
    store = open_store(settings)
    if store is None:
        return None
    tokens = TokenFile(settings.terminal_tokens_file)
    tokens.read()
    gateways = frozenset(name.strip() for name in settings.gateways.split(",") if name.strip())
    return Brought(
        store,
        tokens,
        gateways,
        patience_h=settings.photo_patience_h,
        orphan_days=settings.photo_orphan_days,
    )


def _listen(settings: ApiSettings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        listener = socket.create_server((settings.host, settings.port), family=family)
    except OSError as error:
        raise InputError(
            f"[api] host {settings.host} port {settings.port} cannot be listened on "
            f"({error.strerror}): choose another, or end what has it"
        ) from error
    # Inherited by every line: what nobody takes is kept by nobody, not by the kernel either.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _UNTAKEN_MS)
    # Inherited too. asyncio sets it only where the protocol is named, and without it the body of an
    # answer waits 40 ms for the acknowledgement of its head.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def _serve(app: "FastAPI", listener: socket.socket) -> None:
    logging.basicConfig(handlers=[_Bridge()], level=logging.WARNING, force=True)
    config = uvicorn.Config(
        app,
        http="h11",
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=_GRACE_S,
    )
    # uvicorn repeats the signal when it has ended; with a handler of ours under its own the
    # process then ends by itself, with exit code 0.
    stop_on_signals()
    _rest_from_collecting()
    uvicorn.Server(config).run(sockets=[listener])


def _rest_from_collecting() -> None:
    # Answers of thousands of rows hold no cycles, but make the collector look through all that the
    # process has, again and again: half of their time. What is here by now stays until the end.
    gc.collect()
    gc.freeze()
    gc.set_threshold(_NEW_OBJECTS)


class _Bridge(logging.Handler):
    """What libraries log, as events of ours."""

    def emit(self, record: logging.LogRecord) -> None:
        log.log(
            record.levelno,
            "api.library_said",
            library=record.name,
            text=record.getMessage(),
            exc_info=record.exc_info,
        )
