"""The clock of a played day, which the environment sets."""

from datetime import UTC, datetime

import pytest

from patrol.errors import InputError
from runtime.clock import chosen_clock, utc_now


def test_without_a_setting_it_is_the_machines() -> None:
    assert chosen_clock({}) is utc_now


def test_a_clock_that_stands_shows_its_origin() -> None:
    now = chosen_clock(
        {"PATROL_CLOCK_ORIGIN": "2026-03-02T08:00:00+08:00", "PATROL_CLOCK_RATE": "0"}
    )

    assert now() == now() == datetime(2026, 3, 2, tzinfo=UTC)


def test_a_fast_clock_runs_ahead() -> None:
    now = chosen_clock({"PATROL_CLOCK_ORIGIN": "2026-03-02T00:00:00Z", "PATROL_CLOCK_RATE": "1e5"})
    first = now()

    assert datetime(2026, 3, 2, tzinfo=UTC) <= first < now()


@pytest.mark.parametrize(
    ("name", "value"),
    [("origin", "yesterday"), ("origin", "2026-03-02T08:00:00"), ("rate", "-1"), ("rate", "nan")],
)
def test_what_is_no_clock_is_named(name: str, value: str) -> None:
    given = {"PATROL_CLOCK_ORIGIN": "2026-03-02T00:00:00Z", f"PATROL_CLOCK_{name.upper()}": value}

    with pytest.raises(InputError, match=name):
        chosen_clock(given)
