"""What the API asks of the database: one statement a question, and no table but the v1 views.

Every one that tells of anybody is cut to what whoever asks may see, by v1_seen_day and its like.
"""

from api.findings import FINDINGS
from api.live.statements import LIVE, MARK, REACH
from api.reading.statements import (
    ACCESSES,
    LOSS_DAYS,
    LOSSES,
    SUMMARY_OF_AREA,
    SUMMARY_OF_GRID,
    SUMMARY_OF_WORKER,
)

COVERAGE = """
-- coverage of a range of days, in the order of its key and from behind the last one seen
select worker_id, day, grid_id, kind, share, share_low, share_high, targets
  from v1_coverage
 where day between %(first_day)s and %(last_day)s
   and (%(worker_id)s::text is null or worker_id = %(worker_id)s)
   and (%(grid_id)s::text is null or grid_id = %(grid_id)s)
   and (%(after_day)s::date is null
        or (day, worker_id, grid_id) > (%(after_day)s, %(after_worker_id)s, %(after_key)s))
   and (day, worker_id) in (select day, worker_id from v1_seen_day)
 order by day, worker_id, grid_id
 limit %(limit)s
"""

PASSES = """
-- times at checkpoints in a range of days, in the order of their key
select worker_id, day, start_at, end_at, duration_s, grid_id, checkpoint_id, checkpoint_name, p
  from v1_checkpoint_pass
 where day between %(first_day)s and %(last_day)s
   and (%(worker_id)s::text is null or worker_id = %(worker_id)s)
   and (%(grid_id)s::text is null or grid_id = %(grid_id)s)
   and (%(after_day)s::date is null
        or (day, worker_id, checkpoint_id, start_at)
            > (%(after_day)s, %(after_worker_id)s, %(after_key)s, %(after_at)s))
   and (day, worker_id) in (select day, worker_id from v1_seen_day)
 order by day, worker_id, checkpoint_id, start_at
 limit %(limit)s
"""

WORKERS = """
-- everybody who can have duty
select worker_id, name
  from v1_worker
 where worker_id in (select worker_id from v1_seen_worker)
 order by worker_id
"""

IS_WORKER = """
-- whether there is such a worker
select exists (select from v1_seen_worker where worker_id = %(worker_id)s)
"""

IS_GRID = """
-- whether there is such a grid
select exists (select from v1_seen_grid where grid_id = %(grid_id)s)
"""

GRIDS = """
-- responsibility areas with their outlines
select grid_id, name, premises, households, outline
  from v1_grid
 where grid_id in (select grid_id from v1_seen_grid)
 order by grid_id
"""

TERMINALS = """
-- terminals, who carries them now, and how they are; one of them or all
select terminal_id, model, worker_id, worker_name, state, state_received_at, written, waiting,
       last_epoch, last_received_at, battery_pct, heard_at, thinned,
       case when duty_start_at is not null
             and coalesce(heard_at < now() - interval '5 minutes', true)
            then greatest(heard_at, duty_start_at) end as silent_since
  from v1_terminal
  join v1_terminal_heard using (terminal_id)
 where terminal_id in (select terminal_id from v1_seen_terminal)
   and (%(terminal_id)s::text is null or terminal_id = %(terminal_id)s)
 order by terminal_id
"""

# The columns of `rows.LatestRow`, in its order.
_LATEST = """
select terminal_id, worker_id, worker_name, grid_id, day, epoch, received_at, age_s,
       accuracy_m, speed_mps, battery_pct, flags, provisional_state, provisional_since,
       provisional_inside_p, lon_deg, lat_deg
  from v1_latest_position
 where (grid_id in (select grid_id from v1_my_grid)
        or worker_id in (select worker_id from v1_my_worker))
"""

LATEST_POSITIONS = f"""
-- where terminals were last
{_LATEST}
 order by terminal_id, grid_id
"""

LATEST_OF_GRID = f"""
-- the same of one grid
{_LATEST}
   and grid_id = %(grid_id)s
 order by terminal_id, grid_id
"""

DUTY = """
-- duty windows of one worker-day
select grid_id, start_at, end_at, duration_s
  from v1_duty
 where worker_id = %(worker_id)s and day = %(day)s
   and (worker_id, day) in (select worker_id, day from v1_seen_day)
 order by start_at
"""

