"""Staypoints by trackintel (Li et al., 2008), as its `generate_staypoints` documents it."""

from collections.abc import Iterator
from importlib.metadata import version

import geopandas
import pandas as pd
import trackintel

from benchmarks.assess.libraries.exchange import (
    WALKING_GAP_MIN,
    WALKING_RADIUS_M,
    WALKING_STAY_MIN,
    Rule,
    Stop,
    answer,
    read_request,
)


def main() -> None:
    """Answer one request."""
    request = read_request()
    fixes = _fixes(pd.read_csv(request.tracks))
    rules = [
        Rule(
            "defaults",
            "defaults: 100 m, 5 min, gaps to 15 min",
            lambda: trackintel.preprocessing.generate_staypoints(fixes, method="sliding"),
            _stops,
        ),
        Rule(
            "walking",
            f"{WALKING_RADIUS_M:g} m, {WALKING_STAY_MIN:g} min, gaps kept",
            lambda: trackintel.preprocessing.generate_staypoints(
                fixes,
                method="sliding",
                dist_threshold=WALKING_RADIUS_M,
                time_threshold=WALKING_STAY_MIN,
                gap_threshold=WALKING_GAP_MIN,
                include_last=True,
            ),
            _stops,
        ),
    ]
    answer(request, rules, version=version("trackintel"))


def _fixes(tracks: pd.DataFrame) -> trackintel.Positionfixes:
    columns = {
        "user_id": tracks["key"],
        "tracked_at": pd.to_datetime(tracks["epoch_ms"], unit="ms", utc=True),
    }
    places = geopandas.points_from_xy(tracks["lon_deg"], tracks["lat_deg"], crs="EPSG:4326")
    return trackintel.Positionfixes(geopandas.GeoDataFrame(columns, geometry=places))


def _stops(result: tuple[trackintel.Positionfixes, trackintel.Staypoints]) -> Iterator[Stop]:
    _, staypoints = result
    for one, place in zip(staypoints.itertuples(), staypoints.geometry, strict=True):
        start_ms, end_ms = (int(at.timestamp() * 1000) for at in (one.started_at, one.finished_at))
        yield Stop(one.user_id, start_ms, end_ms, place.y, place.x)


if __name__ == "__main__":
    main()
