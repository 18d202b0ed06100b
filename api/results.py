"""What the API answers of results: verdicts with their reasons, presence, visits, excused time."""

from datetime import date, datetime
from typing import Literal

from pydantic import Field

from api.shapes import DAYS, GRID, NAME, WORKER, DutyWindow, Shape
from patrol.reasons import CATALOGUE, Language, Reason, text

Verdict = Literal["met", "not_met", "undetermined"]
Values = dict[str, int | float | str]


class PresenceInterval(Shape):
    """A span of duty time in one state; its start belongs to it, its end does not."""

    start_at: datetime = Field(examples=["2026-11-20T00:30:00Z"])
    end_at: datetime = Field(examples=["2026-11-20T04:10:00Z"])
    duration_s: float = Field(examples=[13200.0])
    grid_id: str = Field(examples=GRID)
    state: Literal["inside", "outside", "unknown"] = Field(examples=["inside"])


class Visit(Shape):
    """A stay at premises; its start belongs to it, its end does not."""

    start_at: datetime = Field(examples=["2026-11-20T01:40:00Z"])
    end_at: datetime = Field(examples=["2026-11-20T01:56:30Z"])
    duration_s: float = Field(examples=[990.0])
    premises_id: str = Field(examples=["P0815"])
    premises_name: str = Field(examples=["Garden Lane 4"])
    grid_id: str = Field(examples=GRID)
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

    start_at: datetime = Field(examples=["2026-11-20T05:00:00Z"])
    end_at: datetime = Field(examples=["2026-11-20T05:20:00Z"])
    duration_s: float = Field(examples=[1200.0])
    grid_id: str = Field(examples=GRID)
    reason: str = Field(examples=["many terminals fell silent together"])
    reason_code: str = Field(
        description="leave, training, fault, weather, other or common_silence",
        examples=["common_silence"],
    )


class Compliance(Shape):
    """What the evidence of a worker-day shows; unknown time counts neither for nor against."""

    worker_id: str = Field(examples=WORKER)
    worker_name: str = Field(examples=NAME)
    day: date = Field(description="local day on which the duty begins", examples=DAYS)
    grid_ids: list[str] = Field(examples=[["G3"]])
    duty_s: int = Field(
        description="inside_s + outside_s + unknown_s + excused_s", examples=[28800]
    )
    excused_s: int = Field(description="not owed", examples=[0])
    inside_s: int = Field(examples=[26700])
    plausible_s: int = Field(
        description="part of inside_s in which leaving could have been unseen", examples=[240]
    )
    outside_s: int = Field(examples=[300])
    unknown_s: int = Field(description="no evidence either way", examples=[1800])
    presence_low_s: int = Field(description="inside at least", examples=[26100])
    presence_high_s: int = Field(description="inside at most", examples=[28800])
    presence_verdict: Verdict = Field(examples=["met"])
    presence_reason: str = Field(
        description="in the language asked for",
        examples=["between 7 h 15 min and 8 h 00 min in the grid, required 7 h 12 min"],
    )
    presence_reason_code: str | None = Field(examples=["presence_met"])
    presence_reason_values: Values | None = Field(
        description="seconds (_s), parts of 1 (_share) and ids that the reason names",
        examples=[{"low_s": 26100, "high_s": 28800, "required_s": 25920}],
    )
    visit_s: int = Field(description="best estimate", examples=[10400])
    visit_low_s: int = Field(description="visits at least", examples=[6240])
    visit_high_s: int = Field(description="visits at most", examples=[16360])
    visit_verdict: Verdict = Field(examples=["undetermined"])
    visit_reason: str = Field(
        description="in the language asked for",
        examples=["between 1 h 44 min and 4 h 33 min of home visits, required 3 h 00 min: ..."],
    )
    visit_reason_code: str | None = Field(examples=["visits_undetermined"])
    visit_reason_values: Values | None = Field(
        description="as with presence",
        examples=[{"low_s": 6240, "high_s": 16360, "required_s": 10800}],
    )
    fixes: int = Field(description="on which this rests", examples=[5390])
    rules_version: str = Field(examples=["chain-2"])
    parameters_version: str = Field(
        description="where the parameters of the models come from", examples=["builtin-1"]
    )
    assessed_at: datetime = Field(examples=["2026-11-20T08:40:00Z"])
    is_current: bool = Field(
        description="false while facts have arrived that are not assessed yet", examples=[True]
    )


class DayPresence(Shape):
    """The duty time of a worker-day: every second is inside, outside, unknown or excused."""

    worker_id: str = Field(examples=WORKER)
    day: date = Field(examples=DAYS)
    duty_s: int = Field(examples=[28800])
    excused_s: int = Field(description="not owed", examples=[0])
    inside_s: int = Field(examples=[26700])
    plausible_s: int = Field(
        description="part of inside_s in which leaving could have been unseen", examples=[240]
    )
    outside_s: int = Field(examples=[300])
    unknown_s: int = Field(examples=[1800])
    presence_low_s: int = Field(description="inside at least", examples=[26100])
    presence_high_s: int = Field(description="inside at most", examples=[28800])
    intervals: list[PresenceInterval]
    excused: list[Excused]


class DayVisits(Shape):
    """The home visits of a worker-day and the bounds of their time."""

    worker_id: str = Field(examples=WORKER)
    day: date = Field(examples=DAYS)
    duty_s: int = Field(examples=[28800])
    unknown_s: int = Field(description="duty without evidence of place", examples=[1800])
    visit_s: int = Field(examples=[10400])
    visit_low_s: int = Field(examples=[6240])
    visit_high_s: int = Field(examples=[16360])
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


def in_language(result: Compliance, language: Language) -> Compliance:
    """Return the result with its reasons in words of `language`."""
    words = {}
    for what in ("presence", "visit"):
        code = getattr(result, f"{what}_reason_code")
        # A result that is older than the catalogue has English words alone.
        if code in CATALOGUE:
            values = getattr(result, f"{what}_reason_values")
            words[f"{what}_reason"] = text(Reason(code, values), language)
    return result.model_copy(update=words)


def excused_in(excused: list[Excused], language: Language) -> list[Excused]:
    """Return excused time with its reasons in words of `language`."""
    return [
        one.model_copy(update={"reason": text(Reason(f"excuse_{one.reason_code}", {}), language)})
        for one in excused
    ]
