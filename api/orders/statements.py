"""What is asked of orders; always within the reach of whoever asks.

Lists begin at their end of an index and stop when a page is full: in each of a few grids, or in
all where there are many. Which of the two is decided by whoever asks, not by the planner.
"""

from typing import Final

LOCK: Final = """
-- orders that nobody else changes now, whoever may read them
select o.*
  from work_order o
 where o.order_id = any(%(order_ids)s::uuid[])
 order by o.order_id
   for update of o
"""

FIND: Final = """
-- an order as it is stored and as it is told, whoever may read it
select s.*, o.lat_deg, o.lon_deg, o.accuracy_m, o.stood_s, o.timing
  from work_order s
  join v1_work_order o using (order_id)
 where s.order_id = %(order_id)s
"""

# The roles and the grids of whoever asks are looked up once a statement: views within views took
# ten times as long to plan as to answer.
_MINE: Final = """
mine as materialized (
    select role, area_id, grid_id, worker_id, department_id, account_id from v1_my_role
), work as materialized (
    select grid_id, is_on_duty from v1_my_work_grid
), reach as materialized (
    select sees_all from v1_my_reach
)
"""

STANDING: Final = f"""
-- whether whoever asks may read an order, and in what they stand of it
with recursive {_MINE}, above as (
    select a.area_id, a.parent_id, a.kind
      from area a
     where a.area_id = (select area_id from grid where grid_id = %(grid_id)s)
    union all
    select a.area_id, a.parent_id, a.kind from above b join area a on a.area_id = b.parent_id
), held as (
    select m.role, a.kind from mine m join above a using (area_id)
)
select (select sees_all from reach)
       or exists (select from held)
       or exists (select from mine where grid_id = %(grid_id)s)
       or exists (select from work where grid_id = %(grid_id)s)
       or exists (select from mine where role = 'worker' and worker_id = %(reporter_worker)s)
       or exists (select from mine where account_id = %(reporter_account)s)
       or exists (select
                    from v1_dispatched_order d
                    join mine m using (department_id)
                   where d.order_id = %(order_id)s)                  as may_read,
       exists (select from work where grid_id = %(grid_id)s and is_on_duty) as is_on_duty,
       exists (select from work where grid_id = %(grid_id)s)          as is_of_grid,
       exists (select from mine
                where role = 'grid_supervisor' and grid_id = %(grid_id)s) as supervises_grid,
       exists (select from mine
                where role = 'area_supervisor' and area_id is null)  as supervises_all,
       array(select kind from held where role = 'area_supervisor')   as area_kinds,
       exists (select from mine where department_id = %(department_id)s) as is_department
"""  # noqa: S608 - parts of this file alone

# Who has what waits for streets is the lowest supervisor of at least a street: where a tree has no
# areas of a kind, those above have what would wait there.
REACH: Final = f"""
-- which orders whoever asks may read, and the posts in which they wait for whoever asks: in
-- which grids, and above which kind of area
with recursive {_MINE}, below as (
    select m.role, m.area_id as post, m.area_id, 0 as height
      from mine m
     where m.area_id is not null
    union
    select b.role, b.post, a.area_id,
           greatest(b.height,
                    array_position('{{community,street,district,city}}'::text[], a.kind))
      from below b
      join area a on a.parent_id = b.area_id
), posts as (
    select b.role, p.kind, b.height, array_agg(g.grid_id) as grids
      from below b
      join area p on p.area_id = b.post
      join grid g on g.area_id = b.area_id
     group by b.role, b.post, p.kind, b.height
)
select (select sees_all from reach)                                  as sees_all,
       exists (select from mine
                where role = 'area_supervisor' and area_id is null)  as supervises_all,
       coalesce((select jsonb_agg(to_jsonb(p)) from posts p), '[]')  as posts,
       array(select grid_id from work)                               as work_grids,
       array(select grid_id from work where is_on_duty)              as duty_grids,
       array(select grid_id from mine where grid_id is not null)     as own_grids,
       array(select department_id from mine where department_id is not null) as departments,
       (select worker_id from mine where role = 'worker' limit 1)    as worker_id,
       (select account_id from mine limit 1)                         as account_id
"""  # noqa: S608 - parts of this file alone

AREA_GRIDS: Final = """
-- the grids of an area and of all below it
select array(select grid_id from v1_area_grid where area_id = %(area_id)s) as grids
"""

# What is narrowed by nothing costs nothing: these are planned for the values given.
_WANTED: Final = """
   and (%(step)s::text is null or o.step = %(step)s)
   and (%(level)s::text is null or o.level = %(level)s)
   and (%(category)s::text is null or o.category = %(category)s)
   and (%(severity)s::text is null or o.severity = %(severity)s)
   and (%(department_id)s::text is null or o.department_id = %(department_id)s)
   and (%(due_before)s::timestamptz is null or o.due_key < %(due_before)s)
   and (%(overdue)s::boolean is null
        or (o.ended_at is null and o.due_at is not null
            and o.due_at <= coalesce(o.paused_at, now())) = %(overdue)s)
"""

_LISTED: Final = f"""{_WANTED}
   and (%(is_open)s::boolean is null or not %(is_open)s or o.ended_at is null)
   and (%(is_open)s::boolean is null or %(is_open)s or o.ended_at is not null)
   and (%(opened_from)s::timestamptz is null or o.opened_at >= %(opened_from)s)
   and (%(opened_before)s::timestamptz is null or o.opened_at < %(opened_before)s)
   and (%(after_at)s::timestamptz is null
        or (o.opened_at, o.order_id) < (%(after_at)s, %(after_id)s::uuid))
"""

