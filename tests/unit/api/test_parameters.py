"""The parameters that a route takes are those that its document has."""

from collections.abc import Iterable, Iterator

from fastapi.routing import APIRoute

from api.app import make_app
from api.auth import TokenFile
from api.routes.parameters import parameters_of
from api.settings import ApiSettings
from api.views import Views
from tests.asking import NO_DATABASE


def routes_of(found: Iterable[object]) -> Iterator[APIRoute]:
    """Yield every route, of routers within routers, too."""
    for one in found:
        if isinstance(one, APIRoute):
            yield one
        else:
            yield from routes_of(getattr(getattr(one, "original_router", None), "routes", ()))


def test_a_route_takes_the_parameters_that_the_document_names() -> None:
    app = make_app(Views(NO_DATABASE, ApiSettings()), TokenFile(None))
    paths = app.openapi()["paths"]
    routes = list(routes_of(app.routes))
    described = {
        (path, method): {one["name"] for one in found.get("parameters", []) if one["in"] == "query"}
        for path, methods in paths.items()
        for method, found in methods.items()
    }

    taken = {
        ("/v1" + route.path.removeprefix("/v1"), method.lower()): parameters_of(route)
        for route in routes
        for method in route.methods
        if route.include_in_schema
    }
    assert len(taken) >= 9
    assert taken == described
