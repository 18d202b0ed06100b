"""`python -m benchmarks.agent`: what a terminal spends on a fix, and what it cannot lose."""

import argparse
import json
import random
import shutil
import sys
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.agent import wire
from benchmarks.agent.guarding import guarded
from benchmarks.agent.recording import (
    EACH_SECOND,
    TEN_SECONDS,
    Recording,
    fixes_in,
    recordings,
)
from benchmarks.agent.terminal import Terminal, wait_until
from benchmarks.ingest.table import Figure, as_json, ratio, table
from device.sending.detail import lean
from patrol.ids import TerminalId
from patrol.messages import Stored, decode_position, encode_stored
from patrol.topics import Kind, Topics
from runtime.mqtt import Manner, Session
from simulator.services import Broker, start_broker

_HOUR_S = 3600
_DAY_S = 5 * _HOUR_S
_ON_THE_WAY = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
_TOPICS = Topics()


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and return 0 whatever the figures are."""
    options = _parser().parse_args(arguments)
    days = list(recordings(seconds=_DAY_S))
    figures: list[Figure] = []
    with _stage(options.folder) as broker:
        for part in options.only:
            found = _PARTS[part](days, broker, options)
            print(table(found), flush=True)
            figures += found
    print(json.dumps({"bench": "agent", "figures": as_json(figures)}), flush=True)
    return 0


def _wire(days: list[Recording], _broker: Broker, _options: argparse.Namespace) -> list[Figure]:
    """Measure bytes a fix of each model of receiver, a fix every ten seconds."""
    full = [one.positions(TEN_SECONDS) for one in days]
    told = [list(map(lean, one)) for one in full]
    at_50 = _known(wire.batches(one, at_once=50) for one in told)
    at_500 = _known(wire.batches(one, at_once=500) for one in told)
    all_at_50 = _known(wire.batches(one, at_once=50) for one in full)
    others = _known(wire.owntracks(one) for one in told)
    ours = _bytes("wire.mqtt_bytes_a_fix", "  with MQTT", [one.mqtt for one in at_50])
    theirs = _bytes("owntracks.mqtt_bytes_a_fix", "  with MQTT", [one.mqtt for one in others])
    return [
        Figure(
            name="wire.bytes_a_fix",
            text="50 fixes a batch, bytes a fix",
            values=[one.payload for one in at_50],
            unit="B",
            goal=12,
            better="less",
        ),
        ours,
        _bytes("wire.bytes_a_fix_of_500", "500 fixes a batch", [one.payload for one in at_500]),
        _bytes("wire.bytes_a_full_fix", "50 with all detail", [one.payload for one in all_at_50]),
        _bytes("owntracks.bytes_a_fix", "OwnTracks, a message a fix", [s.payload for s in others]),
        theirs,
        ratio("owntracks.of_ours", "  beside ours, with MQTT", one=theirs, other=ours, goal=10),
    ]


def _known(sizes: Iterable[wire.Sizes | None]) -> list[wire.Sizes]:
    return [one for one in sizes if one is not None]


def _hour(days: list[Recording], broker: Broker, options: argparse.Namespace) -> list[Figure]:
    """Measure memory and processor time over an hour's recording, played fast."""
    with _terminal(options, "hour", broker) as terminal, _server(broker) as stored:
        terminal.start()
        before_s = terminal.cpu_s()
        terminal.play(days[0].epochs[:_HOUR_S], speed=options.speed)
        wait_until(lambda: terminal.count().waiting == 0, what="hour")
        cpu_s, memory = terminal.cpu_s() - before_s, terminal.memory_mb()
        count = terminal.count()
    return [
        _memory(
            "hour.memory_mb",
            f"an hour at 1 Hz, played {options.speed:g} times as fast, memory",
            memory,
        ),
        _share("hour.cpu_percent", "  processor time beside the hour", cpu_s / _HOUR_S),
        Figure(
            name="hour.kept", text="  fixes kept, each second", values=[count.written], unit="/s"
        ),
        Figure(
            name="hour.stored_of_kept",
            text="  of these reported as stored and forgotten",
            values=[len(stored) / max(1, count.written)],
            unit="x",
            goal=1.0,
        ),
    ]


def _minute(days: list[Recording], broker: Broker, options: argparse.Namespace) -> list[Figure]:
    """Measure the same in real time, waiting included."""
    epochs = days[0].epochs[: round(options.real_s)]
    with _terminal(options, "minute", broker) as terminal, _server(broker):
        terminal.start()
        before_s, began_s = terminal.cpu_s(), time.monotonic()
        terminal.play(epochs, speed=1.0)
        took_s = time.monotonic() - began_s
        cpu_s, memory = terminal.cpu_s() - before_s, terminal.memory_mb()
    return [
        _memory("real.memory_mb", f"{took_s:.0f} s at 1 Hz in real time, memory", memory),
        _share("real.cpu_percent", "  processor time", cpu_s / took_s),
    ]


