"""Moments of local clocks, also where these are put forward and back."""

from datetime import UTC, date, datetime, time

import pytest

from patrol.duty import at_local, read_zone
from patrol.errors import InputError

BERLIN = read_zone("Europe/Berlin")


@pytest.mark.parametrize(
    ("day", "clock", "expected"),
    [
        (date(2026, 3, 29), time(1, 30), datetime(2026, 3, 29, 0, 30, tzinfo=UTC)),
        (date(2026, 3, 29), time(3, 0), datetime(2026, 3, 29, 1, 0, tzinfo=UTC)),
        (date(2026, 10, 25), time(2, 30), datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
        (date(2026, 10, 25), time(2, 30, fold=1), datetime(2026, 10, 25, 1, 30, tzinfo=UTC)),
    ],
)
def test_a_local_time_is_one_moment(day, clock, expected):
    assert at_local(day, clock, BERLIN) == expected


def test_a_time_over_which_clocks_are_put_forward_is_refused():
    with pytest.raises(InputError, match="put forward"):
        at_local(date(2026, 3, 29), time(2, 30), BERLIN)
