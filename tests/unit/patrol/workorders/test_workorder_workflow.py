"""A workflow is read from TOML, and refused unless it is whole."""

import re
from datetime import date, time, timedelta

import pytest

from patrol.errors import InputError
from patrol.workorders.calendar import Span
from patrol.workorders.terms import Concern, Workflow
from patrol.workorders.values import ActKind, Severity
from patrol.workorders.workflow import DEFAULT_TEXT, MOST_BYTES, default, read_workflow
from tests.house.tree import ROOT

FOLDER = ROOT / "deploy" / "workflows"
NAME = 'name = { en = "x", zh = "x" }\n'
STEP = f'[[steps]]\ncode = "odd"\n{NAME}kind = "handle"\nlevel = "grid"\nheld_by = "grid"\n'
TO_ODD = f'[[acts]]\nkind = "climb"\ncode = "odd"\n{NAME}from = ["grid"]\nto = "odd"\n'
FROM_ODD = f'[[acts]]\nkind = "return"\n{NAME}from = ["odd"]\nto = "grid"\n'


def act(kind: str, rest: str = 'from = ["grid"]\n') -> str:
    """Return one more act, the 27th."""
    return f'[[acts]]\nkind = "{kind}"\ncode = "more"\n{NAME}{rest}'


def test_the_shipped_text_is_the_example_of_five_levels() -> None:
    assert (FOLDER / "five-levels.toml").read_text(encoding="utf-8") == DEFAULT_TEXT


@pytest.mark.parametrize(("name", "levels"), [("two", 2), ("three", 3), ("five", 5)])
def test_each_example_is_whole(name: str, levels: int) -> None:
    text = (FOLDER / f"{name}-levels.toml").read_text(encoding="utf-8")

    assert len(read_workflow(text).levels) == levels


def test_the_shipped_list_has_components_and_events() -> None:
    categories = default().categories

    assert {"manhole", "lamp", "road", "greenery", "hygiene", "fire_safety"} < {*categories}
    assert {"construction", "dispute_help", "service_request", "emergency"} < {*categories}
    assert categories["lamp"].concern is Concern.COMPONENT
    assert categories["emergency"].severity is Severity.URGENT


def test_every_category_has_a_guide_in_both_languages() -> None:
    guides = [one.guide for one in default().categories.values()]

    assert all(
        {*words} == {"en", "zh"}
        for one in guides
        for words in (one.look_at, one.photograph, one.climb_when)
    )


def test_a_quota_is_off() -> None:
    assert default().quota is None


def test_a_quota_is_switched_on() -> None:
    found = read_workflow(f"{DEFAULT_TEXT}\n[quota]\nvalid_reports_a_month = 10\n")

    assert found.quota is not None
    assert found.quota.valid_reports_a_month == 10


def test_a_workflow_is_read_once() -> None:
    assert default() is default()


def changed(old: str, new: str) -> Workflow:
    assert old in DEFAULT_TEXT
    return read_workflow(DEFAULT_TEXT.replace(old, new, 1))


def test_where_nothing_is_told_it_is_as_usual() -> None:
    found = changed("due_soon_share = 0.2\n", "")
    there = changed('opens_unplaced_at = "district"\n', "")

    assert (found.due_soon_share, there.opens_unplaced_at) == (0.2, "grid")


def test_the_calendar_is_read() -> None:
    text = DEFAULT_TEXT.replace("holidays = []", "holidays = [2026-10-01]").replace(
        "[calendar.extra_days]", '[calendar.extra_days]\n"2026-10-10" = ["09:00-24:00"]\n'
    )
    calendar = read_workflow(text).calendar

    assert calendar.hours[0] == ((time(8, 30), time(12)), (time(13, 30), time(17, 30)))
    assert calendar.holidays == {date(2026, 10, 1)}
    assert calendar.extra_days == {date(2026, 10, 10): ((time(9), time()),)}


def test_a_calendar_needs_no_extra_days() -> None:
    assert changed("[calendar.extra_days]\n", "").calendar.extra_days == {}


