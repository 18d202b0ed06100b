"""`patrol device`: run the agent, read a recording, look into the outbox."""

import argparse
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from device.acts import commands as acts
from device.acts.beside import load_beside
from device.agent import run_agent
from device.doctor import cli as doctor
from device.epochs import FixReader
from device.outbox import count_at
from device.settings import load_settings
from patrol.errors import InputError
from patrol.fix import Fix

STDIN = "-"

_READ_BYTES = 65_536


def register(rooms: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `device` and its commands."""
    device = rooms.add_parser("device", help="the agent on a handheld terminal")
    commands = device.add_subparsers(title="commands", metavar="COMMAND", required=True)

    run = commands.add_parser("run", help="read the receiver, keep fixes and send them")
    run.add_argument("--config", type=Path, help="TOML file with [device] and [broker]")
    run.add_argument("--terminal-id", help="name of this terminal")
    run.add_argument("--port", help="where the receiver is: auto, a path or a URL")
    run.add_argument("--outbox", type=Path, help="file that holds fixes until they are stored")
    run.set_defaults(command=_run)

    fixes = commands.add_parser("fixes", help="print the fixes in an NMEA recording, one a line")
    fixes.add_argument("file", metavar="FILE", help="recording, or - for standard input")
    fixes.set_defaults(command=_print_fixes)

    acts.add(commands)
    doctor.add(commands)

    status = commands.add_parser("status", help="print what outboxes hold, one a line")
    status.add_argument(
        "--outbox", type=Path, nargs="+", required=True, help="file that an agent writes"
    )
    status.set_defaults(command=_print_status)


def _run(options: argparse.Namespace) -> int:
    run_agent(*load_settings(options), load_beside(options.config))
    return 0


def _print_fixes(options: argparse.Namespace) -> int:
    reader = FixReader()
    try:
        with _opened(options.file) as source:
            while data := os.read(source.fileno(), _READ_BYTES):
                _write(reader.receive(data))
        # The last line of a recording may lack its end.
        _write([*reader.receive(b"\n"), *reader.flush()])
    except BrokenPipeError:
        # Whoever read the fixes has seen enough; Python must not complain at its exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    summary = {"sentences": reader.sentences, "refused": reader.refused}
    sys.stderr.write(json.dumps(summary) + "\n")
    return 0


def _print_status(options: argparse.Namespace) -> int:
    for path in options.outbox:
        count = count_at(path)
        forgotten = count.written - count.waiting - count.thinned
        sys.stdout.write(json.dumps({**count._asdict(), "forgotten": forgotten}) + "\n")
    return 0


@contextmanager
def _opened(name: str) -> Iterator[BinaryIO]:
    if name == STDIN:
        yield sys.stdin.buffer
        return
    try:
        source = Path(name).open("rb")  # noqa: SIM115 - closed below; only the opening may fail here
    except OSError as error:
        raise InputError(
            f"recording {name} cannot be read: {error.strerror}; give a file, or - for a pipe"
        ) from error
    with source:
        yield source


def _write(fixes: list[Fix]) -> None:
    for fix in fixes:
        sys.stdout.write(json.dumps(_as_json(fix)) + "\n")
    if fixes:
        sys.stdout.flush()


def _as_json(fix: Fix) -> dict[str, object]:
    return {
        "epoch": fix.epoch.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "lat_deg": round(fix.lat_deg, 9),
        "lon_deg": round(fix.lon_deg, 9),
        "altitude_m": fix.altitude_m,
        "speed_mps": _rounded(fix.speed_mps, 3),
        "course_deg": fix.course_deg,
        "hdop": fix.hdop,
        "accuracy_m": _rounded(fix.accuracy_m, 2),
        "satellites": fix.satellites,
        "quality": fix.quality,
    }


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)
