"""The registers of a chaos run: whose fixes are on duty when."""

import json
from datetime import datetime
from pathlib import Path

from patrol.fix import epoch_of
from simulator.chaos.terminals.walks import Walks, terminal_name, worker_name

_GRID = "CG1"
_SIDE_DEG = 0.01
_MIDDLE_DEG = (30.66, 104.06)


def write_registers(folder: Path, walks: Walks) -> None:
    """Write what `patrol ingest load` takes: a grid, and for each terminal a worker on duty."""
    folder.mkdir(parents=True, exist_ok=True)
    duty = [(_written(start), _written(end)) for start, end in walks.duty_ms()]
    since = duty[0][0]
    numbers = range(walks.terminals)
    workers = [f"{worker_name(one)},Worker {one}" for one in numbers]
    terminals = [f"{terminal_name(one)},simulated,{worker_name(one)},{since}," for one in numbers]
    roster = [f"{worker_name(one)},{_GRID},{start},{end}" for one in numbers for start, end in duty]
    files = {
        "workers.csv": ["worker_id,name", *workers],
        "terminals.csv": ["terminal_id,model,worker_id,valid_from,valid_to", *terminals],
        "roster.csv": ["worker_id,grid_id,start,end", *roster],
        "grids.geojson": [json.dumps(_grids())],
    }
    for name, lines in files.items():
        (folder / name).write_text("\n".join([*lines, ""]), encoding="utf-8")


def _written(time_ms: int) -> str:
    time: datetime = epoch_of(time_ms)
    return time.isoformat()


def _grids() -> dict[str, object]:
    lat, lon = _MIDDLE_DEG
    corners = ((0, 0), (0, 1), (1, 1), (1, 0), (0, 0))
    ring = [[lon + east * _SIDE_DEG, lat + north * _SIDE_DEG] for north, east in corners]
    grid = {
        "type": "Feature",
        "properties": {"grid_id": _GRID, "name": "Chaos"},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }
    return {"type": "FeatureCollection", "features": [grid]}
