"""What is answered of corrections, months and appeals."""

from datetime import date, datetime
from typing import Literal

from pydantic import Field

from api.decisions.shapes import MONTHS
from api.results import Verdict
from api.shapes import DAYS, WORKER, Shape

_ACTOR = ["chen.li"]
_AT = ["2026-11-21T02:00:00Z"]
_TEXT = ["visited by the list of the station"]


class Correction(Shape):
    """A correction: what was measured stays, and this stands beside it."""

    correction_id: int = Field(examples=[7])
    worker_id: str = Field(examples=WORKER)
    day: date = Field(examples=DAYS)
    kind: Literal["visit_time", "presence_time", "visit_added", "visit_removed"] = Field(
        examples=["visit_added"]
    )
    decided_s: int | None = Field(description="of a time, seconds", examples=[None])
    start_at: datetime | None = Field(examples=["2026-11-20T02:00:00Z"])
    end_at: datetime | None = Field(examples=["2026-11-20T02:20:00Z"])
    premises_id: str | None = Field(examples=["P0815"])
    reason_code: str = Field(examples=["paper_record"])
    text: str = Field(examples=_TEXT)
    status: Literal["pending", "in_force", "refused", "withdrawn"] = Field(
        description="only one in force changes what is decided", examples=["in_force"]
    )
    needs_second: bool = Field(
        description="more than one person may decide alone", examples=[False]
    )
    proposed_by: str = Field(examples=_ACTOR)
    proposed_at: datetime = Field(examples=_AT)
    decided_by: str | None = Field(description="the second person", examples=[None])
    decided_at: datetime | None = Field(examples=[None])
    revision: int = Field(examples=[1])


class Holding(Shape):
    """What holds of a worker-day."""

    visit_s: int = Field(description="home visits, seconds", examples=[10400])
    visit_verdict: Verdict = Field(examples=["met"])
    inside_s: int = Field(description="in the grid, seconds", examples=[26700])
    presence_verdict: Verdict = Field(examples=["met"])


class DayDecisions(Shape):
    """What was measured of a worker-day, what is decided, and every correction."""

    worker_id: str = Field(examples=WORKER)
    day: date = Field(examples=DAYS)
    revision: int = Field(description="give it with the next correction", examples=[12])
    is_frozen: bool = Field(examples=[False])
    measured: Holding
    decided: Holding
    recomputed_differs_in: list[str] = Field(
        description="of a frozen day: in what later facts would make it another",
        examples=[[]],
    )
    appeal_until: datetime = Field(examples=["2027-02-23T08:40:00Z"])
    corrections: list[Correction]


class CorrectionsPage(Shape):
    """Corrections by correction_id."""

    corrections: list[Correction]
    next_cursor: int | None = Field(
        description="give it as cursor for the next page; null on the last one", examples=[7]
    )


class FrozenMonth(Shape):
    """A month that does not change, or did not."""

    freeze_id: int = Field(examples=[3])
    area_id: str | None = Field(description="null: all of the deployment", examples=["S-EAST"])
    month: date = Field(description="its first day", examples=MONTHS)
    frozen_by: str = Field(examples=_ACTOR)
    frozen_at: datetime = Field(examples=["2026-12-05T02:00:00Z"])
    released_at: datetime | None = Field(description="when it was opened", examples=[None])
    days: int = Field(description="worker-days that are frozen with it now", examples=[620])
    differing_days: int = Field(
        description="of these, how many later facts would make others", examples=[2]
    )
    appeal_until: datetime = Field(examples=["2027-03-10T02:00:00Z"])


class FrozenMonths(Shape):
    """Months by month and freeze_id."""

    months: list[FrozenMonth]


class AskedUnlocking(Shape):
    """A frozen month that somebody wants to have opened."""

    unlocking_id: int = Field(examples=[2])
    freeze_id: int = Field(examples=[3])
    area_id: str | None = Field(examples=["S-EAST"])
    month: date = Field(examples=MONTHS)
    worker_id: str | None = Field(description="only this worker's days", examples=WORKER)
    status: Literal["pending", "confirmed", "refused"] = Field(examples=["pending"])
    reason_code: str = Field(examples=["appeal"])
    text: str = Field(examples=["appeal 5 is to be decided"])
    proposed_by: str = Field(examples=_ACTOR)
    proposed_at: datetime = Field(examples=_AT)
    decided_by: str | None = Field(examples=[None])
    decided_at: datetime | None = Field(examples=[None])
    released_days: int | None = Field(examples=[None])
    revision: int = Field(examples=[1])


class AskedUnlockings(Shape):
    """Unlockings by unlocking_id."""

    unlockings: list[AskedUnlocking]


class Difference(Shape):
    """One value of a frozen worker-day that later facts would make another."""

    name: str = Field(examples=["visit_s"])
    frozen: str | None = Field(description="as it stands, as JSON", examples=["10400"])
    recomputed: str | None = Field(description="as it would be, as JSON", examples=["11000"])


class Differences(Shape):
    """A frozen worker-day beside what is known now."""

    worker_id: str = Field(examples=WORKER)
    day: date = Field(examples=DAYS)
    is_frozen: bool = Field(examples=[True])
    recomputed_at: datetime | None = Field(
        description="null where nothing has come since", examples=["2026-12-09T02:00:00Z"]
    )
    differences: list[Difference]


class Appeal(Shape):
    """An appeal of a worker."""

    appeal_id: int = Field(examples=[5])
    worker_id: str = Field(examples=WORKER)
    about: Literal["day", "finding", "correction", "month"] = Field(examples=["day"])
    day: date = Field(description="of a month its first day", examples=DAYS)
    finding_id: int | None = Field(examples=[None])
    correction_id: int | None = Field(examples=[None])
    text: str = Field(examples=["the terminal was in repair"])
    status: Literal["new", "heard", "granted", "refused"] = Field(examples=["new"])
    told_at: datetime = Field(description="when that was told", examples=["2026-11-20T08:40:00Z"])
    deadline_at: datetime = Field(
        description="until when it could be appealed", examples=["2027-02-23T08:40:00Z"]
    )
    filed_at: datetime = Field(examples=_AT)
    heard_by: str | None = Field(examples=[None])
    heard_at: datetime | None = Field(examples=[None])
    decided_by: str | None = Field(examples=[None])
    decided_at: datetime | None = Field(examples=[None])
    reason_code: str | None = Field(examples=[None])
    decision_text: str | None = Field(examples=[None])
    revision: int = Field(examples=[1])


class AppealsPage(Shape):
    """Appeals by appeal_id."""

    appeals: list[Appeal]
    next_cursor: int | None = Field(
        description="give it as cursor for the next page; null on the last one", examples=[None]
    )


class ReasonCode(Shape):
    """A reason that a decision can be given."""

    reason_code: str = Field(examples=["terminal_fault"])
    reason: str = Field(
        description="in the language asked for", examples=["a fault of the terminal"]
    )


class ReasonCodes(Shape):
    """The reasons of one kind of decision."""

    decision: str = Field(examples=["finding_dismissed"])
    codes: list[ReasonCode]


class AllReasonCodes(Shape):
    """The fixed list of reasons, by what is decided."""

    decisions: list[ReasonCodes]
