"""Where a worker may be, how far each fix lies from there, and what that says of this moment."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np

from patrol.days import DayFacts, Rules
from patrol.duty import MARGIN, DutyWindow
from patrol.fix import epoch_ms, epoch_of
from patrol.geodesy import Floats
from patrol.ids import GridId
from patrol.intervals import Interval
from patrol.presence import State, find_away_permille
from patrol.track import Track, build_track


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveState:
    """What is known of a worker on duty at a moment; fixes to come may change it.

    `epoch` and `inside_p`, the probability of being inside then, are those of the last fix.
    """

    grid_id: GridId
    state: State
    since: datetime
    epoch: datetime | None = None
    inside_p: float | None = None


def find_live_state(facts: DayFacts, rules: Rules, *, now: datetime) -> LiveState | None:
    """Return the state by the fixes up to `now`, or None when no duty is owed then.

    The chain is run forward to the last fix, so that its own state is that of the filter;
    since when it has lasted is told by all fixes up to now.
    """
    window = next((w for w in facts.windows if w.interval.start <= now < w.interval.end), None)
    if window is None:
        return None
    whole = build_track(facts.fixes, rules.track)
    from_ms, to_ms = epoch_ms(window.interval.start - MARGIN), epoch_ms(now)
    track = whole.at((whole.epoch_ms >= from_ms) & (whole.epoch_ms <= to_ms))
    if not len(track):
        return LiveState(grid_id=window.grid_id, state=State.UNKNOWN, since=window.interval.start)
    asked = rules.presence
    away = find_away_permille(track, beyond_m(window, track, facts), asked)
    states = (away >= 1000 * asked.outside_p) * 1 - (away <= 1000 * (1 - asked.inside_p)) * 1
    breaks = (np.diff(states) != 0) | (np.diff(track.epoch_ms) > asked.longest_gap_s * 1000)
    began_ms = int(track.epoch_ms[np.flatnonzero(np.append(True, breaks))[-1]])
    last_ms = int(track.epoch_ms[-1])
    state = (State.INSIDE, State.UNKNOWN, State.OUTSIDE)[int(states[-1]) + 1]
    if state is State.OUTSIDE and last_ms - began_ms < asked.shortest_exit_s * 1000:
        state = State.UNKNOWN
    if to_ms - last_ms > asked.longest_gap_s * 1000:
        state, began_ms = State.UNKNOWN, last_ms
    return LiveState(
        grid_id=window.grid_id,
        state=state,
        since=max(epoch_of(began_ms), window.interval.start),
        epoch=epoch_of(last_ms),
        inside_p=round(1 - int(away[-1]) / 1000, 3),
    )


def beyond_m(window: DutyWindow, track: Track, facts: DayFacts) -> Floats:
    """Return how far each fix lies from where the worker may be then, negative within."""
    signed_m = facts.grids[window.grid_id].area.signed_m(track.lat_deg, track.lon_deg)
    for place in facts.places:
        signed_m = np.minimum(signed_m, place.area.signed_m(track.lat_deg, track.lon_deg))
    for cover in facts.covers:
        first, last = _fixes_in(cover.interval, window, track)
        part = track.at(slice(first, last))
        there_m = facts.grids[cover.grid_id].area.signed_m(part.lat_deg, part.lon_deg)
        signed_m[first:last] = np.minimum(signed_m[first:last], there_m)
    return signed_m


def _fixes_in(span: Interval, window: DutyWindow, track: Track) -> tuple[int, int]:
    """Return the first fix of a span and that after the last one.

    A span as long as duty has the fixes around it, too, which help to judge its edges.
    """
    duty = window.interval
    edges_ms = [epoch_ms(span.start), epoch_ms(span.end)]
    first, last = np.searchsorted(track.epoch_ms, edges_ms).tolist()
    return 0 if span.start <= duty.start else first, len(track) if span.end >= duty.end else last
