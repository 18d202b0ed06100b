"""Rules out of a TOML file: what it names replaces a default, and nothing else changes."""

import tomllib
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import timedelta
from math import isfinite
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

from patrol.compliance import Rules
from patrol.errors import InputError

T = TypeVar("T")

# TOML has no lengths of time: a field that is one is written in seconds, and says so.
_SECONDS = "_s"
_PARTS = ("_share", "trust")
_AMOUNTS = ("_s", "_m", "_mps", "_h")
_POSITIVE = ("memory", "half", "usual")


def read_rules(path: Path) -> Rules:
    """Return the default rules with what the file at `path` overrides.

    Raises InputError that names what is not known, not of its type, out of range, or missing.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"rules file {path} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise InputError(f"rules file {path} is not TOML: {error}") from error
    if not table.get("version"):
        raise InputError(
            f"rules file {path} has no version: name the set, so that results can say "
            'by which rules they were made, e.g. version = "north-district-1"'
        )
    return _override(Rules(), table, where=str(path))


def _override(rules: T, table: Mapping[str, Any], *, where: str) -> T:
    hints = get_type_hints(type(rules))
    own: list[str] = [one.name for one in fields(rules)]  # type: ignore[arg-type] # always a dataclass
    by_key = {name + _SECONDS if hints[name] is timedelta else name: name for name in own}
    values: dict[str, Any] = {name: getattr(rules, name) for name in own}
    for key, given in table.items():
        if key not in by_key:
            raise InputError(f"{where}: {key} is not a rule; known: {', '.join(by_key)}")
        name = by_key[key]
        if is_dataclass(values[name]):
            if not isinstance(given, Mapping):
                raise InputError(f"{where}: {key} is a table: write [{key}]")
            values[name] = _override(values[name], given, where=f"{where}: [{key}]")
        else:
            values[name] = _convert(given, hints[name], where=f"{where}: {key}")
            _check_range(key, given, hints[name], where=where)
    return type(rules)(**values)


def _convert(given: object, wanted: type, *, where: str) -> object:
    if wanted is timedelta:
        seconds = _real(given, where=where)
        try:
            return timedelta(seconds=seconds)
        except OverflowError as error:
            raise InputError(f"{where} is {given!r}, more seconds than can be counted") from error
    if wanted is float:
        return _real(given, where=where)
    # In Python a truth value is a whole number, in TOML it is none.
    if type(given) is not wanted:
        raise InputError(f"{where} is {given!r}, not {wanted.__name__}")
    return given


def _check_range(key: str, given: Any, wanted: type, *, where: str) -> None:  # noqa: ANN401 - a value of TOML, converted before
    if wanted is str:
        return
    if key.endswith(_PARTS):
        allowed, within = "from 0 to 1", 0 <= given <= 1
    elif key.endswith("_h") or any(word in key for word in _POSITIVE):
        allowed, within = "more than 0", given > 0
    elif key.endswith(_AMOUNTS) or wanted is int:
        allowed, within = "0 or more", given >= 0
    else:
        return
    if not within:
        raise InputError(f"{where}: {key} is {given!r}, allowed is {allowed}")


def _real(given: object, *, where: str) -> float:
    if type(given) not in (int, float) or not isfinite(given):  # type: ignore[arg-type] # tested before
        raise InputError(f"{where} is {given!r}, not a number")
    return float(given)  # type: ignore[arg-type] # tested before
