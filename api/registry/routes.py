"""The routes of entries: the same four or five for each kind."""

from collections.abc import Callable, Coroutine
from typing import Annotated, Any, TypeAlias

from fastapi import APIRouter, Header, Path, Query, Response, Security
from pydantic import BaseModel, Field

from api.documentation import answers
from api.identity.callers import CallerKnown, ReadsRegistry, asks
from api.problems import ALREADY_THERE, CHANGED_MEANWHILE, INVALID_REQUEST, NOT_PERMITTED
from api.registry.desk import AskedDesk
from api.registry.kinds import KINDS, Kind
from api.registry.listing import AskedEntries, find_entry, list_entries, page_of, shape_of
from api.registry.problems import IN_USE, MONTH_FROZEN, UNKNOWN_ENTRY, invalid_fields, unknown
from api.registry.shapes import Body, Changed
from api.registry.writing import How, Writing
from api.routes.parameters import ParametersKnown
from api.shapes import Id, Shape
from api.views import AskedViews, Asking

router = APIRouter(prefix="/v1", dependencies=[CallerKnown, ParametersKnown], tags=["registry"])

_REFUSALS = (
    *(UNKNOWN_ENTRY, CHANGED_MEANWHILE, ALREADY_THERE, IN_USE, MONTH_FROZEN),
    NOT_PERMITTED,
)


_PUT = (
    "Put the whole entry. One that is there needs the revision that you have read, one that is "
    "new has none. Tells how many worker-days are judged again."
)
_ADD = "Make a new entry; `key` of the answer is its number."
_REMOVE = "Take the entry away, if nothing refers to it; else end its validity."


class ChangeQuery(BaseModel):
    """On which terms something is changed."""

    dry_run: bool = Field(default=False, description="tell what it would do, and take it back")
    keep_frozen: bool = Field(
        default=False,
        description="results of frozen months stand; for what has no date of its own",
    )
    reason: str = Field(
        "", max_length=200, pattern=r"^[^\x00]*$", description="why, for the log of changes"
    )


AskedTerms = Annotated[ChangeQuery, Query()]
IfMatch = Annotated[
    str | None,
    Header(max_length=40, description="the revision that you have read, as ETag told it"),
]


def _number(tag: str | None, revision: int | None) -> int | None:
    if tag is None:
        return revision
    plain = tag.strip().removeprefix("W/").strip('"')
    if not plain.isascii() or not plain.isdigit() or len(plain) > 9:  # noqa: PLR2004 - a revision
        raise invalid_fields([("If-Match", 'give a revision like "3"')], place="header")
    return int(plain)


def _how(desk: AskedDesk, asking: Asking, terms: ChangeQuery, *, revision: int | None) -> How:
    return How(asking=asking, settings=desk.settings, revision=revision, **terms.model_dump())


def _key_type(kind: Kind) -> Any:  # noqa: ANN401 - a type
    if kind.is_numbered:
        return Annotated[int, Path(alias=kind.key, ge=1, le=2**31 - 1, examples=[12])]
    return Annotated[Id, Path(alias=kind.key, examples=["S1"])]


Endpoint: TypeAlias = Callable[..., Coroutine[Any, Any, Any]]


def _lister(kind: Kind, shape: type[Shape]) -> Endpoint:
    async def get_entries(
        query: AskedEntries, *, views: AskedViews, asking: ReadsRegistry, desk: AskedDesk
    ) -> Any:  # noqa: ANN401 - the page of this kind
        async with views.snapshot(asking) as snapshot:
            return await list_entries(snapshot, kind, query, shape=shape, settings=desk.settings)

    return get_entries


def _getter(kind: Kind, shape: type[Shape]) -> Endpoint:
    async def get_entry(
        key: str, *, views: AskedViews, asking: ReadsRegistry, response: Response
    ) -> Any:  # noqa: ANN401 - the shape of this kind
        async with views.snapshot(asking) as snapshot:
            found: Any = await find_entry(snapshot, kind, key, shape=shape)
        if found is None:
            raise unknown(kind.what, key)
        response.headers["ETag"] = f'"{found.revision}"'
        return found

    return get_entry