def test_lengths_of_time_are_read() -> None:
    limits = [one.within for one in default().limits]

    assert limits[0] == Span(timedelta(hours=4), is_working=True)
    assert limits[4] == Span(timedelta(hours=2))
    assert default().duplicates.within == timedelta(days=7)


def test_an_act_is_called_after_its_kind_unless_it_has_a_code() -> None:
    found = {(one.code, one.kind) for one in default().acts if one.kind is ActKind.CLIMB}

    assert found == {("climb", ActKind.CLIMB), ("whistle", ActKind.CLIMB)}


# What is changed in the shipped text, to what, and how the refusal begins.
REFUSED = [
    ("version = 1", "version = ", "the workflow is not TOML"),
    ("version = 1", "", "version is missing"),
    ("version = 1", "version = 0", "version must be a whole number"),
    ("version = 1", "version = 1\ncolour = 1", "colour is not known here: use opens_at, version"),
    ("version = 1", "version = 1\nquota = 1", "quota must be a table"),
    ("due_soon_share = 0.2", "due_soon_share = 1.0", "due_soon_share must be a number"),
    ("due_soon_share = 0.2", "due_soon_share = nan", "due_soon_share must be a number"),
    ("due_soon_share = 0.2", f"due_soon_share = 1{'0' * 400}", "due_soon_share must be a number"),
    ("due_soon_share = 0.2", 'due_soon_share = "x"', "due_soon_share must be a number"),
    ('en = "Five levels"', 'en = " "', "name.en must be a text"),
    ('en = "Five levels", ', "", "name.en is missing"),
    ('en = "Five levels"', 'fr = "x", en = "x"', "name.fr is not known here: use en, zh"),
    ('opens_at = "grid"', 'opens_at = "GRID"', "opens_at must be a code"),
    ('opens_at = "grid"', 'opens_at = "closed"', "opens_at is 'closed': name a step that is no"),
    ('opens_unplaced_at = "district"', 'opens_unplaced_at = "x"', "opens_unplaced_at is 'x'"),
    ('"other_matter"', '"other"', "unknown_category is 'other', which is not listed"),
    ('"Asia/Shanghai"', '"Asia/Nowhere"', "calendar: time zone 'Asia/Nowhere' is not known"),
    ("holidays = []", "holidays = [1]", "calendar.holidays must be a list of days"),
    ('monday = ["08:30-12:00", "13:30-17:30"]', "monday = [1]", "calendar.monday must be a list"),
    ('["08:30-12:00", "13:30-17:30"]', '["12:00-08:30"]', "calendar.monday must be hours"),
    ('["08:30-12:00", "13:30-17:30"]', '["08:30Z-12:00"]', "calendar.monday must be hours"),
    ('["08:30-12:00", "13:30-17:30"]', '["8-12"]', "calendar.monday must be hours"),
    ('["08:30-12:00", "13:30-17:30"]', '["08:30"]', "calendar.monday must be hours"),
    ('["08:30-12:00", "13:30-17:30"]', '["24:00-12:00"]', "calendar.monday must be hours"),
    (
        '["08:30-12:00", "13:30-17:30"]',
        '["08:30-24:00", "08:30-09:00"]',
        "calendar.monday must be hours",
    ),
    (
        '["08:30-12:00", "13:30-17:30"]',
        '["08:30-12:00", "11:30-13:00"]',
        "calendar.monday must be hours",
    ),
    (
        "[calendar.extra_days]",
        '[calendar.extra_days]\nx = ["09:00-12:00"]',
        "calendar.extra_days.x must be a day",
    ),
    ("holidays = []", "night = 1", "calendar.night is not known here"),
    ('area = "street"', 'area = "town"', "levels[3].area is 'town': use city, district"),
    ('area = "street"', "", "levels[3].code is 'street': levels of areas name their `area`"),
    (
        'code = "grid"\nname = { en = "Grid", zh = "网格" }',
        f'code = "reporter"\n{NAME}',
        "levels[1].code is 'reporter'",
    ),
    ('code = "community"\nname', 'code = "grid"\nname', "levels[2].code is 'grid'"),
    (
        'code = "street"\nname = { en = "Street", zh',
        'code = "community"\nname = { en = "S", zh',
        "levels[3].code is 'community' again",
    ),
    ('kind = "handle"', 'kind = "sleep"', "steps[1].kind holds 'sleep': use handle, dispatch"),
    ('level = "grid"', 'level = "moon"', "steps[1].level names 'moon', which is not there: use"),
    ('held_by = "grid"', 'held_by = "moon"', "steps[1].held_by names 'moon'"),
    ('held_by = "grid"', 'held_by = "clock"', "steps[1].held_by names 'clock'"),
    ('kind = "settle"', 'kind = "open"', "acts[1].kind is 'open', which nobody chooses"),
    ('from = ["grid", "community"]\nto', "to", "acts[1].from is missing: name the steps"),
    ('from = ["grid", "community"]\nto', 'from = "grid"\nto', "acts[1].from must be a list"),
    ('from = ["grid", "community"]\nto', 'from = ["grid", "grid"]\nto', "acts[1].from names some"),
    ('from = ["grid", "community"]\nto', 'from = ["moon"]\nto', "acts[1].from names 'moon'"),
    ('from = ["grid", "community"]\nto', 'from = ["street"]\nto', "acts[1].from: settle begins at"),
    ('to = "checking"', 'to = "grid"', "acts[1].to: settle leads to a step of kind closed, feed"),
    ('to = "checking"', "", "acts[1].to of settle: name a step"),
    ('to = "checking"', 'to = "moon"', "acts[1].to names 'moon'"),
    ('needs = ["photo"]', 'needs = ["money"]', "acts[1].needs holds 'money'"),
    ('needs = ["photo"]', 'needs = ["department"]', "acts[1].needs a department, and checking is"),
    ('needs = ["photo"]', 'by = ["moon"]', "acts[1].by names 'moon'"),
    ('by = ["street"]\nneeds', 'to = "grid"\nneeds', "acts[19].to of pause: leave it out"),
    (
        'from = ["closed"]\nto = "street"\nby',
        'from = ["closed"]\nto = "street"\n#',
        "acts[18].by is",
    ),
    ('acts = ["climb"]', 'acts = ["open"]', "reasons[1].acts names no act of this workflow"),
    ('within = "4 working h"', 'within = "4 hours"', "limits[1].within is no length of time"),
    ('within = "4 working h"', "within = 4", "limits[1].within is no length of time"),
    ('within = "4 working h"', 'within = "0 h"', "limits[1].within must be longer than nothing"),
    ('within = "4 working h"', 'within = "4 working d"', "limits[1].within days of work"),
    (
        'until = "handled"',
        'until = "handled"\nsteps = ["grid"]',
        "limits[7].steps, levels: a limit until handled is of the order",
    ),
    ('severities = ["urgent"]', 'categories = ["moon"]', "limits[5].categories names 'moon'"),
    ('levels = ["grid", "community"]', 'levels = ["moon"]', "limits[2].levels names 'moon'"),
    ('steps = ["resolving"]', 'steps = ["closed"]', "limits[3].steps names 'closed'"),
    ('severities = ["urgent"]', "", "limits[1] never holds: later ones hold"),
    ('steps = ["grid"]\nafter', "after", "escalations[1].steps is missing"),
    ('tells = "community"', "", "escalations[1].tells or `to` is missing"),
    ('tells = "community"', 'tells = "moon"', "escalations[1].tells names 'moon'"),
    ('tells = "community"', 'tells = "grid"\ntimes = 2', "escalations[1].times above 1 and"),
    ('tells = "community"', 'tells = "grid"\ntimes = 2\nevery = "1 h"', "escalations[1].every and"),
    (
        'tells = "community"',
        'to = "community"\ntimes = 2\nevery = "1 working h"',
        "escalations[1].times is once for an order that moves",
    ),
    ('tells = "community"', 'to = "merged"', "escalations[1].to names 'merged'"),
    ('tells = "community"', 'to = "resolving"', "escalations[1].to is held by a department"),
    ('tells = "community"', 'to = "street"', "escalations of step grid: what follows one that"),
    ('to = "street"\ntells', 'to = "grid"\ntells', "escalations lead from step grid back to it"),
    ("least_share = 0.8", "least_share = 0.5", "placing.least_share must be a number above 0.5"),
    ('within = "7 d"', 'within = "7 working h"', "duplicates.within is time of the clock"),
    ("own_settled = true", "own_settled = 1", "verification.own_settled must be true or false"),
    ("[placing]", "[[placing]]", "placing must be a table"),
]


