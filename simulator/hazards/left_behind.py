"""A terminal that stays where it was put while the worker goes on."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from simulator.tracks import OUTDOORS, Ints, Span, Track


def lay_down(track: Track, spans: Sequence[Span]) -> Track:
    """Return the way of a terminal that lies still indoors during `spans`, in time order.

    Each begins and ends at a knot of `track`, at one place in two stays: for the terminal
    they are one stay, of the kind of the first.
    """
    for span in reversed(spans):
        track = _lay_down_once(track, span)
    return track


def _lay_down_once(track: Track, span: Span) -> Track:
    first, last = np.searchsorted(track.at_ms, [span.start_ms, span.end_ms]).tolist()
    begun, ended = int(track.stay_of[first]), int(track.stay_of[last])
    whole = replace(
        track.stays[begun],
        span=Span(track.stays[begun].span.start_ms, track.stays[ended].span.end_ms),
    )
    stay_of = _without(track.stay_of, first, last)
    later = stay_of[first + 1 :]
    later[later != OUTDOORS] -= ended - begun
    return Track(
        at_ms=np.concatenate([track.at_ms[: first + 1], track.at_ms[last:]]),
        x_m=np.concatenate([track.x_m[: first + 1], track.x_m[last:]]),
        y_m=np.concatenate([track.y_m[: first + 1], track.y_m[last:]]),
        edge_of=_without(track.edge_of, first, last),
        stay_of=stay_of,
        edges=track.edges,
        stays=(*track.stays[:begun], whole, *track.stays[ended + 1 :]),
    )


def _without(of_pieces: Ints, first: int, last: int) -> Ints:
    """Return the column with one piece instead of those between two knots."""
    return np.concatenate([of_pieces[: first + 1], of_pieces[last:]])
