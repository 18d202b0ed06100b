"""Acts on orders, one after the other, and how long each took."""

import http.client
import json
import time
from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from benchmarks.api.stage import Answering
from benchmarks.ingest.table import Figure, ratio
from benchmarks.reading.ways import cpu_s

GOAL_MS: Final = 20.0
_LOOPBACK: Final = "127.0.0.1"
_TIMEOUT_S: Final = 30.0
_FIRST: Final = 10
_CLIMB: Final = {"act": "climb", "reason_code": "beyond_means", "revision": 1}


def figures_of(
    orders: Sequence[str], *, ours: Answering, plain: Answering, token: str, repeats: int
) -> list[Figure]:
    """Let orders climb from the grid, each once, and the plain ones by turns with them."""
    size = len(orders) // repeats
    found, others, cpu = [], [], []
    for number in range(repeats):
        some = orders[number * size : (number + 1) * size]
        before_s = cpu_s(ours.pid)
        found.append(_ask(ours, [(f"/v1/orders/{one}/acts", _CLIMB) for one in some], token=token))
        cpu.append(1000 * (cpu_s(ours.pid) - before_s) / max(1, len(some)))
        paths = [(f"/act/{one}?step=community", None) for one in some]
        others.append(_ask(plain, paths, token=None))
    p99, p50, plain_p99, plain_p50 = (
        Figure(
            name=f"act.{name}",
            text=text,
            values=[float(np.quantile(one, share)) for one in values],
            unit="ms",
            goal=goal,
            better="less",
        )
        for name, text, share, values, goal in (
            ("p99_ms", "an act on an order", 0.99, found, GOAL_MS),
            ("p50_ms", "  the median", 0.5, found, None),
            ("plain_p99_ms", "  plain, p99", 0.99, others, None),
            ("plain_p50_ms", "  plain, the median", 0.5, others, None),
        )
    )
    processor = Figure(
        name="act.cpu_ms", text="  processor time of the process, an act", values=cpu, unit="ms"
    )
    beside = ratio("act.p50_ratio", "  times the plain way", one=p50, other=plain_p50)
    return [p99, p50, processor, plain_p99, plain_p50, beside]


def _ask(
    at: Answering, requests: Sequence[tuple[str, dict[str, Any] | None]], *, token: str | None
) -> list[float]:
    line = http.client.HTTPConnection(_LOOPBACK, at.port, timeout=_TIMEOUT_S)
    headers = {"Content-Type": "application/json"}
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    took_ms = []
    for path, body in requests:
        text = None if body is None else json.dumps(body)
        began = time.perf_counter()
        line.request("POST", path, body=text, headers=headers)
        answer = line.getresponse()
        told = answer.read()
        took_ms.append(1000 * (time.perf_counter() - began))
        if answer.status != http.client.OK:
            raise RuntimeError(f"POST {path}: {answer.status} {told[:400]!r}")
    line.close()
    # Of the first ones, which find nothing prepared, nothing is told.
    return took_ms[_FIRST:] or took_ms
