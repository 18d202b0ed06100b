"""The workflow of new orders, and the versions with which older ones were opened."""

from typing import Annotated, Final

from fastapi import Depends, Request

from api.views import Snapshot
from patrol.errors import StateError
from patrol.workorders.terms import Workflow
from patrol.workorders.workflow import default
from runtime.workorders.workflows import Versions

_NEWEST: Final = """
-- which version new orders are opened with
select max(version) as version from v1_workflow
"""

_ONE: Final = """
-- one version of the workflow
select version, toml from v1_workflow where version = %(version)s
"""


class Workflows:
    """Reads each version once a process."""

    def __init__(self) -> None:
        self._versions = Versions()

    async def newest(self, snapshot: Snapshot) -> Workflow:
        """Return the workflow of new orders; where none was loaded, the one that ships."""
        row = await snapshot.row(_NEWEST)
        if row is None or row["version"] is None:
            return default()
        return await self.of(snapshot, row["version"])

    async def of(self, snapshot: Snapshot, version: int) -> Workflow:
        """Return one version."""
        workflow = self._versions.known(version)
        if workflow is None:
            workflow = self._versions.read(await snapshot.row(_ONE, version=version))
        if workflow is None:
            raise StateError(f"version {version} of the workflow is not in the database")
        return workflow


async def _workflows_of(request: Request) -> Workflows:
    workflows: Workflows = request.app.state.workflows
    return workflows


AskedWorkflows = Annotated[Workflows, Depends(_workflows_of)]
