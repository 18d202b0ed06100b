"""The application: routes, pages and what surrounds them."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Any, Final, NamedTuple

from fastapi import FastAPI
from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from api import pages, problems
from api.access import Access, Bodies
from api.auth import TokenFile
from api.daylists import routes as daylists
from api.decisions import appeals, codes, months
from api.decisions import days as corrections
from api.decisions import findings as decided
from api.decisions.settings import DecisionSettings
from api.documentation import REFERENCE
from api.exports import routes as exports
from api.exports.tables import Tables, describe_tables
from api.facilities import routes as facilities
from api.features import LatestCollection
from api.identity.gate import Gate
from api.identity.routes import accounts, keys, oidc, sessions
from api.identity.settings import IdentitySettings
from api.live import routes as live
from api.live.hub import Hub
from api.measures import routes as measures
from api.notices import routes as notices
from api.notices.stream import Watch
from api.orders import acts as order_acts
from api.orders import routes as orders
from api.orders import setting as order_setting
from api.orders.stream import watch_orders
from api.orders.workflows import Workflows
from api.photos import serving as served_photos
from api.photos.recording import Recorder
from api.photos.store import PhotoStore
from api.photos.tidying import Tidier
from api.photos.upkeep import tidying
from api.photos.window import Window
from api.privacy import erasing, own
from api.privacy import notices as privacy
from api.reading import log, losses, summaries
from api.reading.accesses import Accesses
from api.registry import history, imports, patterns, roster
from api.registry import routes as entries
from api.registry.desk import Desk
from api.registry.settings import RegistrySettings
from api.reports import routes as reports
from api.reports.taking import Intake
from api.routes import (
    compliance,
    coverage,
    days,
    findings,
    photos,
    positions,
    readiness,
    registry,
)
from api.screen import serving as screen
from api.settings import ApiSettings
from api.views import Views
from runtime.daylists.settings import ListSettings

_DESCRIPTION = """
Where workers were while on duty, whether they were in their grids, and how long their home
visits lasted, as far as the evidence goes.

* `POST /v1/session` signs in; every other route but `/v1/health` and those of sign-in needs a
  token: `Authorization: Bearer <token>`. It tells what your roles or its scopes permit, where
  they hold.
* Times are UTC (ISO 8601), durations are seconds, places are WGS-84; `null` is "not known".
* A *worker-day* is a worker and the local day on which the duty begins.
* A verdict is `met`, `not_met` or `undetermined`, with its reason. `not_met` is said only if
  not even the upper bound reaches what is required. Nothing here ranks people.
* Everything that goes wrong is a problem document (RFC 9457), told apart by its `type`.
"""


_ALSO_DESCRIBED: Final[Sequence[tuple[type[BaseModel], JsonSchemaMode]]] = (
    (problems.Problem, "serialization"),
    (LatestCollection, "serialization"),
)


# In the order of the document. A router looks at one after the other: what is asked for all day
# comes first.
_ROUTES: Final = (
    *(readiness, positions, live, days, compliance, summaries, findings, coverage),
    *(sessions, keys, accounts, oidc),
    *(history, entries, roster, patterns, imports, registry),
    *(losses, log, notices, exports),
    *(codes, decided, corrections, months, appeals),
    *(privacy, own, erasing),
    *(orders, order_acts, order_setting),
    *(reports, served_photos),
    *(measures,),
    *(daylists, facilities),
)
# Routes that take more than others; None: they read in pieces and have a limit of their own.
_USUAL: Final = ApiSettings()
_MORE_BYTES: Final[Mapping[str, int | None]] = {"/v1/photos/": None, "/v1/imports": None}


class Application(FastAPI):
    """FastAPI whose document describes the answers too that no route has as its first form."""

    def openapi(self) -> dict[str, Any]:
        """Return the OpenAPI document."""
        is_new = self.openapi_schema is None
        document = super().openapi()
        if is_new:
            _, described = models_json_schema(_ALSO_DESCRIBED, ref_template=REFERENCE)
            document["components"]["schemas"].update(described["$defs"])
            describe_tables(document)
        return document


class Brought(NamedTuple):
    """Where photos go, and the tokens of the terminals, and of `gateways`, that may bring them.

    One that has not come after `patience_h` is overdue; one that nothing names goes after
    `orphan_days`.
    """

    store: PhotoStore
    tokens: TokenFile
    gateways: frozenset[str] = frozenset()
    patience_h: float = _USUAL.photo_patience_h
    orphan_days: int = _USUAL.photo_orphan_days


def make_app(
    views: Views,
    tokens: TokenFile,
    brought: Brought | None = None,
    *,
    identity: IdentitySettings | None = None,
) -> FastAPI:
    """Return the application that answers from `views` to accounts and to holders of `tokens`.

    Photos are taken where it is said what is `brought`.
    """
    app = Application(
        title="Gridpatrol",
        version=version("gridpatrol"),
        description=_DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=_lifespan,
    )
    app.state.tokens = tokens
    app.state.gate = Gate(identity or IdentitySettings())
    _furnish(app, views)
    for one in _ROUTES:
        # Taken as they are: included, each would be made once more when the first request comes.
        app.router.routes.extend(one.router.routes)
    if brought is not None:
        _take_photos(app, brought)
    pages.install(app)
    screen.install(app)
    problems.install(app)
    app.add_middleware(Tables)
    app.add_middleware(Bodies, more=_MORE_BYTES)
    app.add_middleware(Access)
    return app


def _furnish(app: FastAPI, views: Views) -> None:
    """Give the routes what they share; settings as they are where no file says otherwise."""
    app.state.views = views
    app.state.accesses = Accesses(views)
    app.state.lookout = readiness.Lookout(views)
    app.state.live = Hub(views)
    app.state.notice_watch = Watch(views)
    app.state.order_watch = watch_orders(views)
    app.state.decisions = DecisionSettings()
    app.state.desk = Desk(views, RegistrySettings())
    app.state.workflows = Workflows()
    app.state.intake = Intake(views.dsn)
    app.state.photo_window = Window()
    app.state.photo_patience_h = _USUAL.photo_patience_h
    app.state.lists = ListSettings()


def _take_photos(app: FastAPI, brought: Brought) -> None:
    views: Views = app.state.views
    app.state.photos, app.state.gateways = brought.store, brought.gateways
    app.state.terminal_tokens = brought.tokens
    app.state.photo_recorder = Recorder(views)
    app.state.photo_patience_h = brought.patience_h
    app.state.tidier = Tidier(views=views, store=brought.store, orphan_days=brought.orphan_days)
    # First: two hundred a second are looked for, and a router looks at one after the other.
    app.router.routes[:0] = photos.router.routes


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    views: Views = app.state.views
    await views.open()
    async with tidying(getattr(app.state, "tidier", None)):
        yield
    intake: Intake = app.state.intake
    await intake.close()
    gate: Gate = app.state.gate
    await gate.close()
    hub: Hub = app.state.live
    await hub.close()
    await views.close()
