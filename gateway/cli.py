"""`patrol gateway`: terminals that speak protocols of their own."""

import argparse
import json
import os
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO, cast

from gateway.captures import Piece, read_bytes, read_lines
from gateway.codecs.events import Event, Photo, Refused
from gateway.codecs.profile import Profile, SpeedUnit
from gateway.commands import register_commands
from gateway.decoding import PROTOCOLS, Connection, Place
from gateway.telling import as_json
from patrol.errors import InputError
from runtime.cli import Rooms

STDIN = "-"

# As sysexits.h has it: the program itself is at fault.
BROKEN = 70

_UNREADABLE = "unreadable_line"
_OUR_FAULT = "fault_of_the_program"


def register(rooms: Rooms) -> None:
    """Add `gateway` and its commands."""
    gateway = rooms.add_parser("gateway", help="terminals that speak protocols of their own")
    made = gateway.add_subparsers(
        title="commands", metavar="COMMAND", required=True, parser_class=_Interleaving
    )
    # Whoever adds a command need not know of which class its parser is.
    commands = cast(Rooms, made)

    decode = commands.add_parser("decode", help="print what a capture says, one event a line")
    decode.add_argument("protocol", choices=sorted(PROTOCOLS))
    decode.add_argument("file", nargs="?", default=STDIN, metavar="FILE", help="default: -")
    decode.add_argument("--hex", action="store_true", help="each line is a frame in hex")
    decode.add_argument(
        "--independent", action="store_true", help="each line is a connection of its own"
    )
    decode.add_argument("--strict", action="store_true", help="refuse wrong checksums and lengths")
    decode.add_argument(
        "--clock-offset", type=float, metavar="HOURS", help="how far the clock is ahead of UTC"
    )
    decode.add_argument(
        "--received-at", metavar="TIME", help="when it was received (ISO 8601); default: now"
    )
    decode.add_argument(
        "--speed-unit", choices=[str(unit) for unit in SpeedUnit], default=SpeedUnit.KNOTS.value
    )
    decode.add_argument("--secret-key", type=Path, metavar="KEYFILE", help="OwnTracks' key")
    decode.add_argument("--photos", type=Path, metavar="FOLDER", help="write pictures here")
    decode.set_defaults(command=_decode)
    register_commands(commands)


