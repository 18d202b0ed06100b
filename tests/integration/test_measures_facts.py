"""Measures in SQL: for the same events they come to what the definition comes to."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random

import psycopg
import pytest

from api.measures.statements import COUNTS
from patrol.ids import GridId, WorkerId
from patrol.intervals import Interval
from patrol.workorders.limits import Taken, escalate_up_to
from patrol.workorders.machine import legal_acts, merge, open_order, take
from patrol.workorders.measures import Counts, tally
from patrol.workorders.transitions import Matter
from patrol.workorders.values import (
    ENDS,
    Act,
    ActKind,
    Actor,
    Event,
    Need,
    Opening,
    OrderState,
    Part,
    Severity,
    Who,
)
from patrol.workorders.workflow import default
from runtime.uuids import uuid7
from runtime.workorders.acting import write, writings_of
from runtime.workorders.workflows import Versions, newest_workflow

WORKFLOW = default()
START = datetime(2026, 9, 28, 0, 0, tzinfo=UTC)
GRIDS = ("G1", "G2", "G3")
DEPARTMENTS = ("lamps", "roads")
REPORTER = Who("li.na", WorkerId("W1"))
OTHERS = (Who("chen"), Who("wang"), Who("of.lamps"))
PARTIES = frozenset({"grid", "community", "street", "district", "department", "reporter"})
ORDERS = 120
ASIDE = {*(ActKind.CANCEL, ActKind.MERGE, ActKind.SPLIT, ActKind.RETURN, ActKind.PAUSE)}
FACTS = """
select order_id, fact, at, since, until, grid_id, category, department_id
  from {} order by 1, 2, 3, 4
