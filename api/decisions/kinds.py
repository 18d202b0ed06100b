"""What can stand in the way of a decision, as problems of their own."""

from http import HTTPStatus
from typing import Final

from api.problems import Kind, ProblemError

UNKNOWN_SUBJECT: Final = Kind(
    HTTPStatus.NOT_FOUND, "unknown-subject", "There is nothing here to decide about"
)
NO_SUCH_STEP: Final = Kind(HTTPStatus.CONFLICT, "no-such-step", "Its state does not lead there")
MONTH_FROZEN: Final = Kind(HTTPStatus.CONFLICT, "month-frozen", "The month is frozen")
NOT_SETTLED: Final = Kind(HTTPStatus.CONFLICT, "not-settled", "The month is not settled yet")
NOT_YET: Final = Kind(HTTPStatus.CONFLICT, "not-yet", "There is still time to answer")
TOO_LATE: Final = Kind(HTTPStatus.CONFLICT, "too-late", "The time for it is over")
ANOTHER_PERSON: Final = Kind(
    HTTPStatus.FORBIDDEN, "another-person", "Somebody else must decide this"
)

EXAMPLES: Final = {
    UNKNOWN_SUBJECT: "there is no finding 41, or it is not of your grids",
    NO_SUCH_STEP: "it is dismissed, which does not lead to upheld",
    MONTH_FROZEN: "2026-11-20 is frozen: ask for its month to be unlocked first",
    NOT_SETTLED: "12 worker-days have no result, 0 wait to be judged again, "
    "1 correction is pending: settle them, or say despite_open",
    NOT_YET: "the worker may explain it until 2026-11-27T08:40:00Z; it may be dismissed before",
    TOO_LATE: "it could be appealed until 2027-02-23T08:40:00Z",
    ANOTHER_PERSON: "you have proposed it yourself: a second person confirms or refuses it",
}


def unknown(what: str) -> ProblemError:
    """Return the error of something that is not there, or not for whoever asks."""
    return ProblemError(UNKNOWN_SUBJECT, f"there is no {what}, or it is not of your grids")


def no_step(status: str, to: str) -> ProblemError:
    """Return the error of a step that does not exist."""
    return ProblemError(NO_SUCH_STEP, f"it is {status}, which does not lead to {to}")


def frozen(what: object) -> ProblemError:
    """Return the error of what does not change while its month is frozen."""
    return ProblemError(MONTH_FROZEN, f"{what} is frozen: ask for its month to be unlocked first")


def another_person(why: str) -> ProblemError:
    """Return the error of somebody who may not decide just this."""
    return ProblemError(ANOTHER_PERSON, why)
