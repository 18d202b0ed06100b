"""What the database user of the API may do: read the views, and keep the tables that are its own."""

from collections.abc import Mapping
from typing import Final, LiteralString

import psycopg
from psycopg import sql

from patrol.errors import InputError

# Every write of the API, by table; whatever is not here it can only read through views.
RIGHTS: Final[Mapping[LiteralString, LiteralString]] = {
    # Who asks, and who has looked.
    "account": "select, insert, update",
    "account_role": "select, insert, update, delete",
    "bearer": "select, insert, update, delete",
    "sign_in_limit": "select, insert, update, delete",
    "sign_in_place": "select, insert, update, delete",
    "oidc_request": "select, insert, update, delete",
    "access_log": "select, insert, update",
    # Written and never changed.
    "change_log": "select, insert",
    "registry_change": "select, insert, update",
    "registry_change_day": "select, insert, update",
    "decision_event": "select, insert",
    "decision_step": "select",
    # Registers.
    "area": "select, insert, update, delete",
    "grid": "select, insert, update, delete",
    "premises": "select, insert, update, delete",
    "premises_tag": "select, insert, update, delete",
    "authorised_place": "select, insert, update, delete",
    "checkpoint": "select, insert, update, delete",
    "street": "select, insert, update, delete",
    "worker": "select, insert, update, delete",
    "terminal": "select, insert, update, delete",
    "assignment": "select, insert, update, delete",
    "posting": "select, insert, update, delete",
    "holiday": "select, insert, update, delete",
    "duty_window": "select, insert, update, delete",
    "excused_period": "select, insert, update, delete",
    "cover": "select, insert, update, delete",
    "requirement": "select, insert, update, delete",
    # Decisions; what was measured is not among them.
    "finding": "select, update",
    "correction": "select, insert, update",
    "corrected_day": "select, insert, update, delete",
    "frozen_month": "select, insert, update",
    "frozen_day": "select, insert, delete",
    "recomputed_day": "select, delete",
    "unlocking": "select, insert, update",
    "appeal": "select, insert, update",
    # Privacy.
    "purpose": "select, insert, update, delete",
    "legal_hold": "select, insert, update",
    "erasure": "select, insert, update",
    # Lists of days, and things that stand in grids.
    "wished_task": "select, insert, delete",
    "facility": "select, insert, update, delete",
    # Notices.
    "notice": "select, insert, update",
    "notice_rule": "select, insert, update, delete",
    "notice_delivery": "select, insert, update",
    "order_sweep": "select, update",
    # Work orders; what was done to one is never changed.
    "department": "select, insert, update",
    "workflow": "select, insert",
    "work_order": "select, insert, update",
    "work_order_event": "select, insert",
    "work_order_report": "select, insert",
    "work_order_department": "select, insert",
    # Reports and photos.
    "photo_report": "select, insert",
    "report_photo": "select, insert",
    "photo": "select, insert, update, delete",
    "announced_photo": "select, insert, update, delete",
    # What a change of a register marks, and looks at.
    "dirty_day": "select, insert",
    "daily_compliance": "select",
    "checkin": "select",
}

_VIEWS = "select relname from pg_class where relkind = 'v' and relname like 'v1\\_%' order by 1"
_TABLES = "select relname from pg_class where relkind in ('r', 'p') and relname = any(%(names)s)"
_HAS_ROLE = "select exists (select from pg_roles where rolname = %(role)s)"


def grant_api(dsn: str, role: str) -> tuple[int, int]:
    """Let `role` do what the API does, and nothing more; return how many views and tables.

    What it may do beside is left. InputError when there is no such role, or when whoever runs
    this may not grant.
    """
    name = sql.Identifier(role)
    with psycopg.connect(dsn) as conn:
        if conn.execute(_HAS_ROLE, {"role": role}).fetchone() != (True,):
            raise InputError(f"there is no role {role!r}: make it with `create role {role} login`")
        views = [row[0] for row in conn.execute(_VIEWS)]
        there = {row[0] for row in conn.execute(_TABLES, {"names": list(RIGHTS)})}
        try:
            for view in views:
                conn.execute(sql.SQL("grant select on {} to {}").format(sql.Identifier(view), name))
            for table, rights in RIGHTS.items():
                if table in there:
                    grant = sql.SQL("grant " + rights + " on {} to {}")
                    conn.execute(grant.format(sql.Identifier(table), name))
            # Whoever keeps registers in memory looks at it.
            conn.execute(sql.SQL("grant usage on sequence register_change to {}").format(name))
        except psycopg.errors.InsufficientPrivilege as error:
            raise InputError(
                f"{error.diag.message_primary}: run this as the user that migrates"
            ) from error
    return len(views), len(there)
