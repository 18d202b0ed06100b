"""Where people are and were while on duty: latest positions, and tracks of worker-days."""

from datetime import timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Header, Query, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, Field

from api.documentation import GEOJSON, JSON, GeoJson, answers
from api.features import LatestCollection, Track, latest_of, lines_of, positions_of, track_of
from api.identity.callers import CallerKnown, ReadsTracks
from api.problems import (
    NO_DUTY,
    NOT_ACCEPTABLE,
    UNKNOWN_WORKER,
    ProblemError,
    invalid_parameter,
)
from api.reading.accesses import AskedAccesses, Reading
from api.routes.days import AskedDay, AskedWorker, absence_of
from api.routes.parameters import ParametersKnown
from api.shapes import Id, LatestPositions
from api.views import AskedViews

router = APIRouter(prefix="/v1", dependencies=[CallerKnown, ParametersKnown], tags=["positions"])


class LatestQuery(BaseModel):
    """Whose latest positions are asked for."""

    grid_id: Id | None = Field(None, description="only those on duty in this grid")


class TrackQuery(BaseModel):
    """In which form a track is asked for."""

    form: Literal["points", "lines"] = Field("points", description="one feature a fix, or a run")
    max_gap_s: int = Field(
        120, ge=1, le=86_400, description="lines: a line ends at a longer time without a fix"
    )


@router.get(
    "/positions/latest",
    responses=answers(LatestPositions, NOT_ACCEPTABLE, more={GEOJSON: LatestCollection}),
    response_model=LatestPositions,
    summary="Latest positions",
)
async def get_latest_positions(
    *,
    views: AskedViews,
    asking: ReadsTracks,
    accesses: AskedAccesses,
    query: Annotated[LatestQuery, Query()],
    accept: Annotated[str, Header(include_in_schema=False)] = "*/*",
) -> Response:
    """List where terminals were last, if their workers were on duty at that moment.

    With `Accept: application/geo+json` the same as GeoJSON. A position stays here, with a
    growing `age_s`, until the terminal sends another one.
    """
    form = choose_form(accept, (JSON, GEOJSON))
    async with views.snapshot(asking) as snapshot:
        if query.grid_id is not None and not await snapshot.has_grid(query.grid_id):
            raise invalid_parameter("grid_id", "no grid has this id; /v1/grids lists them")
        positions = await snapshot.latest_positions(query.grid_id)
    workers = {one.worker_id for one in positions}
    await accesses.watch(asking, "latest", workers, grid_id=query.grid_id)
    body = latest_of(positions) if form == GEOJSON else positions_of(positions)
    return Response(body, media_type=form)


@router.get(
    "/workers/{worker_id}/days/{day}/track",
    responses=answers(Track, UNKNOWN_WORKER, NO_DUTY, form=GEOJSON),
    response_class=GeoJson,
    response_model=Track,
    summary="Track of a worker-day, as GeoJSON",
)
async def get_track(  # noqa: PLR0913 - the parameters of the request
    worker_id: AskedWorker,
    day: AskedDay,
    *,
    views: AskedViews,
    asking: ReadsTracks,
    accesses: AskedAccesses,
    query: Annotated[TrackQuery, Query()],
) -> Response:
    """Return the fixes of a worker-day that lie in its duty windows; others are not told.

    `form=points` gives a feature a fix with all that is known of it; `form=lines` gives
    lines for a map, broken where for more than `max_gap_s` there is no fix, because nobody
    knows the way in between. Duty without any fix is an empty list.
    """
    async with views.snapshot(asking) as snapshot:
        duty = await snapshot.duty(worker_id, day)
        if not duty:
            raise await absence_of(snapshot, worker_id, day)
        fixes = await snapshot.track(worker_id, day)

    # Afterwards: who holds one connection and waits for another keeps others waiting for both.
    await accesses.record(asking, Reading(what="track", worker_id=worker_id, day=day))

    def draw() -> bytes:
        beside = Track(worker_id=worker_id, day=day, duty=duty, features=[])
        if query.form == "points":
            return track_of(fixes, beside)
        max_gap = timedelta(seconds=query.max_gap_s)
        lines = beside.model_copy(update={"features": lines_of(fixes, max_gap=max_gap)})
        return lines.model_dump_json().encode()

    # A day at one fix a second takes a while to write; others are answered meanwhile.
    return Response(await run_in_threadpool(draw), media_type=GEOJSON)


def choose_form(accept: str, forms: tuple[str, ...]) -> str:
    """Return which of `forms` the Accept header likes best (RFC 9110, 12.5.1).

    At equal liking the more exactly named and then the earlier one; ProblemError if none.
    """
    likings = [_liking(form, accept) for form in forms]
    best = max(likings)
    if best[0] <= 0:
        raise ProblemError(NOT_ACCEPTABLE, f"ask for {' or '.join(forms)}")
    return forms[likings.index(best)]


def _liking(form: str, accept: str) -> tuple[float, int]:
    """Return the q value of `form` and how exactly the header names it."""
    ranges = ("*/*", f"{form.partition('/')[0]}/*", form)
    named = {}
    for part in accept.lower().split(","):
        name, *parameters = (piece.strip() for piece in part.split(";"))
        if name in ranges:
            named[ranges.index(name)] = _quality(parameters)
    # The most exact range decides, whatever a wider one says.
    return (named[max(named)], max(named)) if named else (0.0, 0)


def _quality(parameters: list[str]) -> float:
    for parameter in parameters:
        key, _, value = parameter.partition("=")
        if key.strip() == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0
