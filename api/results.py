"""What the API answers of results: verdicts with their reasons, presence, visits, excused time."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from pydantic import Field

from api.shapes import DAYS, GRID, NAME, WORKER, DutyWindow, Shape, Values, read_values
from patrol.reasons import Language, Reason, text_or

Verdict = Literal["met", "not_met", "undetermined"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which results: a range of days, maybe one worker or grid, from behind a worker-day."""

    first_day: date
    last_day: date
    worker_id: str | None = None
    grid_id: str | None = None
    after_day: date | None = None
    after_worker_id: str | None = None
    limit: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedCoverage:
    """Which rows: a range of days, maybe one worker or grid, from behind one of them.

    `after_key` is a grid, or, with `after_at`, a checkpoint.
    """

    first_day: date
    last_day: date
    worker_id: str | None = None
    grid_id: str | None = None
    after_day: date | None = None
    after_worker_id: str | None = None
    after_key: str | None = None
    after_at: datetime | None = None
    limit: int = 1


class PresenceInterval(Shape):
    """A span of duty time in one state; its start belongs to it, its end does not."""

    start_at: datetime = Field(description="begin, UTC", examples=["2026-11-20T00:30:00Z"])
    end_at: datetime = Field(description="end, UTC", examples=["2026-11-20T04:10:00Z"])
    duration_s: float = Field(description="end_at - start_at, seconds", examples=[13200.0])
    grid_id: str = Field(description="the grid of the duty window", examples=GRID)
    state: Literal["inside", "outside", "unknown"] = Field(
        description="unknown where there is no evidence either way", examples=["inside"]
    )


class Visit(Shape):
    """A stay at premises; its start belongs to it, its end does not."""

    start_at: datetime = Field(description="begin, UTC", examples=["2026-11-20T01:40:00Z"])
    end_at: datetime = Field(description="end, UTC", examples=["2026-11-20T01:56:30Z"])
    duration_s: float = Field(description="end_at - start_at, seconds", examples=[990.0])
    premises_id: str = Field(description="what was visited", examples=["P0815"])
    premises_name: str = Field(description="empty where they have none", examples=["Garden Lane 4"])
    grid_id: str = Field(description="the grid of the premises", examples=GRID)
    observed_s: int = Field(description="seconds that fixes show", examples=[700])
    bridged_s: int = Field(description="seconds bridged over gaps", examples=[290])
    check_in_s: int = Field(description="seconds that check-ins attest", examples=[0])
    grade: Literal["A", "B", "C"] = Field(
        description="A: tag at begin and end, B: by position, C: declared only", examples=["B"]
    )
    p_any: float | None = Field(description="probability of any premises", examples=[0.993])
    p_premises: float | None = Field(description="probability of these premises", examples=[0.81])


class Excused(Shape):
    """A span of duty time that is not owed; its start belongs to it, its end does not."""

    start_at: datetime = Field(description="begin, UTC", examples=["2026-11-20T05:00:00Z"])
    end_at: datetime = Field(description="end, UTC", examples=["2026-11-20T05:20:00Z"])
    duration_s: float = Field(description="end_at - start_at, seconds", examples=[1200.0])
    grid_id: str = Field(description="the grid of the duty window", examples=GRID)
    reason: str = Field(
        description="why, in the language asked for",
        examples=["many terminals fell silent together"],
    )
    reason_code: str = Field(
        description="leave, training, fault, weather, other or common_silence",
        examples=["common_silence"],
    )


class Compliance(Shape):
    """What the evidence of a worker-day shows; unknown time counts neither for nor against."""

    worker_id: str = Field(description="whose it is", examples=WORKER)
    worker_name: str = Field(description="their name", examples=NAME)
    day: date = Field(description="local day on which the duty begins", examples=DAYS)
    grid_ids: list[str] = Field(description="grids of its duty windows", examples=[["G3"]])
    duty_s: int = Field(
        description="inside_s + outside_s + unknown_s + excused_s", examples=[28800]
    )
    excused_s: int = Field(description="not owed, seconds", examples=[0])
    inside_s: int = Field(
        description="best estimate of time in the grid, seconds", examples=[26700]
    )
    plausible_s: int = Field(
        description="part of inside_s in which leaving could have been unseen, seconds",
        examples=[240],
    )
    outside_s: int = Field(description="best estimate of time outside, seconds", examples=[300])
    unknown_s: int = Field(description="no evidence either way, seconds", examples=[1800])
    presence_low_s: int = Field(description="inside at least, seconds", examples=[26100])
    presence_high_s: int = Field(description="inside at most, seconds", examples=[28800])
    presence_verdict: Verdict = Field(
        description="presence held against what is required", examples=["met"]
    )
    presence_reason: str = Field(
        description="in the language asked for",
        examples=["between 7 h 15 min and 8 h 00 min in the grid, required 7 h 12 min"],
    )
    presence_reason_code: str | None = Field(
        description="by which a program can tell it; null in results of an older version",
        examples=["presence_met"],
    )
    presence_reason_values: Values | None = Field(
        description="seconds (_s), parts of 1 (_share) and ids that the reason names",
        examples=[{"low_s": 26100, "high_s": 28800, "required_s": 25920}],
    )
    visit_s: int = Field(description="best estimate: visit_a_s + visit_b_s", examples=[10400])
    visit_a_s: int = Field(description="by tags at begin and end", examples=[0])
    visit_b_s: int = Field(description="by position", examples=[10400])
    visit_c_s: int = Field(
        description="declared only, seconds; it enters visit_high_s alone", examples=[0]
    )
    visit_low_s: int = Field(description="visits at least, seconds", examples=[6240])
    visit_high_s: int = Field(description="visits at most, seconds", examples=[16360])
    visit_verdict: Verdict = Field(
        description="home visits held against what is required", examples=["undetermined"]
    )
    visit_reason: str = Field(
        description="in the language asked for",
        examples=["between 1 h 44 min and 4 h 33 min of home visits, required 3 h 00 min: ..."],
    )
    visit_reason_code: str | None = Field(
        description="by which a program can tell it; null in results of an older version",
        examples=["visits_undetermined"],
    )
    visit_reason_values: Values | None = Field(
        description="as with presence",
        examples=[{"low_s": 6240, "high_s": 16360, "required_s": 10800}],
    )
    fixes: int = Field(description="on which this rests", examples=[5390])
    rules_version: str = Field(description="the rules that made this", examples=["chain-3"])
    parameters_version: str = Field(
        description="where the parameters of the models come from", examples=["builtin-1"]
    )
    assessed_at: datetime = Field(
        description="when it was made, UTC", examples=["2026-11-20T08:40:00Z"]
    )
    is_current: bool = Field(
        description="false while facts have arrived that are not assessed yet", examples=[True]
    )
    decided_visit_s: int = Field(
        description="after corrections, seconds; as visit_s where there are none", examples=[10400]
    )
    decided_visit_verdict: Verdict = Field(
        description="after corrections", examples=["undetermined"]
    )
    decided_inside_s: int = Field(description="after corrections, seconds", examples=[26700])
    decided_presence_verdict: Verdict = Field(description="after corrections", examples=["met"])
    corrections: int = Field(description="how many are in force", examples=[0])
    pending_corrections: int = Field(description="wait for a second person", examples=[0])
    is_frozen: bool = Field(description="whether its month changes no more", examples=[False])
    recomputed_differs_in: list[str] = Field(
        description="of a frozen day: what later facts would make another", examples=[[]]
    )


