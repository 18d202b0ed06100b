"""Answers at 5,000 reports a second: on disk, and with the broker, beside a plain gateway."""

import argparse
import os
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median, quantiles
from typing import NamedTuple

from benchmarks.gateway.load import Load
from benchmarks.gateway.stage import Gateway, running, running_plain
from benchmarks.gateway.storing import Storing
from benchmarks.ingest.table import Figure

_RATE = 5_000.0
_TERMINALS = 2_000
_DRAIN_S = 30.0
_TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")


class Answering(NamedTuple):
    """What came of a load: a second, ms, and processor time of all processes of the gateway."""

    answered: float
    relayed: float
    p99_ms: float
    cpu_us: float


def answers(options: argparse.Namespace) -> list[Figure]:
    """Measure both protocols, and JT/T 808 with a gateway that keeps nothing."""
    figures: list[Figure] = []
    ours: list[Answering] = []
    for protocol in ("gt06", "jt808"):
        ours = []
        for _ in range(options.repeats):
            with running(_TERMINALS) as gateway, Storing(gateway.broker.port) as storing:
                ours.append(_run(gateway, storing, protocol=protocol, seconds=options.seconds))
        figures += _figures(protocol, ours)
    plain = []
    for _ in range(options.repeats):
        with running_plain() as gateway:
            plain.append(_run(gateway, None, protocol="jt808", seconds=options.seconds))
    return figures + _beside(ours, plain)


def _figures(protocol: str, found: Sequence[Answering]) -> list[Figure]:
    name = f"answers.{protocol}"
    return [
        Figure(
            name=f"{name}.answered_a_second",
            text=f"{protocol}: reports taken, on disk",
            values=[one.answered for one in found],
            unit="/s",
            goal=_RATE * 0.99,
        ),
        Figure(
            name=f"{name}.relayed_a_second",
            text="  through the broker to a server that says `stored`",
            values=[one.relayed for one in found],
            unit="/s",
            goal=_RATE * 0.95,
        ),
        Figure(
            name=f"{name}.p99_ms",
            text="  from what is answered to its answer, p99",
            values=[one.p99_ms for one in found],
            unit="ms",
            goal=100,
            better="less",
        ),
        Figure(
            name=f"{name}.cpu_us",
            text="  processor time a report, both processes",
            values=[one.cpu_us for one in found],
            unit="us",
        ),
    ]


def _beside(ours: Sequence[Answering], plain: Sequence[Answering]) -> list[Figure]:
    return [
        Figure(
            name="plain.answered_a_second",
            text="jt808, a plain gateway that keeps nothing: answered",
            values=[one.answered for one in plain],
            unit="/s",
        ),
        Figure(
            name="plain.p99_ms",
            text="  from report to answer, p99",
            values=[one.p99_ms for one in plain],
            unit="ms",
        ),
        Figure(
            name="plain.cpu_us",
            text="  processor time a report",
            values=[one.cpu_us for one in plain],
            unit="us",
        ),
        Figure(
            name="plain.cpu_of_ours",
            text="  ours, with register, disk and `stored`: times as much",
            values=[median(one.cpu_us for one in ours) / one.cpu_us for one in plain],
            unit="x",
        ),
    ]


def _run(gateway: Gateway, storing: Storing | None, *, protocol: str, seconds: float) -> Answering:
    load = Load(protocol, gateway.ports[protocol])
    load.call(_TERMINALS)
    before_s = _processor_s(gateway.process.pid)
    began, began_at = time.monotonic(), time.time()
    answered = load.send(rate=_RATE, seconds=seconds)
    took_s = time.monotonic() - began
    load.hang_up()
    relayed = answered / took_s
    if storing is not None:
        # What was answered late may come twice; what matters is when all were there.
        fixes, newest_at = storing.wait_for(answered, within_s=_DRAIN_S)
        relayed = min(fixes, answered) / (newest_at - began_at)
    return Answering(
        answered / took_s,
        relayed,
        quantiles(load.answers_ms, n=100)[98],
        (_processor_s(gateway.process.pid) - before_s) * 1e6 / answered,
    )


def _processor_s(pid: int) -> float:
    """Return the processor time of a process and of those that it started, alive or not."""
    tasks = Path(f"/proc/{pid}/task")
    children = [
        int(child)
        for task in tasks.iterdir()
        for child in (task / "children").read_text(encoding="ascii").split()
    ]
    stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    # utime, stime, cutime and cstime: fields 14 to 17, counted from behind the name.
    ticks = sum(int(one) for one in stat.rpartition(")")[2].split()[11:15])
    return ticks / _TICKS_A_SECOND + sum(_processor_s(child) for child in children)
