"""The settings of the API, `[api]` in the settings file."""

from dataclasses import dataclass
from pathlib import Path

from api.identity.settings import IdentitySettings
from patrol.errors import InputError
from runtime.settings import setting

SECTION = "api"

_MAX_PORT = 65_535
_STORES = ("folder", "s3")


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
    photo_store: str = setting(
        "folder", text="where whole photos are kept: folder (photo_folder itself) or s3"
    )
    s3_endpoint: str = setting("", text="URL of a store that speaks S3; none: Amazon's own")
    s3_bucket: str = setting("", text="bucket of photo_store = s3, for photos alone")
    s3_region: str = setting("us-east-1", text="region of the bucket")
    s3_key_file: Path | None = setting(
        None,
        text="file of two lines, mode 0600: id of the key, and the key; without it "
        "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
    )
    photo_patience_h: float = setting(
        24.0, text="hours after which a photo that has not come is overdue"
    )
    photo_orphan_days: int = setting(
        7, text="days that a photo stays which no report and no act names"
    )
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
        for name in ("photo_bytes", "photo_orphan_days"):
            if getattr(self, name) < 1:
                raise InputError(f"[api] {name} is {getattr(self, name)}: give 1 or more")
        self._check_store()
        for name in ("wait_s", "query_s", "photo_patience_h"):
            if not getattr(self, name) > 0:
                raise InputError(f"[api] {name} is {getattr(self, name)}: give more than 0")

    def _check_store(self) -> None:
        if self.photo_store not in _STORES:
            raise InputError(
                f"[api] photo_store is {self.photo_store!r}: give {' or '.join(_STORES)}"
            )
        if self.photo_store == "s3" and not self.s3_bucket:
            raise InputError("[api] photo_store is 's3' and s3_bucket is not set: give both")
        if self.s3_endpoint and not self.s3_endpoint.startswith(("https://", "http://")):
            raise InputError(
                f"[api] s3_endpoint is {self.s3_endpoint!r}: give https:// and its name"
            )
