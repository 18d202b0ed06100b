"""Ids, fixes, topics and intervals: what can exist, and what cannot."""

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from patrol import ids
from patrol.errors import InputError
from patrol.fix import Fix, epoch_ms, epoch_of
from patrol.intervals import Interval, intersect, merge, subtract, total
from patrol.topics import Kind, Topics
from tests.makers import span

EPOCH = datetime(2026, 3, 2, 8, 30, 0, 123000, tzinfo=UTC)


@pytest.mark.parametrize(
    "make", [ids.terminal_id, ids.worker_id, ids.grid_id, ids.premises_id, ids.place_id]
)
@pytest.mark.parametrize("text", ["", "a b", "a/b", "é", "x" * 65, "a\n", "+", "#"])
def test_an_id_is_safe_in_a_topic_and_a_path(make, text):
    with pytest.raises(InputError, match="is not an id"):
        make(text)


def test_an_id_keeps_its_text():
    assert ids.terminal_id("T-1_a") == "T-1_a"


@pytest.mark.parametrize(
    ("lat_deg", "lon_deg", "what"), [(91, 0, "lat_deg"), (0, -181, "lon_deg"), (-90.1, 0, "lat")]
)
def test_a_fix_off_the_globe_does_not_exist(lat_deg, lon_deg, what):
    with pytest.raises(InputError, match=what):
        Fix(epoch=EPOCH, lat_deg=lat_deg, lon_deg=lon_deg)


def test_a_fix_needs_to_know_its_zone():
    with pytest.raises(InputError, match="no zone"):
        Fix(epoch=EPOCH.replace(tzinfo=None), lat_deg=0, lon_deg=0)


def test_not_a_number_is_no_coordinate():
    with pytest.raises(InputError, match="lat_deg"):
        Fix(epoch=EPOCH, lat_deg=float("nan"), lon_deg=0)


def test_milliseconds_and_epochs_are_the_same_thing():
    assert epoch_of(epoch_ms(EPOCH)) == EPOCH


def test_milliseconds_do_not_depend_on_the_zone_of_the_epoch():
    local = EPOCH.astimezone(timezone(timedelta(hours=8)))

    assert epoch_ms(local) == epoch_ms(EPOCH)


def test_a_topic_says_who_speaks_and_about_what():
    topics = Topics("gp/1")

    topic = topics.of(ids.terminal_id("T7"), Kind.POSITION)

    assert topic == "gp/1/T7/position"
    assert topics.read(topic) == ("T7", Kind.POSITION)
    assert topics.of_all(Kind.STATUS) == "gp/1/+/status"


@pytest.mark.parametrize(
    "topic",
    [
        "",
        "gp/1",
        "gp/1/T7",
        "gp/1/T7/nonsense",
        "gp/1/T7/position/x",
        "gp/1//position",
        "x/T7/position",
    ],
)
def test_a_topic_of_another_shape_is_refused_with_the_right_one(topic):
    with pytest.raises(InputError, match=r"gp/1|is not an id"):
        Topics("gp/1").read(topic)


def test_a_topic_root_has_no_wildcards():
    with pytest.raises(InputError, match="topic root"):
        Topics("gp/#")


def test_an_interval_lasts():
    with pytest.raises(ValueError, match="must last"):
        span(5, 5)


def test_the_length_of_an_interval():
    assert span(0, 90).length == timedelta(seconds=90)


def test_an_interval_lasts_as_long_as_it_does_when_the_clocks_change():
    """On this night clocks show 02:30, then 02:15 three quarters of an hour later."""
    zone = ZoneInfo("Europe/Berlin")
    earlier = datetime(2026, 10, 25, 2, 30, tzinfo=zone)
    later = datetime(2026, 10, 25, 2, 15, tzinfo=zone, fold=1)

    assert Interval(earlier, later).length == timedelta(minutes=45)


def test_an_interval_of_times_without_a_zone_is_none():
    with pytest.raises(ValueError, match="with a zone"):
        Interval(datetime(2026, 3, 2, 8), datetime(2026, 3, 2, 9))  # noqa: DTZ001 - the point


def test_touching_intervals_are_one():
    assert merge([span(10, 20), span(0, 10)]) == [span(0, 20)]


def test_a_bridge_closes_small_gaps_only():
    parts = [span(0, 10), span(15, 20), span(40, 50)]

    assert merge(parts, bridge=timedelta(seconds=5)) == [span(0, 20), span(40, 50)]


def test_an_interval_within_another_adds_nothing():
    assert total([span(0, 100), span(10, 20)]) == timedelta(seconds=100)


def test_common_time():
    left = [span(0, 10), span(20, 30)]
    right = [span(5, 25), span(28, 40)]

    assert intersect(left, right) == [span(5, 10), span(20, 25), span(28, 30)]


def test_time_taken_away_from_the_middle_and_the_ends():
    left = [span(0, 100)]
    right = [span(-5, 5), span(40, 50), span(95, 200), span(300, 400)]

    assert subtract(left, right) == [span(5, 40), span(50, 95)]


def test_nothing_is_left_of_what_is_wholly_taken():
    assert subtract([span(10, 20)], [span(0, 100)]) == []


def test_intervals_compare_by_start():
    assert min(
        Interval(EPOCH, EPOCH + timedelta(1)), Interval(EPOCH, EPOCH + timedelta(2))
    ).length == timedelta(1)
