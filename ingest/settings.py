"""Settings of the ingest room, section `[ingest]`."""

from dataclasses import dataclass

from patrol.errors import InputError
from runtime.settings import setting

SECTION = "ingest"

_DAY_S = 86_400
_MOST_PORT = 65_535


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestSettings:
    """How the ingest takes, judges and names things."""

    client_id: str = setting("patrol-ingest", text="MQTT client id; its session is persistent")
    batch_messages: int = setting(5000, text="messages written in one transaction at most")
    future_s: int = setting(600, text="seconds that a fix may be ahead of this machine's clock")
    timezone: str = setting("Asia/Shanghai", text="IANA time zone that cuts the local days")
    assess_every_s: float = setting(2.0, text="seconds between two looks at the worklist")
    health_port: int = setting(0, text="port of 127.0.0.1 where `run` tells how it is; 0 is none")
    assess_health_port: int = setting(0, text="the same of `assess`; 0 is none")

    def __post_init__(self) -> None:
        if not 1 <= self.batch_messages <= 65_535:  # noqa: PLR2004 - MQTT 5, 3.1.2.11.3
            raise InputError("batch_messages must be 1 to 65535")
        if not 0 <= self.future_s <= _DAY_S:
            raise InputError(f"future_s is {self.future_s}: give 0 to {_DAY_S}")
        if not 0 < self.assess_every_s <= _DAY_S:
            raise InputError(
                f"assess_every_s is {self.assess_every_s}: give more than 0, at most {_DAY_S}"
            )
        for name in ("health_port", "assess_health_port"):
            if not 0 <= getattr(self, name) <= _MOST_PORT:
                raise InputError(f"{name} is {getattr(self, name)}: give 0 to {_MOST_PORT}")
        if not self.client_id:
            raise InputError("client_id is empty: a persistent session needs a name")
