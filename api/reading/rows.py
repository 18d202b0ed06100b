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


class SummaryRow(NamedTuple):
    """A row of counted worker-days, `summaries.Summary`."""

    key: str
    period: date
    first_day: date
    last_day: date
    days_with_duty: int
    days_judged: int
    days_excused: int
    days_not_current: int
    presence_met: int
    presence_not_met: int
    presence_undetermined: int
    visit_met: int
    visit_not_met: int
    visit_undetermined: int
    duty_s: int
    excused_s: int
    inside_s: int
    outside_s: int
    unknown_s: int
    presence_low_s: int
    presence_high_s: int
    visit_s: int
    visit_low_s: int
    visit_high_s: int
    decided_presence_met: int
    decided_presence_not_met: int
    decided_presence_undetermined: int
    decided_visit_met: int
    decided_visit_not_met: int
    decided_visit_undetermined: int
    decided_inside_s: int
    decided_visit_s: int
