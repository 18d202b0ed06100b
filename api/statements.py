"""What the API asks of the database: one statement a question, and no table but the v1 views."""

from api.findings import FINDINGS

COVERAGE = """
-- coverage of a range of days, in the order of its key and from behind the last one seen
select worker_id, day, grid_id, kind, share, share_low, share_high, targets
  from v1_coverage
 where day between %(first_day)s and %(last_day)s
   and (%(worker_id)s::text is null or worker_id = %(worker_id)s)
   and (%(grid_id)s::text is null or grid_id = %(grid_id)s)
   and (%(after_day)s::date is null
        or (day, worker_id, grid_id) > (%(after_day)s, %(after_worker_id)s, %(after_key)s))
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
 order by day, worker_id, checkpoint_id, start_at
 limit %(limit)s
"""

WORKERS = """
-- everybody who can have duty
select worker_id, name
  from v1_worker
 order by worker_id
"""

IS_WORKER = """
-- whether there is such a worker
select exists (select from v1_worker where worker_id = %(worker_id)s)
"""

IS_GRID = """
-- whether there is such a grid
select exists (select from v1_grid where grid_id = %(grid_id)s)
"""

GRIDS = """
-- responsibility areas with their outlines
select grid_id, name, premises, households, outline
  from v1_grid
 order by grid_id
"""

TERMINALS = """
-- terminals, who carries them now, and how they are
select terminal_id, model, worker_id, worker_name, state, state_received_at, written, waiting,
       last_epoch, last_received_at, battery_pct
  from v1_terminal
 order by terminal_id
"""

LATEST_POSITIONS = """
-- where terminals were last, of one grid or of all
select terminal_id, worker_id, worker_name, grid_id, day, epoch, received_at, age_s,
       lon_deg, lat_deg, accuracy_m, speed_mps, battery_pct, flags,
       provisional_state, provisional_since, provisional_inside_p
  from v1_latest_position
 where %(grid_id)s::text is null or grid_id = %(grid_id)s
 order by terminal_id, grid_id
"""

DUTY = """
-- duty windows of one worker-day
select grid_id, start_at, end_at, duration_s
  from v1_duty
 where worker_id = %(worker_id)s and day = %(day)s
 order by start_at
"""

TRACK = """
-- fixes of one worker-day, in the order they happened
select terminal_id, grid_id, epoch, lon_deg, lat_deg, altitude_m, accuracy_m, speed_mps,
       course_deg, hdop, satellites, quality, battery_pct, flags, received_at
  from v1_track
 where worker_id = %(worker_id)s and day = %(day)s
 order by epoch, terminal_id
"""

PRESENCE = """
-- duty time of one worker-day, inside, outside or unknown
select start_at, end_at, duration_s, grid_id, state
  from v1_presence
 where worker_id = %(worker_id)s and day = %(day)s
 order by start_at
"""

VISITS = """
-- home visits of one worker-day
select start_at, end_at, duration_s, premises_id, premises_name, grid_id, observed_s, bridged_s,
       check_in_s, grade, p_any, p_premises
  from v1_visit
 where worker_id = %(worker_id)s and day = %(day)s
 order by start_at
"""

EXCUSED = """
-- duty time of one worker-day that is not owed
select start_at, end_at, duration_s, grid_id, kind as reason, kind as reason_code
  from v1_excused
 where worker_id = %(worker_id)s and day = %(day)s
 order by start_at
"""

COMPLIANCE = """
-- results of a range of days, in the order of their key and from behind the last one seen
select worker_id, worker_name, day, grid_ids, duty_s, excused_s, inside_s, plausible_s,
       outside_s, unknown_s, presence_low_s, presence_high_s, presence_verdict, presence_reason,
       presence_code as presence_reason_code, presence_values as presence_reason_values,
       visit_s, visit_a_s, visit_b_s, visit_c_s, visit_low_s, visit_high_s, visit_verdict,
       visit_reason,
       visit_code as visit_reason_code, visit_values as visit_reason_values,
       fixes, rules_version, parameters_version, assessed_at, is_current
  from v1_compliance
 where day between %(first_day)s and %(last_day)s
   and (%(worker_id)s::text is null or worker_id = %(worker_id)s)
   and (%(grid_id)s::text is null or %(grid_id)s = any(grid_ids))
   and (%(after_day)s::date is null or (day, worker_id) > (%(after_day)s, %(after_worker_id)s))
 order by day, worker_id
 limit %(limit)s
"""

ANNOUNCED_PHOTO = """
-- how long a photo is that a terminal has announced, as it last said
select bytes
  from v1_report_photos
 where terminal_id = %(terminal_id)s and sha256 = %(sha256)s
 order by received_at desc
 limit 1
"""

# Every one there is: by these it is told whether the database has what they read.
ALL = (
    WORKERS,
    IS_WORKER,
    IS_GRID,
    GRIDS,
    TERMINALS,
    LATEST_POSITIONS,
    DUTY,
    TRACK,
    PRESENCE,
    VISITS,
    EXCUSED,
    COMPLIANCE,
    COVERAGE,
    PASSES,
    FINDINGS,
    ANNOUNCED_PHOTO,
)
