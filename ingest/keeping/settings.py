"""Settings of what is kept, section `[keeping]`."""

from dataclasses import dataclass

from patrol.errors import InputError
from runtime.settings import setting

SECTION = "keeping"

# A day is judged again up to a week after its end, whatever comes.
_LEAST_POSITIONS_DAYS = 8
_MOST_DAYS = 3_660


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepingSettings:
    """How long facts are kept, and in which form; results are kept for good."""

    columnstore_days: int = setting(7, text="days after which positions go to the columnstore")
    positions_days: int = setting(180, text="days that positions and check-ins are kept")
    told_days: int = setting(365, text="days that photo reports and events are kept")
    quarantine_days: int = setting(30, text="days that refused messages are kept")

    def __post_init__(self) -> None:
        for name, least in (
            ("columnstore_days", 1),
            ("positions_days", _LEAST_POSITIONS_DAYS),
            ("told_days", 1),
            ("quarantine_days", 1),
        ):
            days = getattr(self, name)
            if not least <= days <= _MOST_DAYS:
                raise InputError(f"{name} is {days}: give {least} to {_MOST_DAYS}")
