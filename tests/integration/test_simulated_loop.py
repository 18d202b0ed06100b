"""Weeks of reports of some grids: every order and every measure is what it truly is."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import psycopg
import pytest

from simulator.loops.comparing import compare_orders, compare_sums
from simulator.loops.playing import Player
from simulator.loops.registers import fill
from simulator.loops.run import compare_measures, facts_differ
from simulator.loops.truth.district import District
from simulator.loops.truth.month import Month, Plan, simulate
from simulator.loops.truth.sums import sums_by
from tests.asking import TOKEN, Asker, asking, write_tokens

# A Monday, at midnight in the city; long over.
PLAN = Plan(grids=8, days=21, start_s=1_756_656_000 - 8 * 3600, seed=5)


class Played(NamedTuple):
    """A month, and the database in which it was played."""

    month: Month
    conn: psycopg.Connection
    names: dict[str, str]


@pytest.fixture(scope="module")
def played(shared_database: str) -> Iterator[Played]:
    month = simulate(PLAN)
    with psycopg.connect(shared_database, autocommit=True) as conn:
        fill(conn, District(PLAN.grids))
        player = Player(conn)
        player.play(month)
        yield Played(month, conn, player.names)


@pytest.fixture(scope="module")
def ask(
    shared_database: str,
    played: Played,  # noqa: ARG001 - it fills the database
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Asker]:
    folder: Path = tmp_path_factory.mktemp("loop")
    with asking(shared_database, write_tokens(folder / "tokens", TOKEN)) as asker:
        yield asker


def test_every_order_is_where_it_truly_is(played: Played) -> None:
    """All its events with their moments, and what is due until when."""
    found = list(compare_orders(played.conn, played.month, played.names))

    assert [str(one) for one in found] == []


def test_every_measure_is_what_it_truly_is(played: Played, ask: Asker) -> None:
    """By grid, area, category and department, as the API tells them."""
    found = list(compare_measures(played.month, ask.json))

    assert [str(one) for one in found] == []


def test_facts_are_derived_of_all_events(played: Played) -> None:
    """What was written act by act is what the whole comes to."""
    assert list(facts_differ(played.conn)) == []


def test_the_weeks_have_something_of_all_of_it() -> None:
    """Otherwise the comparisons would say little."""
    happened = {one.what for matter in simulate(PLAN).matters for one in matter.story}

    assert happened >= {"escalate", "return", "fail", "pause", "classify", "resolve", "settle"}


def test_a_seed_makes_one_month() -> None:
    """So that what differs can be looked at again."""
    one, again, other = (
        simulate(Plan(grids=4, days=9, start_s=PLAN.start_s, seed=seed)) for seed in (1, 1, 2)
    )

    assert one.deeds == again.deeds
    assert one.deeds != other.deeds


def test_a_difference_is_told() -> None:
    """A count that is off by one is named, with its key."""
    truth = sums_by(simulate(PLAN), "grid")
    key = next(iter(truth))
    found = {**truth, key: {**truth[key], "reports": truth[key]["reports"] + 1}}

    told = [str(one) for one in compare_sums("by grid,", truth, found, names=["reports"])]
    assert told == [
        f"by grid, reports {key}: {truth[key]['reports'] + 1}, and is {truth[key]['reports']}"
    ]
