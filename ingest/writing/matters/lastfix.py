"""The last fix of a terminal beside what it tells, as columns of its row."""

from patrol.fix import epoch_of
from patrol.messages import Position


def fix_values(fix: Position | None) -> dict[str, object]:
    """Return `fix_epoch`, `fix_lat_e7`, `fix_lon_e7` and `fix_accuracy_dm`."""
    return {
        "fix_epoch": None if fix is None else epoch_of(fix.epoch_ms),
        "fix_lat_e7": None if fix is None else fix.lat_e7,
        "fix_lon_e7": None if fix is None else fix.lon_e7,
        "fix_accuracy_dm": None if fix is None else fix.accuracy_dm,
    }
