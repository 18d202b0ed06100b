"""Lines of tracks into whole numbers: units, what is not known, what is refused and why."""

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.evaluate.columns import read_chunk, read_layout
from patrol.fix import epoch_ms
from patrol.track import UNKNOWN

HEADER = ["worker_id", "epoch", "lat_deg", "lon_deg", "accuracy_m", "hdop", "quality"]
GOOD = ["W01", "2026-03-02T04:00:00Z", "30.66", "104.06", "5.4", "0.9", "1"]
NOON_MS = 1_772_424_000_000


def read(*rows: list[str], header: list[str] = HEADER):
    return read_chunk(rows, read_layout(header))


def changed(**values: str) -> list[str]:
    return [values.get(name, text) for name, text in zip(HEADER, GOOD, strict=True)]


def test_numbers_become_whole_units():
    fixes = read(GOOD).fixes

    assert [int(getattr(fixes, name)[0]) for name in ("lat_e7", "lon_e7")] == [
        306_600_000,
        1_040_600_000,
    ]
    assert [int(fixes.accuracy_dm[0]), int(fixes.hdop_d[0]), int(fixes.quality[0])] == [54, 9, 1]
    assert [int(fixes.epoch_ms[0]), int(fixes.flags[0])] == [NOON_MS, 0]


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-02T04:00:00Z",
        "2026-03-02T12:00:00+08:00",
        "2026-03-02 04:00:00.000999+00:00",
        "1772424000",
        "1772424000.0009",
        "1772424000000",
        " 2026-03-02T04:00:00Z ",
    ],
)
def test_a_time_has_an_offset_or_is_unix_time(text):
    assert read(changed(epoch=text)).fixes.epoch_ms.tolist() == [NOON_MS]


def test_times_of_several_forms_may_stand_in_one_file():
    rows = [changed(epoch=text) for text in ("1772424000", "2026-03-02T04:00:00Z")]

    assert read(*rows).fixes.epoch_ms.tolist() == [NOON_MS, NOON_MS]


@given(
    st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2099, 12, 31)),  # noqa: DTZ001
    st.integers(-14 * 60, 14 * 60),
)
def test_a_time_is_cut_down_to_the_millisecond_as_everywhere(moment, minutes):
    moment = moment.replace(tzinfo=timezone(timedelta(minutes=minutes)))

    found = read(changed(epoch=moment.isoformat())).fixes.epoch_ms.tolist()
    assert found == [epoch_ms(moment)]


@pytest.mark.parametrize(
    ("name", "text"), [("accuracy_m", ""), ("accuracy_m", "0.0"), ("hdop", " "), ("quality", "")]
)
def test_what_is_empty_is_not_known(name, text):
    column = {"accuracy_m": "accuracy_dm", "hdop": "hdop_d"}.get(name, name)

    assert getattr(read(changed(**{name: text})).fixes, column).tolist() == [UNKNOWN]


def test_quality_0_is_a_receiver_that_says_it_has_none():
    assert read(changed(quality="0")).fixes.quality.tolist() == [0]


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("epoch", "", "epoch '' is not a time"),
        (
            "epoch",
            "2026-03-02T04:00:00",
            "epoch '2026-03-02T04:00:00' is not a time with an offset",
        ),
        ("epoch", "nan", "epoch 'nan' is not a time"),
        ("epoch", "inf", "epoch 'inf' is not a time"),
        ("epoch", "1e300", "epoch '1e300' is not a time"),
        ("lat_deg", "", "lat_deg is empty"),
        ("lat_deg", "90.1", "lat_deg '90.1' is not a number (degrees) from -90 to 90"),
        ("lon_deg", "nan", "lon_deg 'nan' is not a number"),
        ("lon_deg", "E104", "lon_deg 'E104' is not a number"),
    ],
)
def test_a_bad_value_is_named_and_the_rows_around_it_are_kept(name, text, reason):
    chunk = read(GOOD, changed(**{name: text}), GOOD)

    assert chunk.rows.tolist() == [0, 2]
    assert list(chunk.refused) == [1]
    assert chunk.refused[1].startswith(reason)


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("accuracy_m", "-1", "accuracy_m '-1' is not a number (metres) from 0 to 1000000"),
        ("accuracy_m", "nan", "accuracy_m 'nan' is not a number"),
        ("hdop", "good", "hdop 'good' is not a number"),
        ("quality", "1.5", "quality '1.5' is not a whole number"),
        ("quality", "9", "quality '9' is not a whole number (GGA quality) from 0 to 8"),
    ],
)
def test_a_bad_value_that_may_be_missing_is_not_known_and_named(name, text, reason):
    chunk = read(GOOD, changed(**{name: text}))

    column = {"accuracy_m": "accuracy_dm", "hdop": "hdop_d"}.get(name, name)
    assert chunk.rows.tolist() == [0, 1]
    assert int(getattr(chunk.fixes, column)[1]) == UNKNOWN
    assert list(chunk.doubted) == [1]
    assert chunk.doubted[1].startswith(reason)


def test_a_row_is_refused_or_doubted_and_never_both():
    chunk = read(changed(lat_deg="91", accuracy_m="-1"))

    assert (list(chunk.refused), chunk.doubted) == ([0], {})


def test_the_first_of_several_bad_values_is_named():
    chunk = read(changed(lon_deg="x", lat_deg="y"))

    assert chunk.refused[0].startswith("lat_deg 'y'")


def test_short_rows_have_empty_values_and_blank_rows_are_none():
    chunk = read(GOOD[:4], [], [""], [*GOOD, "", ""])

    assert chunk.rows.tolist() == [0, 3]
    assert chunk.fixes.quality.tolist() == [UNKNOWN, 1]
    assert chunk.refused == {}


def test_a_column_that_is_not_there_is_not_known():
    chunk = read(GOOD[:4], header=HEADER[:4])

    assert chunk.fixes.accuracy_dm.tolist() == [UNKNOWN]
