"""Answers that are files: what the document says of them, and what they are called."""

from typing import Any

from api.documentation import Answers, refusals
from api.problems import (
    BODY_TOO_LARGE,
    FAILED,
    INVALID_REQUEST,
    NOT_PERMITTED,
    TOKEN_REQUIRED,
    TOO_MANY_REQUESTS,
    UNAVAILABLE,
)


def file_answers(form: str, *kinds: Any) -> Answers:  # noqa: ANN401 - kinds of problems
    """Return the `responses` of a route that answers with a file."""
    always = (TOKEN_REQUIRED, NOT_PERMITTED, INVALID_REQUEST, BODY_TOO_LARGE, TOO_MANY_REQUESTS)
    file = {"schema": {"type": "string", "format": "binary"}}
    return {
        200: {"description": "The file", "content": {form: file}},
        **refusals(*always, *kinds, FAILED, UNAVAILABLE),
    }


def named(name: str) -> dict[str, str]:
    """Return the headers of a file that is to be kept under a name."""
    return {"Content-Disposition": f'attachment; filename="{name}"'}
