"""How one model of terminal reads its protocol, where sources disagree."""

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum


class SpeedUnit(StrEnum):
    """The unit of `speed` in OsmAnd's query form, which apps fill differently."""

    KNOTS = "kn"
    KMH = "kmh"
    MPS = "mps"
    MPH = "mph"


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """The settings of one model; the defaults are what each protocol's specification says.

    `clock_offset` is how far the terminal's clock is ahead of UTC; None is the protocol's own:
    8 h for JT/T 808, none for GT06 unless its login names a zone. `alarm_bits` overrides the
    meaning of single alarm bits or codes. `strict` refuses frames whose checksum or length is
    wrong; without it they are taken, where they can be read, and marked in the attributes.
    """

    clock_offset: timedelta | None = None
    alarm_bits: dict[int, str] = field(default_factory=dict)
    speed_unit: SpeedUnit = SpeedUnit.KNOTS
    secret_key: bytes | None = None
    strict: bool = False
