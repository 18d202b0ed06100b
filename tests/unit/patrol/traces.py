"""Tracks of small worlds with what real receivers add: an error that is never twice the same."""

from dataclasses import fields, replace

import numpy as np

from patrol.anomalies.days import Traces, find_in_day
from patrol.anomalies.findings import AnomalyRules, Finding
from patrol.track import FixColumns, TrackRules, build_track
from tests.makers import WORKER, Interval, span, walk

RULES = AnomalyRules()
TWO_HOURS = span(0, 7200)
# To and fro along a street, at the pace of a walk.
ROUNDS = [(600 * leg, 350 * (leg % 2), 0) for leg in range(13)]


def noisy(fixes: FixColumns, seed: int = 1, *, sigma_m: float = 3.0) -> FixColumns:
    """Return the fixes with an error of each axis, drawn for each."""
    chance = np.random.default_rng(seed)
    off = np.rint(chance.normal(0, sigma_m * 90, (2, len(fixes)))).astype(np.int64)
    return replace(fixes, lat_e7=fixes.lat_e7 + off[0], lon_e7=fixes.lon_e7 + off[1])


def rounds(seed: int = 1, **changed) -> FixColumns:
    """Return two hours of walking to and fro."""
    return noisy(walk(ROUNDS, **changed), seed)


def traces(
    fixes: FixColumns,
    *,
    duty: tuple[Interval, ...] = (TWO_HOURS,),
    places: tuple = (),
    strays: FixColumns | None = None,
) -> Traces:
    """Return what is known of a day on which that was told."""
    cleaning = TrackRules()
    return Traces(
        worker_id=WORKER,
        fixes=fixes,
        track=build_track(fixes, cleaning),
        duty=duty,
        places=places,
        cleaning=cleaning,
        strays=strays,
    )


def found(fixes: FixColumns, **known) -> list[Finding]:
    """Return the findings of a day."""
    return list(find_in_day(traces(fixes, **known), rules=RULES))


def kinds(fixes: FixColumns, **known) -> list[str]:
    """Return what was found on a day."""
    return [str(one.kind) for one in found(fixes, **known)]


def put(fixes: FixColumns, start: int, end: int, **values) -> FixColumns:
    """Return the fixes with other values from one index to another."""
    columns = {name: getattr(fixes, name).copy() for name in values}
    for name, value in values.items():
        columns[name][start:end] = value
    return replace(fixes, **columns)


def known(fixes: FixColumns, **columns) -> FixColumns:
    """Return the fixes with columns of which nobody knew before."""
    return replace(fixes, **{name: np.asarray(value) for name, value in columns.items()})


def both(*parts: FixColumns) -> FixColumns:
    """Return all fixes with all their columns."""
    return FixColumns(
        **{
            one.name: np.concatenate([getattr(part, one.name) for part in parts])
            for one in fields(FixColumns)
            if getattr(parts[0], one.name) is not None
        }
    )
