"""What each role may do. Where it may be done is a matter of SQL: the v1_my_* views."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class Role(StrEnum):
    """What somebody is in a deployment; an account may have several."""

    WORKER = "worker"
    GRID_SUPERVISOR = "grid_supervisor"
    AREA_SUPERVISOR = "area_supervisor"
    ADMINISTRATOR = "administrator"
    AUDITOR = "auditor"
    DEPARTMENT = "department"


class Permission(StrEnum):
    """What a route lets somebody do. The names are the scopes of keys, too."""

    # Positions, tracks, photos: where a person was.
    READ_TRACKS = "read_tracks"
    # Worker-days, visits, coverage, findings: what was made of it.
    READ_RESULTS = "read_results"
    # Decisions, corrections, appeals and their history; no positions.
    READ_DECISIONS = "read_decisions"
    # Areas, grids, premises, workers, terminals, rosters.
    READ_REGISTRY = "read_registry"
    WRITE_REGISTRY = "write_registry"
    WRITE_ROSTER = "write_roster"
    # Explain the own findings, appeal, ask for the own data.
    ANSWER = "answer"
    # Uphold, dismiss, correct, decide appeals.
    DECIDE = "decide"
    FREEZE = "freeze"
    READ_ACCESS_LOG = "read_access_log"
    # Work orders, with their reports and photos.
    READ_ORDERS = "read_orders"
    # Do to orders what the workflow lets the own parties do.
    HANDLE_ORDERS = "handle_orders"
    # How many there were and how many in time: numbers, no order and no person.
    MEASURE = "measure"
    MANAGE_ACCOUNTS = "manage_accounts"
    # Retention, purposes, webhooks, erasure, health of the system.
    OPERATE = "operate"


_SUPERVISING: Final = frozenset(
    {
        Permission.READ_TRACKS,
        Permission.READ_RESULTS,
        Permission.READ_DECISIONS,
        Permission.READ_REGISTRY,
        Permission.WRITE_ROSTER,
        Permission.DECIDE,
        Permission.READ_ORDERS,
        Permission.HANDLE_ORDERS,
        Permission.MEASURE,
    }
)

# An administrator keeps the house and does not look at people; who is both has both roles.
MAY: Final[Mapping[Role, frozenset[Permission]]] = {
    Role.WORKER: frozenset(
        {
            Permission.READ_TRACKS,
            Permission.READ_RESULTS,
            Permission.READ_DECISIONS,
            Permission.READ_ACCESS_LOG,
            Permission.ANSWER,
            Permission.READ_ORDERS,
            Permission.HANDLE_ORDERS,
        }
    ),
    Role.GRID_SUPERVISOR: _SUPERVISING,
    Role.AREA_SUPERVISOR: _SUPERVISING | {Permission.FREEZE},
    Role.ADMINISTRATOR: frozenset(
        {
            Permission.READ_REGISTRY,
            Permission.WRITE_REGISTRY,
            Permission.WRITE_ROSTER,
            Permission.MANAGE_ACCOUNTS,
            Permission.OPERATE,
        }
    ),
    Role.AUDITOR: frozenset({Permission.READ_DECISIONS, Permission.READ_ACCESS_LOG}),
    # What is dispatched to the department, and nothing of anybody's days.
    Role.DEPARTMENT: frozenset({Permission.READ_ORDERS, Permission.HANDLE_ORDERS}),
}

# A token of the deployment's own file: a map, a script. It reads, everywhere, and changes nothing.
FILE_TOKEN: Final = frozenset(
    {
        Permission.READ_TRACKS,
        Permission.READ_RESULTS,
        Permission.READ_DECISIONS,
        Permission.READ_REGISTRY,
        Permission.READ_ORDERS,
        Permission.MEASURE,
    }
)


def roles_that_may(permission: Permission, roles: frozenset[Role]) -> frozenset[Role]:
    """Return those of `roles` that may do what `permission` stands for."""
    return frozenset(role for role in roles if permission in MAY[role])
