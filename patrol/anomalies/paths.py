"""Where terminals were at the same time: two of two workers together, two of one worker apart.

Each path is a lattice of moments, the same for all, so that paths of a whole district can be
compared: whoever was never in one cell of space and time with another is not compared.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from patrol.anomalies.findings import Finding, FindingKind, LikenessRules, spanning
from patrol.anomalies.runs import runs_in_time
from patrol.geodesy import Floats, LocalPlane
from patrol.ids import WorkerId
from patrol.intervals import Interval
from patrol.track import Integers, Mask, Track, is_within

SLOT_MS = 30_000
# Between fixes further apart nobody knows the way.
_LONGEST_STEP_MS = 90_000
# Moving: so far from two slots before to two slots after.
_REACH = 2
_MOVED_M = 60.0
# Every so many slots cells are compared, of a size that two near ones share one of four.
_ANCHOR_EVERY = 8
_CELL_M = 200.0
_ANCHORS = 2
# Length of a path: noise adds nothing over steps of two minutes.
_STRIDE = 4


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Path:
    """Where a worker's terminal was at whole slots; gaps have none."""

    worker_id: WorkerId
    slot: Integers
    lat_deg: Floats
    lon_deg: Floats
    sigma_m: Floats

    def at(self, index: Integers | Mask) -> "Path":
        """Return the slots at `index`."""
        return Path(
            worker_id=self.worker_id,
            slot=self.slot[index],
            lat_deg=self.lat_deg[index],
            lon_deg=self.lon_deg[index],
            sigma_m=self.sigma_m[index],
        )


