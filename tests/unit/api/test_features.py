"""Tracks as GeoJSON."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from api.features import LineFeature, lines_of
from api.shapes import Fix

START = datetime(2026, 11, 20, 0, 30, tzinfo=UTC)
GAP = timedelta(seconds=120)


def fix(at_s: float, *, terminal: str = "T1", grid: str = "G1", lon_deg: float = 116.4) -> Fix:
    epoch = START + timedelta(seconds=at_s)
    unknown = ("altitude_m", "accuracy_m", "speed_mps", "course_deg", "hdop")
    return Fix.model_validate(
        {
            "terminal_id": terminal,
            "grid_id": grid,
            "epoch": epoch,
            "lon_deg": lon_deg,
            "lat_deg": 39.9,
            "flags": 0,
            "received_at": epoch,
            **dict.fromkeys((*unknown, "satellites", "quality", "battery_pct")),
        }
    )


def seconds(line: LineFeature) -> list[float]:
    return [(epoch - START).total_seconds() for epoch in line.properties.epochs]


def test_a_line_ends_before_a_gap() -> None:
    lines = lines_of([fix(0), fix(120), fix(240.001), fix(250)], max_gap=GAP)

    assert [seconds(line) for line in lines] == [[0, 120], [240.001, 250]]


def test_terminals_and_grids_have_lines_of_their_own() -> None:
    fixes = [fix(0), fix(1, terminal="T2"), fix(2), fix(3, terminal="T2"), fix(4, grid="G2")]

    lines = lines_of(fixes, max_gap=GAP)
    assert [seconds(line) for line in lines] == [[0, 2], [1, 3], [4]]


def test_a_lone_fix_is_a_point() -> None:
    (line,) = lines_of([fix(0)], max_gap=GAP)

    assert line.geometry.type == "Point"
    assert line.properties.start_at == line.properties.end_at == START


def test_no_line_is_drawn_round_the_earth() -> None:
    lines = lines_of([fix(0, lon_deg=179.9), fix(1, lon_deg=-179.9)], max_gap=GAP)

    assert len(lines) == 2


FIXES = st.lists(
    st.builds(
        fix,
        st.floats(0, 3600),
        terminal=st.sampled_from(["T1", "T2"]),
        grid=st.sampled_from(["G1", "G2"]),
        lon_deg=st.floats(-180, 180),
    ),
    max_size=30,
).map(lambda fixes: sorted(fixes, key=lambda one: one.epoch))


@given(FIXES, st.integers(1, 3600))
def test_every_fix_is_in_one_line_and_no_line_crosses_a_gap(
    fixes: list[Fix], max_gap_s: int
) -> None:
    max_gap = timedelta(seconds=max_gap_s)

    lines = lines_of(fixes, max_gap=max_gap)
    told = sorted(epoch for line in lines for epoch in line.properties.epochs)
    assert told == [one.epoch for one in fixes]
    for line in lines:
        epochs = line.properties.epochs
        steps = pairwise(epochs)
        assert all(timedelta() <= after - before <= max_gap for before, after in steps)
