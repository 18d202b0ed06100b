"""Settings of the ingest room, section `[ingest]`."""

from dataclasses import dataclass

from patrol.errors import InputError
from patrol.ids import check_id
from runtime.settings import setting

SECTION = "ingest"

_ALONE = "patrol-ingest"
_DAY_S = 86_400
_MOST_PORT = 65_535
# A silence of five minutes may be a common one: by then all have been judged again.
_MOST_REJUDGE_S = 240


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestSettings:
    """How the ingest takes, judges and names things."""

    client_id: str = setting(_ALONE, text="MQTT client id; its session is persistent")
    shared_group: str = setting("", text="group whose replicas take turns; empty: this one alone")
    batch_messages: int = setting(5000, text="messages written in one transaction at most")
    future_s: int = setting(600, text="seconds that a fix may be ahead of this machine's clock")
    timezone: str = setting("Asia/Shanghai", text="IANA time zone that cuts the local days")
    assess_every_s: float = setting(1.0, text="seconds between two looks at the worklist")
    rejudge_every_s: float = setting(
        120.0, text="seconds until a worker-day is judged again while its duty lasts"
    )
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
        if not 0 <= self.rejudge_every_s <= _MOST_REJUDGE_S:
            raise InputError(
                f"rejudge_every_s is {self.rejudge_every_s}: give 0 to {_MOST_REJUDGE_S}"
            )
        for name in ("health_port", "assess_health_port"):
            if not 0 <= getattr(self, name) <= _MOST_PORT:
                raise InputError(f"{name} is {getattr(self, name)}: give 0 to {_MOST_PORT}")
        self._check_names()

    def _check_names(self) -> None:
        if not self.client_id:
            raise InputError("client_id is empty: a persistent session needs a name")
        if not self.shared_group:
            return
        check_id(self.shared_group, what="shared_group")
        # The broker throws out the one of two clients that came first with a name.
        if self.client_id == _ALONE:
            raise InputError(
                f"client_id is {_ALONE!r} with shared_group {self.shared_group!r}: give each "
                f"replica a name of its own, e.g. {_ALONE}-1, the same after each restart"
            )