# The columns of `rows.FixRow`, in its order.
TRACK = """
-- fixes of one worker-day, in the order they happened
select terminal_id, grid_id, epoch, altitude_m, accuracy_m, speed_mps, course_deg, hdop,
       satellites, quality, battery_pct, flags, received_at, lon_deg, lat_deg
  from v1_track
 where worker_id = %(worker_id)s and day = %(day)s
   and (worker_id, day) in (select worker_id, day from v1_seen_day)
 order by epoch, terminal_id
"""

PRESENCE = """
-- duty time of one worker-day, inside, outside or unknown
select start_at, end_at, duration_s, grid_id, state
  from v1_presence
 where worker_id = %(worker_id)s and day = %(day)s
   and (worker_id, day) in (select worker_id, day from v1_seen_day)
 order by start_at
"""

VISITS = """
-- home visits of one worker-day
select start_at, end_at, duration_s, premises_id, premises_name, grid_id, observed_s, bridged_s,
       check_in_s, grade, p_any, p_premises
  from v1_visit
 where worker_id = %(worker_id)s and day = %(day)s
   and (worker_id, day) in (select worker_id, day from v1_seen_day)
 order by start_at
"""

EXCUSED = """
-- duty time of one worker-day that is not owed
select start_at, end_at, duration_s, grid_id, kind as reason, kind as reason_code
  from v1_excused
 where worker_id = %(worker_id)s and day = %(day)s
   and (worker_id, day) in (select worker_id, day from v1_seen_day)
 order by start_at
"""

_RESULT = """
select worker_id, worker_name, day, grid_ids, duty_s, excused_s, inside_s, plausible_s,
       outside_s, unknown_s, presence_low_s, presence_high_s, presence_verdict, presence_reason,
       presence_code as presence_reason_code, presence_values as presence_reason_values,
       visit_s, visit_a_s, visit_b_s, visit_c_s, visit_low_s, visit_high_s, visit_verdict,
       visit_reason,
       visit_code as visit_reason_code, visit_values as visit_reason_values,
       fixes, rules_version, parameters_version, assessed_at, is_current,
       decided_visit_s, decided_visit_verdict, decided_inside_s, decided_presence_verdict,
       corrections, pending_corrections, is_frozen, recomputed_differs_in
  from v1_compliance
"""
_IN_RANGE = """
 where day between %(first_day)s and %(last_day)s
   and (%(worker_id)s::text is null or worker_id = %(worker_id)s)
   and (%(after_day)s::date is null or (day, worker_id) > (%(after_day)s, %(after_worker_id)s))
"""

COMPLIANCE = f"""
-- results of a range of days, in the order of their key and from behind the last one seen; which
-- ones is found before all of each is looked up
with page as materialized (
    select day, worker_id
      from v1_counted_day
     {_IN_RANGE}
       and (day, worker_id) in (select day, worker_id from v1_seen_day)
     order by day, worker_id
     limit %(limit)s
)
{_RESULT}
  join page using (day, worker_id)
 order by day, worker_id
"""  # noqa: S608 - constants of this file

COMPLIANCE_OF_GRID = f"""
-- the same of one grid, by the index of grids first: a month of it is thirty rows
with found as materialized ({_RESULT} {_IN_RANGE} and grid_ids @> array[%(grid_id)s::text])
select *
  from found
 where (select true
          from v1_seen_day s
         where s.worker_id = found.worker_id and s.day = found.day
         limit 1)
 order by day, worker_id
 limit %(limit)s
"""  # noqa: S608 - constants of this file

# Every one there is: by these it is told whether the database has what they read.
ALL = (
    WORKERS,
    IS_WORKER,
    IS_GRID,
    GRIDS,
    TERMINALS,
    LATEST_POSITIONS,
    LATEST_OF_GRID,
    DUTY,
    TRACK,
    PRESENCE,
    VISITS,
    EXCUSED,
    COMPLIANCE,
    COMPLIANCE_OF_GRID,
    COVERAGE,
    PASSES,
    FINDINGS,
    SUMMARY_OF_WORKER,
    SUMMARY_OF_GRID,
    SUMMARY_OF_AREA,
    LOSSES,
    LOSS_DAYS,
    ACCESSES,
    LIVE,
    MARK,
    REACH,
)

# Those whose plan is the same whatever they are asked for: planned once a connection, which takes
# as long as to answer some of them. Not those with filters that may be missing.
STEADY = frozenset(
    {
        IS_WORKER,
        IS_GRID,
        LATEST_POSITIONS,
        LATEST_OF_GRID,
        DUTY,
        TRACK,
        PRESENCE,
        VISITS,
        EXCUSED,
    }
)
