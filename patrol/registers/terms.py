"""Reading what duty asks for from CSV files: requirements, excused time, cover for others."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import isfinite

from patrol import ids
from patrol.errors import InputError
from patrol.intervals import Interval
from patrol.registers.files import Problems, Source, day, epoch, read_rows
from patrol.requirements import Cover, Excuse, ExcuseKind, Requirement

_DAY_S = 86_400
_TOLD = [kind for kind in ExcuseKind if kind is not ExcuseKind.COMMON_SILENCE]
_DEFAULT = Requirement()


@dataclass(frozen=True, slots=True, kw_only=True)
class RequirementRow:
    """A requirement."""

    requirement: Requirement
    where: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExcuseRow:
    """An excused period."""

    excuse: Excuse
    where: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverRow:
    """A span of cover for another grid."""

    cover: Cover
    where: str


def read_requirements(source: Source, problems: Problems) -> list[RequirementRow]:
    """Return the requirements in a CSV file; what is empty is for all, for ever, or the default."""

    def read(row: Mapping[str, str], where: str) -> RequirementRow:
        valid_from = day(row, "valid_from") or date.min
        valid_to = day(row, "valid_to")
        if valid_to is not None and valid_to <= valid_from:
            raise InputError("valid_to is not after valid_from; it is the first day no longer held")
        visit_s = _number(row, "visit_s", most=_DAY_S)
        share = _number(row, "presence_share", most=1)
        requirement = Requirement(
            grid_id=ids.grid_id(row["grid_id"]) if row["grid_id"] else None,
            valid_from=valid_from,
            valid_to=valid_to,
            presence_share=_DEFAULT.presence_share if share is None else share,
            visit=_DEFAULT.visit if visit_s is None else timedelta(seconds=round(visit_s)),
            coverage_share=_number(row, "coverage_share", most=1),
        )
        return RequirementRow(requirement=requirement, where=where)

    columns = ("grid_id", "valid_from", "valid_to", "presence_share", "visit_s", "coverage_share")
    return read_rows(source, read, problems, columns=columns)


def read_excuses(source: Source, problems: Problems) -> list[ExcuseRow]:
    """Return the excused periods in a CSV file: `worker_id,grid_id,start,end,reason`."""

    def read(row: Mapping[str, str], where: str) -> ExcuseRow:
        if row["reason"] not in _TOLD:
            raise InputError(f"reason {row['reason']!r} is not one of {', '.join(_TOLD)}")
        excuse = Excuse(
            interval=_interval(row),
            kind=ExcuseKind(row["reason"]),
            worker_id=ids.worker_id(row["worker_id"]) if row["worker_id"] else None,
            grid_id=ids.grid_id(row["grid_id"]) if row["grid_id"] else None,
        )
        return ExcuseRow(excuse=excuse, where=where)

    columns = ("worker_id", "grid_id", "start", "end", "reason")
    return read_rows(source, read, problems, columns=columns)


def read_covers(source: Source, problems: Problems) -> list[CoverRow]:
    """Return the spans of cover in a CSV file: `worker_id,grid_id,start,end`."""

    def read(row: Mapping[str, str], where: str) -> CoverRow:
        cover = Cover(ids.worker_id(row["worker_id"]), _interval(row), ids.grid_id(row["grid_id"]))
        return CoverRow(cover=cover, where=where)

    return read_rows(source, read, problems, columns=("worker_id", "grid_id", "start", "end"))


@dataclass(slots=True, kw_only=True)
class Terms:
    """The rows of the three files; None where a file was not given."""

    requirements: list[RequirementRow] | None = None
    excuses: list[ExcuseRow] | None = None
    covers: list[CoverRow] | None = None


def check_terms(
    terms: Terms, problems: Problems, *, grids: set[str], workers: set[str] | None = None
) -> None:
    """Note requirements that stand twice, and ids that are not among the `grids` or `workers`."""
    named: list[tuple[str, str | None, str | None]] = []
    first: dict[tuple[str | None, date], str] = {}
    for row in terms.requirements or ():
        one = row.requirement
        named.append((row.where, one.grid_id, None))
        earlier = first.setdefault((one.grid_id, one.valid_from), row.where)
        if earlier != row.where:
            problems.add(row.where, f"{earlier} is about the same grid from the same day: keep one")
    named += [(row.where, row.excuse.grid_id, row.excuse.worker_id) for row in terms.excuses or ()]
    named += [(row.where, row.cover.grid_id, row.cover.worker_id) for row in terms.covers or ()]
    _check_known(named, problems, grids=grids, workers=workers)


def _check_known(
    named: Sequence[tuple[str, str | None, str | None]],
    problems: Problems,
    *,
    grids: set[str],
    workers: set[str] | None,
) -> None:
    for where, grid, worker in named:
        if grid is not None and grid not in grids:
            problems.add(where, f"grid {grid} is not known: load grids")
        if worker is not None and workers is not None and worker not in workers:
            problems.add(where, f"worker {worker} is not known: load workers")


def _interval(row: Mapping[str, str]) -> Interval:
    start, end = epoch(row, "start"), epoch(row, "end")
    if end <= start:
        raise InputError(f"end {row['end']} is not after start {row['start']}")
    return Interval(start, end)


def _number(row: Mapping[str, str], key: str, *, most: float) -> float | None:
    if not row[key]:
        return None
    try:
        value = float(row[key])
    except ValueError:
        value = float("nan")
    if not (isfinite(value) and 0 <= value <= most):
        raise InputError(f"{key} {row[key]!r} is not a number from 0 to {most}")
    return value
