"""What a worker-day is judged by, and what comes out of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from patrol.anomalies.findings import AnomalyRules, Finding
from patrol.coverage import (
    Coverage,
    CoverageRules,
    Route,
)
from patrol.duty import DutyWindow
from patrol.geofence import AuthorisedPlace, Grid, PremisesIndex
from patrol.ids import GridId, WorkerId
from patrol.notices.checkins import CheckIn
from patrol.presence import PresenceInterval, PresenceRules
from patrol.reasons import Judgement
from patrol.requirements import (
    Cover,
    Excuse,
    Requirement,
)
from patrol.track import FixColumns, TrackRules
from patrol.visits import Grade, HomeVisit, VisitRules


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """Everything that turns evidence into a result; `version` names the set.

    `parameters_version` names where the parameters of the models come from.
    """

    version: str = "chain-3"
    parameters_version: str = "builtin-1"
    track: TrackRules = field(default_factory=TrackRules)
    presence: PresenceRules = field(default_factory=PresenceRules)
    visit: VisitRules = field(default_factory=VisitRules)
    coverage: CoverageRules = field(default_factory=CoverageRules)
    anomaly: AnomalyRules = field(default_factory=AnomalyRules)
    # What presence is known to miss: exits within the tolerance, changes dated by fixes.
    presence_error: timedelta = timedelta(minutes=6)
    # Of a short duty it is less.
    presence_error_share: float = 0.04
    # What is asked for where no requirement is in force.
    required_presence_share: float = 0.9
    required_visit: timedelta = timedelta(hours=3)
    # Only for days with a grid whose checkpoints or streets are known.
    required_coverage_share: float = 0.9

    @property
    def requirement(self) -> Requirement:
        """What is asked for where no requirement is in force."""
        return Requirement(presence_share=self.required_presence_share, visit=self.required_visit)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class DayFacts:
    """What is known of one worker-day: its duty windows, the areas they name, all fixes.

    `grids` and `premises` hold those of the windows and those of `covers`, which are the
    worker's own; `excuses` and `requirements` may be anybody's. `strays` came in during duty
    and say that they are of another time; they are evidence of a clock, and of nothing else.
    """

    worker_id: WorkerId
    day: date
    windows: Sequence[DutyWindow]
    grids: Mapping[GridId, Grid]
    premises: Mapping[GridId, PremisesIndex]
    places: Sequence[AuthorisedPlace]
    fixes: FixColumns
    requirements: Sequence[Requirement] = ()
    excuses: Sequence[Excuse] = ()
    covers: Sequence[Cover] = ()
    strays: FixColumns | None = None
    checkins: Sequence[CheckIn] = ()
    # What is to be reached, in the grids where that is known.
    routes: Mapping[GridId, Route] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class DailyCompliance:
    """The result of one worker-day. Inside, outside, unknown and excused add up to duty.

    `plausible` is the part of inside in which leaving and returning could have been unseen;
    the rest of it is proven. `..._low` and `..._high` are the bounds between which the truth
    lies, as far as the evidence and the known error of the rules tell; the verdicts are made
    from them. `visited_by_grade` tells the visits by what shows them: `visited` is A and B, and
    what is declared only, C, stands beside it.
    """

    worker_id: WorkerId
    day: date
    grid_ids: tuple[GridId, ...]
    duty: timedelta
    excused: timedelta
    inside: timedelta
    plausible: timedelta
    outside: timedelta
    unknown: timedelta
    inside_low: timedelta
    inside_high: timedelta
    visited: timedelta
    visited_low: timedelta
    visited_high: timedelta
    visited_by_grade: Mapping[Grade, timedelta]
    presence: Judgement
    visit_hours: Judgement
    # None: not required.
    coverage: Judgement | None = None
    fixes: int
    rules_version: str
    parameters_version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DayResult:
    """The result with its evidence; presence intervals carry the grid they are about.

    Presence intervals tile what is owed of duty; `excused` is the rest, and why.
    """

    compliance: DailyCompliance
    presence: tuple[tuple[GridId, PresenceInterval], ...]
    visits: tuple[HomeVisit, ...]
    excused: tuple[Excuse, ...] = ()
    coverage: tuple[Coverage, ...] = ()
    findings: tuple[Finding, ...] = ()
