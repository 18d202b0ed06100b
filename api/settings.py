"""The settings of the API, `[api]` in the settings file."""

from dataclasses import dataclass
from pathlib import Path

from api.identity.settings import IdentitySettings
from patrol.errors import InputError
from runtime.settings import setting

SECTION = "api"

_MAX_PORT = 65_535


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiSettings(IdentitySettings):
    """Where to listen, whom to answer and how long to wait; InputError when it cannot be."""

    tokens_file: Path | None = setting(
        None, text="file of tokens that are accepted beside accounts, mode 0600"
    )
    host: str = setting("127.0.0.1", text="address to listen on; put TLS before any other")
    port: int = setting(8080, text="TCP port to listen on; 0 takes any free one")
    pool_size: int = setting(8, text="database connections at most")
    wait_s: float = setting(2.0, text="seconds to wait for a database connection")
    photo_folder: Path | None = setting(
        None, text="folder of reported photos; without it none are taken"
    )
    photo_bytes: int = setting(40 << 20, text="bytes of a photo, at most")
    terminal_tokens_file: Path | None = setting(
        None, text="file of the terminals' own tokens, mode 0600; for photo_folder"
    )
    gateways: str = setting(
        "", text="names in terminal_tokens_file that are gateways, with commas between them"
    )
    query_s: float = setting(10.0, text="seconds after which a query is given up")

    def __post_init__(self) -> None:
        # The class is made anew for its slots, and `super()` would look for the first one.
        IdentitySettings.__post_init__(self)
        if not 0 <= self.port <= _MAX_PORT:
            raise InputError(f"[api] port is {self.port}: give 0 to {_MAX_PORT}")
        if self.pool_size < 1:
            raise InputError(f"[api] pool_size is {self.pool_size}: give 1 or more")
        if (self.photo_folder is None) != (self.terminal_tokens_file is None):
            raise InputError(
                "[api] photo_folder and terminal_tokens_file are given together or not at all"
            )
        if self.photo_bytes < 1:
            raise InputError(f"[api] photo_bytes is {self.photo_bytes}: give 1 or more")
        for name in ("wait_s", "query_s"):
            if not getattr(self, name) > 0:
                raise InputError(f"[api] {name} is {getattr(self, name)}: give more than 0")
