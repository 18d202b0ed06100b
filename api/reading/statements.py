"""What is asked for summaries, losses and the access log; each cut to whoever asks."""

from collections.abc import Mapping
from typing import Final, LiteralString

# What is told of the worker-days of a key and a period; `c` is the result, if there is one yet.
_SUMS: Final[Mapping[LiteralString, LiteralString]] = {
    "days_with_duty": "count(*)",
    "days_judged": "count(c.worker_id)",
    "days_excused": "count(*) filter (where c.excused_s >= c.duty_s)",
    "days_not_current": "count(*) filter (where not c.is_current)",
    "presence_met": "count(*) filter (where c.presence_verdict = 'met')",
    "presence_not_met": "count(*) filter (where c.presence_verdict = 'not_met')",
    "presence_undetermined": "count(*) filter (where c.presence_verdict = 'undetermined')",
    "visit_met": "count(*) filter (where c.visit_verdict = 'met')",
    "visit_not_met": "count(*) filter (where c.visit_verdict = 'not_met')",
    "visit_undetermined": "count(*) filter (where c.visit_verdict = 'undetermined')",
    "duty_s": "coalesce(sum(c.duty_s), 0)",
    "excused_s": "coalesce(sum(c.excused_s), 0)",
    "inside_s": "coalesce(sum(c.inside_s), 0)",
    "outside_s": "coalesce(sum(c.outside_s), 0)",
    "unknown_s": "coalesce(sum(c.unknown_s), 0)",
    "presence_low_s": "coalesce(sum(c.presence_low_s), 0)",
    "presence_high_s": "coalesce(sum(c.presence_high_s), 0)",
    "visit_s": "coalesce(sum(c.visit_s), 0)",
    "visit_low_s": "coalesce(sum(c.visit_low_s), 0)",
    "visit_high_s": "coalesce(sum(c.visit_high_s), 0)",
}

# By how much corrections move what was measured, of the few days that have any; `k` is one.
_VERDICTS: Final[tuple[LiteralString, ...]] = ("met", "not_met", "undetermined")
_MOVED: Final[Mapping[LiteralString, LiteralString]] = {
    f"{of}_{verdict}": f"count(*) filter (where k.decided_{of}_verdict = '{verdict}')"
    f" - count(*) filter (where k.{of}_verdict = '{verdict}')"
    for of in ("presence", "visit")
    for verdict in _VERDICTS
} | {of: f"sum(k.decided_{of} - k.{of})" for of in ("inside_s", "visit_s")}

# All that is told, in its order.
_ALL: Final[tuple[LiteralString, ...]] = (*_SUMS, *(f"decided_{name}" for name in _MOVED))

# Looked up by its place: to work it out for each of tens of thousands of days takes longer than
# to count them.
_SPAN: Final[LiteralString] = """
span as (
    select greatest(%(first_day)s::date, (select min(day) from v1_duty)) as first_day,
           least(%(last_day)s::date, (select max(day) from v1_duty)) as last_day
), starts as (
    select array_agg(date_trunc(%(period)s, day)::date order by day) as starts
      from span, generate_series(first_day::timestamp, last_day::timestamp, interval '1 day') day
), corrected as materialized (
    select * from v1_corrected_count where day between %(first_day)s and %(last_day)s
)
"""
_PERIOD: Final[LiteralString] = (
    "(select starts from starts)[day - (select first_day from span) + 1]"
)
_IS_CORRECTED: Final[LiteralString] = (
    "and (d.worker_id, d.day) in (select worker_id, day from corrected)"
)

_SEEN: Final[LiteralString] = """
  from v1_duty d
 where d.day between %(first_day)s and %(last_day)s
   and (%(worker_id)s::text is null or d.worker_id = %(worker_id)s)
   and (%(grid_id)s::text is null or d.grid_id = %(grid_id)s)
   and (d.grid_id in (select grid_id from v1_my_grid)
        or d.worker_id in (select worker_id from v1_my_worker))
"""

_TOLD: Final[LiteralString] = f"""
select key, period,
       greatest(period, %(first_day)s::date) as first_day,
       least((period + %(length)s::interval)::date - 1, %(last_day)s::date) as last_day,
       {", ".join(_ALL)}
  from counted
 where %(after)s::text is null or (key, period) > (%(after)s, %(after_period)s::date)
 order by key, period
 limit %(limit)s
"""  # noqa: S608 - constants of this file


