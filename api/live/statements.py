"""What the stream asks of the database, once a second and once a listener's reach."""

from typing import Final

# The columns of `rows.LiveRow`, in its order.
LIVE: Final = """
-- where terminals are whose workers are on duty now, in whichever grid; the sums keep the planner
-- from looking up all duty of this moment for each of them, instead of the worker's
select terminal_id, worker_id, worker_name, grid_id, day, epoch, received_at, accuracy_m,
       speed_mps, battery_pct, flags, provisional_state, provisional_since,
       provisional_inside_p, lon_deg, lat_deg
  from v1_latest_position
 where duty_start_at + interval '0 s' <= now()
   and duty_end_at + interval '0 s' > now()
"""

MARK: Final = """
-- differs after any change of who may see what
select mark from v1_scope_mark
"""

REACH: Final = """
-- whose positions whoever asks may see
select array(select grid_id from v1_my_grid) as grid_ids,
       array(select worker_id from v1_my_worker) as worker_ids
"""

STILL_GOOD: Final = """
-- which of these sessions and keys have neither ended nor been withdrawn
select array(select b.digest
               from bearer b
               join account a using (account_id)
              where b.digest = any(%(digests)s)
                and b.kind in ('session', 'key')
                and b.expires_at > now()
                and a.is_active) as digests
"""
