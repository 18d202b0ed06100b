"""Settings of what terminals are told, section `[tell]`."""

from dataclasses import dataclass
from pathlib import Path

from patrol.errors import InputError
from patrol.ids import check_id
from patrol.notices.plans import LEAST_SECRET_BYTES, Notice, Pace
from runtime.settings import setting

SECTION = "tell"

_HOUR_S = 3600
_MOST_DAYS = 31
_BOUNDS = {
    "days_ahead": (1, _MOST_DAYS),
    "days_behind": (1, _MOST_DAYS),
    **dict.fromkeys(Pace._fields, (1, _HOUR_S)),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TellSettings:
    """What plans of duty say, and how often it is looked at."""

    secret_file: Path = setting(text="file with the secret that the keys of plans are made of")
    client_id: str = setting("patrol-tell", text="MQTT client id")
    every_s: float = setting(10.0, text="seconds between two looks at rosters and results")
    days_ahead: int = setting(7, text="days after today whose duty a plan tells")
    days_behind: int = setting(1, text="days before today whose duty a plan still tells")
    moving_s: int = setting(10, text="seconds between fixes that are kept, under way")
    standing_s: int = setting(60, text="the same while standing")
    heartbeat_s: int = setting(240, text="the same after ten minutes at rest")
    purposes: str = setting(
        "presence,home_visits,coverage,safety",
        text="codes of what positions are for, with commas between, as workers are told",
    )

    def __post_init__(self) -> None:
        if not 0 < self.every_s <= _HOUR_S:
            raise InputError(f"every_s is {self.every_s}: give more than 0, at most {_HOUR_S}")
        for name, (least, most) in _BOUNDS.items():
            if not least <= getattr(self, name) <= most:
                raise InputError(f"{name} is {getattr(self, name)}: give {least} to {most}")
        for one in self.purposes.split(","):
            check_id(one, what="purpose")
        if not self.client_id:
            raise InputError("client_id is empty: give a name")

    @property
    def pace(self) -> Pace:
        """The intervals of every plan."""
        return Pace(self.moving_s, self.standing_s, self.heartbeat_s)

    def notice(self, *, days: int) -> Notice:
        """Return what workers are told of positions that are kept for so many days."""
        return Notice(days, tuple(self.purposes.split(",")))

    def read_secret(self) -> bytes:
        """Return the secret, or raise InputError."""
        try:
            secret = self.secret_file.read_bytes().strip()
        except OSError as error:
            raise InputError(
                f"[tell] secret_file {self.secret_file} cannot be read: {error.strerror}; "
                "make it once, e.g. with `openssl rand -hex 32`, and keep it"
            ) from error
        if len(secret) < LEAST_SECRET_BYTES:
            raise InputError(
                f"[tell] secret_file {self.secret_file} holds {len(secret)} bytes: "
                f"give {LEAST_SECRET_BYTES} or more"
            )
        return secret