_PAGE: Final = """
 order by o.opened_at desc, o.order_id desc
 limit %(limit)s
"""

_WAITING: Final = f"""{_WANTED}
   and o.ended_at is null
   and (%(after_key)s::timestamptz is null
        or (o.due_key, o.order_id) > (%(after_key)s, %(after_id)s::uuid))
 order by o.due_key, o.order_id
 limit %(limit)s
"""

LIST_ALL: Final = f"""
-- of all orders, the newest first
select o.opened_at, o.order_id from v1_work_order o where true {_LISTED} {_PAGE}
"""  # noqa: S608 - parts of this file alone

LIST_OF_MANY: Final = f"""
-- of many grids
select o.opened_at, o.order_id from v1_work_order o where o.grid_id = any(%(grids)s) {_LISTED} {_PAGE}
"""  # noqa: S608 - parts of this file alone

LIST_OF_FEW: Final = f"""
-- of few grids: in each, as many as there are on a page
select o.opened_at, o.order_id
  from unnest(%(grids)s::text[]) as one (grid_id)
 cross join lateral (
       select o.opened_at, o.order_id
         from v1_work_order o
        where o.grid_id = one.grid_id {_LISTED} {_PAGE}
       ) o {_PAGE}
"""  # noqa: S608 - parts of this file alone

LIST_OF_REPORTER: Final = f"""
-- of the own reports
select o.opened_at, o.order_id
  from v1_work_order o
 where o.reporter_worker = %(worker_id)s
   and (%(within)s::text[] is null or o.grid_id = any(%(within)s)) {_LISTED} {_PAGE}
"""  # noqa: S608 - parts of this file alone

LIST_OF_ACCOUNT: Final = f"""
-- of what an account has opened
select o.opened_at, o.order_id
  from v1_work_order o
 where o.reporter_account = %(account_id)s
   and (%(within)s::text[] is null or o.grid_id = any(%(within)s)) {_LISTED} {_PAGE}
"""  # noqa: S608 - parts of this file alone

LIST_OF_DEPARTMENTS: Final = f"""
-- of what is, or was, with the own departments
select o.opened_at, o.order_id
  from unnest(%(departments)s::text[]) as one (department_id)
 cross join lateral (
       select d.opened_at, d.order_id
         from v1_dispatched_order d
         join v1_work_order o using (order_id)
        where d.department_id = one.department_id
          and (%(within)s::text[] is null or o.grid_id = any(%(within)s))
          and (%(opened_from)s::timestamptz is null or d.opened_at >= %(opened_from)s)
          and (%(after_at)s::timestamptz is null
               or (d.opened_at, d.order_id) < (%(after_at)s, %(after_id)s::uuid))
          {_LISTED}
        order by d.opened_at desc, d.order_id desc
        limit %(limit)s
       ) o {_PAGE}
"""  # noqa: S608 - parts of this file alone

_FOUND: Final = "o.due_key, o.order_id, o.step, o.due_soon_at, o.due_at, o.paused_at"

WAITING_IN_FEW: Final = f"""
-- what waits in few grids, each for one who holds it there: the first due first
select {_FOUND}
  from unnest(%(holders)s::text[], %(grids)s::text[]) as one (holder, grid_id)
 cross join lateral (
       select {_FOUND}
         from v1_work_order o
        where o.holder = one.holder and o.grid_id = one.grid_id {_WAITING}
       ) o
 order by o.due_key, o.order_id
 limit %(limit)s
"""  # noqa: S608 - parts of this file alone

# Each holder is named by itself, so that the planner knows how many orders wait for it.
_HOLDERS: Final = ("community", "street", "district", "city", "grid", "reporter")
_OF_ONE: Final = " union all ".join(
    f"""(
       select {_FOUND}
         from v1_work_order o
        where o.holder = '{holder}' and '{holder}' = any(%(holders)s)
          and (%(grids)s::text[] is null or o.grid_id = any(%(grids)s)) {_WAITING}
       )"""  # noqa: S608 - parts of this file alone
    for holder in _HOLDERS
)

WAITING_IN_MANY: Final = f"""
-- what waits for some holders in many grids, or in all: the first due first
select {_FOUND} from ({_OF_ONE}) o order by o.due_key, o.order_id limit %(limit)s
"""  # noqa: S608 - parts of this file alone

WAITING_FOR_DEPARTMENTS: Final = f"""
-- what waits for departments
select {_FOUND}
  from unnest(%(departments)s::text[]) as one (department_id)
 cross join lateral (
       select {_FOUND}
         from v1_work_order o
        where o.department_id = one.department_id and o.holder = 'department'
          and (%(within)s::text[] is null or o.grid_id = any(%(within)s)) {_WAITING}
       ) o
 order by o.due_key, o.order_id
 limit %(limit)s
"""  # noqa: S608 - parts of this file alone

WAITING_FOR_WORKER: Final = f"""
-- what waits for the worker who reported it
select {_FOUND}
  from v1_work_order o
 where o.holder = 'reporter' and o.reporter_worker = %(worker_id)s
   and (%(within)s::text[] is null or o.grid_id = any(%(within)s)) {_WAITING}
"""  # noqa: S608 - parts of this file alone

WAITING_FOR_ACCOUNT: Final = f"""
-- what waits for the account that opened it
select {_FOUND}
  from v1_work_order o
 where o.holder = 'reporter' and o.reporter_account = %(account_id)s
   and (%(within)s::text[] is null or o.grid_id = any(%(within)s)) {_WAITING}
"""  # noqa: S608 - parts of this file alone

ORDERS: Final = """
-- orders of a page; it is known that they may be read
select * from v1_work_order where order_id = any(%(order_ids)s::uuid[])
"""
