"""What went wrong, as RFC 9457 problem documents (application/problem+json)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import psycopg
import structlog
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.requests import Request

log = structlog.get_logger()

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_S = 5

# The database answers, but not everything that the API reads is there for it.
NOT_READABLE = (
    psycopg.errors.UndefinedTable,
    psycopg.errors.UndefinedColumn,
    psycopg.errors.UndefinedFunction,
    psycopg.errors.InsufficientPrivilege,
)
CURSOR_ADVICE = "give next_cursor of the page before, unchanged, or none"

_ABOUT_BLANK = "about:blank"
_NO_JSON = "the body cannot be read: send JSON in UTF-8 (RFC 8259)"
_MIGRATE = "the database lacks something that the API reads: run `patrol ingest migrate`"
# In this order: the first that fits says what to do.
_DATABASE_ADVICE: tuple[tuple[type[psycopg.Error], str], ...] = (
    (psycopg.errors.UndefinedTable, _MIGRATE),
    (psycopg.errors.UndefinedColumn, _MIGRATE),
    (
        psycopg.errors.InsufficientPrivilege,
        "the database user of the API may not read all of its views: grant select on them",
    ),
    (psycopg.errors.QueryCanceled, "the question took too long to answer; ask for less"),
    (psycopg.OperationalError, "the database does not answer; ask again in a few seconds"),
)


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of problem; `slug` becomes its type, by which a program can tell it."""

    status: HTTPStatus
    slug: str
    title: str

    @property
    def type(self) -> str:
        """The URI that names the kind."""
        return f"urn:problem-type:gridpatrol:{self.slug}"


TOKEN_REQUIRED = Kind(HTTPStatus.UNAUTHORIZED, "token-required", "A valid token is required")
NOT_PERMITTED = Kind(HTTPStatus.FORBIDDEN, "not-permitted", "Your roles do not permit this")
CHANGED_MEANWHILE = Kind(
    HTTPStatus.CONFLICT, "changed-meanwhile", "Somebody has changed it in the meantime"
)
SIGN_IN_REFUSED = Kind(HTTPStatus.UNAUTHORIZED, "sign-in-refused", "You are not signed in")
TOO_MANY_REQUESTS = Kind(HTTPStatus.TOO_MANY_REQUESTS, "too-many-requests", "Too many requests")
BODY_TOO_LARGE = Kind(
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "body-too-large", "The body is too large"
)
NO_PROVIDER = Kind(HTTPStatus.NOT_FOUND, "no-provider", "People sign in here alone")
UNKNOWN_ACCOUNT = Kind(HTTPStatus.NOT_FOUND, "unknown-account", "There is no such account")
UNKNOWN_KEY = Kind(HTTPStatus.NOT_FOUND, "unknown-key", "There is no such key")
ALREADY_THERE = Kind(HTTPStatus.CONFLICT, "already-there", "There is one of this name already")
UNKNOWN_NOTICE = Kind(HTTPStatus.NOT_FOUND, "unknown-notice", "There is no such notice")
UNKNOWN_RULE = Kind(HTTPStatus.NOT_FOUND, "unknown-rule", "There is no such rule")
UNKNOWN_TERMINAL = Kind(HTTPStatus.NOT_FOUND, "unknown-terminal", "There is no such terminal")
UNKNOWN_WORKER = Kind(HTTPStatus.NOT_FOUND, "unknown-worker", "There is no such worker")
NO_DUTY = Kind(HTTPStatus.NOT_FOUND, "no-duty", "The worker has no duty on this day")
NOT_ASSESSED = Kind(HTTPStatus.NOT_FOUND, "not-assessed", "The worker-day is not assessed yet")
NOT_ACCEPTABLE = Kind(HTTPStatus.NOT_ACCEPTABLE, "not-acceptable", "No such form of the answer")
UNKNOWN_PHOTO = Kind(HTTPStatus.NOT_FOUND, "unknown-photo", "No report announces this photo")
OFFSET_DIFFERS = Kind(HTTPStatus.CONFLICT, "offset-differs", "The piece begins elsewhere")
PHOTO_TOO_LARGE = Kind(
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "photo-too-large", "The photo is too large"
)
NOT_A_PIECE = Kind(
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "not-a-piece", "The body is no piece of an upload"
)
PHOTO_DIFFERS = Kind(
    HTTPStatus.UNPROCESSABLE_ENTITY, "photo-differs", "The photo is not the one announced"
)
PHOTO_BUSY = Kind(HTTPStatus.LOCKED, "photo-busy", "Somebody brings this photo already")
INVALID_REQUEST = Kind(
    HTTPStatus.UNPROCESSABLE_ENTITY, "invalid-request", "A parameter cannot be used"
)
UNAVAILABLE = Kind(HTTPStatus.SERVICE_UNAVAILABLE, "unavailable", "No answer is possible now")
FAILED = Kind(HTTPStatus.INTERNAL_SERVER_ERROR, "failed", "The fault is on this side")