"""


class Histories:
    """Orders to which something is done at random, with all their events."""

    def __init__(self, seed: int) -> None:
        self.chance = Random(seed)  # noqa: S311 - the same each time
        self.orders: dict[str, OrderState] = {}
        self.events: dict[str, list[Event]] = defaultdict(list)
        self.taken: list[Taken] = []

    def make(self) -> None:
        """Open orders, and let somebody or time do something to them for weeks."""
        for _ in range(ORDERS):
            at = START + timedelta(minutes=self.chance.randrange(30 * 24 * 60))
            opening = Opening(
                order_id=uuid7(),
                category=self.chance.choice(list(WORKFLOW.categories)),
                who=REPORTER,
                grid_id=GridId(self.chance.choice(GRIDS)) if self.chance.random() < 0.9 else None,
                severity=self.chance.choice([None, *Severity]),
                report_id=uuid7() if self.chance.random() < 0.9 else None,
            )
            order = self.keep(open_order(WORKFLOW, opening, at=at))
            for _ in range(self.chance.randrange(20)):
                at += self.chance.choice((timedelta(0), timedelta(hours=1), timedelta(days=2)))
                order = self.go_on(self.orders[order.order_id], at)

    def go_on(self, order: OrderState, at: datetime) -> OrderState:
        order = self.keep(escalate_up_to(WORKFLOW, order, at))
        who = self.chance.choice((REPORTER, *OTHERS)) if self.chance.random() < 0.5 else REPORTER
        actor = Actor(who, PARTIES)
        legal = legal_acts(WORKFLOW, order, actor)
        if not legal:
            return order
        # Most are gone on with: otherwise hardly one would come far.
        onward = [one for one in legal if one.kind not in ASIDE] or list(legal)
        chosen = self.chance.choice(onward if self.chance.random() < 0.85 else legal)
        reason = chosen.reasons[0].code if Need.REASON in chosen.needs else None
        department = next(one for one in DEPARTMENTS if one != order.department_id)
        act = Act(
            code=chosen.code,
            reason=reason,
            text="there" if Need.TEXT in chosen.needs else None,
            photos=("ab" * 32,) if Need.PHOTO in chosen.needs else (),
            department_id=department if Need.DEPARTMENT in chosen.needs else None,
            category=self.category() if chosen.kind is ActKind.CLASSIFY else None,
            severity=self.severity() if chosen.kind is ActKind.CLASSIFY else None,
            part=self.part() if chosen.kind is ActKind.SPLIT else None,
        )
        if chosen.kind is not ActKind.MERGE:
            return self.keep(take(WORKFLOW, order, act, actor=actor, at=at))
        others = [one for one in self.orders.values() if one.step_kind not in ENDS]
        into = next((one for one in others if one.order_id != order.order_id), None)
        if into is None:
            return order
        at = max(at, into.changed_at)
        both = merge(Matter(WORKFLOW, order), Matter(WORKFLOW, into), act, actor=actor, at=at)
        self.keep(both.into)
        return self.keep(both.order)

    def keep(self, taken: Taken) -> OrderState:
        if taken.part is not None:
            self.keep(taken.part)
        self.orders[taken.order.order_id] = taken.order
        self.events[taken.order.order_id] += taken.events
        if taken.events:
            self.taken.append(taken)
        return taken.order

    def category(self) -> str:
        return self.chance.choice(list(WORKFLOW.categories))

    def severity(self) -> Severity | None:
        return self.chance.choice([None, *Severity])

    def part(self) -> Part:
        return Part(order_id=uuid7(), category=self.category())


@pytest.fixture(scope="module")
def histories() -> Histories:
    made = Histories(seed=8)
    made.make()
    return made


@pytest.fixture(scope="module")
def conn(shared_database: str, histories: Histories) -> Iterator[psycopg.Connection]:
    with psycopg.connect(shared_database, autocommit=True) as opened:
        for grid in GRIDS:
            opened.execute("insert into grid values (%s, '', '{}')", [grid])
        for one in DEPARTMENTS:
            opened.execute("insert into department (department_id, name) values (%s, '')", [one])
        newest_workflow(opened, Versions())
        for taken in histories.taken:
            # Parts are kept before the orders that they are split off, as their own.
            with opened.transaction():
                opened.execute("set constraints all deferred")
                alone = Taken(order=taken.order, events=taken.events)
                write(opened, writings_of(WORKFLOW, alone))
        yield opened


def spans() -> list[Interval]:
    months = [
        Interval(datetime(2026, n, 1, tzinfo=UTC), datetime(2026, n + 1, 1, tzinfo=UTC))
        for n in (9, 10, 11)
    ]
    days = [Interval(START + timedelta(days=n), START + timedelta(days=n + 3)) for n in (5, 11, 33)]
    return [*months, *days, Interval(START, START + timedelta(days=400))]


def by_definition(histories: Histories, span: Interval) -> dict[tuple, Counts]:
    found: dict[tuple, Counts] = defaultdict(Counts)
    for events in histories.events.values():
        one = tally(events, span)
        if one is not None:
            found[one.grid_id, one.category, one.department_id] += one.counts
    return {key: counts for key, counts in found.items() if counts != Counts()}


def by_sql(conn: psycopg.Connection, span: Interval) -> dict[tuple, Counts]:
    names = ", ".join(f"{how} as {name}" for name, how in COUNTS.items())
    rows = conn.execute(
        f"""select grid_id, category, department_id, {names}
              from (select *, 1 as n from v1_work_order_fact) f
             where at >= %(start)s and at < %(end)s and since < %(end)s and until >= %(end)s
             group by 1, 2, 3""",  # noqa: S608 - constants of the API
        {"start": span.start, "end": span.end},
    )
    return {row[:3]: Counts(**dict(zip(COUNTS, row[3:], strict=True))) for row in rows}


@pytest.mark.parametrize("span", spans(), ids=lambda one: f"{one.start:%m-%d}-{one.end:%m-%d}")
def test_measures_in_sql_are_those_of_the_definition(
    conn: psycopg.Connection, histories: Histories, span: Interval
) -> None:
    """Grid by grid, category by category, department by department, whatever the span."""
    assert by_sql(conn, span) == by_definition(histories, span)


def test_every_kind_of_thing_has_happened(histories: Histories) -> None:
    """Otherwise the comparison above would say little."""
    happened = {event.kind for events in histories.events.values() for event in events}

    assert happened == set(ActKind)


def test_facts_are_what_all_events_come_to(conn: psycopg.Connection) -> None:
    """What was written act by act is what is derived of the whole."""
    stored = conn.execute(FACTS.format("work_order_fact").encode()).fetchall()

    assert stored == conn.execute(FACTS.format("work_order_fact_derived").encode()).fetchall()
