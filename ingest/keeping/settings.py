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
    """How long facts and results are kept, and in which form."""

    columnstore_days: int = setting(7, text="days after which positions go to the columnstore")
    positions_days: int = setting(60, text="days that positions and check-ins are kept")
    told_days: int = setting(365, text="days that photo reports and events are kept")
    photos_days: int = setting(
        365, text="days that photos are kept, and longer only while their orders are open"
    )
    settled_days: int = setting(9, text="days after which the statement of a worker-day is made")
    results_days: int = setting(
        365, text="days that results, visits and findings are kept; whole months go"
    )
    totals_days: int = setting(1826, text="days that totals of months, decisions and duty are kept")
    notices_days: int = setting(365, text="days that notices are kept, and whom they were sent")
    access_log_days: int = setting(365, text="days that is kept who has read what of whom")
    quarantine_days: int = setting(30, text="days that refused messages are kept")

    def __post_init__(self) -> None:
        for name, least in (
            ("columnstore_days", 1),
            ("positions_days", _LEAST_POSITIONS_DAYS),
            ("told_days", 1),
            ("photos_days", 1),
            ("settled_days", 1),
            ("results_days", 1),
            ("totals_days", 1),
            ("notices_days", 1),
            ("access_log_days", 1),
            ("quarantine_days", 1),
        ):
            days = getattr(self, name)
            if not least <= days <= _MOST_DAYS:
                raise InputError(f"{name} is {days}: give {least} to {_MOST_DAYS}")
