"""What can stand in the way of a photo or a report, as problems of their own."""

from http import HTTPStatus
from typing import Final

from api.problems import Kind

PHOTO_NOT_THERE: Final = Kind(
    HTTPStatus.NOT_FOUND, "photo-not-there", "The photo has not come, or has gone in its time"
)
PHOTO_NOT_SHOWN: Final = Kind(
    HTTPStatus.UNPROCESSABLE_ENTITY, "photo-not-shown", "The photo cannot be shown"
)
UNKNOWN_REPORT: Final = Kind(
    HTTPStatus.NOT_FOUND, "unknown-report", "There is no such report of yours"
)

EXAMPLES: Final = {
    PHOTO_NOT_THERE: "it is awaited, or its time is over; the report tells which",
    PHOTO_NOT_SHOWN: "of image/heic no clean copy is made",
    UNKNOWN_REPORT: "you have no report 019aa9f2-6c1e-7d3a-9b52-0a1b2c3d4e5f",
}
