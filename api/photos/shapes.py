"""What is told of photos, and what is taken of them."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from api.shapes import Shape
from patrol.notices.reports import MOST_PHOTO_BYTES, MOST_SIDE_PX, MediaType

_SHA256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

Digest = Annotated[
    str,
    Field(
        pattern=r"^[0-9a-f]{64}$",
        description="SHA-256 in lower-case hexadecimal",
        examples=[_SHA256],
    ),
]
PhotoState = Literal["awaited", "stored", "dropped", "missing"]


class NewPhoto(BaseModel):
    """A photo that is to come."""

    model_config = ConfigDict(extra="forbid")

    sha256: Digest
    bytes: int = Field(ge=1, le=MOST_PHOTO_BYTES, examples=[312_480])
    media_type: MediaType = Field(examples=["image/jpeg"])
    width: int | None = Field(None, ge=1, le=MOST_SIDE_PX, description="pixels", examples=[1920])
    height: int | None = Field(None, ge=1, le=MOST_SIDE_PX, description="pixels", examples=[1080])


class AnnouncedPhoto(Shape):
    """A photo that is awaited, or has come."""

    sha256: Digest
    bytes: int = Field(examples=[312_480])
    is_stored: bool = Field(
        description="it is there already: nothing is to be brought", examples=[False]
    )


class ReportPhoto(Shape):
    """A photo that a report announces, and what has become of it."""

    sha256: Digest
    bytes: int = Field(examples=[312_480])
    media_type: str = Field(description="as it was announced", examples=["image/jpeg"])
    width: int | None = Field(examples=[1920])
    height: int | None = Field(examples=[1080])
    state: PhotoState = Field(
        description="awaited; stored: it can be looked at; dropped: in its time; missing: it had "
        "come, and the server has lost it",
        examples=["stored"],
    )
    stored_at: datetime | None = Field(examples=["2026-11-20T09:14:02Z"])


class CameraPhoto(Shape):
    """What a camera wrote into a photo, and what the terminal read of it."""

    sha256: Digest
    told: dict[str, str | int] | None = Field(
        description="as the terminal read it: taken_at in ms since 1970, lat_e7 and lon_e7 in 1e-7 "
        "degree, make, model",
        examples=[{"taken_at": 1763629994000, "make": "Acme", "model": "One 5"}],
    )
    found: dict[str, str | int] | None = Field(
        description="as it was found in the photo: taken_at by the camera's clock, utc_offset, "
        "lat_e7, lon_e7, make, model",
        examples=[{"taken_at": "2026-11-20T17:13:14", "utc_offset": "+08:00", "make": "Acme"}],
    )


def told_by(account_id: str) -> str:
    """Return whose the reports and photos of an account are; no terminal has such a name."""
    return f"@{account_id}"
