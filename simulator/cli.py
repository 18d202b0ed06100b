"""`patrol simulate`: a city and its truth, one receiver's sentences, all of them played."""

import argparse
import asyncio
import json
import os
import signal
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from patrol.duty import local_day, read_zone
from patrol.errors import InputError
from runtime.cli import Rooms
from runtime.clock import utc_now
from simulator import files
from simulator.chaos.cli import register as register_chaos
from simulator.custody.cli import register as register_gateway
from simulator.drivers import Piece, Port, open_port, play
from simulator.hazards.sparing import SILENT_MS
from simulator.loops.cli import register as register_loop
from simulator.nmea import MODELS, encode
from simulator.scenario import Scenario, WorkerDay, build_city, build_day, build_days, terminal_ids
from simulator.scoring.cli import register as register_score
from simulator.soaking.cli import register as register_soak

_INTERRUPTED = 130


def register(rooms: Rooms) -> None:
    """Add the commands of this room."""
    room = rooms.add_parser("simulate", help="a city that knows its truth, and its receivers")
    commands = room.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _register_city(commands)
    sentences = _add(commands, "nmea", _nmea, text="print what one receiver said all day")
    sentences.add_argument("--terminal", required=True, metavar="ID", help="whose, e.g. T01")
    sentences.add_argument(
        "-o", "--output", default="-", metavar="FILE", help="- is standard output"
    )
    player = _add(commands, "play", _play, text="play the day's receivers into pseudo-terminals")
    player.add_argument(
        "--tty", required=True, type=Path, metavar="DIR", help="folder for a port per terminal"
    )
    player.add_argument(
        "--speed-up",
        type=float,
        default=1.0,
        metavar="X",
        help="simulated seconds per second; 0 plays as fast as is read",
    )
    demo = commands.add_parser("demo", help="one duty day on real parts, then the answers")
    demo.add_argument("--folder", type=Path, default=Path(".demo"), help="where everything is kept")
    demo.add_argument("--seed", type=int, default=1, help="another seed, another city")
    demo.add_argument("--workers", type=int, default=12, help="workers, each with a terminal")
    _add_sampling(demo)
    demo.add_argument("--speed-up", type=float, default=600.0, metavar="X", help="how much faster")
    demo.add_argument("--once", action="store_true", help="end by itself, 0 if all is right")
    demo.add_argument(
        "--embedded-broker", action="store_true", help="even where Mosquitto is installed"
    )
    demo.set_defaults(command=_demo)
    player.add_argument("--terminals", nargs="+", metavar="ID", help="only these")
    register_score(commands)
    register_chaos(commands)
    register_gateway(commands)
    register_soak(commands)
    register_loop(commands)


def _register_city(commands: Rooms) -> None:
    parser = commands.add_parser("city", help="write a city, its registers and its truth")
    parser.add_argument("--out", required=True, type=Path, metavar="DIR", help="folder to write to")
    parser.add_argument("--seed", type=int, default=1, help="another seed, another city")
    parser.add_argument("--workers", type=int, default=12, help="workers, each with a grid")
    parser.add_argument("--day", metavar="YYYY-MM-DD", help="the day; yesterday unless given")
    parser.add_argument("--timezone", default="Asia/Shanghai", metavar="TZ", help="IANA time zone")
    _add_sampling(parser)
    parser.add_argument("--lat", type=float, default=30.66, metavar="DEG", help="middle, WGS-84")
    parser.add_argument("--lon", type=float, default=104.06, metavar="DEG", help="middle, WGS-84")
    parser.set_defaults(command=_city)


def _add_sampling(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--interval", type=int, default=10, metavar="S", help="seconds between solutions"
    )
    parser.add_argument(
        "--sparing", action="store_true", help="terminals say nothing while they stand still"
    )


def _add(commands: Rooms, name: str, command: Any, *, text: str) -> argparse.ArgumentParser:  # noqa: ANN401 - argparse takes any callable
    parser = commands.add_parser(name, help=text, description=text)
    parser.add_argument(
        "--city", required=True, type=Path, metavar="DIR", help="folder made by `city`"
    )
    parser.set_defaults(command=command)
    return parser


def _city(options: argparse.Namespace) -> int:
    scenario = Scenario(
        seed=options.seed,
        workers=options.workers,
        day=_day(options.day, options.timezone),
        timezone=options.timezone,
        interval_s=options.interval,
        lat_deg=options.lat,
        lon_deg=options.lon,
        sparing=options.sparing,
    )
    city = build_city(scenario)
    days = list(build_days(scenario, city))
    files.save(options.out, scenario, city=city, days=days)
    fixes = sum(int(np.count_nonzero(one.solutions.solved)) for one in days)
    _print(
        {
            "folder": str(options.out),
            "day": scenario.day.isoformat(),
            "grids": len(city.grids),
            "premises": sum(len(grid.premises) for grid in city.grids),
            "workers": len(days),
            "fixes": fixes,
        }
    )
    return 0


