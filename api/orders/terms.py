"""The workflow and the departments, as they are told: codes with their names in every language."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import Field

from api.orders.shapes import CATEGORY, DEPARTMENT, STEP, Severity, StepKind
from api.shapes import Shape
from patrol.workorders.terms import Category, Words, Workflow

_NAMES = [{"en": "Street lamp", "zh": "路灯"}]
_SHA256 = ["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"]
Names = Words


class WorkflowLevel(Shape):
    """A level; `area` is the kind of area that holds it."""

    code: str = Field(examples=["street"])
    names: Names = Field(examples=_NAMES)
    area: str | None = Field(examples=["street"])


class WorkflowStep(Shape):
    """A step; one that nobody holds is an end."""

    code: str = Field(examples=STEP)
    names: Names = Field(examples=_NAMES)
    kind: StepKind = Field(examples=["handle"])
    level: str | None = Field(description="null: of an end", examples=["grid"])
    held_by: str | None = Field(examples=["grid"])


class WorkflowAct(Shape):
    """An act: from where to where, by whom, and what it needs."""

    code: str = Field(examples=["climb"])
    names: Names = Field(examples=_NAMES)
    kind: str = Field(examples=["climb"])
    from_steps: list[str] = Field(examples=[STEP])
    to_step: str | None = Field(examples=["community"])
    by: list[str] = Field(description="parties", examples=[["grid"]])
    needs: list[str] = Field(examples=[["reason"]])


class WorkflowReason(Shape):
    """A reason, and for which kinds of acts it is."""

    code: str = Field(examples=["beyond_means"])
    names: Names = Field(examples=_NAMES)
    kinds: list[str] = Field(examples=[["climb"]])


class WorkflowCategory(Shape):
    """What a report can be about: a thing or a place; with its working guide."""

    code: str = Field(examples=CATEGORY)
    names: Names = Field(examples=_NAMES)
    concern: str = Field(description="component or event", examples=["component"])
    severity: Severity = Field(examples=["normal"])
    look_at: Names = Field(examples=_NAMES)
    photograph: Names = Field(examples=_NAMES)
    climb_when: Names = Field(examples=_NAMES)


class WorkflowTold(Shape):
    """A version of the workflow."""

    version: int = Field(examples=[1])
    names: Names = Field(examples=_NAMES)
    sha256: str = Field(description="of `toml`", examples=_SHA256)
    loaded_at: datetime | None = Field(
        description="null: it ships, or was only checked", examples=["2026-11-20T03:12:40Z"]
    )
    loaded_by: str | None = Field(examples=["zhao.min"])
    opens_at: str = Field(examples=STEP)
    opens_unplaced_at: str = Field(examples=["district"])
    levels: list[WorkflowLevel]
    steps: list[WorkflowStep]
    acts: list[WorkflowAct]
    reasons: list[WorkflowReason]
    categories: list[WorkflowCategory]
    verification_within_m: float = Field(
        description="what counts as being at the place", examples=[50.0]
    )
    toml: str = Field(description="the document itself, with its limits", examples=["version = 1"])


class Department(Shape):
    """A department to which orders can be dispatched."""

    department_id: str = Field(examples=DEPARTMENT)
    name: str = Field(examples=["Street lighting"])
    is_active: bool = Field(examples=[True])
    revision: int = Field(examples=[1])


class Departments(Shape):
    """All departments, by department_id."""

    departments: list[Department]


def told_of(workflow: Workflow, row: Mapping[str, Any]) -> WorkflowTold:
    """Return what is told of a workflow and of the row that it was read from."""
    return WorkflowTold(
        version=workflow.version,
        names=workflow.names,
        sha256=row["sha256"],
        loaded_at=row.get("loaded_at"),
        loaded_by=row.get("loaded_by"),
        opens_at=workflow.opens_at,
        opens_unplaced_at=workflow.opens_unplaced_at,
        levels=[
            WorkflowLevel(code=one.code, names=one.names, area=one.area)
            for one in workflow.levels.values()
        ],
        steps=[
            WorkflowStep(
                code=one.code,
                names=one.names,
                kind=one.kind.value,
                level=one.level,
                held_by=one.held_by,
            )
            for one in workflow.steps.values()
        ],
        acts=_acts(workflow),
        reasons=[
            WorkflowReason(code=one.code, names=one.names, kinds=sorted(one.kinds))
            for one in workflow.reasons.values()
        ],
        categories=[_category(one) for one in workflow.categories.values()],
        verification_within_m=workflow.verification.within_m,
        toml=row["toml"],
    )


def _acts(workflow: Workflow) -> list[WorkflowAct]:
    return [
        WorkflowAct(
            code=one.code,
            names=one.names,
            kind=one.kind,
            from_steps=list(one.from_steps),
            to_step=one.to,
            by=sorted(one.by),
            needs=sorted(one.needs),
        )
        for one in workflow.acts
    ]


def _category(one: Category) -> WorkflowCategory:
    return WorkflowCategory(
        code=one.code,
        names=one.names,
        concern=one.concern,
        severity=one.severity.value,
        look_at=one.guide.look_at,
        photograph=one.guide.photograph,
        climb_when=one.guide.climb_when,
    )
