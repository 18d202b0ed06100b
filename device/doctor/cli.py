"""`patrol device doctor`."""

import argparse
import json
import sys

from device.settings import load_settings
from runtime.cli import Rooms, add_command
from runtime.clock import utc_now
from runtime.logs import start_logging


def add(commands: Rooms) -> None:
    """Add the command."""
    doctor = add_command(commands, "doctor", _examine, text="tell what is wrong with this terminal")
    doctor.add_argument("--json", action="store_true", help="for programs")
    doctor.set_defaults(terminal_id=None, port=None, outbox=None)


def _examine(options: argparse.Namespace) -> int:
    # Only here: the agent, which is told of this command as of every other, has little memory.
    from device.doctor.examine import examine  # noqa: PLC0415
    from device.doctor.findings import as_json, as_text, exit_code  # noqa: PLC0415

    settings, broker = load_settings(options)
    # What is wrong stands on the screen; warnings in between would tear it apart.
    start_logging("error")
    findings = list(examine(settings, broker, now=utc_now()))
    text = json.dumps(as_json(findings), indent=1) if options.json else as_text(findings)
    sys.stdout.write(f"{text}\n")
    return exit_code(findings)
