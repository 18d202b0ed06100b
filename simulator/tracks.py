"""Where somebody truly was: straight pieces of way with exact times, and what follows."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import dist
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from patrol.geodesy import Floats
from simulator.streets import Edge, Point

Ints: TypeAlias = NDArray[np.int64]
Bools: TypeAlias = NDArray[np.bool_]

OUTDOORS = -1
# Nobody walks so fast, and nobody who rides is so slow.
RIDING_FROM_MPS = 2.5
_MS = 1000


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Half-open span of time in milliseconds since the Unix epoch."""

    start_ms: int
    end_ms: int


class StayKind(StrEnum):
    """Why somebody was indoors.

    NEIGHBOUR is a call at premises of another grid, FETCH the coming back for a terminal that
    was left behind: neither is a visit.
    """

    VISIT = "visit"
    STATION = "station"
    MEAL = "meal"
    NEIGHBOUR = "neighbour"
    FETCH = "fetch"


@dataclass(frozen=True, slots=True)
class Stay:
    """Time indoors, from door to door; `premises_id` is set where these are premises."""

    kind: StayKind
    span: Span
    premises_id: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """The way of one worker: n + 1 knots in time order and n straight pieces between them.

    `edge_of` is the piece of street of each piece of way, an index into `edges`; `stay_of`
    the stay indoors, an index into `stays`, or OUTDOORS.
    """

    at_ms: Ints
    x_m: Floats
    y_m: Floats
    edge_of: Ints
    stay_of: Ints
    edges: tuple[Edge, ...]
    stays: tuple[Stay, ...]

    def places(self, at_ms: Ints) -> tuple[Floats, Floats]:
        """Return x_m and y_m at each time; before and after the track, its ends."""
        start_ms = self.at_ms[0]
        since, knots = at_ms - start_ms, self.at_ms - start_ms
        return np.interp(since, knots, self.x_m), np.interp(since, knots, self.y_m)

    def pieces(self, at_ms: Ints) -> Ints:
        """Return the index of the piece of way at each time."""
        found = np.searchsorted(self.at_ms, at_ms, side="right") - 1
        return np.clip(found, 0, len(self.at_ms) - 2)

    def velocities(self, at_ms: Ints) -> tuple[Floats, Floats]:
        """Return the true speed eastwards and northwards in m/s at each time."""
        seconds = np.diff(self.at_ms) / _MS
        pieces = self.pieces(at_ms)
        return (np.diff(self.x_m) / seconds)[pieces], (np.diff(self.y_m) / seconds)[pieces]

    def is_ridden(self) -> Bools:
        """Return of each piece of way whether it was ridden and not walked."""
        length_m = np.hypot(np.diff(self.x_m), np.diff(self.y_m))
        ridden: Bools = length_m > np.diff(self.at_ms) / _MS * RIDING_FROM_MPS
        return ridden

    def rides(self) -> list[Span]:
        """Return when the way was ridden, in order; spans do not touch."""
        edges = np.flatnonzero(np.diff(np.concatenate([[False], self.is_ridden(), [False]])))
        return [Span(*self.at_ms[[first, last]].tolist()) for first, last in edges.reshape(-1, 2)]


