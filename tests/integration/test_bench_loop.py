"""Orders of `make bench-loop`: each is what its events come to, so that what is measured is real."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime

import psycopg
import pytest
from psycopg.rows import dict_row

from benchmarks.api.district import fill_registers
from benchmarks.loop.intake import PHOTO_BYTES, make_photo
from benchmarks.loop.orders import fill_orders
from patrol.workorders.history import replay
from runtime.workorders.rows import event_of, order_of

FACTS = """
select order_id, fact, at, since, until, grid_id, category, department_id
  from {} order by 1, 2, 3, 4
"""


@pytest.fixture(scope="module")
def conn(shared_database: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(shared_database, autocommit=True, row_factory=dict_row) as opened:
        with psycopg.connect(shared_database, autocommit=True) as plain:
            fill_registers(plain, start=datetime.now(UTC), days=0, grids=20)
        fill_orders(shared_database, count=1500, grids=20)
        yield opened


def test_orders_are_what_their_events_make_of_them(conn: psycopg.Connection) -> None:
    """Those that are over, and those that wait."""
    events: dict[object, list] = {}
    for row in conn.execute("select * from work_order_event order by order_id, revision"):
        events.setdefault(row["order_id"], []).append(event_of(row))
    rows = conn.execute("select * from work_order").fetchall()

    assert len(rows) == len(events) == 1500
    assert [order_of(row) for row in rows] == [replay(events[row["order_id"]]) for row in rows]


def test_some_wait_everywhere(conn: psycopg.Connection) -> None:
    """So that every inbox has a page."""
    steps = Counter(row["step"] for row in conn.execute("select step from work_order"))

    assert set(steps) == {"closed", "grid", "community", "street", "accepting"}


def test_facts_are_what_the_events_come_to(conn: psycopg.Connection) -> None:
    """Put in as they are derived."""
    stored = conn.execute(FACTS.format("work_order_fact").encode()).fetchall()

    assert stored == conn.execute(FACTS.format("work_order_fact_derived").encode()).fetchall()


def test_a_photo_is_as_large_as_said() -> None:
    """A JPEG, with room for what makes each another one."""
    photo = make_photo()

    assert photo.startswith(b"\xff\xd8")
    assert len(photo) + 32 == PHOTO_BYTES
