"""Moving the whole world: elsewhere on the globe, at another time, it is judged the same."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ingest.evaluate.answers import answer
from patrol.compliance import Rules, judge_day
from patrol.duty import day_interval, local_day
from patrol.geodesy import LocalPlane
from patrol.track import FixColumns
from tests.makers import CITY, NOON
from tests.property.worlds import WORLDS, World

RULES = Rules()
# A coordinate has steps of a centimetre, and a plane is flat to some.
_STEP_E7 = 3
# Evidence so near a tie that a centimetre decides it may move a border by some fixes; that
# is what these keep apart from a world that is judged otherwise.
_FIXES = 2
_P = 0.03
_SHARE = 0.05

BERLIN, SANTIAGO = ZoneInfo("Europe/Berlin"), ZoneInfo("America/Santiago")
# Days of 23, 25 and 24 hours, by the clocks of a zone.
CHANGES = [
    (BERLIN, datetime(2026, 3, 29, 1, tzinfo=UTC), 23),
    (BERLIN, datetime(2026, 10, 25, 1, tzinfo=UTC), 25),
    (SANTIAGO, datetime(2026, 9, 6, 4, tzinfo=UTC), 23),
    (SANTIAGO, datetime(2026, 4, 5, 3, tzinfo=UTC), 25),
]


def told(world: World, fixes: FixColumns | None = None) -> dict:
    """Return what would be printed of the day."""
    facts = world.facts()
    facts = facts if fixes is None else replace(facts, fixes=fixes)
    return json.loads(json.dumps(answer(judge_day(facts, RULES))))


def numbered(day: dict) -> dict:
    """Return an answer in which places that are named by coordinates have numbers instead."""
    for one in day["coverage"]:
        if one["kind"] != "checkpoints":
            reached = [*one["reached"], *one["not_reached"], *one["unknown"]]
            order = sorted(reached, key=lambda name: [*map(float, name.split(","))][::-1])
            one |= {
                reach: [order.index(name) for name in one[reach]]
                for reach in ("reached", "not_reached", "unknown")
            }
    return day


def since(start: datetime, value: object) -> object:
    """Return a value of an answer with every time in seconds since the start of the world."""
    if isinstance(value, dict):
        return {key: since(start, one) for key, one in value.items() if key != "day"}
    if isinstance(value, list):
        return [since(start, one) for one in value]
    if isinstance(value, str) and value.endswith("Z"):
        return (datetime.fromisoformat(value) - start).total_seconds()
    return value


def shape(day: dict) -> dict:
    """Return what of an answer is no figure: verdicts, states, premises, what was reached."""
    return {
        "verdicts": day["verdicts"],
        "states": [one["state"] for one in day["presence"]],
        "premises": [one["premises_id"] for one in day["visits"]],
        "findings": [one["kind"] for one in day["findings"]],
        "excused": day["excused"],
        "coverage": [
            (one["grid_id"], one["kind"], [each["checkpoint_id"] for each in one["passes"]])
            for one in day["coverage"]
        ],
        "checkpoints": [
            {reach: one[reach] for reach in ("reached", "not_reached", "unknown")}
            for one in day["coverage"]
            if one["kind"] == "checkpoints"
        ],
        "versions": (day["rules_version"], day["parameters_version"]),
        "duty": (day["duty_s"], day["excused_s"]),
    }


def edges(day: dict) -> list[float]:
    """Return the begin and end of everything, in seconds since the start."""
    passes = [each for one in day["coverage"] for each in one["passes"]]
    spans = [*day["presence"], *day["visits"], *passes, *day["findings"]]
    return [one[end] for one in spans for end in ("start", "end")]


def chances(day: dict) -> list[float]:
    """Return all probabilities."""
    return [one[name] for one in day["visits"] for name in ("p_any", "p_premises")]


def shares(day: dict) -> list[float]:
    """Return all shares that were covered."""
    return [each for one in day["coverage"] for each in (one["share"], *one["share_interval"])]


def is_alike(here: dict, there: dict, every_s: float) -> bool:
    """Whether two answers differ by no more than a centimetre may make them differ."""
    pairs = [
        (edges, _FIXES * every_s + 1.0),
        (chances, _P),
        (shares, _SHARE),
    ]
    return shape(here) == shape(there) and all(
        find(here) == pytest.approx(find(there), rel=0, abs=most) for find, most in pairs
    )


def shaken(fixes: FixColumns, seed: int) -> FixColumns:
    """Return fixes off by centimetres."""
    off = np.random.default_rng(seed).integers(-_STEP_E7, _STEP_E7 + 1, (2, len(fixes)))
    return replace(fixes, lat_e7=fixes.lat_e7 + off[0], lon_e7=fixes.lon_e7 + off[1])


def seen(world: World, fixes: FixColumns | None = None) -> dict:
    return since(world.starts, numbered(told(world, fixes)))


@settings(max_examples=30, deadline=None)
@given(
    world=WORLDS,
    lat_deg=st.sampled_from([0.0, -0.001, 55.0, 69.6, -33.45, -54.8]),
    lon_deg=st.sampled_from([0.0, 180.0, -180.0, 179.9965, -179.9985, -70.65]),
)
def test_another_place_on_the_globe_changes_nothing_but_coordinates(world, lat_deg, lon_deg):
    """Worlds that centimetres change even where they are, are left out."""
    here, fixes = seen(world), world.fixes()
    assume(all(is_alike(here, seen(world, shaken(fixes, n)), world.every_s) for n in range(2)))

    there = seen(replace(world, plane=LocalPlane(lat_deg, lon_deg)))

    assert shape(there) == shape(here)
    assert edges(there) == pytest.approx(edges(here), abs=_FIXES * world.every_s + 1.0)
    assert chances(there) == pytest.approx(chances(here), abs=_P)
    assert shares(there) == pytest.approx(shares(here), abs=_SHARE)


@settings(max_examples=30, deadline=None)
@given(world=WORLDS, lon_deg=st.sampled_from([179.9965, 180.0, -179.9985]))
def test_across_the_antimeridian_every_figure_is_the_same(world, lon_deg):
    """There, a step of a coordinate is as long as here: nothing is rounded otherwise."""
    there = replace(world, plane=LocalPlane(CITY.lat_deg, lon_deg))

    assert seen(there) == seen(world)


@settings(max_examples=30, deadline=None)
@given(
    world=WORLDS,
    change=st.sampled_from(CHANGES),
    quarters=st.integers(-8, 1),
)
def test_a_day_on_which_the_clocks_change_is_judged_like_any_other(world, change, quarters):
    """Duty holds the change. Clocks of all zones differ by whole quarters of an hour."""
    zone, changes, _ = change
    starts = changes + quarters * timedelta(minutes=15)
    there = replace(world, starts=starts, day=local_day(starts, zone))

    assert seen(there) == seen(world)
    assert told(there)["day"] == local_day(starts, zone).isoformat()


@settings(max_examples=30, deadline=None)
@given(
    world=WORLDS,
    zone=st.sampled_from([BERLIN, SANTIAGO, ZoneInfo("Asia/Shanghai"), ZoneInfo("Asia/Kathmandu")]),
    quarters=st.integers(-8, -1),
    days=st.integers(-4000, 4000),
)
def test_duty_across_a_midnight_is_judged_like_any_other(world, zone, quarters, days):
    midnight = day_interval(NOON.date() + timedelta(days=days), zone).start
    starts = midnight + quarters * timedelta(minutes=15)
    there = replace(world, starts=starts, day=local_day(starts, zone))

    assert seen(there) == seen(world)


@pytest.mark.parametrize(("zone", "changes", "lasts_h"), CHANGES)
def test_the_days_on_which_clocks_change_are_longer_or_shorter(zone, changes, lasts_h):
    hour = timedelta(hours=1)
    lasts = {day_interval(local_day(changes + hour * n, zone), zone).length for n in (-1, 0)}

    assert lasts_h * hour in lasts
