"""Stops by MovingPandas' `TrajectoryStopDetector`, as its documentation uses it."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from importlib.metadata import version

import geopandas
import movingpandas
import pandas as pd

from benchmarks.assess.libraries.exchange import (
    WALKING_RADIUS_M,
    WALKING_STAY_MIN,
    Rule,
    Stop,
    answer,
    read_request,
)

# It has no defaults; these are the values of the example in its documentation.
_EXAMPLE_DIAMETER_M = 100.0
_EXAMPLE_STAY = timedelta(seconds=60)


def main() -> None:
    """Answer one request."""
    request = read_request()
    fixes = _fixes(pd.read_csv(request.tracks))
    walking_m, walking_stay = 2 * WALKING_RADIUS_M, timedelta(minutes=WALKING_STAY_MIN)
    rules = [
        Rule(
            "example",
            f"its example: {_EXAMPLE_DIAMETER_M:g} m across, 1 min, gaps kept",
            _finder(fixes, _EXAMPLE_DIAMETER_M, _EXAMPLE_STAY),
            _stops,
        ),
        Rule(
            "walking",
            f"{walking_m:g} m across, {WALKING_STAY_MIN:g} min, gaps kept",
            _finder(fixes, walking_m, walking_stay),
            _stops,
        ),
    ]
    answer(request, rules, version=version("movingpandas"))


def _fixes(tracks: pd.DataFrame) -> movingpandas.TrajectoryCollection:
    columns = {"key": tracks["key"], "at": pd.to_datetime(tracks["epoch_ms"], unit="ms")}
    places = geopandas.points_from_xy(tracks["lon_deg"], tracks["lat_deg"], crs="EPSG:4326")
    frame = geopandas.GeoDataFrame(columns, geometry=places)
    return movingpandas.TrajectoryCollection(frame, traj_id_col="key", t="at")


def _finder(
    fixes: movingpandas.TrajectoryCollection, diameter_m: float, stay: timedelta
) -> Callable[[], geopandas.GeoDataFrame]:
    detector = movingpandas.TrajectoryStopDetector(fixes)
    return lambda: detector.get_stop_points(max_diameter=diameter_m, min_duration=stay)


def _stops(found: geopandas.GeoDataFrame) -> Iterator[Stop]:
    for one in found.itertuples():
        # They have no zone and are UTC.
        start_ms, end_ms = (
            int(pd.Timestamp(at, tz="UTC").timestamp() * 1000)
            for at in (one.start_time, one.end_time)
        )
        yield Stop(one.traj_id, start_ms, end_ms, one.geometry.y, one.geometry.x)


if __name__ == "__main__":
    main()
