"""Rows of which an answer has thousands: columns in the order of their statements, unchecked.

Their fields are those of the shapes of the same name in `api.shapes`, which describe them.
"""

from datetime import date, datetime
from typing import NamedTuple


class LatestRow(NamedTuple):
    """A row of the latest positions, `shapes.LatestPosition`."""

    terminal_id: str
    worker_id: str
    worker_name: str
    grid_id: str
    day: date
    epoch: datetime
    received_at: datetime
    age_s: float
    accuracy_m: float | None
    speed_mps: float | None
    battery_pct: int | None
    flags: int
    provisional_state: str
    provisional_since: datetime
    provisional_inside_p: float | None
    lon_deg: float
    lat_deg: float


class FixRow(NamedTuple):
    """A row of a track, `shapes.Fix`."""

    terminal_id: str
    grid_id: str
    epoch: datetime
    altitude_m: float | None
    accuracy_m: float | None
    speed_mps: float | None
    course_deg: float | None
    hdop: float | None
    satellites: int | None
    quality: int | None
    battery_pct: int | None
    flags: int
    received_at: datetime
    lon_deg: float
    lat_deg: float


class LiveRow(NamedTuple):
    """A row of the stream: a latest position of somebody on duty now, without its age."""

    terminal_id: str
    worker_id: str
    worker_name: str
    grid_id: str
    day: date
    epoch: datetime
    received_at: datetime
    accuracy_m: float | None
    speed_mps: float | None
    battery_pct: int | None
    flags: int
    provisional_state: str
    provisional_since: datetime
    provisional_inside_p: float | None
    lon_deg: float
    lat_deg: float
