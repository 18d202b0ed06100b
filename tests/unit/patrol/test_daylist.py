"""The list of a worker's day: what is on it, why, in which order, and as a message."""

import itertools
import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from math import dist

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patrol.datums import Place
from patrol.errors import InputError
from patrol.ids import WorkerId
from patrol.notices.daylist import (
    MAX_PLAIN_BYTES,
    MOST_TASKS,
    DayList,
    Guide,
    Seen,
    Spot,
    Task,
    TaskKind,
    Why,
    decode_list,
    encode_list,
)
from patrol.wire import encode, plain_of
from patrol.workorders.daylist import (
    WISH_REASONS,
    Candidate,
    Day,
    ListRules,
    Sight,
    make_list,
)
from patrol.workorders.tour import walk
from patrol.workorders.workflow import default
from tests.makers import CITY

NOW = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
TODAY = date(2026, 11, 20)
WORDS = {"en": "a", "zh": "甲"}
GUIDE = Guide(WORDS, WORDS, WORDS, WORDS)
TASK = Task(
    kind=TaskKind.VERIFY,
    key="019aa9f2-6c1e-7d3a-9b52-0a1b2c3d4e5f",
    name="甲",
    why=Why.TO_VERIFY,
    seen=Seen.NOT_SEEN,
    reason="follow_up",
    category="lamp",
    spot=Spot(306600000, 1040600000),
    leg_m=120,
    due_at=NOW,
    last_on=TODAY,
)
LIST = DayList(
    worker_id=WorkerId("W1"), day=TODAY, computed_at=NOW, tasks=(TASK,), guides={"lamp": GUIDE}
)


def place(x_m: float, y_m: float) -> Place:
    return Place(*(float(one) for one in CITY.to_degrees(x_m, y_m)))


def visit(key: str, *, days_ago: int | None = None, **more: object) -> Candidate:
    last_on = None if days_ago is None else TODAY - timedelta(days=days_ago)
    fields = {"kind": TaskKind.VISIT, "key": key, "name": "", "last_on": last_on, **more}
    return Candidate(**fields)


def listed(*candidates: Candidate, start: Place | None = None, **rules: int) -> DayList:
    day = Day(worker_id=WorkerId("W1"), day=TODAY, now=NOW, start=start)
    return make_list(day, candidates, rules=ListRules(**rules), workflow=default())


def keys(found: DayList) -> list[str]:
    return [one.key for one in found.tasks]


def test_premises_not_visited_for_longest_come_before_others():
    found = listed(
        *(visit(f"P{days}", days_ago=days) for days in (9, 30, 8, 60)), visit("P0"), premises=3
    )

    assert {one.key: one.why for one in found.tasks} == {
        "P0": Why.NEVER_VISITED,
        "P60": Why.LONGEST_NOT_VISITED,
        "P30": Why.LONGEST_NOT_VISITED,
    }


def test_what_was_done_lately_is_not_due():
    seen = TODAY - timedelta(days=1)
    found = listed(
        visit("P1", days_ago=6),
        Candidate(kind=TaskKind.PATROL, key="K1", name="", last_on=seen),
        Candidate(kind=TaskKind.CHECK, key="F1", name="", last_on=seen, every_days=2),
        Candidate(kind=TaskKind.CHECK, key="F2", name=""),
        checkpoint_days=2,
    )

    assert found.tasks == ()


def test_each_thing_says_why_it_is_there():
    found = listed(
        Candidate(kind=TaskKind.PATROL, key="K1", name=""),
        Candidate(kind=TaskKind.CHECK, key="F1", name="", every_days=30),
        Candidate(kind=TaskKind.VERIFY, key="O1", name=""),
        Candidate(kind=TaskKind.SETTLE, key="O2", name=""),
        visit("P1", days_ago=1, wish="follow_up"),
    )

    assert {one.key: one.why for one in found.tasks} == {
        "K1": Why.PATROL_DUE,
        "F1": Why.CHECK_DUE,
        "O1": Why.TO_VERIFY,
        "O2": Why.TO_SETTLE,
        "P1": Why.WISHED,
    }
    assert [one.reason for one in found.tasks if one.key == "P1"] == ["follow_up"]


def test_a_wish_takes_nothing_from_what_is_due():
    found = listed(visit("P1"), visit("P2", wish="fire_safety"), visit("P2"), premises=1)

    assert sorted(keys(found)) == ["P1", "P2"]
    assert {one.reason for one in found.tasks} == {None, "fire_safety"}


def test_a_thing_is_listed_once_whatever_comes_first():
    twice = [visit("P1"), visit("P1", wish="fire_safety")]

    assert [listed(*twice).tasks, listed(*reversed(twice)).tasks] == [listed(twice[1]).tasks] * 2


@pytest.mark.parametrize(
    ("sight", "seen"),
    [
        (Sight(), Seen.UNKNOWN),
        (Sight(is_whole=True), Seen.NOT_SEEN),
        (Sight(at=NOW), Seen.SEEN),
    ],
)
def test_what_nobody_has_seen_is_not_said_to_be_undone_without_evidence(sight, seen):
    assert listed(visit("P1", sight=sight)).tasks[0].seen is seen


def test_the_way_begins_where_evidence_shows_the_worker_last():
    found = listed(
        visit("A", place=place(0, 0)),
        visit("B", place=place(500, 0)),
        visit("done", place=place(600, 0), sight=Sight(at=NOW)),
        visit("before", place=place(0, 0), sight=Sight(at=NOW - timedelta(hours=1))),
        start=place(0, 0),
    )

    assert keys(found) == ["B", "A", "before", "done"]
    assert [one.leg_m for one in found.tasks] == [100, 500, None, None]