class ParameterError(BaseModel):
    """A parameter that cannot be used, and what to give instead."""

    name: str = Field(examples=["limit"])
    place: str = Field(description="path, query or header", examples=["query"])
    detail: str = Field(examples=["Input should be less than or equal to 500"])


class Problem(BaseModel):
    """A problem document (RFC 9457)."""

    type: str = Field(examples=["urn:problem-type:gridpatrol:invalid-request"])
    title: str = Field(examples=["A parameter cannot be used"])
    status: int = Field(examples=[422])
    detail: str = Field(examples=["limit: Input should be less than or equal to 500"])
    instance: str = Field(description="path of the request", examples=["/v1/compliance"])
    errors: list[ParameterError] | None = None
    legal: list[str] | None = Field(
        default=None,
        description="of an illegal act: what could be done instead",
        examples=[["accept"]],
    )
    revision: int | None = Field(
        default=None,
        description="of an order that has changed: the one that is there",
        examples=[5],
    )


class ProblemError(Exception):
    """A request that ends with a problem document."""

    def __init__(
        self,
        kind: Kind,
        detail: str,
        *,
        errors: Sequence[ParameterError] = (),
        headers: Mapping[str, str] | None = None,
        more: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(detail)
        self.kind = kind
        self.detail = detail
        self.errors = list(errors)
        self.headers = dict(headers or {})
        # Members of the document that belong to this kind alone.
        self.more = dict(more or {})


def invalid_parameter(name: str, detail: str, *, place: str = "query") -> ProblemError:
    """Return the error of one parameter that cannot be used."""
    error = ParameterError(name=name, place=place, detail=detail)
    return ProblemError(INVALID_REQUEST, f"{name}: {detail}", errors=[error])


def unavailable(detail: str) -> ProblemError:
    """Return the error of a request that may well be answered a little later."""
    return ProblemError(UNAVAILABLE, detail, headers={"Retry-After": str(RETRY_AFTER_S)})


def install(app: FastAPI) -> None:
    """Make `app` answer everything that goes wrong with a problem document."""
    app.add_exception_handler(ProblemError, _on_problem)
    app.add_exception_handler(HTTPException, _on_http)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    for kind in (psycopg.OperationalError, *NOT_READABLE):
        app.add_exception_handler(kind, _on_database)


def respond(error: ProblemError, *, path: str) -> JSONResponse:
    """Return the problem document of `error`."""
    document = Problem(
        type=error.kind.type,
        title=error.kind.title,
        status=error.kind.status,
        detail=error.detail,
        instance=path,
        errors=error.errors or None,
        **error.more,
    )
    return JSONResponse(
        document.model_dump(exclude_none=True),
        status_code=error.kind.status,
        headers=error.headers,
        media_type=MEDIA_TYPE,
    )


async def _on_problem(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, ProblemError)  # noqa: S101 - the framework's contract, for mypy
    return respond(error, path=request.url.path)


async def _on_http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101 - the framework's contract, for mypy
    status = HTTPStatus(error.status_code)
    if status is HTTPStatus.BAD_REQUEST:
        # The framework's, of a body that is not even text, or nests deeper than anybody reads.
        return respond(ProblemError(INVALID_REQUEST, _NO_JSON), path=request.url.path)
    document = Problem(
        type=_ABOUT_BLANK,
        title=status.phrase,
        status=status,
        detail=_advice(status, error.headers or {}),
        instance=request.url.path,
    )
    return JSONResponse(
        document.model_dump(exclude_none=True),
        status_code=status,
        headers=error.headers,
        media_type=MEDIA_TYPE,
    )


async def _on_invalid(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - see above
    errors = [_parameter_error(one) for one in error.errors()]
    detail = "; ".join(f"{one.name}: {one.detail}" for one in errors)
    return respond(ProblemError(INVALID_REQUEST, detail, errors=errors), path=request.url.path)


async def _on_database(request: Request, error: Exception) -> JSONResponse:
    log.warning("api.database_unavailable", reason=type(error).__name__)
    advice = next(text for kind, text in _DATABASE_ADVICE if isinstance(error, kind))
    return respond(unavailable(advice), path=request.url.path)


def _advice(status: HTTPStatus, headers: Mapping[str, str]) -> str:
    if status is HTTPStatus.NOT_FOUND:
        return "there is no such route; /openapi.json lists all of them"
    if status is HTTPStatus.METHOD_NOT_ALLOWED:
        return f"this route answers {headers.get('Allow', 'GET')} only"
    return status.description or status.phrase


def _parameter_error(error: Mapping[str, Any]) -> ParameterError:
    # What was given is not repeated: it may be anything, and the asker knows it.
    place, *rest = map(str, error["loc"])
    return ParameterError(name=".".join(rest) or place, place=place, detail=_detail(error))


def _detail(error: Mapping[str, Any]) -> str:
    if error["loc"][-1] == "cursor":
        return CURSOR_ADVICE
    if error["type"] == "string_pattern_mismatch":
        return "use 1 to 64 of A-Z a-z 0-9 _ -"
    return str(error["msg"]).removeprefix("Value error, ")
