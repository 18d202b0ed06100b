"""All registers that are given at once."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from patrol.registers.facilities import FacilityRow, read_facilities
from patrol.registers.files import Problems, Source
from patrol.registers.routes import RouteRows, StreetRow, read_checkpoints, read_streets
from patrol.registers.rows import (
    AreaRow,
    DutyRow,
    TerminalRow,
    WorkerRow,
    read_grids,
    read_places,
    read_premises,
    read_roster,
    read_terminals,
    read_workers,
)
from patrol.registers.tags import TagRow, read_tags
from patrol.registers.terms import (
    CoverRow,
    ExcuseRow,
    RequirementRow,
    Terms,
    read_covers,
    read_excuses,
    read_requirements,
)

T = TypeVar("T")


@dataclass(slots=True, kw_only=True)
class Registers:
    """The rows of the files that were given."""

    grids: list[AreaRow] = field(default_factory=list)
    premises: list[AreaRow] = field(default_factory=list)
    places: list[AreaRow] = field(default_factory=list)
    workers: list[WorkerRow] = field(default_factory=list)
    terminals: list[TerminalRow] = field(default_factory=list)
    roster: list[DutyRow] = field(default_factory=list)
    facilities: list[FacilityRow] = field(default_factory=list)
    # None where no file was given: an empty one withdraws what is known.
    requirements: list[RequirementRow] | None = None
    excuses: list[ExcuseRow] | None = None
    covers: list[CoverRow] | None = None
    checkpoints: list[AreaRow] | None = None
    streets: list[StreetRow] | None = None
    tags: list[TagRow] | None = None

    @property
    def terms(self) -> Terms:
        """What the files ask of duty."""
        return Terms(requirements=self.requirements, excuses=self.excuses, covers=self.covers)

    @property
    def routes(self) -> RouteRows:
        """What is to be reached."""
        return RouteRows(checkpoints=self.checkpoints, streets=self.streets)


def read_registers(sources: Mapping[str, Source], problems: Problems) -> Registers:
    """Return the rows of `sources`, by their kinds, that can be read; note those that cannot."""

    def given(kind: str, read: Callable[[Source, Problems], list[T]]) -> list[T] | None:
        return read(sources[kind], problems) if kind in sources else None

    def rows(kind: str, read: Callable[[Source, Problems], list[T]]) -> list[T]:
        return given(kind, read) or []

    return Registers(
        grids=rows("grids", read_grids),
        premises=rows("premises", read_premises),
        places=rows("places", read_places),
        workers=rows("workers", read_workers),
        terminals=rows("terminals", read_terminals),
        roster=rows("roster", read_roster),
        facilities=rows("facilities", read_facilities),
        requirements=given("requirements", read_requirements),
        excuses=given("excuses", read_excuses),
        covers=given("covers", read_covers),
        checkpoints=given("checkpoints", read_checkpoints),
        streets=given("streets", read_streets),
        tags=given("tags", read_tags),
    )
