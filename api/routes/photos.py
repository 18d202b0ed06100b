"""The way in for photos: HEAD and PATCH of the tus resumable upload protocol 1.0.0.

An upload is begun by the report that announces the photo, so nothing has to be made first, and
its name is the photo's SHA-256. What is not announced is not taken. A photo of an act is
announced by itself.
"""

import asyncio
import base64
from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Annotated, Final, NamedTuple

import structlog
from fastapi import APIRouter, Depends, Header, Path, Query, Request, Response, Security
from fastapi.concurrency import run_in_threadpool
from fastapi.security import HTTPAuthorizationCredentials
from starlette.requests import ClientDisconnect

from api import problems
from api.auth import TokenFile, bearer_token, refuse_token, unusable_tokens
from api.documentation import answers, refusals
from api.identity.callers import HandlesOrders, find_caller
from api.identity.permissions import Permission
from api.photos.objects import ObjectsError
from api.photos.recording import Recorder
from api.photos.shapes import AnnouncedPhoto, NewPhoto, told_by
from api.photos.statements import ANNOUNCE, AWAITED
from api.photos.store import (
    BusyError,
    DiffersError,
    Incoming,
    NotKeptError,
    OffsetError,
    PhotoStore,
    Stored,
)
from api.problems import ProblemError, unavailable
from api.views import AskedViews
from patrol.errors import InputError

log = structlog.get_logger()

router = APIRouter(prefix="/v1", tags=["photos"])

_MEDIA_TYPE = "application/offset+octet-stream"
_VERSION = {"Tus-Resumable": "1.0.0"}
# Whoever sends nothing for so long has gone; the photo is free for the next attempt.
_PATIENCE_S = 30.0
# So much waits in memory before it is written: most photos are written once, at their end.
_PIECE_BYTES = 1 << 19
_ANNOUNCED: Final = {"sha256", "bytes", "media_type"}

_REFUSALS = refusals(
    problems.TOKEN_REQUIRED,
    problems.UNKNOWN_PHOTO,
    problems.PHOTO_TOO_LARGE,
    problems.FAILED,
    problems.UNAVAILABLE,
)
_MORE_REFUSALS = refusals(
    problems.OFFSET_DIFFERS,
    problems.NOT_A_PIECE,
    problems.PHOTO_DIFFERS,
    problems.PHOTO_BUSY,
)


class Awaited(NamedTuple):
    """A photo that somebody has announced, and where it goes."""

    by: str
    sha256: str
    size: int
    is_stored: bool
    store: PhotoStore


async def _bringer(
    request: Request,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Security(bearer_token)],
) -> str:
    """Return the terminal, the gateway, or `@` and the account that brings a photo."""
    tokens: TokenFile = request.app.state.terminal_tokens
    try:
        name = None if credentials is None else tokens.name_of(credentials.credentials)
    except InputError as error:
        raise unusable_tokens(error) from error
    if name is not None:
        request.state.token_name = name
        return name
    caller = await find_caller(request, credentials)
    if caller.account_id is None:
        raise refuse_token("this token reads and brings nothing", error=', error="invalid_token"')
    caller.asking(Permission.HANDLE_ORDERS)
    return told_by(caller.account_id)


async def _awaited(
    request: Request,
    by: Annotated[str, Depends(_bringer)],
    *,
    views: AskedViews,
    sha256: Annotated[str, Path(pattern=r"^[0-9a-f]{64}$")],
    terminal_id: Annotated[
        str | None, Query(description="whose photo it is, where a gateway brings it")
    ] = None,
) -> Awaited:
    store: PhotoStore = request.app.state.photos
    gateways: frozenset[str] = request.app.state.gateways
    if terminal_id is not None and by in gateways:
        by = terminal_id
    row = await views.row(AWAITED, by=by, sha256=sha256)
    if row is None:
        raise ProblemError(
            problems.UNKNOWN_PHOTO,
            "no stored report of this terminal announces this photo; its report may be on its way",
        )
    size: int = row["bytes"]
    if size > store.most_bytes:
        raise ProblemError(
            problems.PHOTO_TOO_LARGE, f"the photo has {size} bytes; {store.most_bytes} are taken"
        )
    return Awaited(by, sha256, size, row["is_stored"], store)


@router.post(
    "/photos",
    status_code=HTTPStatus.CREATED,
    responses=answers(AnnouncedPhoto, problems.PHOTO_TOO_LARGE, status=HTTPStatus.CREATED),
    summary="Announce a photo of an act",
)
async def announce_photo(
    request: Request, photo: NewPhoto, *, views: AskedViews, asking: HandlesOrders
) -> AnnouncedPhoto:
    """Say that a photo is to come which no report announces: one that an act is to name.

    Bring it by `PATCH /v1/photos/{sha256}`, with the token of the same account. What no act has
    named within the days that the deployment waits goes again.
    """
    store: PhotoStore = request.app.state.photos
    if photo.bytes > store.most_bytes:
        raise ProblemError(
            problems.PHOTO_TOO_LARGE,
            f"the photo has {photo.bytes} bytes; {store.most_bytes} are taken",
        )
    by = told_by(asking.account_id)
    async with views.change(asking) as change:
        await change.write(ANNOUNCE, by=by, **photo.model_dump(include=_ANNOUNCED))
        row = await change.row(AWAITED, by=by, sha256=photo.sha256)
    is_stored = row is not None and row["is_stored"]
    return AnnouncedPhoto(sha256=photo.sha256, bytes=photo.bytes, is_stored=is_stored)


