"""What can go wrong with lists of days, for the document."""

from http import HTTPStatus
from typing import Final

from api.problems import Kind

UNKNOWN_WISH = Kind(HTTPStatus.NOT_FOUND, "unknown-wish", "There is no such wish")
WISHED_ALREADY = Kind(HTTPStatus.CONFLICT, "wished-already", "Somebody asks for it already")

EXAMPLES: Final = {
    UNKNOWN_WISH: "no wish of this worker-day has the number 12",
    WISHED_ALREADY: "visit 'P0815' is asked for on this day already: withdraw that first",
}
