"""What can go wrong with facilities, for the document."""

from http import HTTPStatus
from typing import Final

from api.problems import Kind

UNKNOWN_FACILITY = Kind(HTTPStatus.NOT_FOUND, "unknown-facility", "There is no such facility")

EXAMPLES: Final = {UNKNOWN_FACILITY: "no facility within your reach has the id 'L9'"}
