"""What may stand in a register that is imported, and turning rows of places into features."""

from collections.abc import Mapping, Sequence
from math import isfinite
from types import MappingProxyType
from typing import Any, Final

from patrol.datums import Place, wgs84_of
from patrol.registers.files import Features, Problems, Source, numbered_lines

# Properties of features beside their geometry; of those of a kind without geometry, the columns.
COLUMNS: Final[Mapping[str, Sequence[str]]] = MappingProxyType(
    {
        "grids": ("grid_id", "name", "area_id", "valid_from", "valid_to"),
        "premises": ("premises_id", "grid_id", "name", "households", "radius_m"),
        "places": ("place_id", "name", "kind", "radius_m"),
        "checkpoints": ("checkpoint_id", "grid_id", "name", "radius_m"),
        "streets": ("grid_id",),
        "facilities": (
            *("facility_id", "grid_id", "name", "kind", "radius_m"),
            *("department_id", "account_id", "check_days"),
        ),
        "workers": ("worker_id", "name"),
        "terminals": ("terminal_id", "model", "worker_id", "valid_from", "valid_to"),
        "roster": ("worker_id", "grid_id", "start", "end"),
        "requirements": (
            *("grid_id", "valid_from", "valid_to"),
            *("presence_share", "visit_s", "coverage_share"),
        ),
        "excuses": ("worker_id", "grid_id", "start", "end", "reason"),
        "covers": ("worker_id", "grid_id", "start", "end"),
        "tags": ("token", "premises_id", "valid_from", "valid_to"),
    }
)
PLACED: Final = frozenset({"grids", "premises", "places", "checkpoints", "streets", "facilities"})
_NUMBERS: Final = ("radius_m", "lon_deg", "lat_deg")
_DIGITS: Final = 9


def prepare(kind: str, source: Source, problems: Problems, *, datum: str) -> Source:
    """Return a source whose rows the reader of `kind` takes, in WGS-84; note what is not known.

    Rows of places have `lon_deg` and `lat_deg`, and become points.
    """
    if kind not in PLACED:
        return source
    features = source if isinstance(source, Features) else _features(source)
    converted = []
    for number, feature in enumerate(features.features, start=features.first):
        _check_known(kind, feature, problems, where=f"{features.name}: {features.unit} {number}")
        converted.append(feature if datum == "wgs84" else _converted(feature, datum))
    return Features(features.name, converted, features.unit, features.first)


def _check_known(kind: str, feature: Mapping[str, Any], problems: Problems, *, where: str) -> None:
    properties = feature.get("properties")
    if not isinstance(properties, Mapping):
        return
    for name in properties:
        if name not in COLUMNS[kind]:
            problems.add(
                where, f"{str(name)[:60]} is no property of {kind}: leave it out, it is not kept"
            )


def _features(source: Source) -> Features:
    numbered = numbered_lines(source)
    header = [name.strip() for name in next(numbered, (1, []))[1]]
    rows = [values for _, values in numbered]
    while rows and not any(value.strip() for value in rows[-1]):
        rows.pop()
    return Features(source.name, [_feature(header, row) for row in rows], "line", 2)


def _feature(header: Sequence[str], row: Sequence[str]) -> Mapping[str, Any]:
    given = {name: value.strip() for name, value in zip(header, row, strict=False) if value.strip()}
    properties: dict[str, Any] = {
        name: _number(value) if name in _NUMBERS else value for name, value in given.items()
    }
    if "households" in properties:
        number = _number(properties["households"])
        properties["households"] = (
            int(number) if isinstance(number, float) and number.is_integer() else number
        )
    lon_deg, lat_deg = properties.pop("lon_deg", None), properties.pop("lat_deg", None)
    return {
        "properties": properties,
        "geometry": {"type": "Point", "coordinates": [lon_deg, lat_deg]},
    }


def _number(text: str) -> float | str:
    try:
        value = float(text)
    except ValueError:
        return text
    return value if isfinite(value) else text


def _converted(feature: Mapping[str, Any], datum: str) -> Mapping[str, Any]:
    geometry = feature.get("geometry")
    if not isinstance(geometry, Mapping):
        return feature
    moved = {**geometry, "coordinates": _moved(geometry.get("coordinates"), datum)}
    return {**feature, "geometry": moved}


def _moved(part: Any, datum: str) -> Any:  # noqa: ANN401 - JSON
    if not isinstance(part, list):
        return part
    if len(part) > 1 and all(type(one) in (int, float) and isfinite(one) for one in part[:2]):
        lat_deg, lon_deg = wgs84_of(Place(float(part[1]), float(part[0])), datum=datum)
        return [round(lon_deg, _DIGITS), round(lat_deg, _DIGITS)]
    return [_moved(one, datum) for one in part]
