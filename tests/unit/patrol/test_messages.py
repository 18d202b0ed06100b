"""The wire: what is understood, and what is refused with which reason."""

import json
import zlib

import pytest

from patrol.errors import InputError
from patrol.fix import Fix, FixQuality, epoch_of
from patrol.messages import (
    MAX_FIXES,
    Flag,
    Position,
    PositionBatch,
    State,
    Status,
    Stored,
    decode_position,
    decode_status,
    decode_stored,
    encode_position,
    encode_status,
    encode_stored,
    position_of,
)

# The example of the contract, docs/reference/wire.md.
EXAMPLE = {
    "v": 1,
    "seq": 10423,
    "source": "agent",
    "t": [1760000000000, 10000, 10000],
    "lat": [399042110, 87, 91],
    "lon": [1164073940, -40, 12],
    "spd": [120, 118, 0],
    "crs": [1975, 1980, None],
    "hdop": [12, 11, 12],
    "acc": [48, 45, 50],
    "sat": [9, 10, 9],
    "q": [1, 1, 1],
    "bat": [81, 81, 81],
    "flg": [0, 0, 0],
}


def payload(**changes: object) -> bytes:
    body = {**EXAMPLE, **changes}
    return json.dumps({key: value for key, value in body.items() if value != "absent"}).encode()


def test_the_example_of_the_contract_is_understood():
    batch = decode_position(payload())

    assert (batch.seq, batch.source, batch.outbox) == (10423, "agent", None)
    assert batch.positions[2] == Position(
        1760000020000, 399042288, 1164073912, None, 0, None, 12, 50, 9, 1, 81, 0
    )


def test_the_same_in_a_zlib_stream():
    assert decode_position(zlib.compress(payload())) == decode_position(payload())


def test_the_outbox_that_counts_travels_where_there_is_one():
    batch = PositionBatch(
        seq=7, source="agent", outbox="a1", positions=(Position(1_760_000_000_000, 1, 2),)
    )

    assert decode_position(encode_position(batch)) == batch


def test_absent_columns_mean_not_known_except_quality_and_flags():
    batch = decode_position(payload(q="absent", flg="absent", acc="absent"))

    assert [(one.quality, one.flags, one.accuracy_dm) for one in batch.positions] == [
        (1, 0, None)
    ] * 3


def test_a_fix_becomes_integers_rounded_to_nearest():
    fix = Fix(
        epoch=epoch_of(1760000000123),
        lat_deg=39.90421106,
        lon_deg=-116.40739394,
        altitude_m=43.26,
        speed_mps=1.2,
        course_deg=197.55,
        hdop=1.2,
        accuracy_m=4.84,
        satellites=9,
        quality=FixQuality.DIFFERENTIAL,
    )

    assert position_of(fix, battery_pct=81, flags=Flag.MOVING) == Position(
        1760000000123, 399042111, -1164073939, 433, 120, 1976, 12, 48, 9, 2, 81, 4
    )


def test_what_a_receiver_did_not_say_stays_unknown():
    fix = Fix(epoch=epoch_of(1760000000000), lat_deg=0, lon_deg=0)

    assert position_of(fix) == Position(1760000000000, 0, 0, quality=None)


def test_a_value_beyond_its_column_is_left_out_rather_than_the_fix():
    fix = Fix(epoch=epoch_of(1760000000000), lat_deg=0, lon_deg=0, hdop=9999.0, speed_mps=2.0)

    assert (position_of(fix).hdop_d, position_of(fix).speed_cmps) == (None, 200)


def test_unknown_quality_survives_the_journey():
    batch = PositionBatch(
        seq=1, source="agent", positions=(Position(1760000000000, 1, 2, quality=None),)
    )

    assert decode_position(encode_position(batch)) == batch


