"""What the product counts of a simulated month, held against the truth."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import psycopg
from psycopg.rows import dict_row

from simulator.loops.truth.matters import Matter
from simulator.loops.truth.month import Month
from simulator.loops.truth.sums import Sums

_STORIES: Final = """
-- what was done to every order, in its order
select order_id::text, array_agg(extract(epoch from at)::bigint order by revision) as moments,
       array_agg(act order by revision) as acts, array_agg(step order by revision) as steps
  from work_order_event group by order_id
"""

_STATES: Final = """
-- orders as they were left
select order_id::text, step, category, severity, grid_id, department_id, rework,
       extract(epoch from due_at)::bigint as due_s,
       extract(epoch from handle_due_at)::bigint as handle_due_s,
       extract(epoch from close_due_at)::bigint as close_due_s,
       extract(epoch from handled_at)::bigint as handled_at_s,
       extract(epoch from ended_at)::bigint as ended_at_s,
       extract(epoch from paused_at)::bigint as paused_at_s
  from work_order
"""

_NOT_DERIVED: Final = """
-- facts that are not what the events come to
select count(*) from (
    (select order_id, fact, at, since, until, grid_id, category, department_id
       from work_order_fact
     except all select * from work_order_fact_derived)
    union all
    (select * from work_order_fact_derived
     except all
     select order_id, fact, at, since, until, grid_id, category, department_id
       from work_order_fact)) differing
"""
_ENDS: Final = frozenset({"closed", "cancelled", "merged"})


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as it truly is."""

    what: str
    key: str
    truth: object
    found: object

    def __str__(self) -> str:
        return f"{self.what} {self.key}: {self.found}, and is {self.truth}"


def compare_sums(
    what: str, truth: Sums, found: Sums, *, names: Sequence[str]
) -> Iterator[Difference]:
    """Yield every count of every key that differs; what is not told is 0."""
    for key in sorted({*truth, *found}, key=lambda one: (one is None, one or "")):
        for name in names:
            true, told = truth.get(key, {}).get(name, 0), found.get(key, {}).get(name, 0)
            if true != told:
                yield Difference(f"{what} {name}", str(key), true, told)


def compare_orders(
    conn: psycopg.Connection, month: Month, names: Mapping[str, str]
) -> Iterator[Difference]:
    """Yield every order whose story or whose end is another one."""
    with conn.cursor(row_factory=dict_row) as cursor:
        stories = {row["order_id"]: row for row in cursor.execute(_STORIES)}
        states = {row["order_id"]: row for row in cursor.execute(_STATES)}
    for matter in month.matters:
        order_id = names.get(matter.order_id, matter.order_id)
        story, state = stories.pop(order_id, None), states.get(order_id)
        if story is None or state is None:
            yield Difference("order", order_id, "there", "missing")
            continue
        yield from _story(order_id, matter, story)
        yield from _state(order_id, matter, state)
    for order_id in stories:
        yield Difference("order", order_id, "nothing", "there")


def underived(conn: psycopg.Connection) -> int:
    """Return how many facts are not what the events come to."""
    row = conn.execute(_NOT_DERIVED).fetchone()
    return int(row[0]) if row else 0


def _story(order_id: str, matter: Matter, row: Mapping[str, Any]) -> Iterator[Difference]:
    found = list(zip(row["moments"], row["acts"], row["steps"], strict=True))
    true = [(one.at_s, one.what, one.step) for one in matter.story]
    for number, (one, other) in enumerate(zip(true, found, strict=False), start=1):
        if one != other:
            yield Difference(f"event {number} of", order_id, _said(one), _said(other))
            return
    if len(true) != len(found):
        yield Difference("events of", order_id, len(true), len(found))


def _state(order_id: str, matter: Matter, row: Mapping[str, Any]) -> Iterator[Difference]:
    for name in ("step", "category", "severity", "grid_id", "department_id", "rework"):
        if row[name] != getattr(matter, name):
            yield Difference(f"{name} of", order_id, getattr(matter, name), row[name])
    moments = ["handle_due_s", "close_due_s", "handled_at_s", "ended_at_s", "paused_at_s"]
    if matter.step not in _ENDS:
        moments.append("due_s")
    for name in moments:
        if row[name] != getattr(matter, name):
            true = _at(getattr(matter, name))
            yield Difference(f"{name} of", order_id, true, _at(row[name]))


def _said(one: tuple[int, str, str]) -> str:
    return f"{one[1]} to {one[2]} at {_at(one[0])}"


def _at(at_s: int | None) -> str:
    return "never" if at_s is None else f"{datetime.fromtimestamp(at_s, UTC):%Y-%m-%d %H:%M:%SZ}"
