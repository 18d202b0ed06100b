"""Photos as they are given to people: the picture and nothing else, to those who may see it.

Who has looked at whose photo is written down before it leaves; small pictures by the hour.
"""

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Any, Final, LiteralString
from uuid import UUID

import anyio
from anyio.to_thread import run_sync
from fastapi import Header, Request, Response

from api import problems
from api.identity.callers import ReadsOrders
from api.photos.cleaning import NotCleanError, clean
from api.photos.objects import Objects, ObjectsError
from api.photos.pictures import NoPictureError, make_thumbnail
from api.photos.problems import PHOTO_NOT_SHOWN, PHOTO_NOT_THERE
from api.photos.store import PhotoStore
from api.problems import ProblemError, unavailable
from api.reading.accesses import Accesses, AskedAccesses, Reading
from api.views import AskedViews, Asking, Views

ENDINGS: Final = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp"}
_JPEG: Final = "image/jpeg"
# Unpacking one takes up to 200 MB and a core.
_THUMBNAILS_AT_ONCE: Final = 2
_PHOTOS_AT_ONCE: Final = 4


@dataclass(frozen=True, slots=True)
class Wanted:
    """A photo that somebody may see: whose it is, what it is, and where."""

    sha256: str
    row: dict[str, Any]
    objects: Objects


@dataclass(frozen=True, slots=True)
class Picture:
    """What is given out; `suffix` tells a small one from the photo itself."""

    data: bytes
    media_type: str
    suffix: str = ""


class Window:
    """Makes what is given out; only so many at once are read and unpacked."""

    def __init__(self) -> None:
        self._photos = anyio.CapacityLimiter(_PHOTOS_AT_ONCE)
        self._thumbnails = anyio.CapacityLimiter(_THUMBNAILS_AT_ONCE)

    async def photo(self, wanted: Wanted) -> Picture:
        """Return the photo without further data."""
        return await run_sync(_clean_photo, wanted, limiter=self._photos)

    async def thumbnail(self, wanted: Wanted) -> Picture:
        """Return the small picture, made now if it is not kept yet."""
        kept = await run_sync(_kept_thumbnail, wanted, limiter=self._photos)
        if kept is not None:
            return kept
        return await run_sync(_new_thumbnail, wanted, limiter=self._thumbnails)


@dataclass(frozen=True, slots=True)
class Looking:
    """Somebody who asks for photos, and what they have of them already."""

    window: Window
    store: PhotoStore | None
    views: Views
    accesses: Accesses
    asking: Asking
    known: str

    async def photo(self, sql: LiteralString, sha256: str, **values: UUID) -> Response:
        """Return the photo that `sql` finds for whoever asks; ProblemError where it does not."""
        wanted = await self._find(sql, sha256, values)
        if worker_id := wanted.row["worker_id"]:
            grid_id = wanted.row["grid_id"]
            await self.accesses.record(
                self.asking, Reading(what="photo", worker_id=worker_id, grid_id=grid_id)
            )
        tag = f'"{sha256}"'
        return self._unchanged(tag) or await _given(wanted, tag, self.window.photo)

    async def thumbnail(self, sql: LiteralString, sha256: str, **values: UUID) -> Response:
        """Return the small picture of the photo that `sql` finds."""
        wanted = await self._find(sql, sha256, values)
        if worker_id := wanted.row["worker_id"]:
            grid_id = wanted.row["grid_id"]
            await self.accesses.watch(self.asking, "photo", [worker_id], grid_id=grid_id)
        tag = f'"{sha256}-small"'
        return self._unchanged(tag) or await _given(wanted, tag, self.window.thumbnail)

    async def _find(self, sql: LiteralString, sha256: str, values: dict[str, UUID]) -> Wanted:
        async with self.views.snapshot(self.asking) as snapshot:
            row = await snapshot.row(sql, sha256=sha256, **values)
        if row is None:
            raise ProblemError(problems.UNKNOWN_PHOTO, "nothing that you may read has this photo")
        if self.store is None or not row["is_there"]:
            raise ProblemError(
                PHOTO_NOT_THERE, "it is awaited, or its time is over; the report tells which"
            )
        return Wanted(sha256, row, self.store.objects)

    def _unchanged(self, tag: str) -> Response | None:
        if tag not in self.known:
            return None
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=_privately(tag))


async def looking(
    request: Request,
    *,
    views: AskedViews,
    accesses: AskedAccesses,
    asking: ReadsOrders,
    if_none_match: Annotated[str, Header(max_length=1000)] = "",
) -> Looking:
    """Return whoever asks for a photo; the dependency of every route that gives one."""
    state = request.app.state
    store: PhotoStore | None = getattr(state, "photos", None)
    return Looking(state.photo_window, store, views, accesses, asking, if_none_match)


async def _given(wanted: Wanted, tag: str, make: Callable[[Wanted], Any]) -> Response:
    try:
        picture: Picture = await make(wanted)
    except (NotCleanError, NoPictureError) as error:
        raise ProblemError(PHOTO_NOT_SHOWN, str(error)) from error
    except ObjectsError as error:
        raise unavailable(str(error)) from error
    name = f"{wanted.sha256[:16]}{picture.suffix}.{ENDINGS[picture.media_type]}"
    headers = {
        **_privately(tag),
        "Content-Disposition": f'inline; filename="{name}"',
        "Cross-Origin-Resource-Policy": "same-origin",
    }
    return Response(picture.data, media_type=picture.media_type, headers=headers)


def _clean_photo(wanted: Wanted) -> Picture:
    media_type = wanted.row["media_type"] or ""
    return Picture(clean(_read(wanted), media_type), media_type)


def _kept_thumbnail(wanted: Wanted) -> Picture | None:
    kept = wanted.objects.read(wanted.sha256, is_thumbnail=True)
    return None if kept is None else Picture(kept, _JPEG, "-small")


def _new_thumbnail(wanted: Wanted) -> Picture:
    made = make_thumbnail(_read(wanted))
    wanted.objects.put_thumbnail(wanted.sha256, made)
    return Picture(made, _JPEG, "-small")


def _read(wanted: Wanted) -> bytes:
    data = wanted.objects.read(wanted.sha256)
    if data is None:
        raise ProblemError(PHOTO_NOT_THERE, "the server has lost it; its log says when")
    return data


def _privately(tag: str) -> dict[str, str]:
    # Asked for anew each time, so that who may no longer see it does not, and it is logged.
    return {"Cache-Control": "private, no-cache", "ETag": tag}
