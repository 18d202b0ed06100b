"""How the receiver is: one object that the reader writes, and the window and the doctor read."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from device.outbox import since_boot_s
from device.sky import Antenna
from patrol.errors import InputError


class Condition(StrEnum):
    """How the way to the receiver is."""

    CLOSED = "closed"
    SEARCHING = "searching"
    LISTENING = "listening"
    READING = "reading"
    MISSING = "missing"
    BUSY = "busy"
    FORBIDDEN = "forbidden"
    LOST = "lost"
    SILENT = "silent"
    UNREADABLE = "unreadable"
    UNREACHABLE = "unreachable"
    NO_DEVICE = "no_device"
    ENDED = "ended"


ADVICE = {
    Condition.MISSING: "plug the receiver in, or give its [device] port",
    Condition.BUSY: "another program holds it: stop gpsd or ModemManager, or give "
    "gpsd://127.0.0.1 as [device] port",
    Condition.FORBIDDEN: "let the agent's user read it: on Debian, group dialout",
    Condition.LOST: "plug the receiver in again; see its cable and its power",
    Condition.SILENT: "nothing comes: check that the receiver has power and is on this port",
    Condition.UNREADABLE: "bytes come, but no sentence: check [device] baud, and that the receiver "
    "sends NMEA with RMC or GGA",
    Condition.UNREACHABLE: "see that [device] port names the right host and port, and that "
    "something answers there",
    Condition.NO_DEVICE: "gpsd runs and has no receiver: see its own settings, and its cable",
}


class PortError(InputError):
    """A way to the receiver that does not work; `condition` says in which manner."""

    def __init__(self, condition: Condition, text: str, *, is_trial: bool = False) -> None:
        super().__init__(text)
        self.condition = condition
        # One of several ports that are tried: the next one need not wait.
        self.is_trial = is_trial


@dataclass(slots=True)
class ReceiverState:
    """The newest word of the reader.

    Times are seconds since the machine was started, None before the first. `satellites` are those used, `in_view` those that should be heard; `strongest_dbhz` is the
    carrier-to-noise density of the best. `date` says what is wrong with the receiver's date.
    """

    where: str
    condition: Condition = Condition.CLOSED
    reason: str = ""
    baud: int | None = None
    bytes_s: float | None = None
    sentence_s: float | None = None
    epoch_s: float | None = None
    epoch: datetime | None = None
    satellites: int | None = None
    in_view: int | None = None
    strongest_dbhz: int | None = None
    antenna: Antenna | None = None
    date: str | None = None

    @property
    def advice(self) -> str:
        """What to do about the condition, empty where nothing is to be done."""
        return ADVICE.get(self.condition, "")

    def as_json(self) -> dict[str, object]:
        """Return the state in plain values, with ages in place of times."""
        now_s = since_boot_s()
        epoch = self.epoch
        return {
            "where": self.where,
            "condition": str(self.condition),
            "reason": self.reason,
            "advice": self.advice,
            "baud": self.baud,
            "bytes_ago_s": _ago_s(self.bytes_s, now_s),
            "sentence_ago_s": _ago_s(self.sentence_s, now_s),
            "epoch_ago_s": _ago_s(self.epoch_s, now_s),
            "epoch": None if epoch is None else epoch.isoformat().replace("+00:00", "Z"),
            "satellites": self.satellites,
            "in_view": self.in_view,
            "strongest_dbhz": self.strongest_dbhz,
            "antenna": None if self.antenna is None else str(self.antenna),
            "date": self.date,
        }


def _ago_s(then_s: float | None, now_s: float) -> float | None:
    return None if then_s is None else round(now_s - then_s, 1)