@router.head("/photos/{sha256}", responses=_REFUSALS, summary="How much of a photo is there")
async def look_at_photo(request: Request, photo: Annotated[Awaited, Depends(_awaited)]) -> Response:
    """Tell how many bytes have come; with `Repr-Digest`, that the photo is stored."""
    if photo.is_stored:
        return _answer(photo, photo.size, HTTPStatus.OK, is_stored=True)
    try:
        received = await run_in_threadpool(
            photo.store.received, photo.by, photo.sha256, size=photo.size
        )
    except NotKeptError as error:
        raise _full(error) from error
    if received is None:
        await _take_up(request, photo)
        return _answer(photo, photo.size, HTTPStatus.OK, is_stored=True)
    return _answer(photo, received, HTTPStatus.OK)


@router.patch(
    "/photos/{sha256}",
    status_code=HTTPStatus.NO_CONTENT,
    responses=_REFUSALS | _MORE_REFUSALS,
    summary="Bring a piece of a photo",
)
async def bring_photo(
    request: Request,
    photo: Annotated[Awaited, Depends(_awaited)],
    *,
    upload_offset: Annotated[int, Header(ge=0)],
    content_type: Annotated[str, Header()] = "",
) -> Response:
    """Append a piece at `Upload-Offset`; the last one makes the photo stored, if it is the one."""
    if content_type != _MEDIA_TYPE:
        raise ProblemError(problems.NOT_A_PIECE, f"send {_MEDIA_TYPE}")
    if photo.is_stored:
        return _answer(photo, photo.size, HTTPStatus.NO_CONTENT, is_stored=True)
    incoming = await _go_on(photo, upload_offset)
    if incoming is None:
        await _take_up(request, photo)
        return _answer(photo, photo.size, HTTPStatus.NO_CONTENT, is_stored=True)
    try:
        stored = await _receive(request, incoming, photo.size)
    except DiffersError:
        raise _differs() from None
    except NotKeptError as error:
        raise _full(error) from error
    finally:
        incoming.close()
    if stored is not None:
        await _record(request, photo, stored)
    return _answer(photo, incoming.size, HTTPStatus.NO_CONTENT, is_stored=stored is not None)


async def _go_on(photo: Awaited, offset: int) -> Incoming | None:
    try:
        return await run_in_threadpool(
            photo.store.go_on, photo.by, photo.sha256, offset=offset, size=photo.size
        )
    except OffsetError as error:
        headers = {**_VERSION, "Upload-Offset": str(error.offset)}
        raise ProblemError(problems.OFFSET_DIFFERS, str(error), headers=headers) from None
    except BusyError:
        raise ProblemError(
            problems.PHOTO_BUSY, "another request brings this photo: try again in a minute"
        ) from None
    except NotKeptError as error:
        raise _full(error) from error


async def _receive(request: Request, incoming: Incoming, size: int) -> Stored | None:
    """Append what comes, until it ends, is cut off, or would be more than was announced.

    Returns what is kept then, None while the photo is not whole.
    """
    gathered: list[bytes] = []
    length = 0
    try:
        async for piece in _pieces(request):
            if incoming.size + length + len(piece) > size:
                raise ProblemError(
                    problems.PHOTO_TOO_LARGE, f"more comes than the {size} bytes announced"
                )
            gathered.append(piece)
            length += len(piece)
            if length >= _PIECE_BYTES and incoming.size + length < size:
                await run_in_threadpool(incoming.write, gathered)
                gathered, length = [], 0
    except (ClientDisconnect, TimeoutError):
        log.info("api.photo_cut_off", received=incoming.size + length, size=size)
    if incoming.size + length == size:
        return await run_in_threadpool(incoming.finish, gathered)
    if gathered:
        await run_in_threadpool(incoming.write, gathered)
    return None


async def _take_up(request: Request, photo: Awaited) -> None:
    """Write down a photo that is kept, but of which the database does not know."""
    try:
        stored = await run_in_threadpool(photo.store.look, photo.sha256)
    except DiffersError:
        raise _differs() from None
    except ObjectsError as error:
        raise _full(error) from error
    if stored is None:
        raise _full("it has just gone")
    await _record(request, photo, stored)


async def _record(request: Request, photo: Awaited, stored: Stored) -> None:
    recorder: Recorder = request.app.state.photo_recorder
    await recorder.record(stored)
    log.info("api.photo_stored", by=photo.by, sha256=photo.sha256)


async def _pieces(request: Request) -> AsyncIterator[bytes]:
    stream = aiter(request.stream())
    while True:
        async with asyncio.timeout(_PATIENCE_S):
            piece = await anext(stream, None)
        if piece is None:
            return
        yield piece


def _answer(
    photo: Awaited, received: int, status: HTTPStatus, *, is_stored: bool = False
) -> Response:
    headers = {**_VERSION, "Upload-Offset": str(received), "Upload-Length": str(photo.size)}
    if is_stored:
        # RFC 9530: by this alone the terminal knows that it may forget the photo.
        digest = base64.b64encode(bytes.fromhex(photo.sha256)).decode()
        headers["Repr-Digest"] = f"sha-256=:{digest}:"
    return Response(status_code=status, headers=headers)


def _differs() -> ProblemError:
    return ProblemError(problems.PHOTO_DIFFERS, "what came has another SHA-256: begin anew at 0")


def _full(why: Exception | str) -> ProblemError:
    log.error("api.photo_not_kept", reason=str(why))
    return unavailable("the photo cannot be kept now; the log of the server says why")
