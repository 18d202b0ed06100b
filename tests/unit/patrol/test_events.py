"""The message of an event: what is understood, and what is refused with which reason."""

import json
import re
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patrol import wire
from patrol.errors import InputError
from patrol.fix import epoch_of
from patrol.messages import Position
from patrol.notices.events import EventKind, TerminalEvent, decode_event, encode_event
from runtime.uuids import uuid7

ID = "019aa9f2-6c1e-7d3a-9b52-0a1b2c3d4e5f"
# The example of the contract, docs/reference/wire.md.
EXAMPLE = {
    "v": 1,
    "event_id": ID,
    "at": 1760000000000,
    "kind": "clock_jump",
    "fix": {"age": 4000, "lat": 399042110, "lon": 1164073940, "acc": 48},
    "detail": {"cause": "system_clock", "step_ms": -86400000},
}


def payload(**changes: object) -> bytes:
    body = {**EXAMPLE, **changes}
    return json.dumps({key: value for key, value in body.items() if value != "absent"}).encode()


def test_the_example_of_the_contract_is_understood():
    assert decode_event(payload()) == TerminalEvent(
        event_id=ID,
        at=epoch_of(1760000000000),
        kind=EventKind.CLOCK_JUMP,
        fix=Position(1759999996000, 399042110, 1164073940, accuracy_dm=48),
        detail={"cause": "system_clock", "step_ms": -86_400_000},
    )


@pytest.mark.parametrize("kind", EventKind)
def test_every_kind_survives_the_journey(kind):
    event = TerminalEvent(event_id=ID, at=datetime(2026, 3, 2, tzinfo=UTC), kind=kind)

    assert decode_event(encode_event(event)) == event


def test_a_detail_survives_the_journey():
    event = decode_event(payload(detail={"outbox": "a", "first": 1, "last": 9, "thinned": 4}))

    assert decode_event(encode_event(event)) == event


def test_what_the_contract_does_not_know_is_passed_over():
    event = decode_event(payload(detail={"waiting": 3, "said_by": "somebody"}))

    assert event.detail == {"waiting": 3}


def test_no_word_of_a_person_gets_into_a_detail():
    with pytest.raises(InputError, match="no room for 'text'"):
        TerminalEvent(
            event_id=ID,
            at=datetime(2026, 3, 2, tzinfo=UTC),
            kind=EventKind.SOS,
            detail={"text": "help"},
        )


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"v": 2}, "v is 2; this server speaks v 1"),
        ({"event_id": "absent"}, "event_id is None, not a UUID of version 7"),
        ({"event_id": ID.upper()}, "not a UUID of version 7"),
        ({"at": 946_684_799_999}, "at is 946684799999, not a whole number in 946684800000.."),
        ({"kind": "fall"}, "kind is 'fall', not one of sos, mock_location"),
        ({"fix": {"age": -1, "lat": 1, "lon": 2}}, "age is -1"),
        ({"detail": [1]}, "detail is [1], not an object"),
        ({"detail": {"step_ms": 0.5}}, "step_ms is 0.5"),
        ({"detail": {"quality": 9}}, "quality is 9, not a whole number in 0..8"),
        ({"detail": {"cause": "the neighbour"}}, "cause is 'the neighbour', not one of open"),
        ({"detail": {"outbox": ""}}, "outbox is ''"),
    ],
)
def test_what_cannot_be_an_event_is_refused_with_the_reason(changes, reason):
    with pytest.raises(InputError) as refused:
        decode_event(payload(**changes))

    assert reason in str(refused.value)


VALUES = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just([])


@given(
    changes=st.dictionaries(st.sampled_from(sorted(EXAMPLE.keys() - {"v"})), VALUES),
    detail=st.dictionaries(st.sampled_from(["cause", "outbox", "weeks", "text"]), VALUES),
)
def test_whatever_comes_is_an_event_that_survives_or_is_refused(changes, detail):
    with suppress(InputError):
        event = decode_event(payload(**{"detail": detail, **changes}))

        assert decode_event(encode_event(event)) == event


@given(now_ms=st.integers(min_value=-(1 << 50), max_value=1 << 50))
def test_an_id_made_at_any_time_can_travel(now_ms):
    made = uuid7(now_ms=now_ms)

    assert wire.uuid7({"event_id": made}, "event_id") == made


def test_ids_are_in_the_order_of_time_and_none_comes_twice():
    made = [uuid7(now_ms=at_ms) for at_ms in range(1_760_000_000_000, 1_760_000_001_000)]

    assert made == sorted(set(made))
    assert all(re.match(r"[0-9a-f-]{36}", one) for one in made)


def test_two_ids_of_one_moment_differ():
    assert len({uuid7(now_ms=5) for _ in range(1000)}) == 1000
