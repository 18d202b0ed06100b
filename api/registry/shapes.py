"""What is told of registers, and what is given to change them. Nothing is about residents."""

from datetime import date, datetime, time
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from api.shapes import Day, Id, Shape

_YEARS = range(2000, 2100)
_AREA = ["S1"]
_GRID = ["G03"]
_WORKER = ["W07"]
_DAY = ["2026-11-20"]
_AT = ["2026-11-20T00:30:00Z"]
_POINT = [{"type": "Point", "coordinates": [104.06001, 30.66001]}]
_OUTLINE = [
    {
        "type": "Polygon",
        "coordinates": [
            [[104.06, 30.66], [104.07, 30.66], [104.07, 30.67], [104.06, 30.67], [104.06, 30.66]]
        ],
    }
]
_BUILDING = "of the building or entrance, never of anybody who lives there; may be empty"


def _with_offset(at: datetime) -> datetime:
    if at.tzinfo is None:
        raise ValueError("has no offset: write it like 2026-03-02T08:30:00+08:00")
    # The years of the wire: anything else is a slip of the pen.
    if at.year not in _YEARS:
        raise ValueError(f"is in no year from {_YEARS[0]} to {_YEARS[-1]}")
    return at


Name = Annotated[str, Field(max_length=200, pattern=r"^[^\x00]*$", examples=["Garden Lane 4"])]
At = Annotated[datetime, AfterValidator(_with_offset), Field(examples=_AT)]
Geometry = Annotated[
    dict[str, Any], Field(description="GeoJSON geometry, WGS-84, longitude first", examples=_POINT)
]
Outline = Annotated[
    dict[str, Any],
    Field(description="Polygon or MultiPolygon, WGS-84, longitude first", examples=_OUTLINE),
]
RadiusM = Annotated[
    float | None, Field(description="of a Point, metres; 0.1 to 100000", examples=[12.0])
]
AreaId = Annotated[Id, Field(examples=_AREA)]
GridId = Annotated[Id, Field(examples=_GRID)]
WorkerId = Annotated[Id, Field(examples=_WORKER)]
TerminalId = Annotated[Id, Field(examples=["T07"])]
FirstDay = Annotated[date, Field(description="first day", examples=_DAY)]
EndDay = Annotated[
    date | None, Field(description="first day no longer; null is open", examples=[None])
]
Reason = Literal["leave", "training", "fault", "weather", "other"]


