"""Work orders for tests: the workflow that ships, people of every party, acts with all they need."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from patrol.ids import GridId, WorkerId
from patrol.workorders.limits import Taken
from patrol.workorders.machine import open_order, take
from patrol.workorders.terms import LegalAct, Workflow
from patrol.workorders.values import (
    Act,
    ActKind,
    Actor,
    Event,
    Need,
    Opening,
    OrderState,
    Part,
    Place,
    Who,
)
from patrol.workorders.workflow import default

# A Monday, 09:00 in Shanghai.
MONDAY = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
PHOTO = "0" * 64
HERE = Place(312_000_000, 1_214_000_000, accuracy_dm=50, age_s=5)

REPORTER = Who("u-reporter", WorkerId("W1"))
COVER = Actor(Who("u-cover", WorkerId("W2")), frozenset({"grid", "reporter"}))
WORKER = Actor(REPORTER, frozenset({"grid", "reporter"}))
COMMUNITY = Actor(Who("u-community"), frozenset({"community"}))
STREET = Actor(Who("u-street"), frozenset({"community", "street"}))
DISTRICT = Actor(Who("u-district"), frozenset({"community", "street", "district"}))
WATER = Actor(Who("u-water"), frozenset({"department"}))
# In every party, and nobody who has handled anything.
ANYBODY = Actor(
    Who("u-anybody"),
    frozenset({"grid", "reporter", "community", "street", "district", "department"}),
)


def opening(category: str = "lamp", **others: object) -> Opening:
    """Return what a report of W1 in G01 opens an order with."""
    values: dict[str, object] = {
        "order_id": "019aa9f2-0000-7000-8000-000000000001",
        "category": category,
        "who": REPORTER,
        "grid_id": GridId("G01"),
        "place": HERE,
        "report_id": "019aa9f2-0000-7000-8000-00000000000a",
        **others,
    }
    return Opening(**values)  # type: ignore[arg-type] # named as they are


def act_for(legal: LegalAct, order: OrderState, *, number: int = 0) -> Act:
    """Return a legal act with all that it needs."""
    department = "D1" if order.department_id != "D1" else "D2"
    is_split = legal.kind is ActKind.SPLIT
    part = Part(f"{order.order_id}.{order.revision}.{number}", "hygiene") if is_split else None
    return Act(
        code=legal.code,
        reason=legal.reasons[0].code if Need.REASON in legal.needs else None,
        text="done" if Need.TEXT in legal.needs else None,
        photos=(PHOTO,) if Need.PHOTO in legal.needs else (),
        department_id=department if Need.DEPARTMENT in legal.needs else None,
        category="road" if legal.kind is ActKind.CLASSIFY else None,
        part=part,
    )


@dataclass
class Played:
    """An order, the events that it has so far, and the moment at which it is."""

    workflow: Workflow = field(default_factory=default)
    at: datetime = MONDAY
    category: str = "lamp"

    def __post_init__(self) -> None:
        opened = open_order(self.workflow, opening(self.category), at=self.at)
        self.order, self.events = opened.order, [*opened.events]

    def take(self, code: str, actor: Actor = ANYBODY, **given: object) -> Taken:
        """Do something to it."""
        act = Act(code=code, **given)  # type: ignore[arg-type] # named as they are
        taken = take(self.workflow, self.order, act, actor=actor, at=self.at)
        self.order = taken.order
        self.events += taken.events
        return taken

    def wait(self, duration: timedelta) -> "Played":
        """Let time go by."""
        self.at += duration
        return self

    def to_department(self) -> "Played":
        """Bring it from the grid to a department that has accepted it."""
        self.take("climb", WORKER, reason="beyond_means")
        self.take("climb", COMMUNITY, reason="beyond_means")
        self.take("dispatch", STREET, department_id="water")
        self.take("accept", WATER)
        return self

    def to_verifying(self) -> "Played":
        """Bring it to where what a department did is verified."""
        self.to_department()
        self.take("resolve", WATER, photos=(PHOTO,), text="done")
        self.take("feed_back", STREET)
        return self

    @property
    def last(self) -> Event:
        """The last event."""
        return self.events[-1]
