"""What can stand in the way of an act, as problems of their own."""

from collections.abc import Iterable
from http import HTTPStatus
from typing import Final

from api.problems import CHANGED_MEANWHILE, Kind, ProblemError

UNKNOWN_ORDER: Final = Kind(
    HTTPStatus.NOT_FOUND, "unknown-order", "There is no such order of yours"
)
ILLEGAL_ACT: Final = Kind(HTTPStatus.CONFLICT, "illegal-act", "This cannot be done to it now")
UNKNOWN_DEPARTMENT: Final = Kind(
    HTTPStatus.NOT_FOUND, "unknown-department", "There is no such department"
)
WORKFLOW_REFUSED: Final = Kind(
    HTTPStatus.UNPROCESSABLE_ENTITY, "workflow-refused", "The workflow cannot be used"
)

EXAMPLES: Final = {
    UNKNOWN_ORDER: "you have no order 019aa9f2-6c1e-7d3a-9b52-0a1b2c3d4e5f",
    ILLEGAL_ACT: "'climb' cannot be done to order 019aa9f2-6c1e-7d3a-9b52-0a1b2c3d4e5f (at step "
    "accepting) by whoever asks: legal is accept",
    UNKNOWN_DEPARTMENT: "no department has the id 'LIGHTS'; /v1/departments lists them",
    WORKFLOW_REFUSED: "steps[3].level is 'village', which is none of levels",
}


def unknown(order_id: object) -> ProblemError:
    """Return the answer where no such order is within reach, whether there is one or not."""
    return ProblemError(UNKNOWN_ORDER, f"you have no order {order_id}")


def changed(revision: int) -> ProblemError:
    """Return the answer to whoever has read an older revision."""
    return ProblemError(
        CHANGED_MEANWHILE,
        f"revision {revision} is there now: read it again before you act",
        more={"revision": revision},
    )


def illegal(detail: str, legal: Iterable[str]) -> ProblemError:
    """Return the answer to an act that may not be done, with those that may be."""
    return ProblemError(ILLEGAL_ACT, detail, more={"legal": list(legal)})