def _putter(kind: Kind) -> Endpoint:
    async def put_entry(  # noqa: PLR0913 - the parameters of the request
        key: str,
        body: Body,
        terms: AskedTerms,
        *,
        desk: AskedDesk,
        asking: Asking,
        if_match: IfMatch = None,
    ) -> Changed:
        how = _how(desk, asking, terms, revision=_number(if_match, body.revision))
        return await desk.change(asking, lambda conn: Writing(conn, kind, how).put(key, body))

    return put_entry


def _adder(kind: Kind) -> Endpoint:
    async def add_entry(
        body: Body, terms: AskedTerms, *, desk: AskedDesk, asking: Asking
    ) -> Changed:
        how = _how(desk, asking, terms, revision=body.revision)
        return await desk.change(asking, lambda conn: Writing(conn, kind, how).put(None, body))

    return add_entry


def _remover(kind: Kind) -> Endpoint:
    async def remove_entry(  # noqa: PLR0913 - the parameters of the request
        key: str,
        terms: AskedTerms,
        *,
        desk: AskedDesk,
        asking: Asking,
        if_match: IfMatch = None,
        revision: Annotated[int | None, Query(ge=1, description="or If-Match")] = None,
    ) -> Changed:
        how = _how(desk, asking, terms, revision=_number(if_match, revision))
        return await desk.change(asking, lambda conn: Writing(conn, kind, how).remove(key))

    return remove_entry


def _typed(endpoint: Endpoint, kind: Kind) -> Endpoint:
    """Say of an endpoint what the id, the body and the permission of its kind are."""
    told = endpoint.__annotations__
    if "key" in told:
        told["key"] = _key_type(kind)
    if "body" in told:
        told["body"] = kind.body
    if told["asking"] is Asking:
        told["asking"] = Annotated[Asking, Security(asks(kind.writes))]
    return endpoint


def _add_reading(kind: Kind, shape: type[Shape]) -> None:
    page = page_of(kind, shape)
    if kind.has_list:
        router.add_api_route(
            f"/{kind.path}",
            _lister(kind, shape),
            methods=["GET"],
            name=f"list_{kind.path}",
            response_model=page,
            responses=answers(page, NOT_PERMITTED),
            summary=kind.path.capitalize(),
            description=f"List those of the kind `{kind.what}` within your reach, by {kind.key}.",
        )
    # What is told of a terminal, others tell.
    if kind.path != "terminals":
        router.add_api_route(
            f"/{kind.path}/{{{kind.key}}}",
            _typed(_getter(kind, shape), kind),
            methods=["GET"],
            name=f"get_{kind.what}",
            response_model=shape,
            responses=answers(shape, UNKNOWN_ENTRY, NOT_PERMITTED),
            summary=f"One of {kind.path}",
            description=f"Return one entry of the kind `{kind.what}`; its revision is the ETag.",
        )


def _add_writing(kind: Kind) -> None:
    one = f"/{kind.path}/{{{kind.key}}}"
    added = [
        ("PUT", one, _putter(kind), "Put", _PUT),
        ("DELETE", one, _remover(kind), "Take away", _REMOVE),
    ]
    if kind.is_numbered:
        added.append(("POST", f"/{kind.path}", _adder(kind), "Add", _ADD))
    for method, path, endpoint, verb, description in added:
        router.add_api_route(
            path,
            _typed(endpoint, kind),
            methods=[method],
            name=f"{method.lower()}_{kind.what}",
            response_model=Changed,
            responses=answers(Changed, *_REFUSALS, INVALID_REQUEST),
            summary=f"{verb} one of {kind.path}",
            description=description,
        )


for _kind in KINDS:
    _add_reading(_kind, shape_of(_kind))
    _add_writing(_kind)
