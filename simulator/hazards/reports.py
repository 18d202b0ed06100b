"""What a terminal has reported by the end of a day, in the order in which it arrived."""

from dataclasses import dataclass, fields, replace

import numpy as np

from patrol.geodesy import Floats
from simulator.nmea import Solutions
from simulator.tracks import Bools, Ints

_E7_A_METRE = 1e7 / 111_320
_TURN_E7 = 3_600_000_000


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Reports:
    """Fixes as they are reported, one array a column.

    `epoch_ms` is what the terminal claims, `sent_ms` and `received_ms` when it truly spoke
    and was heard. Hazards change what is claimed, never what is true.
    """

    epoch_ms: Ints
    sent_ms: Ints
    received_ms: Ints
    lat_e7: Ints
    lon_e7: Ints
    speed_cmps: Ints
    hdop_c: Ints
    accuracy_dm: Ints
    satellites: Ints
    is_mock: Bools

    def __len__(self) -> int:
        return len(self.epoch_ms)

    def at(self, index: Bools | Ints) -> "Reports":
        """Return the reports at `index`, in its order."""
        return Reports(**{one.name: getattr(self, one.name)[index] for one in fields(self)})

    def later(self, by_ms: int) -> "Reports":
        """Return the same, told as if it had been so much later."""
        return replace(
            self,
            epoch_ms=self.epoch_ms + by_ms,
            sent_ms=self.sent_ms + by_ms,
            received_ms=self.received_ms + by_ms,
        )


def reports_of(solutions: Solutions) -> Reports:
    """Return every solution as a report that was sent and heard at once."""
    told = solutions.at(solutions.solved)
    return Reports(
        epoch_ms=told.epoch_ms,
        sent_ms=told.epoch_ms,
        received_ms=told.epoch_ms,
        lat_e7=told.lat_e7,
        lon_e7=told.lon_e7,
        speed_cmps=told.speed_cmps,
        hdop_c=told.hdop_c,
        accuracy_dm=told.accuracy_dm,
        satellites=told.satellites,
        is_mock=np.zeros(len(told.epoch_ms), dtype=np.bool_),
    )


def joined(*parts: Reports) -> Reports:
    """Return the reports of all parts, in their order."""
    return Reports(
        **{
            one.name: np.concatenate([getattr(part, one.name) for part in parts])
            for one in fields(Reports)
        }
    )


def placed(reports: Reports, east_m: Floats, north_m: Floats) -> Reports:
    """Return the reports with each position moved so far, also across the date line."""
    narrow = np.cos(np.radians(reports.lat_e7 / 1e7))
    lon_e7 = reports.lon_e7 + np.rint(east_m * _E7_A_METRE / narrow).astype(np.int64)
    return replace(
        reports,
        lat_e7=reports.lat_e7 + np.rint(north_m * _E7_A_METRE).astype(np.int64),
        lon_e7=(lon_e7 + _TURN_E7 // 2) % _TURN_E7 - _TURN_E7 // 2,
    )
