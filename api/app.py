"""The application: routes, pages and what surrounds them."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Any, Final, NamedTuple

from fastapi import FastAPI
from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from api import pages, problems
from api.access import Access
from api.auth import TokenFile
from api.documentation import REFERENCE
from api.features import LatestCollection
from api.photos.store import PhotoStore
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
from api.views import Views

_DESCRIPTION = """
Where workers were while on duty, whether they were in their grids, and how long their home
visits lasted, as far as the evidence goes.

* Every route but `/v1/health` needs a token: `Authorization: Bearer <token>`.
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


class Application(FastAPI):
    """FastAPI whose document describes the answers too that no route has as its first form."""

    def openapi(self) -> dict[str, Any]:
        """Return the OpenAPI document."""
        is_new = self.openapi_schema is None
        document = super().openapi()
        if is_new:
            _, described = models_json_schema(_ALSO_DESCRIBED, ref_template=REFERENCE)
            document["components"]["schemas"].update(described["$defs"])
        return document


class Brought(NamedTuple):
    """Where photos go, and the tokens of the terminals that may bring them."""

    store: PhotoStore
    tokens: TokenFile


def make_app(views: Views, tokens: TokenFile, brought: Brought | None = None) -> FastAPI:
    """Return the application that answers from `views` to those who have one of `tokens`.

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
    app.state.views = views
    app.state.tokens = tokens
    for one in (readiness, registry, positions, days, compliance, coverage, findings):
        app.include_router(one.router)
    if brought is not None:
        app.state.photos = brought.store
        app.state.terminal_tokens = brought.tokens
        app.include_router(photos.router)
    pages.install(app)
    problems.install(app)
    app.add_middleware(Access)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    views: Views = app.state.views
    await views.open()
    yield
    await views.close()
