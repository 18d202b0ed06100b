"""Who and what there is: workers, grids, terminals."""

from fastapi import APIRouter

from api.auth import TokenRequired
from api.documentation import GEOJSON, GeoJson, answers
from api.features import Grids, grids_of
from api.routes.parameters import ParametersKnown
from api.shapes import Terminals, Workers
from api.views import AskedViews

router = APIRouter(prefix="/v1", dependencies=[TokenRequired, ParametersKnown], tags=["registry"])


@router.get("/workers", responses=answers(Workers), summary="Workers")
async def get_workers(views: AskedViews) -> Workers:
    """List everybody who can have duty, by worker_id."""
    async with views.snapshot() as snapshot:
        return Workers(workers=await snapshot.workers())


@router.get(
    "/grids",
    responses=answers(Grids, form=GEOJSON),
    response_class=GeoJson,
    response_model=Grids,
    summary="Grids, as GeoJSON",
)
async def get_grids(views: AskedViews) -> GeoJson:
    """List all grids with their outlines, by grid_id."""
    async with views.snapshot() as snapshot:
        grids = await snapshot.grids()
    return GeoJson(grids_of(grids))


@router.get("/terminals", responses=answers(Terminals), summary="Terminals")
async def get_terminals(views: AskedViews) -> Terminals:
    """List all terminals, who carries them now, and how they are; no place is told here."""
    async with views.snapshot() as snapshot:
        return Terminals(terminals=await snapshot.terminals())
