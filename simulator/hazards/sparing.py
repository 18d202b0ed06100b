"""A terminal that spares its battery: it says nothing while it stands still."""

import numpy as np

from simulator.tracks import Bools, Ints

# A fix when it has moved so far, or, as a sign of life, when it has long been silent.
MOVED_M = 15.0
SILENT_MS = 300_000
_E7_A_METRE = 1e7 / 111_320


def moves(epoch_ms: Ints, lat_e7: Ints, lon_e7: Ints, *, heard: Bools) -> Bools:
    """Return which fixes such a terminal sends of those that it has `heard`."""
    north_m = lat_e7 / _E7_A_METRE
    east_m = lon_e7 / _E7_A_METRE * np.cos(np.radians(lat_e7 / 1e7))
    kept = np.zeros(len(heard), dtype=np.bool_)
    last = -1
    for index in np.flatnonzero(heard).tolist():
        moved_m = np.hypot(north_m[index] - north_m[last], east_m[index] - east_m[last])
        silent_ms = epoch_ms[index] - epoch_ms[last]
        if last < 0 or moved_m >= MOVED_M or silent_ms >= SILENT_MS:
            kept[index] = True
            last = index
    return kept
