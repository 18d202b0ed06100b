"""The message of a worker's own day: what is understood, and what is refused with which reason."""

import json
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from math import inf, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patrol import wire
from patrol.errors import InputError
from patrol.fix import epoch_of
from patrol.ids import PremisesId, WorkerId
from patrol.notices import today
from patrol.notices.today import (
    Grade,
    Presence,
    Today,
    TodayVisit,
    VisitTime,
    decode_today,
    encode_today,
)
from patrol.reasons import Judgement, Reason, Verdict

# The example of the contract, docs/reference/wire.md.
EXAMPLE = {
    "v": 1,
    "worker_id": "W07",
    "day": "2026-11-20",
    "computed_at": 1763600000000,
    "provisional": True,
    "presence": {
        "duty_s": 28800,
        "excused_s": 0,
        "proven_s": 26100,
        "plausible_s": 600,
        "outside_s": 300,
        "unknown_s": 1800,
    },
    "visit_time": {"visit_s": 10400, "low_s": 6240, "high_s": 16360},
    "visits": [
        {"start": 1763600000000, "end": 1763600990000, "grade": "B", "premises_id": "P0815"}
    ],
    "verdicts": {
        "presence": {
            "verdict": "met",
            "code": "presence_met",
            "values": {"low_s": 26100, "high_s": 28800, "required_s": 25920},
        }
    },
}
UNDERSTOOD = Today(
    worker_id=WorkerId("W07"),
    day=date(2026, 11, 20),
    computed_at=epoch_of(1763600000000),
    provisional=True,
    presence=Presence(
        duty_s=28800, excused_s=0, proven_s=26100, plausible_s=600, outside_s=300, unknown_s=1800
    ),
    visit_time=VisitTime(visit_s=10400, low_s=6240, high_s=16360),
    visits=(
        TodayVisit(epoch_of(1763600000000), epoch_of(1763600990000), Grade.B, PremisesId("P0815")),
    ),
    judgements={
        "presence": Judgement(
            verdict=Verdict.MET,
            reason=Reason("presence_met", {"low_s": 26100, "high_s": 28800, "required_s": 25920}),
        )
    },
)


def payload(**changes: object) -> bytes:
    return json.dumps({**EXAMPLE, **changes}).encode()


def visit(**changes: object) -> dict[str, object]:
    return {"start": 1763600000000, "end": 1763600990000, "grade": "B", **changes}


def verdicts(**changes: object) -> dict[str, object]:
    return {"presence": {"verdict": "met", "code": "presence_met", "values": {}, **changes}}


def test_the_example_of_the_contract_is_understood():
    assert decode_today(payload()) == UNDERSTOOD


def test_a_day_survives_the_journey():
    assert decode_today(encode_today(UNDERSTOOD)) == UNDERSTOOD


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"worker_id": "../W07"}, "worker_id"),
        ({"day": "2026-11-31"}, "day is '2026-11-31'"),
        ({"day": "20261120"}, "day is"),
        ({"day": 20261120}, "day is"),
        ({"computed_at": 0}, "computed_at"),
        ({"provisional": 1}, "provisional is 1"),
        ({"presence": None}, "presence is None"),
        ({"presence": {}}, "duty_s is None"),
        ({"visit_time": {"visit_s": 1, "low_s": -1, "high_s": 2}}, "low_s is -1"),
        ({"visits": {}}, "visits must be a list"),
        ({"visits": ["a"]}, "a visit is 'a'"),
        ({"visits": [visit(grade=["B"])]}, "grade is"),
        ({"visits": [visit(end=1763600000000)]}, "a visit must last"),
        ({"visits": [visit(premises_id="a b")]}, "premises_id"),
        ({"verdicts": []}, "verdicts is"),
        ({"verdicts": {"presence": "met"}}, "presence is 'met'"),
        ({"verdicts": verdicts(verdict="late")}, "verdict is 'late'"),
        ({"verdicts": verdicts(code="")}, "code is ''"),
        ({"verdicts": verdicts(values={"a": True})}, "values are at most"),
        ({"verdicts": verdicts(values={"a": nan})}, "values are at most"),
        ({"verdicts": verdicts(values={"a": -inf})}, "values are at most"),
        ({"verdicts": verdicts(values={"a": 10**400})}, "values are at most"),
        ({"verdicts": verdicts(values={"a": "x" * 65})}, "values are at most"),
        ({"verdicts": verdicts(values={str(one): one for one in range(17)})}, "values are at most"),
    ],
)
def test_what_is_no_day_is_refused_with_the_reason(changes, reason):
    with pytest.raises(InputError, match=reason.replace("[", r"\[")):
        decode_today(payload(**changes))


def test_a_day_that_would_fill_the_memory_is_refused():
    with pytest.raises(InputError, match="larger than 65536"):
        decode_today(wire.encode({**EXAMPLE, "more": "x" * today.MAX_PLAIN_BYTES}))


def test_the_newest_visits_of_a_day_with_too_many_are_told():
    start = UNDERSTOOD.computed_at
    visits = tuple(
        TodayVisit(
            start + timedelta(minutes=index),
            start + timedelta(minutes=index + 1),
            Grade.C,
            PremisesId("P" * 64),
        )
        for index in range(today.MOST_VISITS + 1)
    )
    values = {letter * 24: 0.1234 for letter in "abcdefghijklmnop"}
    judgement = Judgement(verdict=Verdict.MET, reason=Reason("c" * 64, values))
    full = Today(
        worker_id=WorkerId("W" * 64),
        day=date(2026, 11, 20),
        computed_at=datetime(2026, 11, 20, tzinfo=UTC),
        provisional=False,
        presence=UNDERSTOOD.presence,
        visit_time=UNDERSTOOD.visit_time,
        visits=visits,
        judgements={"presence": judgement, "visit": judgement, "coverage": judgement},
    )

    assert decode_today(encode_today(full)).visits == visits[1:]


@given(
    st.dictionaries(
        st.sampled_from(sorted(EXAMPLE)),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
            lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        ),
    )
)
def test_nothing_but_a_reason_comes_of_what_anybody_may_send(changes):
    with suppress(InputError):
        assert decode_today(payload(**changes))
