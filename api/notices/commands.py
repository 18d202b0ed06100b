"""`patrol api notify`: tell supervisors what they are to hear of soon."""

import argparse
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from api.notices.notifier import Notifier
from api.notices.settings import SECTION, NoticeSettings
from runtime import database
from runtime.health import Exposition, Vitals, served
from runtime.lifecycle import stop_on_signals
from runtime.settings import load, read_file

if TYPE_CHECKING:
    from argparse import _SubParsersAction as Commands

log = structlog.get_logger()

_MIME = "text/plain; version=0.0.4"


def register_notify(commands: "Commands[argparse.ArgumentParser]") -> None:
    """Add `notify` to the commands of `patrol api`."""
    notify = commands.add_parser(
        "notify", help="tell supervisors of calls for help, workers outside, silent terminals"
    )
    notify.add_argument("--config", type=Path, metavar="FILE", help="settings in TOML")
    notify.set_defaults(command=run_notify)


def run_notify(options: argparse.Namespace) -> int:
    """Notify until SIGTERM or SIGINT; InputError when a setting cannot be used."""
    file = read_file(options.config)
    settings = load(NoticeSettings, SECTION, file=file)
    dsn = load(database.DatabaseSettings, database.SECTION, file=file).dsn
    vitals = Vitals()
    notifier = Notifier(dsn, settings, stop_on_signals(), vitals)
    with served(settings.health_port, vitals, partial(_expose, notifier)):
        log.info("notices.started", mails=bool(settings.smtp_host))
        notifier.run()
    log.info("notices.stopped", sent=notifier.sent)
    return 0


def _expose(notifier: Notifier) -> Exposition:
    text = f"# TYPE patrol_notices_sent_total counter\npatrol_notices_sent_total {notifier.sent}\n"
    return Exposition(_MIME, text.encode())
