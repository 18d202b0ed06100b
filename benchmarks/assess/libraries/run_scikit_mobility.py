"""Stay locations by scikit-mobility (Hariharan and Toyama, 2004), as `stay_locations` has them."""

from collections.abc import Iterator
from importlib.metadata import version

import pandas as pd
import skmob
from skmob.preprocessing import detection

from benchmarks.assess.libraries.exchange import (
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
            "defaults: 200 m, 20 min, gaps kept",
            lambda: detection.stay_locations(fixes),
            _stops,
        ),
        Rule(
            "walking",
            f"{WALKING_RADIUS_M:g} m, {WALKING_STAY_MIN:g} min, gaps kept",
            lambda: detection.stay_locations(
                fixes,
                minutes_for_a_stop=WALKING_STAY_MIN,
                spatial_radius_km=WALKING_RADIUS_M / 1000,
            ),
            _stops,
        ),
    ]
    answer(request, rules, version=version("scikit-mobility"))


def _fixes(tracks: pd.DataFrame) -> skmob.TrajDataFrame:
    at = pd.to_datetime(tracks["epoch_ms"], unit="ms")
    columns = {"lat": tracks["lat_deg"], "lng": tracks["lon_deg"], "uid": tracks["key"]}
    return skmob.TrajDataFrame(pd.DataFrame({**columns, "datetime": at}))


def _stops(found: skmob.TrajDataFrame) -> Iterator[Stop]:
    for one in found.itertuples():
        start_ms, end_ms = (
            int(at.timestamp() * 1000) for at in (one.datetime, one.leaving_datetime)
        )
        yield Stop(one.uid, start_ms, end_ms, one.lat, one.lng)


if __name__ == "__main__":
    main()