def test_fifty_fixes_of_a_walk_stay_small():
    """The contract's target is 12 bytes a fix at 50 fixes a message."""
    positions = tuple(
        Position(
            1760000000000 + 10000 * n,
            306600000 + 97 * n + n % 7,
            1040600000 - 31 * n,
            5000 + n % 9,
            110 + n % 13,
            900 + n % 31,
            9 + n % 3,
            42 + n % 11,
            11 + n % 3,
            1,
            80,
            4,
        )
        for n in range(50)
    )

    size = len(encode_position(PositionBatch(seq=1, source="agent", positions=positions)))

    assert size <= 12 * 50


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"v": 2}, "v is 2; this server speaks v 1"),
        ({"v": True}, "v is True"),
        ({"v": "absent"}, "v is None"),
        ({"lat": [1, 2]}, "column lat must be a list as long as t, 3"),
        ({"acc": [1, 2, 3, 4]}, "column acc must be a list as long as t, 3"),
        ({"acc": 5}, "column acc must be a list"),
        ({"lat": [910_000_000, 0, 0]}, r"lat\[0\] comes to 910000000, outside"),
        ({"lat": [899_999_999, 1, 1]}, r"lat\[2\] comes to 900000001, outside"),
        ({"lon": [-1_800_000_001, 0, 0]}, r"lon\[0\] comes to"),
        ({"lat": [1, 10**4300 - 1, 0]}, r"lat\[1\] comes to a number of more than 64 bits"),
        ({"v": "x" * 1000}, r"^v is 'x{39}\.\.\.; this server speaks v 1$"),
        ({"t": [1, 2, 3]}, r"t\[0\] comes to 1, outside"),
        ({"t": "absent"}, "column t must be a list of 1 to 500"),
        ({"t": []}, "column t must be a list of 1 to 500"),
        ({"lon": "absent"}, "column lon is missing"),
        ({"lat": [1.5, 2, 3]}, r"lat\[0\] is 1.5, not a whole number"),
        ({"lat": [None, 2, 3]}, r"lat\[0\] is None, not a whole number"),
        ({"flg": [None, 0, 0]}, r"flg\[0\] is None"),
        ({"flg": [64, 0, 0]}, r"flg\[0\] comes to 64, outside 0..63"),
        ({"acc": ["x", 0, 0]}, r"acc\[0\] is 'x'"),
        ({"acc": [True, 0, 0]}, r"acc\[0\] is True"),
        ({"q": [9, 1, 1]}, r"q\[0\] comes to 9"),
        ({"bat": [101, 1, 1]}, r"bat\[0\] comes to 101"),
        ({"seq": -1}, "seq is -1, not a whole number from 0"),
        ({"seq": 2**63}, "seq is 9223372036854775808"),
        ({"seq": "absent"}, "seq is None"),
        ({"source": 5}, "source is 5, not 1 to 64 printable"),
        ({"source": "a\0b"}, "source is 'a"),
        ({"outbox": ""}, "outbox is ''"),
    ],
)
def test_a_batch_is_refused_whole_with_the_reason(changes, reason):
    with pytest.raises(InputError, match=reason):
        decode_position(payload(**changes))


def test_more_fixes_than_allowed_are_refused():
    many = MAX_FIXES + 1

    with pytest.raises(InputError, match="1 to 500"):
        decode_position(payload(t=[1760000000000] + [1] * (many - 1)))


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "not JSON"),
        (b"hello", "not JSON"),
        (b"\xff\xfe{}", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b'{"v":' + b"9" * 5000 + b"}", "not JSON"),
        (b"[1,2]", "a JSON list, not an object"),
        (b"null", "a JSON NoneType, not an object"),
        (b"x\x9cgarbage", "not a zlib stream"),
        (zlib.compress(b"{}")[:-3], "cut short"),
        (zlib.compress(b"{}") + b"more", "bytes behind its end"),
        (zlib.compress(b" " * 50_000_000, 9), "inflates to more than 1048576 bytes"),
        (b" " * 1_048_577, "larger than 1048576"),
    ],
)
def test_what_is_no_message_is_refused_with_the_reason(raw, reason):
    """Among them a zip bomb, of which no more than the limit is ever inflated."""
    with pytest.raises(InputError, match=reason):
        decode_position(raw)


def test_a_long_foreign_value_is_quoted_in_short():
    with pytest.raises(InputError) as caught:
        decode_position(payload(source="x" * 10_000))

    assert len(str(caught.value)) < 200


@pytest.mark.parametrize(
    "stored",
    [
        Stored(),
        Stored(outbox="a1", fixes=((10423, 10472), (10480, 10480))),
        Stored(ids=("0198c1f0-0000-7000-8000-000000000000",)),
    ],
)
def test_stored_survives_the_journey(stored):
    assert decode_stored(encode_stored(stored)) == stored


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"fixes": [[5, 4]]}, "end before they begin"),
        ({"fixes": [[5]]}, r"\[first, last\]"),
        ({"fixes": [5]}, r"\[first, last\]"),
        ({"fixes": [[-1, 4]]}, "fixes is -1"),
        ({"fixes": 7}, "must be a list of at most"),
        ({"fixes": [[1, 1]] * 10_001}, "must be a list of at most"),
        ({"ids": [5]}, "ids is 5"),
        ({"outbox": 5}, "outbox is 5"),
    ],
)
def test_a_stored_that_makes_no_sense_is_refused(body, reason):
    with pytest.raises(InputError, match=reason):
        decode_stored(json.dumps({"v": 1, **body}).encode())


@pytest.mark.parametrize(
    "status",
    [Status(state=State.LOST), Status(state=State.ONLINE, outbox="a1", written=12, waiting=3)],
)
def test_a_status_survives_the_journey(status):
    assert decode_status(encode_status(status)) == status


def test_the_last_will_is_what_the_contract_says():
    assert json.loads(encode_status(Status(state=State.LOST))) == {"v": 1, "state": "lost"}


@pytest.mark.parametrize("state", ["asleep", None, 5, ["lost"]])
def test_an_unknown_state_is_refused_with_the_known_ones(state):
    with pytest.raises(InputError, match="online, offline, lost"):
        decode_status(json.dumps({"v": 1, "state": state}).encode())
