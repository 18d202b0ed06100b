"""What is counted of orders, and under what; each cut to the grids of whoever asks."""

from collections.abc import Mapping
from typing import Final, LiteralString

# How the counts of patrol.workorders.measures are made of facts that hold at a span's end, each
# of them `n` times.
COUNTS: Final[Mapping[str, LiteralString]] = {
    name: f"coalesce(sum(n) filter (where fact in ({facts})), 0)::integer"
    for name, facts in (
        ("reports", "'valid', 'self_closed', 'cancelled', 'duplicate'"),
        ("valid_reports", "'valid', 'self_closed'"),
        ("duplicates", "'duplicate'"),
        ("self_closed", "'self_closed'"),
        ("handled", "'settled', 'resolved'"),
        ("self_resolved", "'settled'"),
        ("reworked", "'reworked'"),
        ("due_handled", "'handled_in_time', 'handled_late'"),
        ("handled_in_time", "'handled_in_time'"),
        ("due_closed", "'due_closed', 'due_open'"),
        ("closed", "'due_closed'"),
    )
}

# Read before, and given as they are: so millions of facts can be counted by several processes.
# Orders whose grid nobody knows are for those who see all.
SEEN_GRIDS: Final = """
-- the grids of whoever asks; none at all for those who see everything
select case when (select sees_all from v1_my_reach) then null
            else array(select grid_id from v1_my_grid) end as grids
"""

_SEEN: Final[LiteralString] = """
   and (%(grids)s::text[] is null or f.grid_id = any(%(grids)s))
   and (%(grid_id)s::text is null or f.grid_id = %(grid_id)s)
   and (%(area_id)s::text is null
        or f.grid_id in (select grid_id from v1_area_grid where area_id = %(area_id)s))
   and (%(category)s::text is null or f.category = %(category)s)
   and (%(department_id)s::text is null or f.department_id = %(department_id)s)
"""

_WITHIN: Final[LiteralString] = f"""
       f.at >= %(start)s and f.at < %(end)s and f.since < %(end)s and f.until >= %(end)s
{_SEEN}
"""

_TOLD: Final[LiteralString] = f"""
select key, {", ".join(f"{how} as {name}" for name, how in COUNTS.items())}
  from counted
 where %(after)s::text is null or key is null or key > %(after)s
 group by key
 order by key nulls last
 limit %(limit)s
"""  # noqa: S608 - constants of this file


def _counted(key: LiteralString) -> LiteralString:
    return f"""
with counted as (
    select f.{key} as key, f.fact, count(*) as n
      from v1_work_order_fact f
     where {_WITHIN}
     group by f.{key}, f.fact
)
{_TOLD}
"""  # noqa: S608 - constants of this file


BY_GRID: Final = "-- orders counted by grid\n" + _counted("grid_id")
BY_CATEGORY: Final = "-- orders counted by category\n" + _counted("category")
BY_DEPARTMENT: Final = "-- orders counted by department\n" + _counted("department_id")

BY_AREA: Final = f"""
-- orders counted by area: once in each, in whichever grid within it
with of_grids as (
    select f.grid_id, f.fact, count(*) as n
      from v1_work_order_fact f
     where {_WITHIN}
     group by f.grid_id, f.fact
), counted as (
    select a.area_id as key, o.fact, o.n
      from of_grids o
      join v1_area_grid a using (grid_id)
     where a.area_id in (select area_id from v1_my_area)
)
{_TOLD}
"""  # noqa: S608 - constants of this file

# Each month is a span of its own: what is counted looks at nothing that came after its end.
BY_MONTH: Final = f"""
-- orders counted by month
with counted as (
    select m.key, f.fact, count(*) as n
      from unnest(%(months)s::text[], %(starts)s::timestamptz[], %(ends)s::timestamptz[])
           m (key, start_at, end_at)
      join v1_work_order_fact f
        on f.at >= m.start_at and f.at < m.end_at
       and f.since < m.end_at and f.until >= m.end_at
     where f.at >= %(start)s and f.at < %(end)s
{_SEEN}
     group by m.key, f.fact
)
{_TOLD}
"""  # noqa: S608 - constants of this file