class DayPresence(Shape):
    """The duty time of a worker-day: every second is inside, outside, unknown or excused."""

    worker_id: str = Field(description="whose it is", examples=WORKER)
    day: date = Field(description="local day on which the duty begins", examples=DAYS)
    duty_s: int = Field(description="all of duty, seconds", examples=[28800])
    excused_s: int = Field(description="not owed, seconds", examples=[0])
    inside_s: int = Field(
        description="best estimate of time in the grid, seconds", examples=[26700]
    )
    plausible_s: int = Field(
        description="part of inside_s in which leaving could have been unseen, seconds",
        examples=[240],
    )
    outside_s: int = Field(description="best estimate of time outside, seconds", examples=[300])
    unknown_s: int = Field(description="no evidence either way, seconds", examples=[1800])
    presence_low_s: int = Field(description="inside at least, seconds", examples=[26100])
    presence_high_s: int = Field(description="inside at most, seconds", examples=[28800])
    intervals: list[PresenceInterval]
    excused: list[Excused]


class DayVisits(Shape):
    """The home visits of a worker-day and the bounds of their time."""

    worker_id: str = Field(description="whose it is", examples=WORKER)
    day: date = Field(description="local day on which the duty begins", examples=DAYS)
    duty_s: int = Field(description="all of duty, seconds", examples=[28800])
    unknown_s: int = Field(description="duty without evidence of place", examples=[1800])
    visit_s: int = Field(description="best estimate: visit_a_s + visit_b_s", examples=[10400])
    visit_a_s: int = Field(description="by tags at begin and end, seconds", examples=[0])
    visit_b_s: int = Field(description="by position, seconds", examples=[10400])
    visit_c_s: int = Field(
        description="declared only, seconds; it enters visit_high_s alone", examples=[0]
    )
    visit_low_s: int = Field(description="visits at least, seconds", examples=[6240])
    visit_high_s: int = Field(description="visits at most, seconds", examples=[16360])
    visits: list[Visit]


class WorkerDay(Compliance):
    """A worker-day whole: its result and the evidence on which it rests."""

    duty: list[DutyWindow]
    presence: list[PresenceInterval]
    visits: list[Visit]
    excused: list[Excused]


class CompliancePage(Shape):
    """Worker-days of a range of days, by day and then worker_id; never by a result."""

    first_day: date = Field(serialization_alias="from", examples=["2026-10-21"])
    last_day: date = Field(serialization_alias="to", examples=DAYS)
    days: list[Compliance]
    next_cursor: str | None = Field(
        description="give it as cursor for the next page; null on the last one",
        examples=["WyIyMDI2LTExLTIwIiwiVzA3Il0"],
    )


def in_language(found: Mapping[str, Any], language: Language) -> dict[str, Any]:
    """Return a result, by the fields of `Compliance`, with its reasons in words of `language`."""
    told = {name: found[name] for name in Compliance.model_fields}
    for what in ("presence", "visit"):
        values = told[f"{what}_reason_values"]
        values = None if values is None else read_values(values)
        told[f"{what}_reason_values"] = values
        # A result that is older than the catalogue has English words alone.
        reason = Reason(told[f"{what}_reason_code"] or "", values or {})
        told[f"{what}_reason"] = text_or(told[f"{what}_reason"], reason, language)
    return told


def excused_in(excused: list[Excused], language: Language) -> list[Excused]:
    """Return excused time with its reasons in words of `language`."""
    words = [
        text_or(one.reason, Reason(f"excuse_{one.reason_code}", {}), language) for one in excused
    ]
    return [
        one.model_copy(update={"reason": reason})
        for one, reason in zip(excused, words, strict=True)
    ]
