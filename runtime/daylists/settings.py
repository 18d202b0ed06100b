"""Settings of the lists of workers' days, section `[daylist]`, for whoever makes or shows them."""

from dataclasses import dataclass

from patrol.errors import InputError
from patrol.notices.daylist import MOST_TASKS
from patrol.workorders.daylist import ListRules
from runtime.settings import setting

SECTION = "daylist"

_HOUR_S = 3600
_YEAR_DAYS = 366


@dataclass(frozen=True, slots=True, kw_only=True)
class ListSettings:
    """What is put on a day's list, and how often; InputError when it cannot be."""

    every_s: float = setting(
        300.0, text="seconds in which the lists of all terminals are made anew"
    )
    premises: int = setting(12, text="premises on a list, at most, beside wishes")
    visit_days: int = setting(7, text="days after which premises are due for a visit again")
    checkpoint_days: int = setting(1, text="days after which a checkpoint is due again")

    def __post_init__(self) -> None:
        if not 0 < self.every_s <= _HOUR_S:
            raise InputError(f"every_s is {self.every_s}: give more than 0, at most {_HOUR_S}")
        bounds = {"premises": MOST_TASKS, "visit_days": _YEAR_DAYS, "checkpoint_days": _YEAR_DAYS}
        for name, most in bounds.items():
            least = 0 if name == "premises" else 1
            if not least <= getattr(self, name) <= most:
                raise InputError(f"{name} is {getattr(self, name)}: give {least} to {most}")

    @property
    def rules(self) -> ListRules:
        """What is put on a list."""
        return ListRules(
            premises=self.premises,
            visit_days=self.visit_days,
            checkpoint_days=self.checkpoint_days,
        )
