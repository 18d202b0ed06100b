"""The terminals of a district, their registers, and the walks that they report."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from patrol.duty import read_zone
from patrol.fix import epoch_ms
from patrol.messages import Position, PositionBatch, encode_position

# As many terminals as the district has for which the project was made.
TERMINALS = 1147
TERMINAL_IDS = [f"T{number:04d}" for number in range(TERMINALS)]
OUTBOX = "b"
ZONE = "Asia/Shanghai"

FIX_EVERY_MS = 2_000
_CITY_E7 = (306_600_000, 1_040_600_000)
# About a metre, which is how far somebody on foot comes in a second.
_STEP_E7 = 100
_SEED = 4


@dataclass(frozen=True, slots=True, eq=False)
class Walks:
    """`fixes` of each terminal, one array of (terminal, fix) a column of `position`."""

    columns: dict[str, NDArray[np.int64]]

    @property
    def fixes(self) -> int:
        """How many fixes each terminal has."""
        return int(self.columns["epoch_ms"].shape[1])


def duty_start(*, days: int) -> datetime:
    """Return the first midnight of the last `days` whole days in the district."""
    today = datetime.now(read_zone(ZONE)).replace(hour=0, minute=0, second=0, microsecond=0)
    return (today - timedelta(days=days)).astimezone(UTC)


def write_registers(folder: Path, *, days: int) -> None:
    """Write a district in which everybody is on duty all of the last `days` days."""
    folder.mkdir(parents=True, exist_ok=True)
    lat, lon = (one / 1e7 for one in _CITY_E7)
    corners = [(-0.1, -0.1), (0.1, -0.1), (0.1, 0.1), (-0.1, 0.1), (-0.1, -0.1)]
    outline = {"type": "Polygon", "coordinates": [[[lon + x, lat + y] for x, y in corners]]}
    grid = {"type": "Feature", "properties": {"grid_id": "G1", "name": "G1"}, "geometry": outline}
    workers = [f"W{number:04d}" for number in range(TERMINALS)]
    carried = zip(TERMINAL_IDS, workers, strict=True)
    first = duty_start(days=days)
    spans = [(first + timedelta(days=n), first + timedelta(days=n + 1)) for n in range(days)]
    texts = {
        "grids.geojson": json.dumps({"type": "FeatureCollection", "features": [grid]}),
        "workers.csv": _csv("worker_id,name", (f"{one},{one}" for one in workers)),
        "terminals.csv": _csv(
            "terminal_id,model,worker_id,valid_from,valid_to",
            (f"{terminal},bench,{worker},2000-01-01T00:00:00Z," for terminal, worker in carried),
        ),
        "roster.csv": _csv(
            "worker_id,grid_id,start,end",
            (f"{one},G1,{a.isoformat()},{b.isoformat()}" for one in workers for a, b in spans),
        ),
    }
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")


def make_walks(fixes: int, *, days: int, terminals: int = TERMINALS) -> Walks:
    """Return random walks with a fix every 2 s, from the beginning of duty."""
    chance = np.random.default_rng(_SEED)
    shape = (terminals, fixes)
    steps = chance.integers(-2 * _STEP_E7, 2 * _STEP_E7 + 1, size=(2, *shape))
    homes = chance.integers(-500_000, 500_001, size=(2, terminals, 1))
    paths = homes + np.cumsum(steps, axis=2)
    epochs = epoch_ms(duty_start(days=days)) + FIX_EVERY_MS * np.arange(fixes, dtype=np.int64)
    return Walks(
        {
            "epoch_ms": np.broadcast_to(epochs, shape),
            "lat_e7": _CITY_E7[0] + paths[0],
            "lon_e7": _CITY_E7[1] + paths[1],
            "altitude_dm": 5_000 + np.cumsum(chance.integers(-1, 2, size=shape), axis=1),
            "speed_cmps": chance.integers(60, 150, size=shape),
            "course_ddeg": chance.integers(0, 3_600, size=shape),
            "hdop_d": chance.integers(8, 16, size=shape),
            "accuracy_dm": chance.integers(30, 80, size=shape),
            "satellites": chance.integers(7, 15, size=shape),
            "quality": np.ones(shape, dtype=np.int64),
            "battery_pct": np.full(shape, 80),
            "flags": np.full(shape, 4),
        }
    )


def payloads(walks: Walks, *, at_once: int, first: int = 0) -> Iterator[tuple[str, bytes]]:
    """Yield terminal and payload of one message after another, `at_once` fixes in each.

    All terminals report by turns, from the `first` fix of each.
    """
    names = Position._fields
    for start in range(first, walks.fixes, at_once):
        parts = [walks.columns[name][:, start : start + at_once].tolist() for name in names]
        for number, terminal in enumerate(TERMINAL_IDS[: len(parts[0])]):
            rows = zip(*(part[number] for part in parts), strict=True)
            batch = PositionBatch(
                seq=start + 1,
                source="agent",
                outbox=OUTBOX,
                positions=tuple(map(Position._make, rows)),
            )
            yield terminal, encode_position(batch)


def _csv(head: str, rows: Iterator[str]) -> str:
    return "\n".join([head, *rows, ""])
