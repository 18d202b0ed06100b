"""`python -m benchmarks.ingest`: from the broker to the database, beside others."""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.ingest import contenders, packets
from benchmarks.ingest.fleet import TERMINALS, Walks, make_walks, payloads, write_registers
from benchmarks.ingest.flow import Run, run_ingest
from benchmarks.ingest.latency import Latency, make_stream, measure_latency
from benchmarks.ingest.memory import measure_memory
from benchmarks.ingest.stage import Stage, set_up
from benchmarks.ingest.table import Figure, as_json, ratio, table

_DAYS = 3
_AT_ONCE = 50
# As many rows in a transaction as the ingest has in a batch at full width.
_COPY_ROWS = 20_000
_RATES = {115.0: 5, 10_000.0: 20}


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and return 0 whatever the figures are."""
    options = _parser().parse_args(arguments)
    registers = options.folder / "registers"
    write_registers(registers, days=_DAYS)
    with set_up(options.folder.absolute(), dsn=options.dsn, registers=registers) as stage:
        print(stage.describe(), flush=True)
        figures: list[Figure] = []
        for part in options.only:
            found = _PARTS[part](stage, options)
            print(table(found), flush=True)
            figures += found
    print(json.dumps({"bench": "ingest", "figures": as_json(figures)}), flush=True)
    return 0


def _batches(stage: Stage, options: argparse.Namespace) -> list[Figure]:
    """Measure 50 fixes a message, beside one connection's COPY of the same rows."""
    walks = make_walks(_whole(options.positions, _AT_ONCE), days=_DAYS)
    messages = _publishes(walks, at_once=_AT_ONCE)
    rows = contenders.binary_rows(walks, at_once=_AT_ONCE)
    runs: list[Run] = []
    copied: list[float] = []
    for number in range(options.repeats):
        _tell(f"50 fixes a message, {number + 1} of {options.repeats}")
        runs.append(run_ingest(stage, messages, positions=len(rows)))
        copied.append(contenders.copy_rows(stage, rows, at_once=_COPY_ROWS))
    ours = Figure(
        name="batches.positions_a_second",
        text="50 fixes a message, published to committed, positions/s",
        values=[run.positions_a_second for run in runs],
        unit="/s",
        goal=100_000,
    )
    copy = Figure(
        name="copy.positions_a_second",
        text="  COPY of the same rows by one connection, rows/s",
        values=copied,
        unit="/s",
    )
    beside = ratio("batches.of_copy", "  beside that COPY", one=ours, other=copy, goal=0.7)
    return [ours, copy, beside, _cpu("batches", runs), _told(runs)]


def _singles(stage: Stage, options: argparse.Namespace) -> list[Figure]:
    """Measure one fix a message, beside others on the same fixes."""
    walks = make_walks(_whole(options.messages, 1), days=_DAYS)
    messages = _publishes(walks, at_once=1)
    runs: list[Run] = []
    received: list[float] = []
    inserted: list[float] = []
    for number in range(options.repeats):
        _tell(f"one fix a message, {number + 1} of {options.repeats}")
        runs.append(run_ingest(stage, messages, positions=len(messages)))
        received.append(contenders.receive(stage, messages))
        inserted.append(contenders.insert_each(stage, messages[: options.few]))
    ours = Figure(
        name="singles.messages_a_second",
        text="one fix a message, published to committed, messages/s",
        values=[run.messages_a_second for run in runs],
        unit="/s",
        goal=16_000,
    )
    paho = Figure(
        name="paho.messages_a_second",
        text="  paho receives and acknowledges, nothing stored",
        values=received,
        unit="/s",
    )
    naive = Figure(
        name="insert_each.messages_a_second",
        text="  paho, one INSERT and COMMIT a message",
        values=inserted,
        unit="/s",
    )
    return [
        ours,
        paho,
        ratio("singles.of_paho", "  beside paho alone", one=ours, other=paho, goal=0.8),
        naive,
        ratio("singles.of_insert_each", "  beside one INSERT each", one=ours, other=naive, goal=10),
        *_recorder(stage, options, walks=walks, ours=ours),
        _cpu("singles", runs),
    ]


