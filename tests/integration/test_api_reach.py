"""How far administrators reach: what the database says is what a plain model of the rule says.

Trees of areas, grids in them, and roles are drawn at random; the statements are those of the API.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.identity.managing import reach, statements

AREAS: Final = ["A0", "A1", "A2", "A3", "A4"]
GRIDS: Final = ["G0", "G1", "G2"]
# Half-years from now; None: for ever. Below zero a role has ended.
ENDS: Final = st.sampled_from([-1, 1, 2, 3, None])


@dataclass(frozen=True)
class Role:
    role: str
    area_id: str | None = None
    grid_id: str | None = None
    end: int | None = None

    @property
    def holds(self) -> bool:
        return self.end is None or self.end > 0

    def lasts(self, until: int | None) -> bool:
        """Whether it lasts at least as long as `until`."""
        return self.end is None or (until is not None and until <= self.end)


@dataclass(frozen=True)
class World:
    """Whose area lies in which, the area of each grid, who asks, and whom it is about."""

    parents: dict[str, str | None]
    grids: dict[str, str | None]
    mine: list[Role]
    home: str | None
    theirs: list[Role]
    wanted: Role

    def above(self, area_id: str | None) -> set[str]:
        found = set()
        while area_id is not None:
            found.add(area_id)
            area_id = self.parents[area_id]
        return found

    def place(self, one: Role) -> str | None:
        return self.grids[one.grid_id] if one.grid_id else one.area_id

    def covering(self, area_id: str | None) -> list[Role]:
        """Return those of my roles that reach an area; None is everywhere."""
        ruling = [one for one in self.mine if one.role == "administrator" and one.holds]
        above = self.above(area_id)
        return [one for one in ruling if one.area_id is None or one.area_id in above]

    def may_grant(self, one: Role) -> bool:
        return any(mine.lasts(one.end) for mine in self.covering(self.place(one)))

    def may_keep(self) -> bool:
        return bool(self.covering(self.home))

    def manages(self) -> bool:
        beyond = [
            one
            for one in self.theirs
            if one.role != "worker" and one.holds and not self.covering(self.place(one))
        ]
        return self.may_keep() and not beyond


def roles(*kinds: str) -> st.SearchStrategy[Role]:
    in_area = st.builds(
        Role,
        st.sampled_from([one for one in kinds if one != "grid_supervisor"]),
        st.sampled_from([None, *AREAS]),
        end=ENDS,
    )
    if "grid_supervisor" not in kinds:
        return in_area
    in_grid = st.builds(
        Role, st.just("grid_supervisor"), st.none(), st.sampled_from(GRIDS), end=ENDS
    )
    return in_area | in_grid


@st.composite
def worlds(draw: st.DrawFn) -> World:
    parents: dict[str, str | None] = {}
    for area_id in AREAS:
        parents[area_id] = draw(st.sampled_from([None, *parents]))
    everything = ("administrator", "auditor", "area_supervisor", "grid_supervisor")
    return World(
        parents=parents,
        grids={one: draw(st.sampled_from([None, *AREAS])) for one in GRIDS},
        mine=draw(st.lists(roles("administrator", "auditor"), max_size=2)),
        home=draw(st.sampled_from([None, *AREAS])),
        theirs=draw(st.lists(roles(*everything), max_size=2)),
        wanted=draw(roles(*everything)),
    )


@pytest.fixture(scope="module")
def conn(shared_database: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(shared_database) as conn:
        for grid_id in GRIDS:
            conn.execute("insert into grid values (%s, '', '{}')", (grid_id,))
        conn.commit()
        yield conn


def build(conn: psycopg.Connection, world: World) -> None:
    for area_id, parent_id in world.parents.items():
        conn.execute(
            "insert into area (area_id, name, parent_id) values (%s, '', %s)", (area_id, parent_id)
        )
    for grid_id, area_id in world.grids.items():
        conn.execute("update grid set area_id = %s where grid_id = %s", (area_id, grid_id))
    conn.execute("insert into account (account_id) values ('me')")
    conn.execute("insert into account (account_id, area_id) values ('other', %s)", (world.home,))
    for account_id, held in (("me", world.mine), ("other", world.theirs)):
        for number, one in enumerate(held):
            conn.execute(
                "insert into account_role (account_id, role, area_id, grid_id, valid_from, valid_to)"
                " values (%s, %s, %s, %s, now() - make_interval(years => 2, secs => %s),"
                " now() + make_interval(months => %s))",
                (
                    *(account_id, one.role, one.area_id, one.grid_id, number),
                    None if one.end is None else 6 * one.end,
                ),
            )
    conn.execute(
        "select set_config('gridpatrol.account', 'me', true),"
        " set_config('gridpatrol.roles', 'administrator', true)"
    )


def truth(conn: psycopg.Connection, sql: str, **values: object) -> bool:
    row = conn.execute(sql.encode(), values).fetchone()
    return bool(row and row[0])


@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(world=worlds())
def test_reach_is_what_the_rule_says(conn: psycopg.Connection, world: World) -> None:
    try:
        build(conn, world)
        managed = conn.execute(statements.FIND.encode(), {"account_id": "other"}).rowcount == 1
        may_keep = truth(conn, reach._MAY_KEEP, area_id=world.home)
        wanted = world.wanted
        end_at = None
        if wanted.end is not None:
            end_at = conn.execute(
                "select now() + make_interval(months => %s)", (6 * wanted.end,)
            ).fetchone()[0]
        may_grant = truth(
            conn, reach._MAY_GRANT, area_id=wanted.area_id, grid_id=wanted.grid_id, until=end_at
        )
    finally:
        conn.rollback()

    assert managed == world.manages()
    assert may_keep == world.may_keep()
    assert may_grant == world.may_grant(wanted)
