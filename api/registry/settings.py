"""Settings of the registers, `[registry]` in the settings file."""

from dataclasses import dataclass
from functools import cached_property
from zoneinfo import ZoneInfo

from patrol.duty import read_zone
from patrol.errors import InputError
from runtime.settings import setting

SECTION = "registry"


@dataclass(frozen=True, kw_only=True)
class RegistrySettings:
    """What an import may be, and how days are cut; InputError when it cannot be."""

    timezone: str = setting(
        "Asia/Shanghai", text="IANA time zone that cuts the local days; as of the ingest"
    )
    import_bytes: int = setting(64 << 20, text="bytes of an import, at most")
    import_rows: int = setting(200_000, text="rows of an import, at most")
    change_s: float = setting(300.0, text="seconds after which a change is given up")

    def __post_init__(self) -> None:
        _ = self.zone
        for name in ("import_bytes", "import_rows", "change_s"):
            if getattr(self, name) <= 0:
                raise InputError(f"[{SECTION}] {name} is {getattr(self, name)}: give more than 0")

    @cached_property
    def zone(self) -> ZoneInfo:
        """The time zone."""
        return read_zone(self.timezone)
