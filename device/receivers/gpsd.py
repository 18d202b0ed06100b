"""What gpsd says: its JSON, of which TPV, SKY, GST and DEVICES are read.

Format: gpsd_json(5) of gpsd 3.2x. Its own estimates of errors (eph, epx, epy) have no stated
certainty and are not used; GST has one.
"""

import json
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from device.epochs import Receipt
from device.framing import Refusal
from device.nmea import accuracy_of
from device.receivers.sockets import TcpStream
from device.receivers.state import Condition
from device.sky import Sky
from patrol.errors import InputError
from patrol.fix import Fix, FixQuality

_LONGEST_LINE = 65_536
_MOST_NUMBER = 1e9
_MOST_USED = 255
# A fix is one in two dimensions at least.
_MODE_2D = 2
_TURN_DEG = 360
# By `status`; dead reckoning, surveyed and simulated positions are no measurements.
_QUALITIES = {
    1: FixQuality.GNSS,
    2: FixQuality.DIFFERENTIAL,
    3: FixQuality.RTK_FIXED,
    4: FixQuality.RTK_FLOAT,
    6: FixQuality.GNSS,
    9: FixQuality.PPS,
}
_NOT_MEASURED = frozenset({5, 7, 8})


def open_gpsd(host: str, port: int, *, device: str = "") -> "GpsdStream":
    """Return a connection to gpsd that watches all of its receivers, or one."""
    return GpsdStream(host, port, device=device)


class GpsdReader:
    """JSON in, fixes out; `device` leaves out what other receivers say."""

    def __init__(self, device: str = "") -> None:
        self.refused: Counter[Refusal] = Counter()
        self.sentences = self.heard = 0
        self.sky = Sky()
        self.satellites: int | None = None
        self.devices: int | None = None
        self._device = device
        self._rest = b""
        self._open: Fix | None = None
        self._last: datetime | None = None
        self._hdop: float | None = None
        self._gst: tuple[str, float | None] = ("", None)

    @property
    def refusals(self) -> dict[str, int]:
        """Lines that were refused, by reason."""
        return {str(reason): count for reason, count in self.refused.items()}

    def receive(self, data: bytes, receipt: Receipt | None = None) -> list[Fix]:  # noqa: ARG002 - gpsd dates all that it says
        """Return the fixes whose epochs `data` has ended."""
        *lines, rest = (self._rest + data).split(b"\n")
        if len(rest) > _LONGEST_LINE:
            # One stray byte stands for all that was dropped, so that the line counts once.
            rest = b"?"
        self._rest = rest
        return [fix for line in lines if line.strip() for fix in self._take(line)]

    def flush(self) -> list[Fix]:
        """Return the fix of the epoch that is still open, unless it was returned before."""
        fix, self._open = self._open, None
        if fix is None or fix.epoch == self._last:
            return []
        self._last = fix.epoch
        return [fix]

    def _take(self, line: bytes) -> list[Fix]:
        try:
            body = json.loads(line)
            kind = body["class"]
            read = {"TPV": self._tpv, "SKY": self._sky, "GST": self._read_gst}.get(kind)
            if kind in {"DEVICES", "DEVICE"}:
                self._note_devices(body)
            if read is None or (self._device and body.get("device") != self._device):
                return []
            fixes = read(body)
        # What is no JSON, no object, or has a value of another kind where one is needed.
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError, InputError):
            self.refused[Refusal.MALFORMED] += 1
            return []
        self.heard += 1
        self.sentences += 1
        return fixes

    def _tpv(self, body: dict[str, Any]) -> list[Fix]:
        status = body.get("status")
        if body.get("mode", 0) < _MODE_2D or "time" not in body or status in _NOT_MEASURED:
            return self.flush()
        said, radius_m = self._gst
        fix = Fix(
            epoch=_moment(body["time"]),
            lat_deg=_number(body, "lat"),
            lon_deg=_number(body, "lon"),
            altitude_m=_known(body, "altMSL"),
            speed_mps=_at_least_0(_known(body, "speed")),
            course_deg=_course(_known(body, "track")),
            hdop=self._hdop,
            accuracy_m=radius_m if said == body["time"] else None,
            satellites=self.satellites,
            quality=_QUALITIES.get(status or 1),
        )
        if self._open is not None and self._open.epoch == fix.epoch:
            self._open = fix
            return []
        fixes = self.flush()
        self._open = fix
        return fixes

    def _sky(self, body: dict[str, Any]) -> list[Fix]:
        self._hdop = _at_least_0(_known(body, "hdop"))
        satellites = body.get("satellites", [])
        if "uSat" in body or "satellites" in body:
            used = body.get("uSat", sum(bool(one.get("used")) for one in satellites))
            self.satellites = used if isinstance(used, int) and 0 <= used <= _MOST_USED else None
        if "satellites" in body:
            best = max((_known(one, "ss") or 0 for one in satellites), default=0)
            self.sky.note(in_view=len(satellites), strongest_dbhz=round(best))
        return []

    def _read_gst(self, body: dict[str, Any]) -> list[Fix]:
        radius_m = accuracy_of(_at_least_0(_known(body, "lat")), _at_least_0(_known(body, "lon")))
        self._gst = str(body.get("time", "")), radius_m
        if self._open is not None and _moment(self._gst[0]) == self._open.epoch:
            self._open = replace(self._open, accuracy_m=radius_m)
        return []

    def _note_devices(self, body: dict[str, Any]) -> None:
        if body["class"] == "DEVICES":
            self.devices = sum(self._is_watched(one["path"]) for one in body["devices"])
        elif self._is_watched(body["path"]):
            self.devices = int(bool(body.get("activated", 0)))

    def _is_watched(self, path: str) -> bool:
        return not self._device or path == self._device


class GpsdStream(TcpStream[GpsdReader]):
    """A connection to gpsd."""

    def __init__(self, host: str, port: int, *, device: str) -> None:
        watch = {"enable": True, "json": True, **({"device": device} if device else {})}
        greeting = f"?WATCH={json.dumps(watch)};\n".encode()
        super().__init__(host, port, reader=GpsdReader(device), greeting=greeting)

    @property
    def trouble(self) -> tuple[Condition, str] | None:
        """That gpsd has no receiver."""
        if self.reader.devices != 0:
            return None
        return Condition.NO_DEVICE, f"gpsd at {self.where} has no receiver"


def _moment(text: str) -> datetime:
    # A leap second is the next midnight.
    is_leap = text[17:19] == "60"
    if is_leap:
        text = f"{text[:17]}59{text[19:]}"
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"time is {text!r}, without a zone")
    return moment.astimezone(UTC) + timedelta(seconds=is_leap)


def _number(body: dict[str, Any], name: str) -> float:
    value = body.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{name} is {value!r}")  # noqa: TRY004 - one error for every bad value
    if not abs(value) < _MOST_NUMBER:
        raise ValueError(f"{name} is {value!r}")
    return float(value)


def _known(body: dict[str, Any], name: str) -> float | None:
    try:
        return _number(body, name)
    except ValueError:
        return None


def _at_least_0(value: float | None) -> float | None:
    return value if value is not None and value >= 0 else None


def _course(value: float | None) -> float | None:
    return value if value is not None and 0 <= value <= _TURN_DEG else None