def test_the_way_begins_at_the_start_and_ends_with_what_is_nowhere():
    found = listed(
        visit("A", place=place(300, 0)),
        visit("B", place=place(100, 0)),
        Candidate(kind=TaskKind.VERIFY, key="O1", name=""),
        visit("done", sight=Sight(at=NOW)),
        start=place(0, 0),
    )

    assert keys(found) == ["B", "A", "O1", "done"]


def test_without_a_start_it_begins_with_one_of_the_places():
    found = listed(visit("A", place=place(300, 0)), visit("B", place=place(100, 0)))

    assert [one.leg_m for one in found.tasks] == [0, 200]
    assert found.tasks[0].spot == Spot(*(round(one * 1e7) for one in place(300, 0)))


def test_more_than_a_terminal_takes_is_counted_and_the_least_pressing_left_off():
    wished = [visit(f"W{n:03}", wish="extra_round") for n in range(MOST_TASKS - 1)]
    found = listed(visit("P1"), visit("P2"), *wished)

    assert (len(found.tasks), found.left_off) == (MOST_TASKS, 1)
    assert "P2" not in keys(found)


def test_guides_are_those_of_the_categories_on_the_list():
    workflow = default()
    known = min(workflow.categories)
    found = listed(
        Candidate(kind=TaskKind.SETTLE, key="O1", name="", category=known),
        Candidate(kind=TaskKind.SETTLE, key="O2", name="", category="no_such"),
    )

    assert list(found.guides) == [known]
    assert found.guides[known].look_at == workflow.categories[known].guide.look_at


def test_every_reason_of_a_wish_has_words_in_both_languages():
    assert [code for code, words in WISH_REASONS.items() if set(words) != {"en", "zh"}] == []


def way_m(start: tuple[int, int], spots: list[tuple[int, int]]) -> float:
    return sum(dist(a, b) for a, b in itertools.pairwise([start, *spots]))


@given(st.lists(st.tuples(*[st.integers(-500, 500)] * 2), max_size=6))
def test_a_way_passes_everything_once_and_is_hardly_longer_than_the_shortest(spots):
    order = walk(place(0, 0), [place(*one) for one in spots])
    shortest_m = min(way_m((0, 0), list(one)) for one in itertools.permutations(spots))

    assert sorted(order) == list(range(len(spots)))
    assert way_m((0, 0), [spots[one] for one in order]) <= 1.35 * shortest_m + 1


def test_a_round_of_streets_is_walked_without_crossing():
    spots = [(x * 100, y * 60) for x in range(10) for y in (0, 1)]
    order = walk(place(-100, 0), [place(*one) for one in spots])

    assert way_m((-100, 0), [spots[one] for one in order]) < 1.05 * (100 + 10 * 60 + 9 * 100)


def test_four_hundred_premises_are_passed_once_each():
    spots = [place((n * 7919) % 1000, (n * 104729) % 1000) for n in range(400)]

    assert sorted(walk(spots[0], spots)) == list(range(400))


def test_a_list_is_read_as_it_was_written():
    bare = replace(
        TASK, reason=None, category=None, spot=None, leg_m=None, due_at=None, last_on=None
    )
    whole = replace(LIST, tasks=(TASK, bare), left_off=3)

    assert decode_list(encode_list(whole)) == whole


def test_a_list_is_cut_to_what_a_terminal_takes():
    long = replace(TASK, name="甲" * 100, key="k" * 64)
    guides = {f"c{n}": Guide(*[{"en": "a" * 500, "zh": "甲" * 500}] * 4) for n in range(40)}
    many = [replace(long, category=f"c{n % 40}") for n in range(300)]
    payload = encode_list(replace(LIST, tasks=tuple(many), guides=guides))
    read = decode_list(payload)

    assert len(plain_of(payload)) <= MAX_PLAIN_BYTES
    assert len(read.tasks) + read.left_off == 300
    assert 20 <= len(read.tasks) <= MOST_TASKS
    assert len(read.tasks[0].name) == 60


def test_tasks_beyond_the_limit_are_counted_by_who_reads_them():
    body = json.loads(plain_of(encode_list(LIST)))
    body["tasks"] *= MOST_TASKS + 1
    read = decode_list(encode(body))

    assert (len(read.tasks), read.left_off) == (MOST_TASKS, 1)


@pytest.mark.parametrize(
    ("where", "value", "reason"),
    [
        (("day",), None, "day is missing"),
        (("day",), "20261120", "not a date"),
        (("day",), 5, "not a date"),
        (("guides",), [], "guides is"),
        (("guides", "lamp"), 5, "a guide is"),
        (("guides", "lamp", "names"), 5, "words are"),
        (("guides", "lamp", "names", "en"), 5, "words are"),
        (("tasks", 0), 5, "a task is"),
        (("tasks", 0, "name"), None, "name is"),
        (("tasks", 0, "kind"), "rob", "kind is"),
        (("tasks", 0, "lat"), 10**10, "lat is"),
        (("tasks", 0, "due"), 5, "due is"),
        (("tasks", 0, "last"), "soon", "last is"),
        (("left_off",), -1, "left_off is"),
    ],
)
def test_what_is_no_list_is_refused_with_the_reason(where, value, reason):
    body = json.loads(plain_of(encode_list(LIST)))
    inner = body
    for one in where[:-1]:
        inner = inner[one]
    inner[where[-1]] = value

    with pytest.raises(InputError, match=reason):
        decode_list(encode(body))


def test_a_list_that_is_too_large_is_refused():
    with pytest.raises(InputError, match="larger"):
        decode_list(encode({"guides": "a" * MAX_PLAIN_BYTES}))
