"""`patrol device checkin`, `sos` and `report`: what a worker does, as commands."""

import argparse
import json
import sys
from pathlib import Path

from device.acts.asking import ask_here
from device.acts.here import Here
from device.checkins.acts import Act, call_for_help, check_in
from device.doctor.agent import ask_agent
from device.reports.settings import SECTION as REPORTS
from device.reports.settings import ReportSettings
from device.reports.taking import Reporter, Told
from device.settings import DeviceSettings, load_settings
from patrol.errors import InputError, StateError
from patrol.ids import premises_id
from patrol.notices.checkins import Phase
from runtime.cli import Rooms, add_command
from runtime.settings import load, read_file

# Of the report that shows the photo of a check-in, taken at the same moment.
CHECKIN_CATEGORY = "checkin"

_STDIN = "-"
_SOS = "/api/sos"
_MOST_CHARS = 512


def add(commands: Rooms) -> None:
    """Add the commands."""
    checkin = add_command(commands, "checkin", _check_in, text="check in at premises")
    checkin.add_argument("--phase", type=Phase, choices=list(Phase), default=Phase.BEGIN)
    shown = checkin.add_mutually_exclusive_group()
    shown.add_argument("--tag", metavar="TEXT", help="what the tag holds, or - for standard input")
    shown.add_argument("--photo", type=Path, action="append", help="photo that shows the place")
    checkin.add_argument("--premises", metavar="ID", help="premises, where they are known")

    sos = add_command(commands, "sos", _call_for_help, text="call for help, with the last fix")

    report = add_command(commands, "report", _report, text="report what is wrong at a place")
    report.add_argument(
        "--photo", type=Path, action="append", required=True, help="photo; again for more"
    )
    report.add_argument("--category", required=True, metavar="CODE", help="code of the deployment")
    report.add_argument("--text", help="what is to be said of the place, at most 500 characters")
    report.add_argument(
        "--facility", metavar="ID", help="lamp, manhole or hydrant that it is about"
    )
    for command in (checkin, sos, report):
        command.set_defaults(terminal_id=None, port=None, outbox=None)


def _check_in(options: argparse.Namespace) -> int:
    settings, here = _here(options)
    token = _read_line() if options.tag == _STDIN else options.tag
    premises = None if options.premises is None else premises_id(options.premises)
    act = Act(phase=options.phase, token=token, premises_id=premises, is_photo=bool(options.photo))
    said: dict[str, object] = {}
    if act.is_photo:
        told = Told(category=CHECKIN_CATEGORY, photos=options.photo, is_checkin=True)
        said["report_id"] = _reporter(options, settings).take(here, told).report_id
    checkin = check_in(here, act, settings.outbox)
    return _say({"checkin_id": checkin.checkin_id, "kind": checkin.kind, **said}, here)


def _call_for_help(options: argparse.Namespace) -> int:
    settings, here = _here(options)
    try:
        event_id = call_for_help(here, settings.outbox).event_id
    except StateError:
        # The running agent has a line, and memory.
        said = ask_agent(settings.outbox, path=_SOS, body={})
        if said is None or "event_id" not in said:
            raise
        event_id = said["event_id"]
    return _say({"event_id": event_id}, here)


def _report(options: argparse.Namespace) -> int:
    settings, here = _here(options)
    told = Told(
        category=options.category,
        text=options.text,
        facility_id=options.facility,
        photos=options.photo,
    )
    report = _reporter(options, settings).take(here, told)
    said = {"report_id": report.report_id, "marks": report.marks}
    return _say({**said, "sha256": [one.sha256 for one in report.photos]}, here)


def _here(options: argparse.Namespace) -> tuple[DeviceSettings, Here]:
    settings, _ = load_settings(options)
    return settings, ask_here(settings)


def _reporter(options: argparse.Namespace, settings: DeviceSettings) -> Reporter:
    file = read_file(options.config)
    return Reporter(load(ReportSettings, REPORTS, file=file), settings.outbox)


def _read_line() -> str:
    line = sys.stdin.readline(_MOST_CHARS)
    if not line.strip():
        raise InputError("standard input holds no tag")
    return line


def _say(said: dict[str, object], here: Here) -> int:
    fix = here.fix
    age_s = None if fix is None else round(here.at.timestamp() - fix.epoch_ms / 1000, 1)
    sys.stdout.write(json.dumps({**said, "fix_age_s": age_s}) + "\n")
    return 0
