"""Which parameters a route has: those of the document, and no others."""

from fastapi import Depends, FastAPI, Request

from api.problems import INVALID_REQUEST, ParameterError, ProblemError

_ADVICE = "this route has no such parameter; leave it out"


def parameters_of(app: FastAPI, route: str) -> set[str]:
    """Return the names of the query parameters of the route with this template."""
    operation = app.openapi()["paths"][route]["get"]
    return {one["name"] for one in operation.get("parameters", []) if one["in"] == "query"}


async def _refuse_unknown(request: Request) -> None:
    # A parameter that is passed over looks like one that did what it says.
    known = parameters_of(request.app, request.scope["route"].path)
    unknown = [name for name in request.query_params if name not in known]
    if unknown:
        errors = [ParameterError(name=name, place="query", detail=_ADVICE) for name in unknown]
        detail = "; ".join(f"{one.name}: {one.detail}" for one in errors)
        raise ProblemError(INVALID_REQUEST, detail, errors=errors)


# Behind the token, where there is one: who has none learns nothing of parameters.
ParametersKnown = Depends(_refuse_unknown)
