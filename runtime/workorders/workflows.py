"""The versions of the workflow that are in the database, each read once."""

import hashlib
from collections.abc import Mapping
from typing import Any

import psycopg
from psycopg.rows import dict_row

from patrol.errors import StateError
from patrol.workorders.terms import Workflow
from patrol.workorders.workflow import DEFAULT_TEXT, default, read_workflow
from runtime.workorders.statements import ENSURE_DEFAULT, NEWEST_WORKFLOW, WORKFLOW_OF


class Versions:
    """Workflows by version; a version never changes, so that it is read once a process."""

    def __init__(self) -> None:
        self._known: dict[int, Workflow] = {}

    def known(self, version: int) -> Workflow | None:
        """Return a version that was read before, else None."""
        return self._known.get(version)

    def read(self, row: Mapping[str, Any] | None) -> Workflow | None:
        """Return the workflow of a row with `version` and `toml`; without a row, None."""
        if row is None:
            return None
        workflow = self._known.get(row["version"])
        if workflow is None:
            workflow = self._known[row["version"]] = read_workflow(row["toml"])
        return workflow


def shipped_values() -> dict[str, Any]:
    """Return the values of `ENSURE_DEFAULT`."""
    return {
        "version": default().version,
        "toml": DEFAULT_TEXT,
        "sha256": digest_of(DEFAULT_TEXT),
    }


def digest_of(text: str) -> str:
    """Return the SHA-256 of a workflow's text, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def newest_workflow(conn: psycopg.Connection, versions: Versions) -> Workflow:
    """Return the workflow of new orders, the one that ships put in where there is none."""
    workflow = versions.read(_row(conn, NEWEST_WORKFLOW))
    if workflow is not None:
        return workflow
    conn.execute(ENSURE_DEFAULT, shipped_values())
    return _there(versions.read(_row(conn, NEWEST_WORKFLOW)), default().version)


def workflow_of(conn: psycopg.Connection, versions: Versions, version: int) -> Workflow:
    """Return one version; StateError where it is not there, which no order can name."""
    known = versions.known(version)
    if known is not None:
        return known
    return _there(versions.read(_row(conn, WORKFLOW_OF, version=version)), version)


def _there(workflow: Workflow | None, version: int) -> Workflow:
    if workflow is None:
        raise StateError(f"version {version} of the workflow is not in the database")
    return workflow


def _row(conn: psycopg.Connection, sql: str, **values: Any) -> dict[str, Any] | None:  # noqa: ANN401 - values of SQL
    with conn.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(sql.encode(), values).fetchone()
