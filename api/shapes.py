"""What the API answers: the shapes of its documents, each field with its unit and an example.

Field names carry units, times are UTC, durations are seconds, and a null is "not known".
"""

import json
import re
from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_ID_PATTERN = r"^[A-Za-z0-9_-]{1,64}$"


def read_day(given: object) -> date:
    """Return the day in `given`, YYYY-MM-DD and nothing else; ValueError says so."""
    # Of a body it may be anything that JSON has.
    if isinstance(given, date) and not isinstance(given, datetime):
        return given
    try:
        return date.fromisoformat(given if isinstance(given, str) and _DAY.fullmatch(given) else "")
    except ValueError:
        raise ValueError("give a day as YYYY-MM-DD") from None


def read_values(stored: object) -> dict[str, int | float | str]:
    """Return named values as they are told, whichever version has stored them.

    A null is left out, and what is neither number nor text is told as JSON.
    """
    if not isinstance(stored, dict):
        return {}
    return {
        name: one if isinstance(one, int | float | str) else json.dumps(one)
        for name, one in stored.items()
        if one is not None
    }


Day = Annotated[date, BeforeValidator(read_day)]
Values = Annotated[dict[str, int | float | str], BeforeValidator(read_values)]
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
    database: Literal["up", "down", "not_migrated"] = Field(
        description="not_migrated: something that the API reads is not there for it",
        examples=["up"],
    )
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
    heard_at: datetime | None = Field(
        description="when anything of it was received last", examples=["2026-11-20T01:30:06Z"]
    )
    thinned: int | None = Field(
        description="fixes given up by rule because the outbox was full", examples=[0]
    )
    silent_since: datetime | None = Field(
        description="since when it is not heard while its worker is on duty; null while all is "
        "well, within five minutes, and off duty",
        examples=[None],
    )


class Terminals(Shape):
    """Terminals, by terminal_id."""

    terminals: list[Terminal]


class LatestProperties(Shape):
    """What is known of a latest position besides the place."""

    terminal_id: str = Field(description="which terminal", examples=_TERMINAL)
    worker_id: str = Field(description="whose it is", examples=WORKER)
    worker_name: str = Field(description="their name", examples=NAME)
    grid_id: str = Field(description="the grid of the duty window", examples=GRID)
    day: date = Field(description="local day on which the duty begins", examples=DAYS)
    epoch: datetime = Field(description="when the fix was, UTC", examples=_EPOCH)
    received_at: datetime = Field(
        description="when the server had it, UTC", examples=["2026-11-20T01:30:06Z"]
    )
    age_s: float = Field(description="from the epoch to this answer", examples=[4.2])
    accuracy_m: float | None = Field(description="68 % radius", examples=[4.8])
    speed_mps: float | None = Field(description="over ground, metres a second", examples=[1.2])
    battery_pct: int | None = Field(description="of the terminal, percent", examples=[81])
    flags: int = Field(
        description="sum of 1 mock location, 2 charging, 4 moving, 8 sent late, 16 sos, "
        "32 first fix after a gap",
        examples=[4],
    )
    provisional_state: Literal["inside", "outside", "unknown"] = Field(
        description="in the grid or not by the fixes so far; later ones may change it",
        examples=["inside"],
    )
    provisional_since: datetime = Field(
        description="since when the state is so, UTC", examples=["2026-11-20T00:30:00Z"]
    )
    provisional_inside_p: float | None = Field(
        description="probability of being inside, at the last fix", examples=[0.998]
    )


class LatestPosition(LatestProperties):
    """Where a terminal was last, its worker being on duty."""

    lon_deg: float = Field(description="WGS-84", examples=_LON)
    lat_deg: float = Field(description="WGS-84", examples=_LAT)


class LatestPositions(Shape):
    """Latest positions, by terminal_id."""

    positions: list[LatestPosition]


class FixProperties(Shape):
    """What is known of a fix besides the place."""

    terminal_id: str = Field(description="which terminal", examples=_TERMINAL)
    grid_id: str = Field(description="the grid of the duty window", examples=GRID)
    epoch: datetime = Field(description="when the fix was, UTC", examples=_EPOCH)
    altitude_m: float | None = Field(description="above mean sea level, metres", examples=[44.1])
    accuracy_m: float | None = Field(description="68 % radius", examples=[4.8])
    speed_mps: float | None = Field(description="over ground, metres a second", examples=[1.2])
    course_deg: float | None = Field(
        description="over ground, degrees from north", examples=[197.5]
    )
    hdop: float | None = Field(description="horizontal dilution of precision", examples=[1.2])
    satellites: int | None = Field(description="in use", examples=[9])
    quality: int | None = Field(description="NMEA GGA quality, 0 to 8", examples=[1])
    battery_pct: int | None = Field(description="of the terminal, percent", examples=[81])
    flags: int = Field(description="as in the latest positions", examples=[4])
    received_at: datetime = Field(
        description="when the server had it, UTC", examples=["2026-11-20T01:30:06Z"]
    )


