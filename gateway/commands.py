"""The commands of whoever runs a gateway: `run`, `strangers`, `admit`."""

import argparse
import json
import sys

from gateway.custody.errands import Errands
from gateway.custody.spool import Spool
from gateway.registry import COLUMNS, append_entry, read_entries
from gateway.serving.orders import Order
from gateway.settings import PHONES_SECTION, SECTION, GatewaySettings
from patrol.errors import InputError
from patrol.ids import terminal_id
from runtime import mqtt, settings
from runtime.cli import Rooms, add_command
from runtime.clock import utc_now


def register_commands(commands: Rooms) -> None:
    """Add the commands that need settings."""
    add_command(commands, "run", _run, text="take what terminals send, until stopped")
    add_command(commands, "strangers", _strangers, text="print who asked to be let in")
    ask = add_command(commands, "ask", _ask, text="queue a command for a terminal")
    ask.add_argument("terminal_id", metavar="TERMINAL")
    ask.add_argument("what", choices=[str(order) for order in Order])
    ask.add_argument("argument", nargs="?", default="", help="the text, or the seconds")
    add_command(commands, "asked", _asked, text="print commands and what came of them")
    admit = add_command(commands, "admit", _admit, text="put a terminal into the register")
    for name in COLUMNS:
        admit.add_argument(
            f"--{name.replace('_', '-')}", default="", required=name in COLUMNS[:3], metavar="TEXT"
        )


def _read(options: argparse.Namespace) -> GatewaySettings:
    return settings.load(GatewaySettings, SECTION, file=settings.read_file(options.config))


def _run(options: argparse.Namespace) -> int:
    # Whoever decodes a capture needs neither broker nor metrics.
    from gateway.running import run_gateway  # noqa: PLC0415

    file = settings.read_file(options.config)
    run_gateway(
        _read(options),
        settings.load(mqtt.BrokerSettings, mqtt.SECTION, file=file),
        phones=settings.load(mqtt.BrokerSettings, PHONES_SECTION, file=file),
    )
    return 0


def _strangers(options: argparse.Namespace) -> int:
    with Spool(_read(options).spool) as spool:
        for one in spool.strangers():
            sys.stdout.write(json.dumps(one._asdict()) + "\n")
    return 0


def _ask(options: argparse.Namespace) -> int:
    terminal = terminal_id(options.terminal_id)
    register = _read(options).terminals
    if all(entry.terminal_id != terminal for _, entry in read_entries(register)):
        raise InputError(
            f"terminal {terminal} is not in the register {register}: give its terminal_id there"
        )
    now = utc_now().isoformat(timespec="seconds")
    errands = _errands(options)
    number = errands.queue(terminal, options.what, options.argument, now=now)
    sys.stdout.write(json.dumps({"number": number}) + "\n")
    return 0


def _asked(options: argparse.Namespace) -> int:
    for one in _errands(options).list():
        sys.stdout.write(json.dumps(one) + "\n")
    return 0


def _errands(options: argparse.Namespace) -> Errands:
    path = _read(options).spool
    # It makes the file where there is none, for its owner alone.
    Spool(path).close()
    return Errands(path)


def _admit(options: argparse.Namespace) -> int:
    values = {name: str(getattr(options, name)) for name in COLUMNS}
    append_entry(_read(options).terminals, {name: text for name, text in values.items() if text})
    return 0
