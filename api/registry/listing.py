"""Reading entries: one, or a page of them by their ids."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

from fastapi import Query
from pydantic import BaseModel, Field, create_model

from api.problems import CURSOR_ADVICE, invalid_parameter
from api.registry.kinds import Kind
from api.registry.settings import RegistrySettings
from api.shapes import Day, Id, Shape
from api.views import Snapshot

# Of fields that may be null: a document shows them with a value.
_EXAMPLES: Final[Mapping[str, str]] = {
    "parent_id": "D1",
    "area_id": "S1",
    "grid_id": "G03",
    "worker_id": "W07",
    "name": "Garden Lane 4",
    "kind": "station",
    "model": "ruggedised-a",
    "reason": "leave",
    "valid_from": "2026-11-20",
    "start_at": "2026-11-20T00:30:00Z",
    "end_at": "2026-11-20T04:30:00Z",
}


class EntriesQuery(BaseModel):
    """Which entries are asked for."""

    area_id: Id | None = Field(None, description="only in this area and all that lies in it")
    grid_id: Id | None = Field(None, description="only of this grid")
    worker_id: Id | None = Field(None, description="only of this worker")
    day: Day | None = Field(None, description="only what holds on this local day")
    limit: int = Field(100, ge=1, le=500, description="entries a page")
    cursor: str | None = Field(
        None,
        pattern=r"^[A-Za-z0-9_-]{1,64}$",
        description="next_cursor of the page before",
        examples=["P0815"],
    )


AskedEntries = Annotated[EntriesQuery, Query()]


def shape_of(kind: Kind) -> type[Shape]:
    """Return the shape of an entry as it is told."""
    key_type: Any = int if kind.is_numbered else str
    named: dict[str, Any] = {
        kind.key: (key_type, Field(examples=[12 if kind.is_numbered else "S1"]))
    }
    for name in kind.columns:
        one = kind.body.model_fields[name]
        told = Field(description=one.description, examples=one.examples or [_EXAMPLES.get(name)])
        named[name] = (one.annotation, told)
    named["revision"] = (int, Field(description="goes up with each change", examples=[1]))
    made: type[Shape] = create_model(
        f"{kind.what.capitalize()}Entry", __base__=Shape, __doc__=kind.body.__doc__, **named
    )
    return made


def page_of(kind: Kind, shape: type[Shape]) -> type[Shape]:
    """Return the shape of a page of entries."""
    named: dict[str, Any] = {
        "entries": (list.__class_getitem__(shape), ...),
        "next_cursor": (
            str | None,
            Field(
                description="give it as cursor for the next page; null on the last one",
                examples=[None],
            ),
        ),
    }
    made: type[Shape] = create_model(
        f"{kind.what.capitalize()}Page",
        __base__=Shape,
        __doc__=f"Entries of the kind `{kind.what}`, by {kind.key}.",
        **named,
    )
    return made


async def list_entries(
    snapshot: Snapshot,
    kind: Kind,
    query: EntriesQuery,
    *,
    shape: type[Shape],
    settings: RegistrySettings,
) -> dict[str, Any]:
    """Return a page of entries within reach; ProblemError for a filter that the kind has not."""
    conditions = [kind.only, kind.seen]
    given = {
        name: getattr(query, name)
        for name in ("area_id", "grid_id", "worker_id", "day")
        if getattr(query, name) is not None
    }
    for name in given:
        if name not in kind.filters:
            raise invalid_parameter(name, f"{kind.path} are not told apart by it; leave it out")
        conditions.append(kind.filters[name])
    if query.cursor is not None:
        conditions.append(f"t.{kind.key} > %(after)s")
    statement: Any = (
        f"select {kind.selected} from {kind.table} t"  # noqa: S608 - texts of this program
        f" where {' and '.join(conditions)} order by t.{kind.key} limit %(limit)s"
    )
    found = await snapshot.rows(
        shape,
        statement,
        **given,
        after=_after(kind, query.cursor),
        limit=query.limit + 1,
        zone=settings.timezone,
    )
    page = found[: query.limit]
    last = str(getattr(page[-1], kind.key)) if len(found) > query.limit else None
    return {"entries": page, "next_cursor": last}


async def find_entry(
    snapshot: Snapshot, kind: Kind, key: str | int, *, shape: type[Shape]
) -> Shape | None:
    """Return an entry within reach, or None."""
    statement: Any = (
        f"select {kind.selected} from {kind.table} t"  # noqa: S608 - texts of this program
        f" where t.{kind.key} = %(key)s and {kind.only} and {kind.seen}"
    )
    found = await snapshot.rows(shape, statement, key=key)
    return found[0] if found else None


def _after(kind: Kind, cursor: str | None) -> str | int | None:
    if cursor is None or not kind.is_numbered:
        return cursor
    if not cursor.isascii() or not cursor.isdigit() or len(cursor) > 9:  # noqa: PLR2004 - a number of an entry
        raise invalid_parameter("cursor", CURSOR_ADVICE)
    return int(cursor)
