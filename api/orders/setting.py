"""What administrators set: the workflow, version by version, and the departments."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query
from fastapi.concurrency import run_in_threadpool
from psycopg import errors

from api.documentation import answers
from api.identity.callers import AskingCaller, CallerKnown, Operates
from api.identity.changes import record_change
from api.orders.bodies import DepartmentGiven, WorkflowGiven
from api.orders.problems import UNKNOWN_DEPARTMENT, WORKFLOW_REFUSED
from api.orders.terms import Department, Departments, WorkflowTold, told_of
from api.problems import CHANGED_MEANWHILE, NOT_PERMITTED, ProblemError, invalid_parameter
from api.routes.parameters import ParametersKnown
from api.shapes import Id
from api.views import AskedViews, Asking, Change
from patrol.errors import InputError
from patrol.workorders.terms import Workflow
from patrol.workorders.workflow import DEFAULT_TEXT, default, read_workflow
from runtime.workorders.statements import ENSURE_DEFAULT
from runtime.workorders.workflows import digest_of, shipped_values

router = APIRouter(prefix="/v1", dependencies=[CallerKnown, ParametersKnown], tags=["orders"])

_LOADED: Final = """
-- a version of the workflow, or the newest
select version, toml, sha256, loaded_at, loaded_by
  from v1_workflow
 where %(version)s::integer is null or version = %(version)s
 order by version desc
 limit 1
"""

_LOAD: Final = """
-- a new version; orders that are opened from now on are handled by it
insert into workflow (version, toml, sha256, loaded_by)
values (%(version)s, %(toml)s, %(sha256)s, %(loaded_by)s)
returning version, toml, sha256, loaded_at, loaded_by
"""

_DEPARTMENTS: Final = """
-- departments, or one
select department_id, name, is_active, revision
  from v1_department
 where %(department_id)s::text is null or department_id = %(department_id)s
 order by department_id
"""

_ADD: Final = """
insert into department (department_id, name, is_active)
values (%(department_id)s, %(name)s, %(is_active)s)
on conflict do nothing
returning department_id, name, is_active, revision
"""

_CHANGE: Final = """
update department
   set name = %(name)s, is_active = %(is_active)s
 where department_id = %(department_id)s and revision = %(revision)s
returning department_id, name, is_active, revision
"""

AskedDepartment = Annotated[Id, Path(examples=["LIGHTS"])]
AskedVersion = Annotated[
    int | None,
    Query(ge=1, le=2**31 - 1, description="an older one; not given: that of new orders"),
]
DryRun = Annotated[bool, Query(description="check it and load nothing")]


@router.get("/workflow", responses=answers(WorkflowTold), summary="The workflow")
async def get_workflow(
    caller: AskingCaller, *, views: AskedViews, version: AskedVersion = None
) -> WorkflowTold:
    """Return how orders are handled: levels, steps, acts, reasons, categories and their guides.

    It is the same for everybody. Where none was loaded, it is the one that ships.
    """
    async with views.snapshot(Asking(caller.name)) as snapshot:
        row = await snapshot.row(_LOADED, version=version)
    if row is None:
        if version not in (None, default().version):
            raise invalid_parameter("version", "no workflow has this version")
        return told_of(default(), {"toml": DEFAULT_TEXT, "sha256": digest_of(DEFAULT_TEXT)})
    return told_of(await run_in_threadpool(read_workflow, row["toml"]), row)


@router.put(
    "/workflow",
    responses=answers(WorkflowTold, NOT_PERMITTED, WORKFLOW_REFUSED, CHANGED_MEANWHILE),
    summary="Load a workflow",
)
async def put_workflow(
    body: WorkflowGiven, *, views: AskedViews, asking: Operates, dry_run: DryRun = False
) -> WorkflowTold:
    """Load a new version of the workflow, or, with `dry_run`, only check it.

    Its `version` is greater than that of the one before. Orders that are open stay with the
    version with which they were opened, so that no step is taken from under them. The same text
    again changes nothing.
    """
    try:
        workflow = await run_in_threadpool(read_workflow, body.toml)
    except InputError as error:
        raise ProblemError(WORKFLOW_REFUSED, str(error)) from error
    row = {"toml": body.toml, "sha256": digest_of(body.toml)}
    async with views.change(asking) as change:
        await _check_reach(change)
        await change.write(ENSURE_DEFAULT, **shipped_values())
        before = await change.row(_LOADED, version=None)
        assert before is not None  # noqa: S101 - one is there now, for mypy
        if before["sha256"] == row["sha256"]:
            return told_of(workflow, before)
        if workflow.version <= before["version"]:
            raise ProblemError(
                WORKFLOW_REFUSED,
                f"version is {workflow.version}, and {before['version']} is loaded: "
                f"give {before['version'] + 1} or more",
            )
        if not dry_run:
            row = await _load(change, asking, workflow=workflow, row=row)
    return told_of(workflow, row)


@router.get("/departments", responses=answers(Departments), summary="Departments")
async def get_departments(caller: AskingCaller, *, views: AskedViews) -> Departments:
    """List the departments to which orders can be dispatched."""
    async with views.snapshot(Asking(caller.name)) as snapshot:
        return Departments(
            departments=await snapshot.rows(Department, _DEPARTMENTS, department_id=None)
        )


@router.put(
    "/departments/{department_id}",
    responses=answers(Department, NOT_PERMITTED, UNKNOWN_DEPARTMENT, CHANGED_MEANWHILE),
    summary="Make or change a department",
)
async def put_department(
    department_id: AskedDepartment, body: DepartmentGiven, *, views: AskedViews, asking: Operates
) -> Department:
    """Make a department, or change the one whose `revision` you have read.

    One that is not active is given no more orders; it keeps those that it has.
    """
    async with views.change(asking) as change:
        await _check_reach(change)
        found = await change.rows(Department, _DEPARTMENTS, department_id=department_id)
        before = found[0] if found else None
        if before is None and body.revision is not None:
            raise ProblemError(
                UNKNOWN_DEPARTMENT, f"no department has the id {department_id!r}; make it without"
            )
        values = {"department_id": department_id, **body.model_dump()}
        row = await change.row(_ADD if body.revision is None else _CHANGE, **values)
        if row is None:
            raise ProblemError(
                CHANGED_MEANWHILE, f"department {department_id!r} is there: give its revision"
            )
        await record_change(
            change,
            asking=asking,
            what="department",
            key=department_id,
            before=None if before is None else before.model_dump(),
            after=row,
        )
    return Department(**row)


async def _check_reach(change: Change) -> None:
    """Raise ProblemError for administrators of areas: what is set here holds everywhere."""
    if not await change.truth("select sees_all from v1_my_reach"):
        raise ProblemError(NOT_PERMITTED, "this is for administrators of all areas")


async def _load(
    change: Change, asking: Asking, *, workflow: Workflow, row: dict[str, Any]
) -> dict[str, Any]:
    values = {"version": workflow.version, "loaded_by": asking.account_id or asking.reader}
    try:
        loaded = await change.row(_LOAD, **row, **values)
    except errors.UniqueViolation:
        raise ProblemError(
            CHANGED_MEANWHILE, f"somebody has loaded version {workflow.version} meanwhile"
        ) from None
    assert loaded is not None  # noqa: S101 - it was inserted, for mypy
    await record_change(
        change,
        asking=asking,
        what="workflow",
        key=str(workflow.version),
        before=None,
        after={"sha256": row["sha256"]},
    )
    return loaded
