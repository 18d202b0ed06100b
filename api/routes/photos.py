"""The way in for photos: HEAD and PATCH of the tus resumable upload protocol 1.0.0.

An upload is begun by the report that announces the photo, so nothing has to be made first, and
its name is the photo's SHA-256. What is not announced is not taken.
"""

import asyncio
import base64
from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Annotated, NamedTuple

import structlog
from fastapi import APIRouter, Depends, Header, Path, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from api import problems
from api.auth import TerminalRequired
from api.documentation import refusals
from api.photos.store import BusyError, DiffersError, Incoming, OffsetError, PhotoStore
from api.problems import ProblemError, unavailable
from api.views import AskedViews, Asking

log = structlog.get_logger()

router = APIRouter(prefix="/v1", tags=["photos"])

_MEDIA_TYPE = "application/offset+octet-stream"
_VERSION = {"Tus-Resumable": "1.0.0"}
# Whoever sends nothing for so long has gone; the photo is free for the next attempt.
_PATIENCE_S = 30.0
_PIECE_BYTES = 1 << 18

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
    """A photo that a terminal has announced, and where it goes."""

    terminal: str
    sha256: str
    size: int
    store: PhotoStore


async def _awaited(
    request: Request,
    terminal: TerminalRequired,
    *,
    views: AskedViews,
    sha256: Annotated[str, Path(pattern=r"^[0-9a-f]{64}$")],
    terminal_id: Annotated[
        str | None, Query(description="whose photo it is, where a gateway brings it")
    ] = None,
) -> Awaited:
    store: PhotoStore = request.app.state.photos
    gateways: frozenset[str] = request.app.state.gateways
    reader = terminal
    if terminal_id is not None and terminal in gateways:
        terminal = terminal_id
    async with views.snapshot(Asking(reader)) as snapshot:
        size = await snapshot.announced_bytes(terminal, sha256)
    if size is None:
        raise ProblemError(
            problems.UNKNOWN_PHOTO,
            "no stored report of this terminal announces this photo; its report may be on its way",
        )
    if size > store.most_bytes:
        raise ProblemError(
            problems.PHOTO_TOO_LARGE, f"the photo has {size} bytes; {store.most_bytes} are taken"
        )
    return Awaited(terminal, sha256, size, store)


@router.head("/photos/{sha256}", responses=_REFUSALS, summary="How much of a photo is there")
async def look_at_photo(photo: Annotated[Awaited, Depends(_awaited)]) -> Response:
    """Tell how many bytes have come; with `Repr-Digest`, that the photo is stored."""
    if await run_in_threadpool(photo.store.is_stored, photo.sha256):
        return _answer(photo, photo.size, HTTPStatus.OK, is_stored=True)
    received = await run_in_threadpool(photo.store.received, photo.terminal, photo.sha256)
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
    if await run_in_threadpool(photo.store.is_stored, photo.sha256):
        return _answer(photo, photo.size, HTTPStatus.NO_CONTENT, is_stored=True)
    incoming = await _go_on(photo, upload_offset)
    try:
        await _receive(request, incoming, photo.size)
        is_whole = incoming.size == photo.size
        if is_whole:
            await run_in_threadpool(incoming.finish)
            log.info("api.photo_stored", terminal=photo.terminal, sha256=photo.sha256)
    except DiffersError:
        raise ProblemError(
            problems.PHOTO_DIFFERS, "what came has another SHA-256: begin anew at 0"
        ) from None
    except OSError as error:
        raise _full(error) from error
    finally:
        incoming.close()
    return _answer(photo, incoming.size, HTTPStatus.NO_CONTENT, is_stored=is_whole)


async def _go_on(photo: Awaited, offset: int) -> Incoming:
    def open_it() -> Incoming:
        return photo.store.go_on(photo.terminal, photo.sha256, offset=offset)

    try:
        return await run_in_threadpool(open_it)
    except OffsetError as error:
        headers = {**_VERSION, "Upload-Offset": str(error.offset)}
        raise ProblemError(problems.OFFSET_DIFFERS, str(error), headers=headers) from None
    except BusyError:
        raise ProblemError(
            problems.PHOTO_BUSY, "another request brings this photo: try again in a minute"
        ) from None
    except OSError as error:
        raise _full(error) from error


async def _receive(request: Request, incoming: Incoming, size: int) -> None:
    """Append what comes, until it ends, is cut off, or would be more than was announced."""
    gathered = bytearray()
    try:
        async for piece in _pieces(request):
            if incoming.size + len(gathered) + len(piece) > size:
                raise ProblemError(
                    problems.PHOTO_TOO_LARGE, f"more comes than the {size} bytes announced"
                )
            gathered += piece
            if len(gathered) >= _PIECE_BYTES:
                await run_in_threadpool(incoming.write, bytes(gathered))
                gathered.clear()
    except (ClientDisconnect, TimeoutError):
        log.info("api.photo_cut_off", received=incoming.size + len(gathered), size=size)
    if gathered:
        await run_in_threadpool(incoming.write, bytes(gathered))


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


def _full(error: OSError) -> ProblemError:
    log.error("api.photo_not_kept", reason=error.strerror)
    return unavailable("the photo cannot be kept now; the log of the server says why")