def make_path(worker_id: WorkerId, track: Track, duty: Sequence[Interval]) -> Path:
    """Return the path of a track on duty."""
    track = track.at(is_within(track.epoch_ms, duty))
    if not len(track):
        none = np.array([], dtype=np.float64)
        slots = none.astype(np.int64)
        return Path(worker_id=worker_id, slot=slots, lat_deg=none, lon_deg=none, sigma_m=none)
    at_ms = track.epoch_ms
    slots = np.arange(-(-at_ms[0] // SLOT_MS), at_ms[-1] // SLOT_MS + 1)
    after = np.clip(np.searchsorted(at_ms, slots * SLOT_MS), 1, max(len(at_ms) - 1, 1))
    after = np.minimum(after, len(at_ms) - 1)
    known = at_ms[after] - at_ms[np.maximum(after - 1, 0)] <= _LONGEST_STEP_MS
    slots, after = slots[known], after[known]
    plane = track.plane()
    x_m, y_m = plane.to_metres(track.lat_deg, track.lon_deg)
    since_ms, knots_ms = slots * SLOT_MS - at_ms[0], at_ms - at_ms[0]
    lat_deg, lon_deg = plane.to_degrees(
        np.interp(since_ms, knots_ms, x_m), np.interp(since_ms, knots_ms, y_m)
    )
    return Path(
        worker_id=worker_id,
        slot=slots,
        lat_deg=lat_deg,
        lon_deg=lon_deg,
        sigma_m=np.maximum(track.sigma_m[after], track.sigma_m[np.maximum(after - 1, 0)]),
    )


def find_same_paths(
    paths: Iterable[Path], *, rules: LikenessRules
) -> Iterator[tuple[WorkerId, Finding]]:
    """Yield, for both workers, when two terminals went one way together for long.

    Near-linear: only pairs that were near one another at several moments are compared.
    """
    moving = [path for path in paths if len(path.slot)]
    for one, other in _candidates(moving):
        for finding in compare_paths(moving[one], moving[other], rules=rules):
            yield moving[one].worker_id, _about(finding, moving[other].worker_id)
            yield moving[other].worker_id, _about(finding, moving[one].worker_id)


def compare_paths(one: Path, other: Path, *, rules: LikenessRules) -> Iterator[Finding]:
    """Yield once, from the first time to the last, when the two were together for long."""
    _, mine, theirs = np.intersect1d(one.slot, other.slot, assume_unique=True, return_indices=True)
    one, other = one.at(mine), other.at(theirs)
    if not len(one.slot):
        return
    apart_m = _apart_m(one, other)
    reach_m = rules.together_spreads * np.hypot(one.sigma_m, other.sigma_m)
    near = apart_m <= np.clip(reach_m, rules.together_least_m, rules.together_most_m)
    near_slots = np.flatnonzero(near)
    at_ms = one.slot * SLOT_MS
    together: list[tuple[int, int]] = []
    for first, last in runs_in_time(at_ms[near_slots], bridge_s=rules.together_bridge_s):
        start, end = int(near_slots[first]), int(near_slots[last])
        if _is_together(one, other, near, within=slice(start, end + 1), rules=rules):
            together.append((start, end))
    if together:
        lasting_ms = sum(int(at_ms[end] - at_ms[start]) for start, end in together)
        way_m = sum(_way_m(one.at(np.arange(start, end + 1))) for start, end in together)
        spans_m = np.concatenate([apart_m[start : end + 1] for start, end in together])
        yield Finding(
            kind=FindingKind.SAME_PATH,
            interval=spanning(at_ms[together[0][0]], at_ms[together[-1][1]]),
            evidence={
                "lasting_s": lasting_ms // 1000,
                "distance_m": round(way_m),
                "apart_m": round(float(np.median(spans_m))),
            },
        )


def find_apart(paths: Sequence[Path], *, rules: LikenessRules) -> Iterator[Finding]:
    """Yield when two terminals of one worker were at two places; one path each terminal."""
    for one, other in combinations(paths, 2):
        _, mine, theirs = np.intersect1d(
            one.slot, other.slot, assume_unique=True, return_indices=True
        )
        if not len(mine):
            continue
        apart_m = _apart_m(one.at(mine), other.at(theirs))
        far = np.flatnonzero(apart_m > rules.apart_m)
        at_ms = one.slot[mine][far] * SLOT_MS
        for first, last in runs_in_time(at_ms, bridge_s=2 * SLOT_MS / 1000):
            if at_ms[last] - at_ms[first] >= rules.apart_s * 1000:
                distance_m = float(np.median(apart_m[far[first : last + 1]]))
                yield Finding(
                    kind=FindingKind.TERMINALS_APART,
                    interval=spanning(at_ms[first], at_ms[last]),
                    evidence={"distance_m": round(distance_m)},
                )


def _about(finding: Finding, other: WorkerId) -> Finding:
    evidence = {**finding.evidence, "other_worker_id": str(other)}
    return Finding(kind=finding.kind, interval=finding.interval, evidence=evidence)


def _candidates(paths: Sequence[Path]) -> list[tuple[int, int]]:
    """Return the pairs that shared cells while both moved, at several moments."""
    if not paths:
        return []
    # Metres of the middle latitude: one fix far away must not stretch the cells of all others.
    middle_deg = float(np.median(np.concatenate([path.lat_deg for path in paths])))
    plane = LocalPlane(middle_deg, float(paths[0].lon_deg[0]))
    cells: dict[tuple[int, ...], list[int]] = defaultdict(list)
    for number, path in enumerate(paths):
        wanted = path.at(_is_moving(path) & (path.slot % _ANCHOR_EVERY == 0))
        x_m, y_m = plane.to_metres(wanted.lat_deg, wanted.lon_deg)
        for shift in range(4):
            column = np.floor(x_m / _CELL_M + (shift % 2) / 2).astype(np.int64).tolist()
            row = np.floor(y_m / _CELL_M + (shift // 2) / 2).astype(np.int64).tolist()
            for key in zip(wanted.slot.tolist(), column, row, strict=True):
                cells[shift, *key].append(number)
    met: defaultdict[tuple[int, int], set[int]] = defaultdict(set)
    for (_, slot, _, _), numbers in cells.items():
        for pair in combinations(numbers, 2):
            met[pair].add(slot)
    return sorted(pair for pair, slots in met.items() if len(slots) >= _ANCHORS)


def _is_moving(path: Path) -> Mask:
    """Return at which slots the terminal was on its way."""
    result = np.zeros(len(path.slot), dtype=np.bool_)
    if len(path.slot) <= 2 * _REACH:
        return result
    x_m, y_m = _metres(path)
    far = np.hypot(x_m[2 * _REACH :] - x_m[: -2 * _REACH], y_m[2 * _REACH :] - y_m[: -2 * _REACH])
    whole = path.slot[2 * _REACH :] - path.slot[: -2 * _REACH] == 2 * _REACH
    result[_REACH:-_REACH] = (far >= _MOVED_M) & whole
    return result


def _is_together(
    one: Path, other: Path, near: Mask, *, within: slice, rules: LikenessRules
) -> bool:
    index = np.arange(within.start, within.stop)
    lasting_s = (one.slot[index[-1]] - one.slot[index[0]]) * SLOT_MS / 1000
    if lasting_s < rules.together_s or float(np.mean(near[within])) < rules.together_share:
        return False
    return min(_way_m(one.at(index)), _way_m(other.at(index))) >= rules.together_path_m


def _way_m(path: Path) -> float:
    """Return the length of the way, steps that noise may have made left out."""
    x_m, y_m = _metres(path)
    steps_m = np.hypot(np.diff(x_m[::_STRIDE]), np.diff(y_m[::_STRIDE]))
    return float(steps_m[steps_m >= _MOVED_M].sum())


def _apart_m(one: Path, other: Path) -> Floats:
    plane = LocalPlane(float(one.lat_deg[0]), float(one.lon_deg[0]))
    ax_m, ay_m = plane.to_metres(one.lat_deg, one.lon_deg)
    bx_m, by_m = plane.to_metres(other.lat_deg, other.lon_deg)
    result: Floats = np.hypot(bx_m - ax_m, by_m - ay_m)
    return result


def _metres(path: Path) -> tuple[Floats, Floats]:
    return LocalPlane(float(path.lat_deg[0]), float(path.lon_deg[0])).to_metres(
        path.lat_deg, path.lon_deg
    )