def _recorder(
    stage: Stage, options: argparse.Namespace, *, walks: Walks, ours: Figure
) -> list[Figure]:
    recorder = contenders.find_recorder(options.ot_recorder)
    values: list[float] = []
    if recorder is not None:
        _tell("OwnTracks Recorder")
        fixes = max(1, options.few // TERMINALS)
        positions = contenders.owntracks_positions(walks, fixes=fixes)
        values = [contenders.record(stage, recorder, positions)]
    figure = Figure(
        name="owntracks_recorder.positions_a_second",
        text="  OwnTracks Recorder, its own messages, files without fsync",
        values=values,
        unit="/s",
    )
    beside = Figure(
        name="singles.of_owntracks_recorder",
        text="  beside OwnTracks Recorder",
        values=[(ours.value or 0.0) / one for one in values],
        unit="x",
        goal=1.0,
    )
    return [figure, beside]


def _latencies(stage: Stage, options: argparse.Namespace) -> list[Figure]:
    """Measure published to readable, at the rate of a district and at a hundred times that."""
    figures = []
    for rate, every in _RATES.items():
        _tell(f"latency at {rate:,.0f}/s")
        stream = make_stream(round(rate * options.latency_seconds), every=every, days=_DAYS)
        found = [measure_latency(stage, stream, rate=rate) for _ in range(options.repeats)]
        figures += _latency_figures(rate, found)
    return figures


def _latency_figures(rate: float, found: Sequence[Latency]) -> list[Figure]:
    name, text = f"latency_{rate:.0f}", f"published to readable at {rate:,.0f}/s"
    shares: list[tuple[str, list[float], float | None]] = [
        ("p50", [one.p50_ms for one in found], None),
        ("p99", [one.p99_ms for one in found], 20.0),
    ]
    return [
        Figure(
            name=f"{name}.{share}_ms",
            text=f"{text}, {share}",
            values=values,
            unit="ms",
            goal=goal,
            better="less",
        )
        for share, values, goal in shares
    ]


def _memory(stage: Stage, options: argparse.Namespace) -> list[Figure]:
    """Measure resident memory at full rate, one fix a message."""
    _tell(f"memory, {options.memory_minutes:g} min")
    found = measure_memory(stage, days=_DAYS, minutes=options.memory_minutes)
    growth = found.last_mib - found.first_mib
    return [
        Figure(
            name="memory.peak_mib",
            text=f"memory at full rate over {found.minutes:g} min, most",
            values=[found.peak_mib],
            unit="MiB",
            goal=200,
            better="less",
        ),
        Figure(
            name="memory.growth_mib",
            text="  from the first fifth to the end",
            values=[growth],
            unit="MiB",
        ),
        Figure(
            name="memory.messages_a_second",
            text="  messages/s meanwhile",
            values=[found.messages_a_second],
            unit="/s",
        ),
    ]


_PARTS = {
    "batches": _batches,
    "singles": _singles,
    "latency": _latencies,
    "memory": _memory,
}


def _cpu(name: str, runs: Sequence[Run]) -> Figure:
    return Figure(
        name=f"{name}.cpu_us_a_message",
        text="  processor time of the ingest, us a message",
        values=[run.cpu_s / run.messages * 1e6 for run in runs],
        unit="us",
    )


def _told(runs: Sequence[Run]) -> Figure:
    return Figure(
        name="batches.reported_as_stored",
        text="  share of these fixes that terminals were told to forget",
        values=[run.told / run.positions for run in runs],
        unit="x",
        goal=1.0,
    )


def _publishes(walks: Walks, *, at_once: int) -> list[bytes]:
    _tell(f"making {walks.fixes * TERMINALS:,} fixes ready")
    return packets.publishes(
        (f"gp/1/{terminal}/position", body) for terminal, body in payloads(walks, at_once=at_once)
    )


def _whole(positions: int, at_once: int) -> int:
    """Return how many fixes each terminal has when all have about `positions`."""
    return max(1, round(positions / TERMINALS / at_once)) * at_once


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ingest", description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path(".bench/ingest"), help="logs, data")
    parser.add_argument(
        "--dsn",
        default=os.environ.get("PATROL_TEST_DSN"),
        help="a PostgreSQL on this machine, to make databases on; otherwise one is started",
    )
    parser.add_argument("--only", nargs="+", choices=_PARTS, default=list(_PARTS), metavar="PART")
    parser.add_argument("--repeats", type=int, default=3, help="times that each is run")
    parser.add_argument("--positions", type=int, default=1_000_000, help="of a run in batches")
    parser.add_argument("--messages", type=int, default=120_000, help="of a run of single fixes")
    parser.add_argument("--few", type=int, default=12_000, help="messages for what is slow")
    parser.add_argument("--latency-seconds", type=float, default=15.0, metavar="S")
    parser.add_argument("--memory-minutes", type=float, default=1.0, metavar="MIN")
    parser.add_argument("--ot-recorder", type=Path, metavar="PATH", help="OwnTracks Recorder")
    return parser


def _tell(what: str) -> None:
    if sys.stderr.isatty():
        print(f"bench-ingest: {what}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
