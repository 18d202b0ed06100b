"""Settings: defaults, then a TOML file, then the environment, checked and typed.

A room describes its settings as a frozen dataclass whose fields carry a default and a
sentence of help. `[ingest] batch_rows = 500` in the file is `PATROL_INGEST_BATCH_ROWS=500`
in the environment, which wins.
"""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, get_args, get_type_hints

from patrol.errors import InputError

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    T = TypeVar("T", bound=DataclassInstance)
else:
    T = TypeVar("T")

PREFIX = "PATROL"
FILE_VARIABLE = f"{PREFIX}_CONFIG"

_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"0", "false", "no", "off"}


def setting(default: Any = MISSING, *, text: str) -> Any:  # noqa: ANN401 - a dataclass field
    """Return a dataclass field: a setting with its default, if any, and what it means."""
    return field(default=default, metadata={"text": text})


def read_file(path: Path | None) -> dict[str, Any]:
    """Return the settings in the TOML file at `path`, else in the one `PATROL_CONFIG` names."""
    if path is None:
        named = os.environ.get(FILE_VARIABLE)
        if not named:
            return {}
        path = Path(named)
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"settings file {path} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise InputError(f"settings file {path} is not TOML: {error}") from error


def load(
    cls: type[T],
    section: str,
    *,
    file: Mapping[str, Any],
    environment: Mapping[str, str] = os.environ,
) -> T:
    """Return `cls` filled from `[section]` of `file` and from the environment.

    Raises InputError that names the setting, where it was given and what it should be.
    """
    table = file.get(section, {})
    if not isinstance(table, Mapping):
        raise InputError(f"[{section}] in the settings file must be a table")
    known = {one.name: one for one in fields(cls)}
    for name in table:
        if name not in known:
            raise InputError(f"[{section}] {name} is not a setting; known: {', '.join(known)}")
    hints = get_type_hints(cls)
    values = {
        name: _convert(given, hints[name], where)
        for name, one in known.items()
        if (found := _find(name, section, table=table, environment=environment)) is not None
        for given, where in [found]
    }
    for name, one in known.items():
        if name not in values and one.default is MISSING:
            raise InputError(
                f"{name} is not set: give [{section}] {name} in the settings file "
                f"or {variable(section, name)}"
            )
    return cls(**values)


def variable(section: str, name: str) -> str:
    """Return the environment variable of a setting."""
    return f"{PREFIX}_{section}_{name}".upper()


def read_secret(path: Path | None) -> str | None:
    """Return the password in a file that a setting names, None where it names none."""
    if path is None:
        return None
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise InputError(f"password_file {path} cannot be read: {error.strerror}") from error


def _find(
    name: str, section: str, *, table: Mapping[str, Any], environment: Mapping[str, str]
) -> tuple[Any, str] | None:
    in_environment = variable(section, name)
    if in_environment in environment:
        return environment[in_environment], in_environment
    if name in table:
        return table[name], f"[{section}] {name}"
    return None


def _convert(given: Any, hint: Any, where: str) -> Any:  # noqa: ANN401 - a value of any type
    wanted = next((one for one in get_args(hint) if one is not type(None)), hint)
    try:
        if wanted is bool:
            return _truth(given)
        if isinstance(given, (dict, list)) or (wanted is int and isinstance(given, (bool, float))):
            raise TypeError(given)  # noqa: TRY301 - what Python would silently make fit
        return wanted(given)
    except (TypeError, ValueError) as error:
        kind = getattr(wanted, "__name__", str(wanted))
        raise InputError(f"{where} is {given!r}, which is no {kind}") from error


def _truth(given: object) -> bool:
    word = str(given).lower()
    if word not in _TRUE | _FALSE:
        raise ValueError(word)
    return word in _TRUE