def _counted(seen: LiteralString, seen_corrected: LiteralString) -> LiteralString:
    """Return what the worker-days `seen` come to; the corrected ones of them are looked at apart."""
    return f"""
    select key, period, {", ".join(f"c.{name}" for name in _SUMS)},
           {", ".join(f"c.{name} + coalesce(m.{name}, 0) as decided_{name}" for name in _MOVED)}
      from (select key, {_PERIOD.replace("[day", "[s.day")} as period,
                   {", ".join(f"{how} as {name}" for name, how in _SUMS.items())}
              from ({seen}) s
              left join v1_counted_day c
                on c.worker_id = s.worker_id
               and c.day = s.day
               and c.day between %(first_day)s and %(last_day)s
             group by 1, 2) c
      left join (select key, {_PERIOD} as period,
                        {", ".join(f"{how} as {name}" for name, how in _MOVED.items())}
                   from corrected k
                   join ({seen_corrected}) s using (worker_id, day)
                  group by 1, 2) m
     using (key, period)
"""  # noqa: S608 - constants of this file


_BY_WORKER: Final[LiteralString] = "select distinct d.worker_id, d.day, d.worker_id as key" + _SEEN
_BY_GRID: Final[LiteralString] = "select distinct d.worker_id, d.day, d.grid_id as key" + _SEEN
_OF_GRIDS: Final[LiteralString] = (
    "select d.worker_id, d.day, array_agg(distinct d.grid_id) as key" + _SEEN
)
_A_DAY: Final[LiteralString] = " group by d.worker_id, d.day"

SUMMARY_OF_WORKER: Final = f"""
-- worker-days seen, counted by worker and period
with {_SPAN}, counted as materialized ({_counted(_BY_WORKER, _BY_WORKER + _IS_CORRECTED)})
{_TOLD}
"""

SUMMARY_OF_GRID: Final = f"""
-- worker-days seen, counted by grid of their duty and period; one with duty in two is in both
with {_SPAN}, counted as materialized ({_counted(_BY_GRID, _BY_GRID + _IS_CORRECTED)})
{_TOLD}
"""

SUMMARY_OF_AREA: Final = f"""
-- worker-days seen, counted by area and period: once in each, in whichever grids within it. They
-- are added up by their sets of grids first, of which there are few
with {_SPAN}, of_grids as materialized (
    {_counted(_OF_GRIDS + _A_DAY, _OF_GRIDS + _IS_CORRECTED + _A_DAY)}
), within as (
    select distinct a.area_id, o.key, o.period
      from of_grids o
     cross join unnest(o.key) g (grid_id)
      join v1_area_grid a using (grid_id)
     where a.area_id in (select area_id from v1_my_area)
), counted as (
    select w.area_id as key, o.period, {", ".join(f"sum({name})::bigint as {name}" for name in _ALL)}
      from of_grids o
      join within w on w.key = o.key and w.period = o.period
     group by w.area_id, o.period
)
{_TOLD}
"""  # noqa: S608 - constants of this file

LOSSES: Final = """
-- what became of the numbers of each outbox, terminal by terminal
select terminal_id, outbox, is_coarse, heard_at, first_seq, last_seq, numbered, received, stored,
       off_duty, set_aside, thinned, missing
  from v1_loss
 where terminal_id in (select terminal_id from v1_seen_terminal)
   and (%(terminal_id)s::text is null or terminal_id = %(terminal_id)s)
   and (%(after)s::text is null or (terminal_id, outbox) > (%(after)s, %(after_outbox)s))
 order by terminal_id, outbox
 limit %(limit)s
"""

LOSS_DAYS: Final = """
-- what is stored of one terminal by worker-day, and how much of it came late
select day, worker_id, count(*)::integer as stored,
       count(*) filter (where received_at > epoch + interval '10 minutes')::integer as late,
       count(*) filter (where flags & 8 <> 0)::integer as sent_late,
       min(epoch) as first_epoch, max(epoch) as last_epoch,
       max(extract(epoch from received_at - epoch))::float8 as longest_delay_s
  from v1_track
 where terminal_id = %(terminal_id)s
   and day between %(first_day)s and %(last_day)s
   and (worker_id, day) in (select worker_id, day from v1_seen_day)
 group by day, worker_id
 order by day, worker_id
"""

ACCESSES: Final = """
-- who has read what of those whom the asker may see; a worker sees the own data alone
select access_id, at, hour, reader, reader_name, role, what,
       case when coalesce(%(worker_id)s, %(own_id)s::text) = any(worker_ids)
            then coalesce(%(worker_id)s, %(own_id)s) else worker_id end as worker_id,
       coalesce(cardinality(worker_ids), 1) as workers,
       day, last_day, grid_id, purpose
  from v1_access
 where (%(after)s::bigint is null or access_id < %(after)s)
   and (%(first_at)s::timestamptz is null or at >= %(first_at)s)
   and (%(end_at)s::timestamptz is null or at < %(end_at)s)
   and (%(reader)s::text is null or reader = %(reader)s)
   and (%(worker_id)s::text is null
        or worker_id = %(worker_id)s or worker_ids @> array[%(worker_id)s::text])
   and ((select sees_all from v1_my_reach)
        or worker_id in (select worker_id from v1_seen_worker)
        or worker_ids && array(select worker_id from v1_seen_worker))
 order by access_id desc
 limit %(limit)s
"""
