"""The list of a worker's day as the API answers it."""

from datetime import date
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from api.shapes import DAYS, WORKER, Id, Shape
from patrol.messages import SCALE_E7
from patrol.notices.daylist import DayList, Seen, Task, TaskKind, Why
from patrol.reasons import Language
from patrol.workorders.daylist import WISH_REASONS

WishKind = Literal["patrol", "visit", "check"]
WishReason = Literal[
    "long_not_visited",
    "fire_safety",
    "after_weather",
    "construction",
    "follow_up",
    "public_notice",
    "facility_check",
    "extra_round",
]


class ListedTask(Shape):
    """One thing that is to be done, and why."""

    kind: TaskKind = Field(
        description="pass a checkpoint, visit premises, verify or settle an order, look at a facility",
        examples=["visit"],
    )
    key: str = Field(description="its id, of that kind", examples=["P0815"])
    name: str = Field(description="what it is called; may be empty", examples=["Building 3"])
    why: Why = Field(description="why it is on the list", examples=["longest_not_visited"])
    seen: Seen = Field(
        description="whether evidence shows that it was done; unknown: nobody can tell",
        examples=["unknown"],
    )
    reason: str | None = Field(
        description="code of why a supervisor asks for it", examples=["follow_up"]
    )
    reason_text: str | None = Field(
        description="the same in words", examples=["follow up a report"]
    )
    category: str | None = Field(description="of its guide", examples=["lamp"])
    lat_deg: float | None = Field(description="WGS-84; null: not known", examples=[30.66001])
    lon_deg: float | None = Field(description="WGS-84", examples=[104.06002])
    leg_m: int | None = Field(
        description="metres from the one before, as the crow flies", examples=[85]
    )
    due_at: AwareDatetime | None = Field(
        description="when the time of an order is up, UTC", examples=["2026-11-21T10:00:00Z"]
    )
    last_on: date | None = Field(
        description="local day before this one on which it was done last", examples=["2026-09-02"]
    )


class WorkingGuide(Shape):
    """How to go about matters of a category."""

    category: str = Field(examples=["lamp"])
    name: str = Field(examples=["Street lamp"])
    look_at: str = Field(description="what to look at", examples=["whether it burns at dusk"])
    photograph: str = Field(description="what to photograph", examples=["the pole and its number"])
    climb_when: str = Field(description="when to let it climb", examples=["a cable hangs down"])


class WorkerList(Shape):
    """What a worker may do on a day: an aid, by which nobody is judged."""

    worker_id: str = Field(examples=WORKER)
    day: date = Field(description="local day on which the duty begins", examples=DAYS)
    computed_at: AwareDatetime = Field(
        description="when it was made, UTC", examples=["2026-11-20T01:00:00Z"]
    )
    tasks: list[ListedTask] = Field(
        description="what is not on record, in the order of walking; then what is on record"
    )
    left_off: int = Field(description="how many more there are", examples=[0])
    guides: list[WorkingGuide] = Field(description="of the categories of the tasks")


class WishBody(BaseModel):
    """What a supervisor asks for: a thing of the worker's grids, and the code of why."""

    model_config = ConfigDict(extra="forbid")

    kind: WishKind = Field(description="pass, visit or look at", examples=["visit"])
    key: Id = Field(description="id of the checkpoint, premises or facility", examples=["P0815"])
    reason: WishReason = Field(description="why", examples=["follow_up"])


class Wish(Shape):
    """What is asked for beside what is due."""

    wish_id: int = Field(description="counted up", examples=[12])
    kind: WishKind = Field(examples=["visit"])
    key: str = Field(examples=["P0815"])
    reason: str = Field(examples=["follow_up"])
    made_by: str = Field(description="who asks", examples=["chen.li"])
    made_at: AwareDatetime = Field(description="since when, UTC", examples=["2026-11-19T08:00:00Z"])


class Wishes(Shape):
    """All wishes of a worker-day, by wish_id."""

    wishes: list[Wish]


def shown(daylist: DayList, language: Language) -> WorkerList:
    """Return a list as it is answered, its words in `language`."""
    return WorkerList(
        worker_id=daylist.worker_id,
        day=daylist.day,
        computed_at=daylist.computed_at,
        tasks=[_task(one, language) for one in daylist.tasks],
        left_off=daylist.left_off,
        guides=[
            WorkingGuide(
                category=code,
                name=guide.names[language],
                look_at=guide.look_at[language],
                photograph=guide.photograph[language],
                climb_when=guide.climb_when[language],
            )
            for code, guide in sorted(daylist.guides.items())
        ],
    )


def _task(task: Task, language: Language) -> ListedTask:
    words = WISH_REASONS.get(task.reason or "")
    return ListedTask(
        kind=task.kind,
        key=task.key,
        name=task.name,
        why=task.why,
        seen=task.seen,
        reason=task.reason,
        reason_text=None if words is None else words[language],
        category=task.category,
        lat_deg=None if task.spot is None else task.spot.lat_e7 / SCALE_E7,
        lon_deg=None if task.spot is None else task.spot.lon_e7 / SCALE_E7,
        leg_m=task.leg_m,
        due_at=task.due_at,
        last_on=task.last_on,
    )