def _start(days: list[Recording], broker: Broker, options: argparse.Namespace) -> list[Figure]:
    """Measure from the first valid epoch to the first fix on the disk, and from the start."""
    epochs, waits, starts = days[0].epochs, [], []
    for number in range(options.repeats):
        with _terminal(options, f"start-{number}", broker) as terminal:
            began_s = time.monotonic()
            terminal.start()
            starts.append(time.monotonic() - began_s)
            playing = threading.Thread(
                target=terminal.play, args=(epochs[:40],), kwargs={"speed": 1.0}
            )
            first = _first_fix(epochs)
            waited_s = time.monotonic() + first
            playing.start()
            wait_until(lambda at=terminal: at.count().written > 0, what="first fix")  # type: ignore[misc]  # bound now
            waits.append(time.monotonic() - waited_s)
            terminal.kill()
            playing.join()
    return [
        Figure(
            name="start.first_fix_s",
            text="first valid epoch to first fix on the disk",
            values=waits,
            unit="s",
            goal=2.0,
            better="less",
        ),
        Figure(
            name="start.listening_s",
            text="  start of the process to listening",
            values=starts,
            unit="s",
        ),
    ]


def _kill(days: list[Recording], broker: Broker, options: argparse.Namespace) -> list[Figure]:
    """Measure how many seconds of fixes are said and not kept when the agent is killed."""
    chance = random.Random(5)  # noqa: S311 - moments, not secrets
    epochs, lost = days[0].epochs[_first_fix(days[0].epochs) :], []
    with _terminal(options, "kill", broker) as terminal:
        for _ in range(options.kills):
            before = terminal.count().written if terminal.outbox.exists() else 0
            count = chance.randint(2, 5)
            said, epochs = epochs[:count], epochs[count:]
            terminal.start()
            terminal.play(said, speed=1.0)
            # At any moment of the second that follows.
            time.sleep(chance.uniform(0, 1))
            terminal.kill()
            lost.append(len(fixes_in(said)) - (terminal.count().written - before))
    return [
        Figure(
            name="kill.lost_s",
            text=f"fixes of 1 Hz lost by each of {options.kills} kills, seconds",
            values=[float(one) for one in lost],
            unit="s",
        ),
        Figure(
            name="kill.most_lost_s",
            text="  most",
            values=[float(max(lost))],
            unit="s",
            goal=1.0,
            better="less",
        ),
    ]


_PARTS = {"wire": _wire, "hour": _hour, "minute": _minute, "start": _start, "kill": _kill}


def _first_fix(epochs: Sequence[bytes]) -> int:
    """Return after how many seconds the receiver has said its first valid epoch."""
    return next(number for number in range(len(epochs)) if fixes_in(epochs[: number + 1]))


def _bytes(name: str, text: str, values: Sequence[float]) -> Figure:
    return Figure(name=name, text=text, values=values, unit="B")


def _memory(name: str, text: str, value: float) -> Figure:
    return Figure(name=name, text=text, values=[value], unit="MB", goal=40, better="less")


def _share(name: str, text: str, value: float) -> Figure:
    return Figure(name=name, text=text, values=[100 * value], unit="%", goal=2, better="less")


@contextmanager
def _terminal(options: argparse.Namespace, name: str, broker: Broker) -> Iterator[Terminal]:
    folder = options.folder.absolute() / name
    shutil.rmtree(folder, ignore_errors=True)
    with guarded(broker.port, folder.parent / "tls") as line:
        told: dict[str, str | int] = {"port": line.port, "ca_file": str(line.certificate)}
        with Terminal(folder, pace=EACH_SECOND, broker=told, on=_ON_THE_WAY) as terminal:
            yield terminal


@contextmanager
def _server(broker: Broker) -> Iterator[set[int]]:
    """Report everything as stored; what is yielded fills with the epochs that came."""
    stored: set[int] = set()
    session = Session(
        broker.settings,
        Manner(client_id="server", subscriptions=[_TOPICS.of_all(Kind.POSITION)]),
    )
    ending = threading.Event()

    def serve() -> None:
        while not ending.is_set():
            message = session.receive(timeout_s=0.1)
            if message is None:
                continue
            session.acknowledge(message)
            batch = decode_position(message.payload)
            stored.update(one.epoch_ms for one in batch.positions)
            span = (batch.seq, batch.seq + len(batch.positions) - 1)
            said = encode_stored(Stored(outbox=batch.outbox, fixes=(span,)))
            session.publish(_TOPICS.of(TerminalId(wire.TERMINAL), Kind.STORED), said)

    session.start()
    wait_until(lambda: session.is_connected, what="broker")
    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield stored
    finally:
        ending.set()
        thread.join()
        session.stop()


@contextmanager
def _stage(folder: Path) -> Iterator[Broker]:
    broker = start_broker(folder.absolute() / "broker")
    try:
        yield broker
    finally:
        broker.stop()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.agent", description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path(".bench/agent"), help="logs, data")
    parser.add_argument("--only", nargs="+", choices=_PARTS, default=list(_PARTS), metavar="PART")
    parser.add_argument("--speed", type=float, default=60.0, help="times real time, for the hour")
    parser.add_argument("--real-s", type=float, default=60.0, metavar="S", help="of real time")
    parser.add_argument("--repeats", type=int, default=3, help="times that the agent is started")
    parser.add_argument("--kills", type=int, default=10, help="times that the agent is killed")
    return parser


if __name__ == "__main__":
    sys.exit(main())
