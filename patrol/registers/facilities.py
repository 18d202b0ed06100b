"""Reading the things that stand in grids, lamps, manholes, hydrants, from a GeoJSON file."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from patrol import ids
from patrol.errors import InputError
from patrol.geofence import Area, read_area
from patrol.registers.checks import check_near, check_once
from patrol.registers.files import Problems, Source, label, plain, radius, read_features, text
from patrol.registers.rows import AreaRow
from patrol.wire import shown

MOST_CHECK_DAYS = 3660

_CODE = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}")
_KEEPER = re.compile(r"[A-Za-z0-9_.@-]{1,64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class FacilityRow:
    """A facility as it goes into its table, and who keeps it; nobody named: its grid.

    `check_days` is after how many days somebody is to look at it again, None: not by itself.
    """

    place: AreaRow
    department_id: str | None = None
    account_id: str | None = None
    check_days: int | None = None

    @property
    def id(self) -> str:
        """Its facility_id."""
        return self.place.id

    @property
    def grid_id(self) -> str:
        """The grid in which it stands."""
        return self.place.grid_id

    @property
    def where(self) -> str:
        """What messages call its row."""
        return self.place.where


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What facilities may name: grids, the outlines known of them, kinds, and who keeps them."""

    grids: Collection[str]
    areas: Mapping[str, Area]
    kinds: Collection[str]
    departments: Collection[str]
    accounts: Collection[str]


def read_facilities(source: Source, problems: Problems) -> list[FacilityRow]:
    """Return the facilities in a GeoJSON file: points, or outlines.

    `kind` is a category of the deployment's workflow; `department_id` or `account_id` keeps it.
    """

    def read(feature: Mapping[str, Any], properties: Mapping[str, Any], where: str) -> FacilityRow:
        facility = ids.check_id(text(properties, "facility_id"), what="facility_id")
        kind = text(properties, "kind")
        if not _CODE.fullmatch(kind):
            raise InputError(f"kind is {shown(kind)}: give a category of the workflow")
        department, account = (
            _keeper(properties, f"{who}_id") for who in ("department", "account")
        )
        if department is not None and account is not None:
            raise InputError("department_id and account_id are both given: one keeper each")
        # A facility is as large as it is: without a radius it is a point, and nobody visits it.
        radius_m = radius(properties)
        geometry = feature.get("geometry")
        return FacilityRow(
            place=AreaRow(
                id=facility,
                grid_id=ids.grid_id(text(properties, "grid_id")),
                area=read_area(geometry, radius_m=_drawn_m(geometry, radius_m)),
                geometry=plain(geometry),
                radius_m=radius_m,
                name=label(properties, "name"),
                kind=kind,
                where=f"{where} {facility}",
            ),
            department_id=department,
            account_id=account,
            check_days=_days(properties),
        )

    return read_features(source, read, problems)


def check_facilities(rows: Sequence[FacilityRow], problems: Problems, *, known: Known) -> None:
    """Note ids that stand twice, and what facilities name that is not `known`."""
    check_once(((row.id, row.where) for row in rows), problems)
    for row in rows:
        if row.grid_id not in known.grids:
            problems.add(row.where, f"grid_id {row.grid_id} is not known: load grids")
        elif row.grid_id in known.areas:
            check_near(row.place, known.areas[row.grid_id], problems)
        named = (
            ("kind", row.place.kind, known.kinds, "give a category of the workflow"),
            ("department_id", row.department_id, known.departments, "make that department first"),
            ("account_id", row.account_id, known.accounts, "make that account first"),
        )
        for field, value, those, advice in named:
            if value is not None and value not in those:
                problems.add(row.where, f"{field} {value} is not known: {advice}")


def _keeper(properties: Mapping[str, Any], key: str) -> str | None:
    value = properties.get(key)
    if value is None or value == "":
        return None
    if not isinstance(value, str) or not _KEEPER.fullmatch(value):
        raise InputError(f"{key} is {shown(value)}: give the id of one")
    return value


def _drawn_m(geometry: object, radius_m: float | None) -> float | None:
    is_point = isinstance(geometry, Mapping) and geometry.get("type") == "Point"
    return radius_m if radius_m is not None or not is_point else 1.0


def _days(properties: Mapping[str, Any]) -> int | None:
    value = properties.get("check_days")
    if value is None or value == "":
        return None
    # Sheets have digits as text.
    days = int(value) if isinstance(value, str) and value.isdecimal() else value
    if type(days) is not int or not 1 <= days <= MOST_CHECK_DAYS:
        raise InputError(f"check_days is {shown(value)}: give 1 to {MOST_CHECK_DAYS}")
    return days
