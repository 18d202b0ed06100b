"""Who and what there is: workers, grids, terminals; of a worker who asks, the own."""

from typing import Annotated

from fastapi import APIRouter, Path, Response, Security

from api.documentation import GEOJSON, GeoJson, answers
from api.features import Grids, grids_of
from api.identity.callers import AskingCaller, CallerKnown
from api.identity.permissions import Permission, Role, roles_that_may
from api.problems import NOT_PERMITTED, UNKNOWN_TERMINAL, ProblemError
from api.reading.tags import AskedTagged, with_tag
from api.routes.parameters import ParametersKnown
from api.shapes import Id, Terminal, Terminals, Workers
from api.views import AskedViews, Asking

router = APIRouter(prefix="/v1", dependencies=[CallerKnown, ParametersKnown], tags=["registry"])

AskedTerminal = Annotated[Id, Path(examples=["T07"])]


async def _asks_of_registry(caller: AskingCaller) -> Asking:
    """Return who asks; a worker has no business with the registry but the own grids and terminal."""
    wanted = Permission.READ_REGISTRY
    is_worker = Role.WORKER in caller.roles and (caller.scopes is None or wanted in caller.scopes)
    if not is_worker:
        return caller.asking(wanted)
    roles = roles_that_may(wanted, caller.roles) | {Role.WORKER}
    return Asking(
        reader=caller.name,
        account_id=caller.account_id or "",
        roles=tuple(sorted(roles)),
        worker_id=caller.worker_id,
    )


ReadsOwnRegistry = Annotated[Asking, Security(_asks_of_registry)]


@router.get("/workers", responses=answers(Workers, NOT_PERMITTED), summary="Workers")
async def get_workers(views: AskedViews, asking: ReadsOwnRegistry) -> Workers:
    """List those who have, had or will have duty in grids of yours, by worker_id."""
    async with views.snapshot(asking) as snapshot:
        return Workers(workers=await snapshot.workers())


@router.get(
    "/grids",
    responses=with_tag(answers(Grids, NOT_PERMITTED, form=GEOJSON)),
    response_class=GeoJson,
    response_model=Grids,
    summary="Grids, as GeoJSON",
)
async def get_grids(views: AskedViews, asking: ReadsOwnRegistry, tagged: AskedTagged) -> Response:
    """List your grids with their outlines, by grid_id; to a worker, those of own duty."""
    async with views.snapshot(asking) as snapshot:
        grids = await snapshot.grids()
    return tagged.answer(grids_of(grids), form=GEOJSON)


@router.get("/terminals", responses=answers(Terminals, NOT_PERMITTED), summary="Terminals")
async def get_terminals(views: AskedViews, asking: ReadsOwnRegistry) -> Terminals:
    """List terminals, who carries them now, and how they are; no place is told here.

    They are yours by who carries them. One that nobody carries is told to administrators.
    """
    async with views.snapshot(asking) as snapshot:
        return Terminals(terminals=await snapshot.terminals())


@router.get(
    "/terminals/{terminal_id}",
    responses=answers(Terminal, NOT_PERMITTED, UNKNOWN_TERMINAL),
    summary="A terminal",
)
async def get_terminal(
    terminal_id: AskedTerminal, *, views: AskedViews, asking: ReadsOwnRegistry
) -> Terminal:
    """Return who carries a terminal now, and how it is."""
    async with views.snapshot(asking) as snapshot:
        found = await snapshot.terminals(terminal_id)
    if not found:
        raise unknown_terminal(terminal_id)
    return found[0]


def unknown_terminal(terminal_id: str) -> ProblemError:
    """Return the answer where nobody whom the asker may see carries the terminal."""
    return ProblemError(
        UNKNOWN_TERMINAL, f"no terminal has the id {terminal_id!r}; /v1/terminals lists them"
    )
