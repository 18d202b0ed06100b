"""Which parameters a route has: those of the document, and no others."""

from collections.abc import Iterator
from inspect import isclass

from fastapi import Depends, Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from pydantic import BaseModel

from api.problems import INVALID_REQUEST, ParameterError, ProblemError

_ADVICE = "this route has no such parameter; leave it out"


def parameters_of(route: APIRoute) -> frozenset[str]:
    """Return the names of the query parameters of a route."""
    return frozenset(_names(route.dependant))


def _names(dependant: Dependant) -> Iterator[str]:
    for one in dependant.query_params:
        shape = one.field_info.annotation
        if isclass(shape) and issubclass(shape, BaseModel):
            # A model of parameters stands for its fields.
            for name, described in shape.model_fields.items():
                yield described.alias or name
        else:
            yield one.alias
    for inner in dependant.dependencies:
        yield from _names(inner)


async def _refuse_unknown(request: Request) -> None:
    # A parameter that is passed over looks like one that did what it says.
    known = parameters_of(request.scope["route"])
    unknown = [name for name in request.query_params if name not in known]
    if unknown:
        errors = [ParameterError(name=name, place="query", detail=_ADVICE) for name in unknown]
        detail = "; ".join(f"{one.name}: {one.detail}" for one in errors)
        raise ProblemError(INVALID_REQUEST, detail, errors=errors)


# Behind the token, where there is one: who has none learns nothing of parameters.
ParametersKnown = Depends(_refuse_unknown)