class Fix(FixProperties):
    """One fix of a track."""

    lon_deg: float = Field(description="WGS-84", examples=_LON)
    lat_deg: float = Field(description="WGS-84", examples=_LAT)


class DutyWindow(Shape):
    """A span of time in which presence is owed; its start belongs to it, its end does not."""

    grid_id: str = Field(description="the grid of the duty window", examples=GRID)
    start_at: datetime = Field(description="begin, UTC", examples=["2026-11-20T00:30:00Z"])
    end_at: datetime = Field(description="end, UTC", examples=["2026-11-20T08:30:00Z"])
    duration_s: float = Field(description="end_at - start_at, seconds", examples=[28800.0])


class Grid(Shape):
    """A responsibility area."""

    grid_id: str = Field(examples=GRID)
    name: str = Field(examples=["East Gate"])
    premises: int = Field(description="how many there are to visit", examples=[212])
    households: int = Field(description="in all its premises", examples=[1480])


class GridOutline(Grid):
    """A grid with its outline, a GeoJSON geometry."""

    outline: dict[str, Any]


class Target(Shape):
    """A checkpoint, a piece of street or a square, and what is known of it."""

    name: str = Field(
        description="checkpoint_id, or longitude and latitude of the middle",
        examples=["116.407394,39.904211"],
    )
    weight: float = Field(description="part of the share, 1 together", examples=[0.0125])
    p: float = Field(description="probability that it was reached", examples=[0.984])
    reach: Literal["reached", "not_reached", "unknown"] = Field(
        description="unknown where a silence left the time, or the evidence does not tell",
        examples=["reached"],
    )


class Coverage(Shape):
    """What of a grid was reached on a worker-day; nobody is held to what is unknown."""

    worker_id: str = Field(examples=WORKER)
    day: date = Field(description="local day on which the duty begins", examples=DAYS)
    grid_id: str = Field(examples=GRID)
    kind: Literal["checkpoints", "streets", "micro_grids"] = Field(
        description="what there is to be reached", examples=["streets"]
    )
    share: float = Field(description="best estimate, 0 to 1", examples=[0.93])
    share_low: float = Field(description="reached at least", examples=[0.9])
    share_high: float = Field(description="reached at most", examples=[0.97])
    targets: list[Target]


class CoveragePage(Shape):
    """Coverage of a range of days, by day, worker_id and grid_id; never by a share."""

    first_day: date = Field(serialization_alias="from", examples=["2026-10-21"])
    last_day: date = Field(serialization_alias="to", examples=DAYS)
    coverage: list[Coverage]
    next_cursor: str | None = Field(
        description="give it as cursor for the next page; null on the last one",
        examples=["2026-11-20.W07.G3"],
    )


class CheckpointPass(Shape):
    """A span of time at a checkpoint; its start belongs to it, its end does not."""

    worker_id: str = Field(examples=WORKER)
    day: date = Field(description="local day on which the duty begins", examples=DAYS)
    start_at: datetime = Field(examples=["2026-11-20T01:40:00Z"])
    end_at: datetime = Field(examples=["2026-11-20T01:41:30Z"])
    duration_s: float = Field(examples=[90.0])
    grid_id: str = Field(examples=GRID)
    checkpoint_id: str = Field(examples=["C12"])
    checkpoint_name: str = Field(
        description="empty when the checkpoint was withdrawn", examples=["Pump house"]
    )
    p: float = Field(description="probability of having been there", examples=[0.97])


class CheckpointPassesPage(Shape):
    """Times at checkpoints, by day, worker_id, checkpoint_id and start."""

    first_day: date = Field(serialization_alias="from", examples=["2026-10-21"])
    last_day: date = Field(serialization_alias="to", examples=DAYS)
    passes: list[CheckpointPass]
    next_cursor: str | None = Field(
        description="give it as cursor for the next page; null on the last one",
        examples=["2026-11-20.W07.C12.1795138800000000"],
    )
