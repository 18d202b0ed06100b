"""What may be said of lists of days."""

import pytest

from patrol.errors import InputError
from patrol.workorders.daylist import ListRules
from runtime.daylists.facts import middle_of
from runtime.daylists.settings import ListSettings


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("every_s", 0), ("every_s", 3601), ("premises", -1), ("premises", 201)),
        *(("visit_days", 0), ("checkpoint_days", 367)),
    ],
)
def test_what_cannot_be_is_refused_by_name(name, value):
    with pytest.raises(InputError, match=name):
        ListSettings(**{name: value})


def test_settings_are_the_rules_of_lists():
    given = {"premises": 0, "visit_days": 30, "checkpoint_days": 2}

    assert ListSettings(**given).rules == ListRules(**given)


def test_the_middle_of_a_geometry_is_that_of_its_box():
    ring = [[104.0, 30.0], [104.2, 30.0], [104.2, 30.4], [104.0, 30.0]]

    assert middle_of({"type": "Polygon", "coordinates": [ring]}) == pytest.approx((30.2, 104.1))
    assert middle_of({"type": "Point", "coordinates": [104.0, 30.0]}) == (30.0, 104.0)
