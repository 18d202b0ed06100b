"""The message of a check-in: what is understood, and what is refused with which reason."""

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patrol.errors import InputError
from patrol.fix import epoch_of
from patrol.ids import PremisesId
from patrol.messages import Position
from patrol.notices.checkins import CheckIn, CheckInKind, Phase, decode_checkin, encode_checkin

ID = "019aa9f2-6c1e-7d3a-9b52-0a1b2c3d4e5f"
# The example of the contract, docs/reference/wire.md.
EXAMPLE = {
    "v": 1,
    "checkin_id": ID,
    "at": 1760000000000,
    "kind": "tag",
    "phase": "begin",
    "token": "8f1c0e77",
    "premises_id": "P0042",
    "fix": {"age": 4000, "lat": 399042110, "lon": 1164073940, "acc": 48},
}


def payload(**changes: object) -> bytes:
    body = {**EXAMPLE, **changes}
    return json.dumps({key: value for key, value in body.items() if value != "absent"}).encode()


def test_the_example_of_the_contract_is_understood():
    assert decode_checkin(payload()) == CheckIn(
        checkin_id=ID,
        at=epoch_of(1760000000000),
        kind=CheckInKind.TAG,
        phase=Phase.BEGIN,
        premises_id=PremisesId("P0042"),
        token="8f1c0e77",  # noqa: S106 - of a tag in a test
        fix=Position(1759999996000, 399042110, 1164073940, accuracy_dm=48),
    )


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"premises_id": "absent"},
        {"fix": "absent"},
        {"fix": {"age": 0, "lat": -1, "lon": -2}},
        {"kind": "declared", "token": "absent", "phase": "nobody_home"},
        {"kind": "photo", "token": "absent", "phase": "end", "fix": "absent"},
    ],
)
def test_a_check_in_survives_the_journey(changes):
    checkin = decode_checkin(payload(**changes))

    assert decode_checkin(encode_checkin(checkin)) == checkin


def test_what_the_contract_does_not_know_is_passed_over():
    checkin = decode_checkin(payload(kind="declared", said_by="somebody"))

    assert checkin.token is None
    assert b"somebody" not in encode_checkin(checkin)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"v": 2}, "v is 2; this server speaks v 1"),
        ({"checkin_id": "absent"}, "checkin_id is None, not a UUID of version 7"),
        ({"checkin_id": ID.replace("-7d", "-4d")}, "not a UUID of version 7"),
        ({"at": 946_684_799_999}, "at is 946684799999, not a whole number in 946684800000.."),
        ({"at": True}, "at is True, not a whole number"),
        ({"kind": "nfc"}, "kind is 'nfc', not one of tag, photo, declared"),
        ({"phase": ["begin"]}, "phase is ['begin'], not one of begin, end, nobody_home"),
        ({"token": "absent"}, "token is None, not 1 to 64 printable ASCII characters"),
        ({"premises_id": "P 42"}, "premises_id 'P 42' is not an id"),
        ({"fix": [1, 2]}, "fix is [1, 2], not an object"),
        ({"fix": {"age": -1, "lat": 1, "lon": 2}}, "age is -1, not a whole number in 0..86400000"),
        ({"fix": {"age": 1, "lat": 900000001, "lon": 2}}, "lat is 900000001"),
        ({"fix": {"age": 1, "lat": 1}}, "lon is None"),
        ({"fix": {"age": 1, "lat": 1, "lon": 2, "acc": 0.5}}, "acc is 0.5"),
    ],
)
def test_what_cannot_be_a_check_in_is_refused_with_the_reason(changes, reason):
    with pytest.raises(InputError) as refused:
        decode_checkin(payload(**changes))

    assert reason in str(refused.value)


VALUES = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just([])


@given(
    changes=st.dictionaries(st.sampled_from(sorted(EXAMPLE.keys() - {"v"})), VALUES),
    fix=st.dictionaries(st.sampled_from(["age", "lat", "lon", "acc"]), VALUES),
)
def test_whatever_comes_is_a_check_in_that_survives_or_is_refused(changes, fix):
    with suppress(InputError):
        checkin = decode_checkin(payload(**{"fix": fix, **changes}))

        assert decode_checkin(encode_checkin(checkin)) == checkin
