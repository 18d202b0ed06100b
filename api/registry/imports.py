"""Imports: many rows at once, all or none, with every problem named."""

import re
from typing import Annotated, Any, Final, Literal

import psycopg
from fastapi import APIRouter, Query, Request
from pydantic import Field

from api.documentation import answers
from api.identity.callers import AskingCaller, CallerKnown
from api.identity.permissions import Permission
from api.problems import (
    BODY_TOO_LARGE,
    INVALID_REQUEST,
    NOT_PERMITTED,
    ParameterError,
    ProblemError,
)
from api.registry.desk import AskedDesk
from api.registry.problems import MONTH_FROZEN, NOT_A_TABLE, NOT_IMPORTED, month_frozen
from api.registry.reaching import reach_of
from api.registry.routes import ChangeQuery
from api.registry.sheets import CSV, XLSX, read_body
from api.registry.writing import How
from api.routes.parameters import ParametersKnown
from api.shapes import Shape
from patrol.errors import InputError
from patrol.registers.columns import COLUMNS, PLACED, prepare
from patrol.registers.files import Problems, Source
from patrol.registers.registers import Registers, read_registers
from runtime.registers.changes import Entry, Touched, newest_mark, touched, write_change
from runtime.registers.differences import Differences
from runtime.registers.load import Terms, store

router = APIRouter(prefix="/v1", dependencies=[CallerKnown, ParametersKnown], tags=["registry"])

ImportKind = Literal[
    "grids",
    "premises",
    "places",
    "checkpoints",
    "streets",
    "facilities",
    "workers",
    "terminals",
    "roster",
    "requirements",
    "excuses",
    "covers",
    "tags",
]
# These are for those who keep the roster, the others for those who keep the registers.
_ROSTER: Final = frozenset({"roster", "excuses", "covers"})
# A file of these is the whole list of the deployment.
_WHOLE: Final = frozenset({"streets", "requirements", "tags"})
_UNDATED: Final = PLACED | {"workers", "tags"}
_NUMBERED: Final = re.compile(r"(?:line|feature) (\d+)")
_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            form: {"schema": {"type": "string", "format": "binary"}}
            for form in ("application/geo+json", CSV, XLSX)
        },
    }
}


class ImportQuery(ChangeQuery):
    """What is imported, and on which terms."""

    kind: ImportKind = Field(description="what the rows are")
    datum: Literal["wgs84", "gcj02", "bd09"] = Field(
        "wgs84", description="of all places; converted once, here"
    )


class RowProblem(Shape):
    """Why a row cannot be imported."""

    row: int | None = Field(
        description="line of the sheet, the header being 1, or number of the feature",
        examples=[12],
    )
    field: str | None = Field(description="which, where one can be told", examples=["grid_id"])
    detail: str = Field(
        description="what is wrong, and what to do", examples=["grid G9 is not known: load grids"]
    )


class Imported(Shape):
    """What an import has done, or would do."""

    kind: str = Field(examples=["premises"])
    dry_run: bool = Field(examples=[False])
    rows: int = Field(description="that could be read", examples=[1200])
    added: int = Field(
        description="entries; of a roster, worker-days; 0 for whole lists", examples=[3]
    )
    changed: int = Field(description="as `added`", examples=[12])
    unchanged: int = Field(description="as `added`", examples=[1185])
    days_marked: int = Field(description="worker-days that are judged again", examples=[340])
    verdicts_concerned: int = Field(description="of them with a result until now", examples=[322])
    frozen_months: list[str] = Field(description="among them", examples=[["2026-09"]])
    change_id: int | None = Field(description="for /v1/changes; null of a dry run", examples=[41])
    problems: list[RowProblem] = Field(description="every one; then nothing is imported")


@router.post(
    "/imports",
    responses=answers(
        Imported,
        *(NOT_IMPORTED, NOT_A_TABLE, BODY_TOO_LARGE, MONTH_FROZEN, NOT_PERMITTED, INVALID_REQUEST),
    ),
    openapi_extra=_BODY,
    summary="Import rows",
)
async def post_import(
    request: Request,
    query: Annotated[ImportQuery, Query()],
    *,
    caller: AskingCaller,
    desk: AskedDesk,
) -> Imported:
    """Import GeoJSON, CSV or XLSX: all rows or, where one cannot be, none.

    With `dry_run`, every problem is told by row, and what would change. The rows are checked as
    `patrol ingest load` checks them.
    """
    needed = Permission.WRITE_ROSTER if query.kind in _ROSTER else Permission.WRITE_REGISTRY
    asking = caller.asking(needed)
    body = await _read(request, most_bytes=desk.settings.import_bytes)
    content_type = request.headers.get("Content-Type", "")
    terms = query.model_dump(exclude={"kind", "datum"})
    how = How(asking=asking, settings=desk.settings, **terms)
    importing = _Import(query, how)

    def work(conn: psycopg.Connection) -> Imported:
        return importing.done(conn, registers)

    registers = await desk.think(
        lambda: importing.read(read_body(body, content_type, desk.settings))
    )
    return await desk.change(asking, work)


