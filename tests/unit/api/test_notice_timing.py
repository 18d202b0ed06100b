"""When notices are told: quiet hours, pauses, and signatures that others can check."""

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.notices.signing import make_secret, signed
from api.notices.timing import after_quiet, pause_s

SHANGHAI = ZoneInfo("Asia/Shanghai")
NIGHT = (time(21, 0), time(6, 30))
NOON = (time(12, 0), time(13, 0))


def at(hour: int, minute: int = 0, *, day: int = 20) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=SHANGHAI).astimezone(UTC)


@pytest.mark.parametrize(
    ("due", "quiet", "told"),
    [
        (at(20, 59), NIGHT, at(20, 59)),
        (at(21, 0), NIGHT, at(6, 30, day=21)),
        (at(23, 59), NIGHT, at(6, 30, day=21)),
        (at(0, 0), NIGHT, at(6, 30)),
        (at(6, 29), NIGHT, at(6, 30)),
        (at(6, 30), NIGHT, at(6, 30)),
        (at(12, 30), NOON, at(13, 0)),
        (at(13, 0), NOON, at(13, 0)),
        (at(3, 0), None, at(3, 0)),
        (at(3, 0), (time(3, 0), time(3, 0)), at(3, 0)),
    ],
)
def test_what_falls_into_quiet_hours_is_told_at_their_end(due, quiet, told):
    assert after_quiet(due, quiet, SHANGHAI) == told


def test_quiet_hours_end_by_the_clock_on_a_day_on_which_it_changes():
    berlin = ZoneInfo("Europe/Berlin")
    due = datetime(2026, 10, 24, 23, 0, tzinfo=berlin).astimezone(UTC)

    told = after_quiet(due, (time(22, 0), time(6, 0)), berlin)

    assert told == datetime(2026, 10, 25, 5, 0, tzinfo=UTC)


@given(
    st.datetimes(timezones=st.just(UTC)).filter(lambda one: 1900 < one.year < 2100),
    st.times(),
    st.times(),
)
def test_nothing_is_told_early_or_in_quiet_hours_or_more_than_a_day_late(due, begin, end):
    told = after_quiet(due, (begin, end), SHANGHAI)

    assert 0 <= (told - due).total_seconds() <= 86_400
    assert after_quiet(told, (begin, end), SHANGHAI) == told


def test_pauses_grow_and_stay_at_the_longest():
    pauses = [pause_s(attempts) for attempts in range(1, 12)]

    assert pauses == sorted(pauses)
    assert pauses[0] < 10
    assert pauses[-1] == pauses[-2]


def test_a_signature_is_that_of_the_standard():
    # The example of the Standard Webhooks' own libraries.
    headers = signed(
        b'{"test": 2432232314}',
        secret="whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",  # noqa: S106 - of the example
        message_id="msg_p5jXN8AQM9LWM0D4loKWxJek",
        at_s=1_614_265_330,
    )

    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_each_secret_is_another_and_long_enough():
    one, other = make_secret(), make_secret()

    assert one != other
    assert len(one) == len("whsec_") + 44
