"""The API and PostgreSQL are killed while reports, photos and acts come: all of it is whole."""

from contextlib import ExitStack

import pytest

from simulator.loops.killing import Told, kill_by_turns
from simulator.loops.stage import Guarded


@pytest.fixture(scope="module")
def killed() -> tuple[Told, list[str]]:
    """Kill each of them once, and return what had been told and what is wrong."""
    with ExitStack() as ends:
        stage = Guarded(ends)
        told, found = kill_by_turns(stage, kills=2, workers=2, seed=3, every_s=0.3)
    return told, [str(one) for one in found]


def test_nothing_is_half_done_after_kills(killed: tuple[Told, list[str]]) -> None:
    """Orders are what their events make of them, reports have theirs, photos are whole."""
    _, found = killed

    assert found == []


def test_something_was_told_to_be_stored(killed: tuple[Told, list[str]]) -> None:
    """Otherwise that would say little."""
    told, _ = killed

    assert min(len(told.reports), len(told.photos), len(told.acts)) >= 3
