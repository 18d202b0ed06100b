"""What reports may hold and where their photos go, `[reports]` in the settings file."""

from dataclasses import dataclass
from pathlib import Path

from patrol.errors import InputError
from patrol.notices.reports import MOST_PHOTO_BYTES, check_category
from runtime.settings import setting
from runtime.uploads.server import Destination

SECTION = "reports"

_LEAST_CHUNK_BYTES = 1 << 12
_MOST_CHUNK_BYTES = 1 << 26


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportSettings:
    """Where photos come from, how large they may be, and the server; InputError if it cannot be."""

    categories: str = setting(
        "manhole,lamp,road,greenery,hygiene,fire_safety,construction,other",
        text="codes of what can be reported, with commas between them",
    )
    upload_url: str | None = setting(
        None, text="where the API is, https://patrol.example; without it photos wait"
    )
    upload_token_file: Path | None = setting(
        None, text="file that holds this terminal's token of the API"
    )
    upload_ca_file: Path | None = setting(
        None, text="certificates by which the API is verified, if not those of the system"
    )
    upload_chunk_bytes: int = setting(1 << 20, text="bytes of a photo in one request, at most")
    photo_bytes: int = setting(40 << 20, text="bytes of a photo, at most")
    waiting_bytes: int = setting(2 << 30, text="bytes of photos that may wait for the server")
    spool: Path | None = setting(None, text="folder in which the camera's program puts photos")
    spool_category: str | None = setting(
        None, text="category of a photo in the spool that no .json file is about"
    )
    spool_settle_s: float = setting(3.0, text="seconds after which an unchanged file is complete")

    def __post_init__(self) -> None:
        for code in self.category_codes:
            check_category(code)
        if self.destination is not None:
            self.destination.check()
        if not _LEAST_CHUNK_BYTES <= self.upload_chunk_bytes <= _MOST_CHUNK_BYTES:
            raise InputError(
                f"[reports] upload_chunk_bytes is {self.upload_chunk_bytes}: give "
                f"{_LEAST_CHUNK_BYTES} to {_MOST_CHUNK_BYTES}"
            )
        if not 0 < self.photo_bytes <= MOST_PHOTO_BYTES:
            raise InputError(
                f"[reports] photo_bytes is {self.photo_bytes}: give 1 to {MOST_PHOTO_BYTES}"
            )
        if self.waiting_bytes < self.photo_bytes:
            raise InputError("[reports] waiting_bytes is less than photo_bytes: give more")
        if self.spool_category is not None:
            check_category(self.spool_category)
        if not self.spool_settle_s > 0:
            raise InputError(f"[reports] spool_settle_s is {self.spool_settle_s}: give more than 0")

    @property
    def category_codes(self) -> list[str]:
        """The codes of what can be reported."""
        return [code.strip() for code in self.categories.split(",")]

    @property
    def destination(self) -> Destination | None:
        """Where photos go, None where they wait."""
        if self.upload_url is None:
            return None
        return Destination(
            self.upload_url, self.upload_token_file, self.upload_ca_file, self.upload_chunk_bytes
        )
