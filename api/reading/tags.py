"""Conditional requests (RFC 9110, 13): who has the answer already is told so, and no more."""

import hashlib
from http import HTTPStatus
from typing import Annotated

from fastapi import Depends, Header, Response
from pydantic import BaseModel

from api.documentation import JSON, Answers

_UNCHANGED: Answers = {304: {"description": "As in the answer whose ETag was given"}}
# Answers are kept by nobody on the way; a program that keeps its own may ask whether it holds.
_DIGEST_BYTES = 16


def with_tag(documented: Answers) -> Answers:
    """Return the `responses` of a route whose answers have an ETag."""
    return documented | _UNCHANGED


class Tagged:
    """Makes the answer to one request, or says that nothing has changed."""

    def __init__(
        self,
        response: Response,
        if_none_match: Annotated[
            str | None, Header(max_length=2000, description="ETags of answers that you have")
        ] = None,
    ) -> None:
        self._headers = response.headers
        self._had = if_none_match or ""

    def answer(self, shape: BaseModel, *, form: str = JSON) -> Response:
        """Return `shape` with the ETag of its bytes, or 304 without it where that was given."""
        return self.answer_with(shape.model_dump_json(by_alias=True).encode(), form=form)

    def answer_with(self, body: bytes, *, form: str = JSON) -> Response:
        """Return `body` as `answer` does a shape."""
        tag = f'"{hashlib.blake2b(body, digest_size=_DIGEST_BYTES).hexdigest()}"'
        headers = dict(self._headers) | {"ETag": tag}
        if self._has(tag):
            return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
        return Response(body, media_type=form, headers=headers)

    def _has(self, tag: str) -> bool:
        given = [one.strip().removeprefix("W/") for one in self._had.split(",")]
        return tag in given or "*" in given


AskedTagged = Annotated[Tagged, Depends()]
