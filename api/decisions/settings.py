"""The settings of what people decide, `[decisions]` in the settings file."""

from dataclasses import dataclass

from patrol.errors import InputError
from runtime.settings import setting

SECTION = "decisions"

_MOST_DAYS = 3_660


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionSettings:
    """Above what two people decide, and how long there is to answer; InputError if impossible."""

    four_eyes_s: int = setting(
        1800, text="seconds by which one person alone may correct a day; a verdict needs two always"
    )
    explain_days: int = setting(
        7, text="days that a worker has to explain a finding before it may be upheld"
    )
    appeal_days: int = setting(
        95, text="days within which something can be appealed, from when it was told"
    )

    def __post_init__(self) -> None:
        if self.four_eyes_s < 0:
            raise InputError(f"[decisions] four_eyes_s is {self.four_eyes_s}: give 0 or more")
        for name in ("explain_days", "appeal_days"):
            days = getattr(self, name)
            if not 0 <= days <= _MOST_DAYS:
                raise InputError(f"[decisions] {name} is {days}: give 0 to {_MOST_DAYS}")