class TrackMaker:
    """Draws a track piece by piece; everything begins where and when the last piece ended."""

    def __init__(self, at_ms: int, point: Point) -> None:
        self._knots: list[tuple[int, float, float]] = [(at_ms, *point)]
        self._edge_of: list[int] = []
        self._stay_of: list[int] = []
        self._edges: dict[Edge, int] = {}
        self._stays: list[Stay] = []
        self._indoors = OUTDOORS

    @property
    def now_ms(self) -> int:
        """When the last piece ended."""
        return self._knots[-1][0]

    @property
    def here(self) -> Point:
        """Where the last piece ended."""
        return self._knots[-1][1:]

    def walk(self, point: Point, *, edge: Edge, speed_mps: float) -> None:
        """Go straight to `point`, at or along a piece of street."""
        self._add(point, edge, took_s=dist(self.here, point) / speed_mps)

    def stand(self, *, edge: Edge, for_s: float) -> None:
        """Stay where we are."""
        self._add(self.here, edge, took_s=for_s)

    def enter(self) -> None:
        """Go through a door: from here on the pieces are indoors."""
        self._indoors = len(self._stays)
        self._stays.append(Stay(StayKind.VISIT, Span(self.now_ms, self.now_ms)))

    def leave(self, kind: StayKind, premises_id: str | None = None) -> None:
        """Come out of the door that `enter` went through."""
        start_ms = self._stays[-1].span.start_ms
        self._stays[-1] = Stay(kind, Span(start_ms, self.now_ms), premises_id)
        self._indoors = OUTDOORS

    def track(self) -> Track:
        """Return the track as drawn so far."""
        at_ms, x_m, y_m = zip(*self._knots, strict=True)
        return Track(
            at_ms=np.array(at_ms, dtype=np.int64),
            x_m=np.array(x_m, dtype=np.float64),
            y_m=np.array(y_m, dtype=np.float64),
            edge_of=np.array(self._edge_of, dtype=np.int64),
            stay_of=np.array(self._stay_of, dtype=np.int64),
            edges=tuple(self._edges),
            stays=tuple(self._stays),
        )

    def _add(self, point: Point, edge: Edge, took_s: float) -> None:
        took_ms = round(took_s * _MS)
        if took_ms <= 0:
            return
        self._knots.append((self.now_ms + took_ms, *point))
        self._edge_of.append(self._edges.setdefault(edge, len(self._edges)))
        self._stay_of.append(self._indoors)


def is_inside(x_m: Floats, y_m: Floats, outline: Sequence[Point]) -> Bools:
    """Return for each point whether it lies in a polygon (ray casting, even-odd rule).

    Written here and not taken from the rules, so that these are not their own judge.
    """
    inside = np.zeros(np.shape(x_m), dtype=np.bool_)
    for (ax, ay), (bx, by) in _sides(outline):
        if ay == by:
            continue
        crosses = (ay > y_m) != (by > y_m)
        inside ^= crosses & (x_m < ax + (y_m - ay) * (bx - ax) / (by - ay))
    return inside


def spans_inside(track: Track, outline: Sequence[Point], within: Span) -> list[tuple[Span, bool]]:
    """Return spans that tile `within`, each with whether the worker was in the polygon.

    Neighbouring spans differ; they meet at the crossings of the polygon's sides, which are
    exact to a millisecond. The track must reach over all of `within`.
    """
    cuts = np.unique(np.concatenate([_crossings_ms(track, outline), *[[within.start_ms]]]))
    cuts = cuts[(cuts >= within.start_ms) & (cuts < within.end_ms)].astype(np.int64)
    ends = np.append(cuts[1:], within.end_ms)
    x_m, y_m = track.places((cuts + ends) // 2)
    tiles: list[tuple[Span, bool]] = []
    for start, end, inside in zip(
        cuts.tolist(), ends.tolist(), is_inside(x_m, y_m, outline).tolist(), strict=True
    ):
        if tiles and tiles[-1][1] == inside:
            tiles[-1] = (Span(tiles[-1][0].start_ms, end), inside)
        else:
            tiles.append((Span(start, end), inside))
    return tiles


def _crossings_ms(track: Track, outline: Sequence[Point]) -> Floats:
    """Return when the track crosses the line of a side of the polygon between its corners."""
    dx, dy = np.diff(track.x_m), np.diff(track.y_m)
    starts, took = track.at_ms[:-1], np.diff(track.at_ms)
    found = []
    for (ax, ay), (bx, by) in _sides(outline):
        sx, sy = bx - ax, by - ay
        across = dx * sy - dy * sx
        to_x, to_y = ax - track.x_m[:-1], ay - track.y_m[:-1]
        with np.errstate(divide="ignore", invalid="ignore"):
            on_way = (to_x * sy - to_y * sx) / across
            on_side = (to_x * dy - to_y * dx) / across
        hit = (across != 0) & (on_way >= 0) & (on_way <= 1) & (on_side >= 0) & (on_side <= 1)
        found.append(np.rint(starts[hit] + on_way[hit] * took[hit]))
    return np.concatenate(found)


def _sides(outline: Sequence[Point]) -> list[tuple[Point, Point]]:
    return list(zip(outline, [*outline[1:], outline[0]], strict=True))
