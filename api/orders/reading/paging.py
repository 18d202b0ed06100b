"""Places in a list of orders, as text that a page gives for the next one."""

import base64
import json
import uuid
from datetime import UTC, datetime
from typing import NamedTuple

from api.problems import CURSOR_ADVICE, invalid_parameter


class Place(NamedTuple):
    """The time and the order behind which to go on; None is the beginning."""

    at: str | None = None
    order_id: str | None = None


def make_cursor(at: datetime, order_id: object) -> str:
    """Return the text that stands for a place."""
    place = json.dumps([at.astimezone(UTC).isoformat(), str(order_id)], separators=(",", ":"))
    return base64.urlsafe_b64encode(place.encode()).decode().rstrip("=")


def read_cursor(cursor: str | None) -> Place:
    """Return the place that a text stands for; ProblemError when it is none of ours."""
    if cursor is None:
        return Place()
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        at, order_id = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        moment = datetime.fromisoformat(at).astimezone(UTC).isoformat()
        return Place(moment, str(uuid.UUID(order_id)))
    # An error of base64 is a ValueError, too.
    except (ValueError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise invalid_parameter("cursor", CURSOR_ADVICE) from error
