"""Questions of supervisors, asked over and over, and how long each answer took."""

import http.client
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from random import Random
from typing import Final, NamedTuple

import numpy as np

from benchmarks.api.district import LONG_EVERY
from benchmarks.api.stage import Answering
from benchmarks.ingest.table import Figure, ratio
from benchmarks.reading.ways import cpu_s

_LOOPBACK: Final = "127.0.0.1"
# Of the first ones, which find nothing prepared, nothing is told.
_FIRST: Final = 20
_TIMEOUT_S: Final = 30.0
_AT_ONCE: Final = 8


class World(NamedTuple):
    """What there is to ask for: days with positions, and with results, the newest last."""

    grids: int
    position_days: Sequence[date]
    result_days: Sequence[date]

    @property
    def month(self) -> str:
        """The newest month that is whole, as parameters of a query."""
        last = (self.result_days[-1] + timedelta(days=1)).replace(day=1) - timedelta(days=1)
        return f"from={last.replace(day=1)}&to={last}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question: how it is put to the API and to the plain way, and what it may take."""

    name: str
    text: str
    who: str
    goal_ms: float
    ours: Callable[[Random, World], str]
    plain: Callable[[Random, World], str]
    least_bytes: int


def _track(chosen: Random, world: World) -> str:
    number = _long(chosen, world)
    return f"/v1/workers/W{number}/days/{chosen.choice(world.position_days)}/track"


def _plain_track(chosen: Random, world: World) -> str:
    return f"/track/{_long(chosen, world)}/{chosen.choice(world.position_days)}"


def _long(chosen: Random, world: World) -> int:
    return LONG_EVERY * chosen.randint(1, world.grids // LONG_EVERY)


def _plain_month(path: str, world: World) -> str:
    return f"{path}?{world.month.replace('from=', 'first=').replace('to=', 'last=')}"


QUESTIONS: Final = (
    Question(
        name="latest",
        text="latest positions of the district",
        who="district",
        goal_ms=50,
        ours=lambda _, __: "/v1/positions/latest",
        plain=lambda _, __: "/latest",
        least_bytes=100,
    ),
    Question(
        name="latest_of_grid",
        text="latest positions of one grid, by its supervisor",
        who="grid",
        goal_ms=50,
        ours=lambda _, __: "/v1/positions/latest",
        plain=lambda _, __: "/latest",
        least_bytes=100,
    ),
    Question(
        name="track",
        text="track of a worker-day of 12 h",
        who="district",
        goal_ms=80,
        ours=_track,
        plain=_plain_track,
        least_bytes=100_000,
    ),
    Question(
        name="month_of_grid",
        text="month of compliance of one grid",
        who="district",
        goal_ms=30,
        ours=lambda chosen, world: (
            f"/v1/compliance?grid_id=G{chosen.randint(1, world.grids)}&{world.month}&limit=500"
        ),
        plain=lambda chosen, world: _plain_month(
            f"/month/G{chosen.randint(1, world.grids)}", world
        ),
        least_bytes=5_000,
    ),
    Question(
        name="month_of_district",
        text="month of the district, counted by grid",
        who="district",
        goal_ms=300,
        ours=lambda _, world: f"/v1/compliance/summary?of=grid&limit=5000&{world.month}",
        plain=lambda _, world: _plain_month("/district", world),
        least_bytes=1_000,
    ),
)


class Ways(NamedTuple):
    """The processes that answer, and who asks ours."""

    ours: Answering
    plain: Answering
    tokens: Mapping[str, str]


class Asked(NamedTuple):
    """How long answers took, processor time of the process with each, and the bytes of one."""

    took_ms: list[float]
    cpu_ms: float
    length: int


def ask(question: Question, world: World, *, at: Answering, token: str | None, times: int) -> Asked:
    """Ask so many times, one after the other; RuntimeError for an answer that is none."""
    way = question.ours if token else question.plain
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    chosen = Random(times)  # noqa: S311 - both ways are asked for the same
    line = http.client.HTTPConnection(_LOOPBACK, at.port, timeout=_TIMEOUT_S)
    took_ms: list[float] = []
    length = 0
    before_s = cpu_s(at.pid)
    for _ in range(times):
        path = way(chosen, world)
        began = time.perf_counter()
        line.request("GET", path, headers=headers)
        answer = line.getresponse()
        body = answer.read()
        took_ms.append(1000 * (time.perf_counter() - began))
        length = len(body)
        if answer.status != http.client.OK or length < question.least_bytes:
            raise RuntimeError(f"GET {path}: {answer.status} {body[:300]!r}")
    line.close()
    return Asked(took_ms, 1000 * (cpu_s(at.pid) - before_s) / times, length)


def figures_of(
    question: Question, world: World, ways: Ways, *, times: int, repeats: int
) -> list[Figure]:
    """Measure both ways by turns, and `_AT_ONCE` who ask ours at once."""
    ours = partial(ask, question, world, at=ways.ours, token=ways.tokens[question.who])
    plain = partial(ask, question, world, at=ways.plain, token=None)
    ours(times=_FIRST)
    plain(times=_FIRST)
    found = [(ours(times=times), plain(times=times)) for _ in range(repeats)]
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        began_s = time.perf_counter()
        many = list(threads.map(lambda n: ours(times=n), [max(1, times // _AT_ONCE)] * _AT_ONCE))
        a_second = sum(len(one.took_ms) for one in many) / (time.perf_counter() - began_s)
    at_once = Figure(
        name=f"{question.name}.answers_a_second",
        text=f"  answers a second, {_AT_ONCE} at once",
        values=[a_second],
        unit="/s",
    )
    return [*_told(question, found), at_once]


def _told(question: Question, found: Sequence[tuple[Asked, Asked]]) -> list[Figure]:
    name = question.name
    p99 = Figure(
        name=f"{name}.p99_ms",
        text=question.text,
        values=[_of(one.took_ms, 0.99) for one, _ in found],
        unit="ms",
        goal=question.goal_ms,
        better="less",
    )
    p50, plain_p99, plain_p50, cpu = (
        Figure(name=f"{name}.{key}_ms", text=f"  {text}", values=values, unit="ms")
        for key, text, values in (
            ("p50", "the median", [_of(one.took_ms, 0.5) for one, _ in found]),
            ("plain_p99", "plain, p99", [_of(one.took_ms, 0.99) for _, one in found]),
            ("plain_p50", "plain, the median", [_of(one.took_ms, 0.5) for _, one in found]),
            ("cpu", "processor time of the process, an answer", [one.cpu_ms for one, _ in found]),
        )
    )
    told = f"  times the plain way ({found[0][0].length:,} bytes beside {found[0][1].length:,})"
    beside = ratio(f"{name}.p50_ratio", told, one=p50, other=plain_p50)
    return [p99, p50, cpu, plain_p99, plain_p50, beside]


def _of(took_ms: Sequence[float], share: float) -> float:
    return float(np.quantile(took_ms, share))
