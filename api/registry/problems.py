"""What can go wrong when registers are changed."""

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Final

from api.problems import (
    CHANGED_MEANWHILE,
    INVALID_REQUEST,
    Kind,
    ParameterError,
    ProblemError,
)

UNKNOWN_ENTRY = Kind(HTTPStatus.NOT_FOUND, "unknown-entry", "There is no such entry of yours")
IN_USE = Kind(HTTPStatus.CONFLICT, "in-use", "Something refers to it")
MONTH_FROZEN = Kind(HTTPStatus.CONFLICT, "month-frozen", "It concerns a frozen month")
NOT_IMPORTED = Kind(HTTPStatus.UNPROCESSABLE_ENTITY, "not-imported", "Rows cannot be imported")
NOT_A_TABLE = Kind(
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "not-a-table", "The body is no GeoJSON, CSV or XLSX"
)

EXAMPLES: Final[Mapping[Kind, str]] = {
    UNKNOWN_ENTRY: "you have no premises with the id 'P70'",
    IN_USE: "home_visit refers to it: end its validity instead",
    MONTH_FROZEN: "days of 2026-09 would be judged again: have the month opened first",
    NOT_IMPORTED: "2 rows cannot be imported, so nothing was",
    NOT_A_TABLE: "send application/geo+json, text/csv or the media type of XLSX",
}


def unknown(what: str, key: object) -> ProblemError:
    """Return the answer where nothing of that name is within reach."""
    return ProblemError(UNKNOWN_ENTRY, f"you have no {what} with the id {str(key)!r}")


def changed_meanwhile(revision: int | str | None) -> ProblemError:
    """Return the answer to a change of what is not as it was read."""
    there = "nothing is there" if revision is None else f"revision {revision} is there now"
    return ProblemError(
        CHANGED_MEANWHILE,
        f"{there}: read it again and repeat your change with its revision",
    )


def month_frozen(months: Iterable[str], *, may_keep: bool) -> ProblemError:
    """Return the answer to a change that concerns frozen months."""
    way = "or give keep_frozen=true: their results stand" if may_keep else "or leave them out"
    return ProblemError(
        MONTH_FROZEN,
        f"days of {', '.join(months)} would be judged again: have the month opened first, {way}",
    )


def invalid_fields(found: Iterable[tuple[str, str]], *, place: str = "body") -> ProblemError:
    """Return the answer to a body with these faults, as field and what is wrong with it."""
    errors = [ParameterError(name=name, place=place, detail=detail) for name, detail in found]
    return ProblemError(
        INVALID_REQUEST, "; ".join(f"{one.name}: {one.detail}" for one in errors), errors=errors
    )