def _demo(options: argparse.Namespace) -> int:
    # Only here: the other commands need neither services nor the database's client.
    try:
        from simulator.demo import Plan, run_demo  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise InputError(
            f"the demo needs the Python package of {error.name!r}: "
            "install gridpatrol[demo,device,ingest,api,simulator]"
        ) from error

    return run_demo(
        Plan(
            folder=options.folder,
            city_options=(
                *("--seed", str(options.seed), "--workers", str(options.workers)),
                *("--interval", str(options.interval)),
                *(["--sparing"] if options.sparing else []),
            ),
            interval_s=options.interval,
            speed_up=options.speed_up,
            once=options.once,
            embedded_broker=options.embedded_broker,
        )
    )


def _nmea(options: argparse.Namespace) -> int:
    scenario = files.load(options.city)
    day = build_day(scenario, build_city(scenario), options.terminal)
    pieces = encode(day.solutions, MODELS[day.model])
    if options.output == "-":
        return _print_bytes(pieces)
    try:
        with Path(options.output).open("wb") as file:
            file.writelines(pieces)
    except OSError as error:
        raise InputError(f"{options.output} cannot be written: {error.strerror}") from error
    return 0


def _print_bytes(pieces: Iterable[bytes]) -> int:
    try:
        sys.stdout.buffer.writelines(pieces)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        # Whoever read has enough; what is left must not be written at exit either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _play(options: argparse.Namespace) -> int:
    if not 0 <= options.speed_up < float("inf"):
        raise InputError(f"speed-up is {options.speed_up}: use 0 or more")
    scenario = files.load(options.city)
    city = build_city(scenario)
    wanted = dict.fromkeys(options.terminals or terminal_ids(scenario))
    days = [build_day(scenario, city, terminal_id) for terminal_id in wanted]
    try:
        options.tty.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"folder {options.tty} cannot be made: {error.strerror}") from error
    try:
        asyncio.run(_play_all(scenario, days, folder=options.tty, speed_up=options.speed_up))
    except asyncio.CancelledError:
        return _INTERRUPTED
    return 0


async def _play_all(
    scenario: Scenario, days: Sequence[WorkerDay], *, folder: Path, speed_up: float
) -> None:
    this = asyncio.current_task()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, lambda: this and this.cancel())
    with ExitStack() as ports:
        async with asyncio.TaskGroup() as players:
            for one in days:
                port = ports.enter_context(open_port(folder / one.terminal_id))
                pieces = _pieces(one, longest_s=_longest_s(scenario))
                players.create_task(_play_one(one, port, pieces=pieces, speed_up=speed_up))


async def _play_one(
    one: WorkerDay, port: Port, *, pieces: Iterator[Piece], speed_up: float
) -> None:
    epochs = await play(port, pieces, speed_up=speed_up)
    fixes = int(np.count_nonzero(one.solutions.solved))
    _print({"terminal_id": one.terminal_id, "epochs": epochs, "fixes": fixes})


def _pieces(one: WorkerDay, *, longest_s: float) -> Iterator[Piece]:
    """Yield the day's epochs; the time between duty windows is skipped."""
    steps_s = np.minimum(np.diff(one.solutions.epoch_ms) / 1000, longest_s)
    due_s = np.concatenate([[0.0], np.cumsum(steps_s)])
    for due, data in zip(due_s.tolist(), encode(one.solutions, MODELS[one.model]), strict=True):
        yield Piece(due, data)


def _longest_s(scenario: Scenario) -> float:
    """Return how long a terminal is silent on duty; from then on the time is skipped."""
    return scenario.interval_s + (SILENT_MS / 1000 if scenario.sparing else 0)


def _day(given: str | None, timezone: str) -> date:
    """Return the day asked for; yesterday is the last one that is wholly in the past."""
    zone = read_zone(timezone)
    if given is None:
        return local_day(utc_now(), zone) - timedelta(days=1)
    try:
        return date.fromisoformat(given)
    except ValueError as error:
        raise InputError(f"day is {given!r}: write it as YYYY-MM-DD") from error


def _print(answer: dict[str, Any]) -> None:
    print(json.dumps(answer), flush=True)  # noqa: T201 - the command's answer