@pytest.mark.parametrize(("old", "new", "said"), REFUSED, ids=[one[2][:40] for one in REFUSED])
def test_what_is_wrong_is_refused_by_its_path(old: str, new: str, said: str) -> None:
    with pytest.raises(InputError, match=f"^{re.escape(said)}"):
        changed(old, new)


# What is added to the shipped text, and how the refusal begins.
ADDED = [
    (STEP, "steps[13] (odd) is never reached"),
    (STEP + TO_ODD, "steps[13] (odd) never leads to a closed order"),
    (
        act("climb", 'from = ["grid"]\nto = "community"\n').replace("more", "climb"),
        "acts: 'climb' stands twice at step grid: give one a `code`",
    ),
    (act("pause", 'from = ["feedback"]\n'), "acts: step feedback has one of pause and resume"),
    (
        act("accept", 'from = ["accepting"]\nto = "resolving"\nneeds = ["reason"]\n'),
        "acts[27].needs a reason, and no [[reasons]] has accept",
    ),
    (
        '[[escalations]]\nsteps = ["grid"]\nafter = "1 h"\ntells = "street"\n',
        "escalations of step grid: what follows",
    ),
    ("[escalations]\n", "the workflow is not TOML"),
    (f"deep = {'[' * 20_000}", "the workflow is not TOML"),
    ("[[limits]]\n" * 191, "limits holds 201 tables: at most 200"),
]


