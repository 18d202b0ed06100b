"""What the OpenAPI document says of an answer: its form, an example, and what can go wrong."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, get_args

from fastapi.responses import JSONResponse
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from api import problems
from api.daylists import problems as daylists
from api.decisions import kinds as decisions
from api.facilities import problems as facilities
from api.orders import problems as orders
from api.photos import problems as photos
from api.registry import problems as registry

GEOJSON = "application/geo+json"
JSON = "application/json"

REFERENCE = "#/components/schemas/{model}"

Forms = Mapping[str, type[BaseModel]]
Answers = dict[int | str, dict[str, Any]]

_DETAILS = {
    problems.TOKEN_REQUIRED: "send `Authorization: Bearer <token>`",
    problems.NOT_PERMITTED: "chen.li has no role or scope for read_tracks",
    problems.CHANGED_MEANWHILE: "revision 4 is there now: read it again and repeat your change",
    problems.SIGN_IN_REFUSED: "the account or its password is wrong",
    problems.TOO_MANY_REQUESTS: "try again in 8 s",
    problems.BODY_TOO_LARGE: "1048576 bytes are taken",
    problems.NO_PROVIDER: "POST /v1/session signs in with a password",
    problems.UNKNOWN_ACCOUNT: "no account that you manage has the name 'chen.li'",
    problems.UNKNOWN_KEY: "you have no key with the name 'map'; /v1/keys lists them",
    problems.ALREADY_THERE: "there is an account 'chen.li' already: take another name",
    problems.UNKNOWN_NOTICE: "no notice has the number 12",
    problems.UNKNOWN_RULE: "no rule within your reach has the name 'desk-outside'",
    problems.UNKNOWN_TERMINAL: "no terminal has the id 'T70'; /v1/terminals lists them",
    problems.UNKNOWN_WORKER: "no worker has the id 'W70'; /v1/workers lists them",
    problems.NO_DUTY: "worker 'W07' has no duty window that begins on 2026-11-20",
    problems.NOT_ASSESSED: "worker 'W07' has duty on 2026-11-20, but it is not assessed yet",
    problems.NOT_ACCEPTABLE: "ask for application/json or application/geo+json",
    problems.UNKNOWN_PHOTO: "no stored report of this terminal announces this photo; its report "
    "may be on its way",
    problems.OFFSET_DIFFERS: "65536 bytes are there: go on at 65536",
    problems.PHOTO_TOO_LARGE: "the photo has 50000000 bytes; 41943040 are taken",
    problems.NOT_A_PIECE: "send application/offset+octet-stream",
    problems.PHOTO_DIFFERS: "what came has another SHA-256: begin anew at 0",
    problems.PHOTO_BUSY: "another request brings this photo: try again in a minute",
    problems.INVALID_REQUEST: "limit: Input should be less than or equal to 500",
    problems.UNAVAILABLE: "the database does not answer; ask again in a few seconds",
    problems.FAILED: "the log of the server says more",
    **decisions.EXAMPLES,
    **registry.EXAMPLES,
    **orders.EXAMPLES,
    **photos.EXAMPLES,
    **daylists.EXAMPLES,
    **facilities.EXAMPLES,
}

# Members of a problem document that not every kind has.
_MEMBERS = {
    "errors": {problems.INVALID_REQUEST},
    "legal": {orders.ILLEGAL_ACT},
    # Of orders alone, and told there.
    "revision": frozenset(),
}

# Every route has a token to ask for, parameters to refuse, and a database that may be away.
_ALWAYS = (
    problems.NOT_PERMITTED,
    problems.INVALID_REQUEST,
    problems.TOO_MANY_REQUESTS,
    problems.FAILED,
    problems.UNAVAILABLE,
)


class GeoJson(JSONResponse):
    """A GeoJSON document."""

    media_type = GEOJSON

    def render(self, content: BaseModel) -> bytes:
        """Return the bytes of `content`."""
        return content.model_dump_json().encode()


def answers(
    shape: type[BaseModel],
    *kinds: problems.Kind,
    form: str = JSON,
    more: Forms | None = None,
    status: HTTPStatus = HTTPStatus.OK,
) -> Answers:
    """Return the `responses` of a route that answers in `shape` or with one of `kinds`.

    Every route has a token to ask for, parameters to refuse, and a database that may be away.

    `form` is the media type of `shape`; `more` are other forms of the answer, `status` is that of
    one that is as it should be.
    """
    content = {form: {"example": example_of(shape)}}
    for name, other in (more or {}).items():
        content[name] = {"schema": _reference(other), "example": example_of(other)}
    return {int(status): {"content": content}} | refusals(problems.TOKEN_REQUIRED, *kinds, *_ALWAYS)


def nothing(*kinds: problems.Kind) -> Answers:
    """Return the `responses` of a route that does something and then has nothing to tell."""
    done: Answers = {int(HTTPStatus.NO_CONTENT): {"description": "Done"}}
    return done | refusals(problems.TOKEN_REQUIRED, *kinds, *_ALWAYS)


def refusals(*kinds: problems.Kind) -> Answers:
    """Return the `responses` of a route that may answer with one of `kinds`."""
    documented: Answers = {}
    for kind in kinds:
        answer = documented.setdefault(int(kind.status), _empty_answer(kind))
        answer["content"][problems.MEDIA_TYPE]["examples"][kind.slug] = {
            "summary": kind.title,
            "value": _problem(kind),
        }
    return documented


def example_of(shape: type[BaseModel]) -> dict[str, Any]:
    """Return an example of `shape`, made of the examples of its fields."""
    return {
        field.serialization_alias or name: _example(field)
        for name, field in shape.model_fields.items()
    }


def _example(field: FieldInfo) -> object:
    if field.examples:
        return field.examples[0]
    return _example_of_type(field.annotation)


def _example_of_type(annotation: Any) -> object:  # noqa: ANN401 - any type there is
    """Return an example of a model, a list of them or the first member of a union."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return example_of(annotation)
    member = _example_of_type(get_args(annotation)[0])
    return [member] if getattr(annotation, "__origin__", None) is list else member


def _empty_answer(kind: problems.Kind) -> dict[str, Any]:
    schema = _reference(problems.Problem)
    return {
        "description": kind.status.phrase,
        "content": {problems.MEDIA_TYPE: {"schema": schema, "examples": {}}},
    }


def _reference(shape: type[BaseModel]) -> dict[str, str]:
    return {"$ref": REFERENCE.format(model=shape.__name__)}


def _problem(kind: problems.Kind) -> dict[str, Any]:
    document = example_of(problems.Problem) | {
        "type": kind.type,
        "title": kind.title,
        "status": int(kind.status),
        "detail": _DETAILS[kind],
    }
    for member, of in _MEMBERS.items():
        if kind not in of:
            del document[member]
    return document
