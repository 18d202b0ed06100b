"""How far whoever manages accounts reaches: asked of the database, like all that is seen."""

from datetime import datetime
from typing import Final

from api.problems import NOT_PERMITTED, ProblemError, invalid_parameter
from api.views import Change

_MAY_KEEP: Final = """
-- whether an account of this area would be in the care of whoever asks
select current_setting('gridpatrol.all', true) = 'on'
    or exists (select from v1_my_role
                where area_id is null and grid_id is null and role <> 'worker')
    or exists (select from v1_my_area where area_id = %(area_id)s)
"""

# All of a worker's days would be seen, those in the grids of others too.
_MAY_LINK: Final = """
-- whether all the duty of a worker lies within the grids of whoever asks
select current_setting('gridpatrol.all', true) = 'on'
    or exists (select from v1_my_role
                where area_id is null and grid_id is null and role <> 'worker')
    or (exists (select from duty_window where worker_id = %(worker_id)s)
        and not exists (select from duty_window
                         where worker_id = %(worker_id)s
                           and grid_id not in (select grid_id from v1_my_grid)))
"""

_MAY_GRANT: Final = """
-- whether a role there, until then, lies within one of those of whoever asks
with recursive target as (
    select coalesce(%(area_id)s::text,
                    (select area_id from grid where grid_id = %(grid_id)s)) as area_id
), above as (
    select area_id from target where area_id is not null
    union
    select a.parent_id from area a join above b using (area_id) where a.parent_id is not null
)
select current_setting('gridpatrol.all', true) = 'on'
    or exists (select
                 from v1_my_role m
                where m.role <> 'worker'
                  and m.grid_id is null
                  and (m.area_id is null or m.area_id in (select area_id from above))
                  and (m.valid_to is null or %(until)s::timestamptz <= m.valid_to))
"""


async def check_home(change: Change, area_id: str | None) -> None:
    """Raise ProblemError for an area whose accounts are in the care of others."""
    if not await change.truth(_MAY_KEEP, area_id=area_id):
        raise invalid_parameter("area_id", "give an area that you administer", place="body")


async def check_worker(change: Change, worker_id: str | None) -> None:
    """Raise ProblemError for a worker who has duty in the grids of others, or none yet."""
    if worker_id is not None and not await change.truth(_MAY_LINK, worker_id=worker_id):
        raise invalid_parameter(
            "worker_id",
            "you administer no such worker whose duty is in your areas alone; "
            "an administrator of all areas can link others",
            place="body",
        )


async def check_grant(
    change: Change, area_id: str | None, grid_id: str | None, *, until: datetime | None
) -> None:
    """Raise ProblemError for a role that reaches beyond those of whoever grants it."""
    if not await change.truth(_MAY_GRANT, area_id=area_id, grid_id=grid_id, until=until):
        raise ProblemError(
            NOT_PERMITTED, "this role reaches beyond your own, in area or in time: grant less"
        )