@pytest.mark.parametrize(("more", "said"), ADDED, ids=[one[1][:40] for one in ADDED])
def test_what_does_not_fit_is_refused(more: str, said: str) -> None:
    with pytest.raises(InputError, match=f"^{re.escape(said)}"):
        read_workflow(DEFAULT_TEXT + more)


def test_a_step_that_is_reached_and_left_is_welcome() -> None:
    assert "odd" in read_workflow(DEFAULT_TEXT + STEP + TO_ODD + FROM_ODD).steps


def test_a_list_of_tables_is_no_table() -> None:
    text = re.sub(r"\[\[reasons\]\].*?(?=# -- Limits)", "", DEFAULT_TEXT, flags=re.DOTALL)
    with pytest.raises(
        InputError, match=r"^reasons must be a list of tables: write \[\[reasons\]\]"
    ):
        read_workflow(f"{text}\n[reasons]\n")


def test_somebody_has_to_be_able_to_close() -> None:
    text = re.sub(r'\[\[steps\]\]\ncode = "closed"\n(?:.+\n)+', "", DEFAULT_TEXT)
    ending = r"\[\[acts\]\]\n(?:code.*\n)?kind = \"(?:confirm|close|reopen)\"\n(?:.+\n)+"
    with pytest.raises(InputError, match=r"^steps: none is of kind closed"):
        read_workflow(re.sub(ending, "", text).replace('acts = ["close"]', 'acts = ["fail"]'))


def test_what_is_never_overdue_does_not_escalate() -> None:
    with pytest.raises(InputError, match=r"^escalations: step grid has no limit"):
        read_workflow(re.sub(r"\[\[limits\]\]\n(?:.+\n)+", "", DEFAULT_TEXT))


def test_a_file_beyond_all_measure_is_refused() -> None:
    with pytest.raises(InputError, match="is it the right file"):
        read_workflow("#" * (MOST_BYTES + 1))
