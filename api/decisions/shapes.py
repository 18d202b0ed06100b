"""What is asked and answered of decisions."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    WithJsonSchema,
)

from api.shapes import DAYS, WORKER, Id, Shape

MOST_TEXT = 2000
_ACTOR = ["chen.li"]
_AT = ["2026-11-21T02:00:00Z"]
MONTHS = ["2026-11-01"]


def check_text(given: str) -> str:
    """Return a text without blanks around it; ValueError for one that is empty or no text."""
    given = given.strip()
    # JSON can say half a character, which no database takes.
    is_whole = given == given.encode(errors="ignore").decode()
    if not given or "\0" in given or not is_whole:
        raise ValueError("write a few words; they stay beside the decision")
    return given


def read_month(given: object) -> date:
    """Return the first day of a month in YYYY-MM; ValueError says so."""
    try:
        text = str(given)
        if len(text) != len("2026-11"):
            raise ValueError(text)  # noqa: TRY301 - told as what follows
        return date.fromisoformat(f"{text}-01")
    except ValueError:
        raise ValueError("give a month as YYYY-MM") from None


Text = Annotated[
    str,
    AfterValidator(check_text),
    Field(
        min_length=1,
        max_length=MOST_TEXT,
        description="in words; nothing about who lives at premises",
        examples=["the terminal was tried out by the workshop"],
    ),
]
Month = Annotated[
    date,
    BeforeValidator(read_month),
    WithJsonSchema({"type": "string", "pattern": r"^\d{4}-(?:0[1-9]|1[0-2])$"}),
]
Revision = Annotated[
    int,
    Field(
        ge=0,
        le=2**63 - 1,
        description="that of what was read; another one since then is a conflict",
        examples=[1],
    ),
]


class Body(BaseModel):
    """What every request holds: nothing that is not described."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Explaining(Body):
    """A worker's own words about a finding."""

    text: Text
    revision: Revision


class Deciding(Body):
    """What was decided, and why."""

    reason_code: str = Field(
        max_length=64,
        description="one of /v1/reason-codes for this",
        examples=["terminal_fault"],
    )
    text: Text
    revision: Revision


class DecidingFinding(Deciding):
    """A finding upheld or dismissed."""

    status: Literal["upheld", "dismissed"] = Field(examples=["dismissed"])


class DecidingCorrection(Deciding):
    """A correction confirmed or refused by a second person, or withdrawn."""

    status: Literal["in_force", "refused", "withdrawn"] = Field(examples=["in_force"])
    reason_code: str = Field(max_length=64, examples=["checked"])


class DecidingAppeal(Deciding):
    """An appeal granted or refused."""

    status: Literal["granted", "refused"] = Field(examples=["granted"])
    reason_code: str = Field(max_length=64, examples=["evidence_accepted"])


class DecidingUnlocking(Deciding):
    """The opening of a month confirmed or refused by a second person."""

    status: Literal["confirmed", "refused"] = Field(examples=["confirmed"])
    reason_code: str = Field(max_length=64, examples=["checked"])


class Proposing(Body):
    """A correction of a worker-day: of a time, or of one visit."""

    kind: Literal["visit_time", "presence_time", "visit_added", "visit_removed"] = Field(
        description="what is decided otherwise than it was measured", examples=["visit_added"]
    )
    decided_s: int | None = Field(
        None, ge=0, le=172_800, description="of a time: what it is decided to be, seconds"
    )
    start_at: AwareDatetime | None = Field(
        None, description="of a visit: its begin", examples=["2026-11-20T02:00:00Z"]
    )
    end_at: AwareDatetime | None = Field(
        None, description="of a visit: its end", examples=["2026-11-20T02:20:00Z"]
    )
    premises_id: Id | None = Field(None, description="of a visit added", examples=["P0815"])
    reason_code: str = Field(
        max_length=64, description="one of /v1/reason-codes", examples=["paper_record"]
    )
    text: Text
    revision: Revision

    def missing(self) -> str | None:
        """Return the name of what its kind has and is not given, or has not and is given."""
        is_time = self.kind in ("visit_time", "presence_time")
        wanted = {
            "decided_s": is_time,
            "start_at": not is_time,
            "end_at": not is_time,
            "premises_id": self.kind == "visit_added",
        }
        wrong = (name for name, is_needed in wanted.items() if is_needed == self._lacks(name))
        return next(wrong, None)

    def _lacks(self, name: str) -> bool:
        return getattr(self, name) is None


class Hearing(Body):
    """What was said when the worker was heard."""

    text: Text
    revision: Revision


class Freezing(Body):
    """Which month is to change no more."""

    area_id: Id | None = Field(
        None, description="an area with all that lies in it; without it all", examples=["S-EAST"]
    )
    despite_open: bool = Field(
        default=False, description="also with worker-days not judged and corrections pending"
    )


class Unlocking(Body):
    """A frozen month that is to be opened."""

    area_id: Id | None = Field(None, description="as when it was frozen", examples=["S-EAST"])
    worker_id: Id | None = Field(None, description="only the days of this worker", examples=WORKER)
    reason_code: str = Field(max_length=64, examples=["appeal"])
    text: Text


class Appealing(Body):
    """What a worker appeals against, and why."""

    about: Literal["day", "finding", "correction", "month"] = Field(examples=["day"])
    day: date | None = Field(None, description="of a day", examples=DAYS)
    month: Annotated[Month | None, Field(description="of a month, YYYY-MM")] = None
    finding_id: int | None = Field(None, ge=1, le=2**63 - 1, description="of a finding")
    correction_id: int | None = Field(None, ge=1, le=2**63 - 1, description="of a correction")
    text: Text

    def key(self) -> Any:  # noqa: ANN401 - of four kinds
        """Return that which `about` names, or None where it or anything else is wrong."""
        name = self.about if self.about in ("day", "month") else f"{self.about}_id"
        others = {"day", "month", "finding_id", "correction_id"} - {name}
        if any(getattr(self, one) is not None for one in others):
            return None
        return getattr(self, name)


class Event(Shape):
    """One step of a decision."""

    at: datetime = Field(description="when, UTC", examples=_AT)
    actor: str = Field(description="whose account, or the database user", examples=_ACTOR)
    from_status: str = Field(description="empty at the beginning", examples=["explained"])
    to_status: str = Field(examples=["dismissed"])
    reason_code: str = Field(description="empty where none is asked for", examples=["explained"])
    reason: str = Field(description="the code in words", examples=["the explanation is plausible"])
    text: str = Field(examples=["seen with the workshop"])


class History(Shape):
    """Every step, in the order in which they were taken."""

    subject: Literal["finding", "correction", "appeal", "unlocking"] = Field(examples=["finding"])
    subject_id: int = Field(examples=[41])
    status: str = Field(description="the state now", examples=["dismissed"])
    revision: int = Field(description="give it with the next step", examples=[3])
    next_statuses: list[str] = Field(
        description="where a step may lead from here", examples=[["dismissed"]]
    )
    appeal_until: datetime | None = Field(
        description="until when it can be appealed; null where it cannot", examples=[None]
    )
    events: list[Event]