class _Interleaving(argparse.ArgumentParser):
    """Finds FILE behind options, too: argparse looks no further once PROTOCOL stands alone."""

    _is_within = False

    def parse_known_args(  # type: ignore[override]  # argparse has three forms of it, used in one
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        """Return what was given; the parser of both kinds calls this one for each of them."""
        if self._is_within:
            return super().parse_known_args(args, namespace)
        self._is_within = True
        try:
            return self.parse_known_intermixed_args(args, namespace)
        finally:
            self._is_within = False


def _decode(options: argparse.Namespace) -> int:
    printer = _Printer(options.photos)
    try:
        with _opened(options.file) as source:
            _print_capture(source, printer, options)
    except BrokenPipeError:
        # Whoever read the events has seen enough; Python must not complain at its exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.stderr.write(json.dumps(printer.summary()) + "\n")
    return BROKEN if printer.is_at_fault else 0


def _print_capture(source: BinaryIO, printer: "_Printer", options: argparse.Namespace) -> None:
    place = PROTOCOLS[options.protocol]
    connection = Connection(place, _profile(options), is_alone=options.independent)
    received_at = _received_at(options.received_at)
    for piece in _pieces(source, place, options):
        now = received_at or datetime.now(UTC)
        printer.print_events(_events(connection, piece, now), piece.number)
        if options.independent:
            printer.print_events(_last_events(connection), piece.number)
    printer.print_events(_last_events(connection), 0)


def _pieces(source: BinaryIO, place: Place, options: argparse.Namespace) -> Iterator[Piece]:
    if options.hex or not place.of_bytes:
        return read_lines(source, of_hex=options.hex)
    if options.independent:
        raise InputError(
            f"a stream of {options.protocol} has no lines to tell apart: give its frames in hex,"
            " one a line, and --hex"
        )
    return read_bytes(source)


def _events(connection: Connection, piece: Piece, received_at: datetime) -> list[Event]:
    if piece.fault:
        return [Refused(reason=piece.fault, code=_UNREADABLE)]
    try:
        return connection.take(piece.data, received_at=received_at)
    except Exception as error:  # noqa: BLE001 - one frame must not end a capture of thousands
        return [_our_fault(error)]


def _last_events(connection: Connection) -> list[Event]:
    try:
        return connection.close()
    except Exception as error:  # noqa: BLE001 - as above
        return [_our_fault(error)]


def _our_fault(error: Exception) -> Refused:
    return Refused(
        reason=f"this program is at fault: {error!r}; keep the frame and report it",
        code=_OUR_FAULT,
    )


class _Printer:
    """Prints events and counts them."""

    def __init__(self, photos: Path | None) -> None:
        self._photos = photos
        self._events: Counter[str] = Counter()
        self._refused: Counter[str] = Counter()

    @property
    def is_at_fault(self) -> bool:
        """Whether a codec did what none may do."""
        return self._refused[_OUR_FAULT] > 0

    def print_events(self, events: list[Event], number: int) -> None:
        """Print `events` of line `number`; a refusal names the line where there is one."""
        for event in events:
            told = as_json(event)
            self._events[str(told["event"])] += 1
            if isinstance(event, Refused):
                self._refused[event.code] += 1
                told["reason"] = f"line {number}: {event.reason}" if number else event.reason
            elif isinstance(event, Photo):
                self._write_photo(event)
            sys.stdout.write(json.dumps(told, allow_nan=False) + "\n")
        if events:
            sys.stdout.flush()

    def summary(self) -> dict[str, object]:
        """Return how many events of each sort there were, and refusals by code."""
        return {"events": dict(self._events), "refused": dict(self._refused)}

    def _write_photo(self, photo: Photo) -> None:
        if self._photos is None:
            return
        suffix = photo.media_type.rpartition("/")[2]
        name = f"{sha256(photo.data).hexdigest()}.{suffix if suffix.isalnum() else 'bin'}"
        try:
            self._photos.mkdir(parents=True, exist_ok=True)
            (self._photos / name).write_bytes(photo.data)
        except OSError as error:
            raise InputError(
                f"pictures cannot be written to {self._photos}: {error.strerror};"
                " give a folder that can"
            ) from error


def _profile(options: argparse.Namespace) -> Profile:
    hours = options.clock_offset
    return Profile(
        clock_offset=None if hours is None else _offset(hours),
        speed_unit=SpeedUnit(options.speed_unit),
        secret_key=_secret_key(options.secret_key),
        strict=options.strict,
    )


def _offset(hours: float) -> timedelta:
    # Zones reach from 12 hours behind to 14 ahead; wider ones only hide a wrong capture.
    if not -24 < hours < 24:  # noqa: PLR2004 - hours of a day; also refuses NaN
        raise InputError(f"--clock-offset {hours} is no time zone: give hours between -24 and 24")
    return timedelta(hours=hours)


def _received_at(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        given = datetime.fromisoformat(text)
    except ValueError as error:
        raise InputError(
            f"--received-at {text!r} is no time: give e.g. 2026-03-02T01:00:00Z"
        ) from error
    return given.astimezone(UTC) if given.tzinfo else given.replace(tzinfo=UTC)


def _secret_key(path: Path | None) -> bytes | None:
    if path is None:
        return None
    try:
        return path.read_bytes().strip()
    except OSError as error:
        raise InputError(
            f"key file {path} cannot be read: {error.strerror}; give the file that holds the"
            " key as the phone has it"
        ) from error


@contextmanager
def _opened(name: str) -> Iterator[BinaryIO]:
    if name == STDIN:
        yield sys.stdin.buffer
        return
    try:
        source = Path(name).open("rb")  # noqa: SIM115 - closed below; only the opening may fail here
    except OSError as error:
        raise InputError(
            f"capture {name} cannot be read: {error.strerror}; give a file, or - for a pipe"
        ) from error
    with source:
        yield source
