"""A deployment's workflow as TOML: read, checked, and the one that ships."""

import tomllib
from collections.abc import Sequence
from functools import cache
from typing import Final, TypeVar

from patrol.errors import InputError
from patrol.workorders.reading import parts
from patrol.workorders.reading.checks import check_whole
from patrol.workorders.reading.tables import Table
from patrol.workorders.shipped import acts, categories, rules, steps
from patrol.workorders.terms import Category, Level, ReasonRule, Step, Workflow

T = TypeVar("T", Category, Level, ReasonRule, Step)

DEFAULT_TEXT: Final = steps.TEXT + acts.TEXT + rules.TEXT + categories.TEXT

MOST_BYTES: Final = 1 << 20

_MOST_VERSION: Final = 1_000_000_000
_USUAL_SOON: Final = 0.2


@cache
def default() -> Workflow:
    """Return the workflow that ships."""
    return read_workflow(DEFAULT_TEXT)


def read_workflow(text: str) -> Workflow:
    """Return the workflow that a TOML document describes.

    Raises InputError that names the key's path and what to do: for what is no TOML, unknown or
    missing, names something that is not there, cannot be reached or never ends, or asks who
    somebody is.
    """
    if len(text.encode()) > MOST_BYTES:
        raise InputError(f"a workflow of more than {MOST_BYTES} bytes: is it the right file?")
    try:
        root = Table(tomllib.loads(text), "")
    except (ValueError, RecursionError) as error:
        raise InputError(f"the workflow is not TOML: {error}") from error
    workflow = _read(root)
    root.finish()
    check_whole(workflow)
    return workflow


def _read(root: Table) -> Workflow:
    opens_at = root.code("opens_at")
    return Workflow(
        version=root.whole("version", most=_MOST_VERSION),
        names=parts.checked_words(root, "name"),
        opens_at=opens_at,
        opens_unplaced_at=root.code("opens_unplaced_at")
        if "opens_unplaced_at" in root
        else opens_at,
        unknown_category=root.code("unknown_category"),
        due_soon_share=root.number("due_soon_share", (0.0, 0.9), default=_USUAL_SOON),
        calendar=parts.read_one(root, "calendar", parts.read_calendar),
        levels=_by_code("levels", parts.read_all(root, "levels", parts.read_level)),
        steps=_by_code("steps", parts.read_all(root, "steps", parts.read_step)),
        acts=tuple(parts.read_all(root, "acts", parts.read_act)),
        reasons=_by_code("reasons", parts.read_all(root, "reasons", parts.read_reason)),
        categories=_by_code("categories", parts.read_all(root, "categories", parts.read_category)),
        limits=tuple(parts.read_all(root, "limits", parts.read_limit)),
        escalations=tuple(parts.read_all(root, "escalations", parts.read_escalation)),
        placing=parts.read_one(root, "placing", parts.read_placing),
        duplicates=parts.read_one(root, "duplicates", parts.read_duplicates),
        verification=parts.read_one(root, "verification", parts.read_verification),
        quota=parts.read_one(root, "quota", parts.read_quota) if "quota" in root else None,
    )


def _by_code(key: str, found: Sequence[T]) -> dict[str, T]:
    by_code: dict[str, T] = {}
    for n, one in enumerate(found, start=1):
        if one.code in by_code:
            raise InputError(f"{key}[{n}].code is {one.code!r} again: a code stands once")
        by_code[one.code] = one
    return by_code
