"""What the API answers of findings: what a person is asked to look at, and what became of it."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from pydantic import Field

from api.shapes import DAYS, NAME, WORKER, Shape, Values
from patrol.anomalies.findings import FindingKind
from patrol.anomalies.words import text_or_title
from patrol.reasons import Language

FINDINGS = """
-- findings of a range of days, in the order of their key and from behind the last one seen
select finding_id, worker_id, worker_name, day, kind, start_at, end_at, duration_s, '' as text,
       evidence, status, is_found, found_at, explanation, explained_at, decided_by,
       decision_reason, decided_at, decision_code, revision
  from v1_finding
 where day between %(first_day)s and %(last_day)s
   and (%(worker_id)s::text is null or worker_id = %(worker_id)s)
   and (%(kind)s::text is null or kind = %(kind)s)
   and (%(after)s::date is null
        or (day, worker_id, finding_id) > (%(after)s, %(after_worker_id)s, %(after_id)s))
   and (day, worker_id) in (select day, worker_id from v1_seen_day)
 order by day, worker_id, finding_id
 limit %(limit)s
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedFindings:
    """Which findings: a range of days, maybe one worker or kind, from behind a finding."""

    first_day: date
    last_day: date
    worker_id: str | None = None
    kind: str | None = None
    after: date | None = None
    after_worker_id: str | None = None
    after_id: int | None = None
    limit: int = 1


class Finding(Shape):
    """Something for a person to look at; it proves nothing, and nothing follows by itself."""

    finding_id: int = Field(description="stays when the day is judged again", examples=[41])
    worker_id: str = Field(description="whose it is", examples=WORKER)
    worker_name: str = Field(description="their name", examples=NAME)
    day: date = Field(description="local day on which the duty begins", examples=DAYS)
    kind: FindingKind | str = Field(
        description="what was seen; one that this version does not know is told as it is",
        examples=["clock_offset"],
    )
    start_at: datetime = Field(description="begin, UTC", examples=["2026-11-20T00:30:05Z"])
    end_at: datetime = Field(description="end, UTC", examples=["2026-11-20T08:29:55Z"])
    duration_s: float = Field(description="end_at - start_at, seconds", examples=[28790.0])
    text: str = Field(
        description="what was seen, in the language asked for",
        examples=["the times of the terminal differ from those of the server by -5 min 02 s"],
    )
    evidence: Values = Field(
        description="whole numbers with their units, and ids, that the text names",
        examples=[{"offset_s": -302, "hours": 0}],
    )
    status: Literal["new", "explained", "upheld", "dismissed"] = Field(
        description="`new` until something is said of it; only people set the others",
        examples=["new"],
    )
    is_found: bool = Field(
        description="false when later facts took it away after somebody had spoken about it",
        examples=[True],
    )
    found_at: datetime = Field(
        description="when it was found first, UTC", examples=["2026-11-20T08:40:00Z"]
    )
    explanation: str | None = Field(description="the worker's own", examples=[None])
    explained_at: datetime | None = Field(
        description="when the worker explained it, UTC", examples=[None]
    )
    decided_by: str | None = Field(description="who upheld or dismissed it", examples=[None])
    decision_reason: str | None = Field(
        description="why it was upheld or dismissed", examples=[None]
    )
    decided_at: datetime | None = Field(
        description="when it was upheld or dismissed, UTC", examples=[None]
    )
    decision_code: str | None = Field(
        description="one of /v1/reason-codes; null where it was decided without", examples=[None]
    )
    revision: int = Field(description="give it with the next step", examples=[1])


class FindingsPage(Shape):
    """Findings of a range of days, by day, worker_id and finding_id."""

    first_day: date = Field(serialization_alias="from", examples=["2026-10-21"])
    last_day: date = Field(serialization_alias="to", examples=DAYS)
    findings: list[Finding]
    next_cursor: str | None = Field(
        description="give it as cursor for the next page; null on the last one",
        examples=["2026-11-20.W07.41"],
    )


def in_words(finding: Finding, language: Language) -> Finding:
    """Return the finding with its text in words of `language`."""
    words = text_or_title(finding.kind, finding.evidence, language)
    return finding.model_copy(update={"text": words})
