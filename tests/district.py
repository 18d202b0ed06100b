"""A small district in a real database: one grid, one door, one worker on duty for an hour."""

import json
import threading
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import psycopg

from ingest.judging.assess import Judge
from ingest.writer import Writer
from patrol.compliance import Rules
from patrol.duty import read_zone
from patrol.messages import Position, PositionBatch, encode_position
from patrol.registers.files import FILES
from patrol.topics import Topics
from runtime.mqtt import Message
from tests.makers import CITY, at, square, walk

SHANGHAI = read_zone("Asia/Shanghai")
NOW = at(4000)
WRITER = Writer(topics=Topics("gp/1"), future_s=600)


def write_registers(folder: Path, **changed: str) -> dict[str, Path]:
    """Write a district of one grid, one door, one worker and one terminal, on duty for an hour."""
    lat_deg, lon_deg = CITY.to_degrees(100.0, 0.0)
    door = {"type": "Point", "coordinates": [float(lon_deg), float(lat_deg)]}
    contents = {
        "grids": collection({"grid_id": "G01", "name": "North"}, square()),
        "premises": collection({"premises_id": "P1", "grid_id": "G01", "radius_m": 5}, door),
        "places": collection({"place_id": "S1", "kind": "station", "radius_m": 30}, door),
        "workers": "worker_id,name\nW01,Worker 01\nW02,Worker 02\n",
        "terminals": "terminal_id,model,worker_id,valid_from,valid_to\n"
        "T01,simulated,W01,2026-01-01T00:00:00Z,\nT02,simulated,,,\n",
        "roster": f"worker_id,grid_id,start,end\nW01,G01,{at(0).isoformat()},{at(3600).isoformat()}\n",
        **changed,
    }
    paths = {kind: folder / FILES[kind] for kind in contents}
    for kind, path in paths.items():
        path.write_text(contents[kind])
    return paths


def collection(properties: dict, geometry: dict) -> str:
    feature = {"type": "Feature", "properties": properties, "geometry": geometry}
    return json.dumps({"type": "FeatureCollection", "features": [feature]})


def rows(dsn: str, query: str) -> list[tuple]:
    with psycopg.connect(dsn) as conn:
        return conn.execute(query).fetchall()


def count(dsn: str, table: str) -> int:
    return rows(dsn, f"select count(*) from {table}")[0][0]  # noqa: S608 - a test's own word


def positions(fixes, flags: int = 0) -> tuple[Position, ...]:
    return tuple(
        Position(int(t), int(lat), int(lon), accuracy_dm=50, flags=flags)
        for t, lat, lon in zip(fixes.epoch_ms, fixes.lat_e7, fixes.lon_e7, strict=True)
    )


def letters(fixes: Sequence[Position], terminal: str = "T01", at_once: int = 500) -> list[Message]:
    return [
        Message(
            f"gp/1/{terminal}/position",
            encode_position(
                PositionBatch(
                    seq=first + 1,
                    source="agent",
                    outbox="a",
                    positions=tuple(fixes[first : first + at_once]),
                )
            ),
            mid=first,
            connection=1,
        )
        for first in range(0, len(fixes), at_once)
    ]


def store(dsn: str, messages: Sequence[Message], now: datetime = NOW):
    with psycopg.connect(dsn, autocommit=True) as conn:
        return WRITER.write(conn, messages, now=now)


def assess(dsn: str) -> int:
    with psycopg.connect(dsn, autocommit=True) as conn:
        return Judge(conn=conn, rules=Rules(), stop=threading.Event()).judge_marked().judged


WALK = positions(
    walk([(0, -150, 0), (300, 100, 0), (1800, 100, 0), (2100, -150, 0), (3600, 150, 50)])
)[:-1]