class Body(BaseModel):
    """What is given for an entry: all of it, and nothing else."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    revision: int | None = Field(
        None, description="the one that you have read; or If-Match", examples=[1]
    )


class AreaBody(Body):
    """A part of the tree of areas."""

    name: Name
    kind: Literal["city", "district", "street", "community"] = Field(examples=["community"])
    parent_id: AreaId | None = Field(None, description="in which it lies; null at the top")


class GridBody(Body):
    """A grid."""

    name: Name
    geometry: Outline
    area_id: AreaId | None = Field(None, description="in which it lies")
    valid_from: date | None = Field(None, description="null is always", examples=[None])
    valid_to: EndDay = None


class PremisesBody(Body):
    """Premises to be visited."""

    grid_id: GridId
    name: Name = Field("", description=_BUILDING)
    households: int = Field(1, ge=0, le=100_000, examples=[6])
    geometry: Geometry
    radius_m: RadiusM = None


class PlaceBody(Body):
    """A place where being outside the grid is in order."""

    name: Name = ""
    kind: Name = Field("other", examples=["station"])
    geometry: Geometry
    radius_m: RadiusM = None


class CheckpointBody(Body):
    """A checkpoint of patrols."""

    grid_id: GridId
    name: Name = ""
    geometry: Geometry
    radius_m: RadiusM = None


class FacilityBody(Body):
    """A thing that stands in a grid, and who keeps it: a department, an account, or its grid."""

    grid_id: GridId
    name: Name = ""
    kind: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_.-]{0,63}$")] = Field(
        description="a category of the workflow", examples=["lamp"]
    )
    geometry: Geometry
    radius_m: RadiusM = None
    department_id: AreaId | None = Field(None, description="keeps it", examples=["LIGHTS"])
    account_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.@-]{1,64}$")] | None = Field(
        None, description="keeps it, where no department does", examples=[None]
    )
    check_days: int | None = Field(
        None, ge=1, le=3660, description="after how many days it is looked at again", examples=[30]
    )


class WorkerBody(Body):
    """Somebody who can have duty."""

    name: Name = Field(examples=["Li Na"])


class TerminalBody(Body):
    """A terminal."""

    model: Name = Field("", examples=["ruggedised-a"])


class AssignmentBody(Body):
    """Who carries which terminal, and when."""

    terminal_id: TerminalId
    worker_id: WorkerId
    valid_from: At
    valid_to: At | None = Field(None, description="null while it lasts", examples=[None])


class PostingBody(Body):
    """Which worker belongs to which grid: A is responsible, B stands in for A."""

    worker_id: WorkerId
    grid_id: GridId
    post: Literal["A", "B"] = Field(examples=["A"])
    valid_from: FirstDay
    valid_to: EndDay = None


class HolidayBody(Body):
    """A day on which patterns make no duty, in an area with all that lies in it."""

    area_id: AreaId | None = Field(None, description="null is everywhere")
    day: date = Field(examples=_DAY)
    name: Name = Field("", examples=["Spring Festival"])


class ExcuseBody(Body):
    """Time that is not owed: by a worker, in a grid, or, with neither, by all."""

    reason: Reason = Field(examples=["leave"])
    worker_id: WorkerId | None = None
    grid_id: GridId | None = None
    start_at: At
    end_at: At


class CoverBody(Body):
    """A worker stands in for others in another grid."""

    worker_id: WorkerId
    grid_id: GridId
    start_at: At
    end_at: At


class Changed(Shape):
    """What a change has done."""

    what: str = Field(description="kind of entry", examples=["premises"])
    key: str = Field(description="its id", examples=["P0815"])
    revision: int | None = Field(
        description="its revision now; null where it is gone", examples=[2]
    )
    change_id: int | None = Field(
        description="for /v1/changes; null where nothing was other than before", examples=[41]
    )
    days_marked: int = Field(description="worker-days that are judged again", examples=[12])
    verdicts_concerned: int = Field(description="of them with a result until now", examples=[11])
    dry_run: bool = Field(description="whether all of it was taken back", examples=[False])


class RegistryChange(Shape):
    """A change, and what became of the worker-days that it has marked."""

    change_id: int = Field(examples=[41])
    at: datetime = Field(examples=_AT)
    account_id: str = Field(description="who has made it", examples=["chen.li"])
    what: str = Field(examples=["premises"])
    key: str = Field(examples=["P0815"])
    reason: str = Field(description="empty where none was given", examples=[""])
    days_marked: int = Field(description="worker-days that are judged again", examples=[12])
    verdicts_before: int = Field(description="of them with a result before", examples=[11])
    days_waiting: int = Field(description="of them not judged again yet", examples=[0])
    verdicts_changed: int = Field(description="of those judged again, other verdict", examples=[2])
    figures_changed: int = Field(description="of those judged again, other seconds", examples=[7])


class RosterWindow(Shape):
    """A duty window."""

    day: date = Field(description="local day on which it begins", examples=["2026-11-20"])
    grid_id: GridId
    start_at: datetime = Field(description="UTC", examples=["2026-11-20T00:30:00Z"])
    end_at: datetime = Field(description="UTC", examples=["2026-11-20T04:30:00Z"])


class Roster(Shape):
    """The duty of a worker in a range of days."""

    worker_id: str = Field(examples=["W07"])
    windows: list[RosterWindow]
    revision: str = Field(description="differs when any window does", examples=["3b0c44298fc1c149"])


class GivenWindow(BaseModel):
    """A duty window in local times: an end that is not later than the start is on the next day."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    day: Day = Field(examples=["2026-11-20"])
    grid_id: GridId
    start: time = Field(description="local time", examples=["08:30"])
    end: time = Field(description="local time", examples=["12:30"])


class RosterBody(BaseModel):
    """All duty of the days that are put; a day without a window has none."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    windows: list[GivenWindow] = Field(max_length=500)
    revision: str | None = Field(
        None, max_length=64, description="of the roster that you have read", examples=["3b0c"]
    )