async def _read(request: Request, *, most_bytes: int) -> bytes:
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > most_bytes:
            raise ProblemError(
                BODY_TOO_LARGE, f"{most_bytes} bytes are taken", headers={"Connection": "close"}
            )
        parts.append(part)
    return b"".join(parts)


class _Import:
    """One import: read first, then done in one transaction."""

    def __init__(self, query: ImportQuery, how: How) -> None:
        self._kind = query.kind
        self._datum = query.datum
        self._how = how
        self._problems = Problems()

    def read(self, source: Source) -> Registers:
        """Return the rows that can be read; the others are noted."""
        try:
            source = prepare(self._kind, source, self._problems, datum=self._datum)
            return read_registers({self._kind: source}, self._problems)
        except InputError as error:
            self._problems.add("body", error)
            return Registers()

    def done(self, conn: psycopg.Connection, registers: Registers) -> Imported:
        """Check and store the rows; return what that has done."""
        how, problems = self._how, self._problems
        since = newest_mark(conn)
        reach = reach_of(conn)
        rows = len(getattr(registers, self._kind) or ())
        if self._kind in _WHOLE and not reach.everywhere:
            problems.add("body", "is the list of all: it is for administrators of everywhere")
        terms = Terms(zone=how.settings.zone, reach=reach, adds=True, skips_same=True)
        differences = Differences()
        if not problems.rows or rows:
            differences = store(conn, registers, problems, terms=terms)
        if problems.rows:
            conn.rollback()
            return self._refused(rows)
        concerned = touched(conn, since)
        may_keep = self._kind in _UNDATED
        is_kept = how.dry_run or (how.keep_frozen and may_keep)
        if concerned.frozen_months and not is_kept:
            raise month_frozen(concerned.frozen_months, may_keep=may_keep)
        return self._told(conn, differences, concerned=concerned, rows=rows, since=since)

    def _told(
        self,
        conn: psycopg.Connection,
        differences: Differences,
        *,
        concerned: Touched,
        rows: int,
        since: int,
    ) -> Imported:
        how = self._how
        found = differences.of[self._kind]
        counts = {
            "rows": rows,
            "added": len(found.added),
            "changed": len(found.changed),
            "unchanged": len(found.unchanged),
        }
        number = None
        if how.dry_run:
            conn.rollback()
        else:
            who = how.asking.account_id or how.asking.reader
            after = {**counts, "datum": self._datum}
            entry = Entry(who, "import", self._kind, None, after, how.reason)
            number = write_change(conn, entry, since=since, days=concerned.days)
        return Imported(
            kind=self._kind,
            dry_run=how.dry_run,
            days_marked=concerned.days,
            verdicts_concerned=concerned.verdicts,
            frozen_months=list(concerned.frozen_months),
            change_id=number,
            problems=[],
            **counts,
        )

    def _refused(self, rows: int) -> Imported:
        found = [self._row_problem(where, reason) for where, reason in self._problems.rows]
        found.sort(key=lambda one: one.row or 0)
        if not self._how.dry_run:
            raise ProblemError(
                NOT_IMPORTED,
                f"{_counted(found)} cannot be imported, so nothing was",
                errors=[
                    ParameterError(
                        name=one.field or "row", place=f"row {one.row}", detail=one.detail
                    )
                    for one in found
                ],
            )
        return Imported(
            kind=self._kind,
            dry_run=True,
            rows=rows,
            added=0,
            changed=0,
            unchanged=0,
            days_marked=0,
            verdicts_concerned=0,
            frozen_months=[],
            change_id=None,
            problems=found,
        )

    def _row_problem(self, where: str, reason: str) -> RowProblem:
        number = _NUMBERED.search(where)
        # Messages name a field, or a thing as in "grid G9 is not known".
        words = re.findall(r"[a-z_0-9]+", reason.lower())
        columns = (*COLUMNS[self._kind], "lon_deg", "lat_deg", "geometry")
        named = (name for word in words for name in (word, f"{word}_id") if name in columns)
        field = next(named, None)
        return RowProblem(row=int(number[1]) if number else None, field=field, detail=reason)


def _counted(found: list[RowProblem]) -> str:
    rows = len({one.row for one in found})
    return f"{rows} row{'s' if rows > 1 else ''}"
