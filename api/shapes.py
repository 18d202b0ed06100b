"""What the API answers: the shapes of its documents, each field with its unit and an example.

Field names carry units, times are UTC, durations are seconds, and a null is "not known".
"""

import re
from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_ID_PATTERN = r"^[A-Za-z0-9_-]{1,64}$"


def read_day(given: str) -> date:
    """Return the day in `given`, YYYY-MM-DD and nothing else; ValueError says so."""
    try:
        return date.fromisoformat(given if _DAY.fullmatch(given) else "")
    except ValueError:
        raise ValueError("give a day as YYYY-MM-DD") from None


Day = Annotated[date, BeforeValidator(read_day)]
Id = Annotated[str, Field(pattern=_ID_PATTERN)]

WORKER = ["W07"]
NAME = ["Li Na"]
_TERMINAL = ["T07"]
GRID = ["G3"]
DAYS = ["2026-11-20"]
_LON = [116.407394]
_LAT = [39.904211]
_EPOCH = ["2026-11-20T01:30:05Z"]


class Shape(BaseModel):
    """What every answer is: complete, with no field that is not described, and frozen."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Readiness(Shape):
    """Whether questions can be answered now."""

    status: Literal["ok", "degraded"] = Field(examples=["ok"])
    database: Literal["up", "down", "not_migrated"] = Field(examples=["up"])
    tokens: Literal["usable", "unusable"] = Field(examples=["usable"])
    version: str = Field(examples=["0.1.0"])


class Worker(Shape):
    """Somebody who can have duty."""

    worker_id: str = Field(examples=WORKER)
    name: str = Field(examples=NAME)


class Workers(Shape):
    """Everybody who can have duty, by worker_id."""

    workers: list[Worker]


class Terminal(Shape):
    """A terminal, who carries it now, and how it is."""

    terminal_id: str = Field(examples=_TERMINAL)
    model: str = Field(examples=["ruggedised-a"])
    worker_id: str | None = Field(description="who carries it now", examples=WORKER)
    worker_name: str | None = Field(examples=NAME)
    state: str | None = Field(description="online, offline or lost", examples=["online"])
    state_received_at: datetime | None = Field(examples=["2026-11-20T01:00:00Z"])
    written: int | None = Field(description="fixes ever written to its outbox", examples=[10472])
    waiting: int | None = Field(description="fixes in its outbox not yet stored", examples=[12])
    last_epoch: datetime | None = Field(description="when its last fix was", examples=_EPOCH)
    last_received_at: datetime | None = Field(examples=["2026-11-20T01:30:06Z"])
    battery_pct: int | None = Field(examples=[81])


class Terminals(Shape):
    """All terminals, by terminal_id."""

    terminals: list[Terminal]


class LatestProperties(Shape):
    """What is known of a latest position besides the place."""

    terminal_id: str = Field(examples=_TERMINAL)
    worker_id: str = Field(examples=WORKER)
    worker_name: str = Field(examples=NAME)
    grid_id: str = Field(description="the grid of the duty window", examples=GRID)
    day: date = Field(examples=DAYS)
    epoch: datetime = Field(examples=_EPOCH)
    received_at: datetime = Field(examples=["2026-11-20T01:30:06Z"])
    age_s: float = Field(description="from the epoch to this answer", examples=[4.2])
    accuracy_m: float | None = Field(description="68 % radius", examples=[4.8])
    speed_mps: float | None = Field(examples=[1.2])
    battery_pct: int | None = Field(examples=[81])
    flags: int = Field(
        description="sum of 1 mock location, 2 charging, 4 moving, 8 sent late, 16 sos, "
        "32 first fix after a gap",
        examples=[4],
    )
    provisional_state: Literal["inside", "outside", "unknown"] = Field(
        description="in the grid or not by the fixes so far; later ones may change it",
        examples=["inside"],
    )
    provisional_since: datetime = Field(examples=["2026-11-20T00:30:00Z"])
    provisional_inside_p: float | None = Field(
        description="probability of being inside, at the last fix", examples=[0.998]
    )


class LatestPosition(LatestProperties):
    """Where a terminal was last, its worker being on duty."""

    lon_deg: float = Field(examples=_LON)
    lat_deg: float = Field(examples=_LAT)


class LatestPositions(Shape):
    """Latest positions, by terminal_id."""

    positions: list[LatestPosition]


class FixProperties(Shape):
    """What is known of a fix besides the place."""

    terminal_id: str = Field(examples=_TERMINAL)
    grid_id: str = Field(description="the grid of the duty window", examples=GRID)
    epoch: datetime = Field(examples=_EPOCH)
    altitude_m: float | None = Field(examples=[44.1])
    accuracy_m: float | None = Field(description="68 % radius", examples=[4.8])
    speed_mps: float | None = Field(examples=[1.2])
    course_deg: float | None = Field(examples=[197.5])
    hdop: float | None = Field(examples=[1.2])
    satellites: int | None = Field(examples=[9])
    quality: int | None = Field(description="NMEA GGA quality, 0 to 8", examples=[1])
    battery_pct: int | None = Field(examples=[81])
    flags: int = Field(description="as in the latest positions", examples=[4])
    received_at: datetime = Field(examples=["2026-11-20T01:30:06Z"])


class Fix(FixProperties):
    """One fix of a track."""

    lon_deg: float = Field(examples=_LON)
    lat_deg: float = Field(examples=_LAT)


class DutyWindow(Shape):
    """A span of time in which presence is owed; its start belongs to it, its end does not."""

    grid_id: str = Field(examples=GRID)
    start_at: datetime = Field(examples=["2026-11-20T00:30:00Z"])
    end_at: datetime = Field(examples=["2026-11-20T08:30:00Z"])
    duration_s: float = Field(examples=[28800.0])


class Grid(Shape):
    """A responsibility area."""

    grid_id: str = Field(examples=GRID)
    name: str = Field(examples=["East Gate"])
    premises: int = Field(description="how many there are to visit", examples=[212])
    households: int = Field(description="in all its premises", examples=[1480])


class GridOutline(Grid):
    """A grid with its outline, a GeoJSON geometry."""

    outline: dict[str, Any]
