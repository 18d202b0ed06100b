"""Where something of a worker is, and what becomes of it: table by table, in this order."""

# ruff: noqa: S608 - names of tables out of this file alone

from typing import Final

# Where and when the worker had a terminal; of a shared terminal, others' facts stay.
_CARRIED = """
 using assignment a
 where a.worker_id = %(worker)s
   and t.terminal_id = a.terminal_id
   and t.{time} >= a.valid_from and t.{time} < coalesce(a.valid_to, 'infinity')
   and not exists (select from assignment o
                    where o.terminal_id = t.terminal_id and o.worker_id <> a.worker_id
                      and o.valid_from <= t.{time}
                      and (o.valid_to is null or o.valid_to > t.{time}))
   and not exists (select from duty_window d
                     join frozen_day f on f.worker_id = d.worker_id and f.day = d.day
                    where d.worker_id = a.worker_id
                      and t.{time} >= d.start_at and t.{time} < d.end_at)
"""

FACTS: Final = {
    "positions": f"delete from position t {_CARRIED.format(time='epoch')}",
    "checkins": f"delete from checkin t {_CARRIED.format(time='at')}",
    "set_aside_fixes": f"delete from set_aside_fix t {_CARRIED.format(time='received_at')}",
    "photo_reports": f"delete from photo_report t {_CARRIED.format(time='taken_at')}",
    "own_reports": "delete from photo_report where worker_id = %(worker)s",
    "terminal_events": f"delete from terminal_event t {_CARRIED.format(time='at')}",
    "latest_positions": f"delete from latest_position t {_CARRIED.format(time='epoch')}",
}

# What is frozen stands until it is dropped in its time.
_OF_DAYS = """
 where t.worker_id = %(worker)s
   and not exists (select from frozen_day f where f.worker_id = t.worker_id and f.day = t.day)
"""

TOTALS: Final = """
insert into month_total
select m.*, now() from v1_month_sum m where m.worker_id = %(worker)s
on conflict do nothing
"""

_DAY_TABLES = (
    "recomputed_day",
    "presence_interval",
    "home_visit",
    "excused_interval",
    "grid_coverage",
    "checkpoint_pass",
    "corrected_day",
    "daily_compliance",
    "heard_span",
    "day_trace",
    "uncompared_day",
    "dirty_day",
    "wished_task",
)

# Who was to be compared with whom; the other one's finding stays, with its evidence.
RESULTS: Final = {
    **{f"{table}s": f"delete from {table} t {_OF_DAYS}" for table in _DAY_TABLES},
    "appeals": f"delete from appeal t {_OF_DAYS} and t.about <> 'month'",
    "corrections": f"""delete from correction t {_OF_DAYS}
       and not exists (select from appeal p where p.correction_id = t.correction_id)""",
    "findings": f"""delete from finding t {_OF_DAYS}
       and not exists (select from appeal p where p.finding_id = t.finding_id)""",
    "decision_steps": f"delete from decision_event t {_OF_DAYS}",
    "statement_contents": f"""update day_statement t set content = null, erased_at = now()
       {_OF_DAYS} and t.content is not null""",
    "duty_windows": f"delete from duty_window t {_OF_DAYS}",
    "live_states": "delete from live_state where worker_id = %(worker)s",
    "excused_periods": """delete from excused_period t
       where t.worker_id = %(worker)s
         and not exists (select from frozen_day f
                          where f.worker_id = t.worker_id
                            and f.day between t.start_at::date and t.end_at::date)""",
    "covers": "delete from cover where worker_id = %(worker)s",
}

_ACCOUNTS = "select account_id from account where worker_id = %(worker)s"

# Nobody is called by what is left. Logs of what others did keep that somebody was there.
PERSON: Final = {
    "readings": "delete from access_log where worker_id = %(worker)s",
    "readings_of_many": """update access_log set worker_ids = array_remove(worker_ids, %(worker)s)
       where worker_ids @> array[%(worker)s]""",
    "own_readings": """update access_log set reader = 'erased'
       where reader in (select account_id from account where worker_id = %(worker)s)""",
    "changes": """update change_log set before = null, after = null
       where what = 'worker' and key = %(worker)s and (before, after) is distinct from (null, null)""",
    "account_changes": f"""update change_log set before = null, after = null
       where what = 'account' and key in ({_ACCOUNTS})
         and (before, after) is distinct from (null, null)""",
    "notices": "delete from notice where worker_id = %(worker)s",
    "own_looks_at_notices": f"""update notice set seen_by = 'erased'
       where seen_by in ({_ACCOUNTS})""",
    "own_rules": f"""update notice_rule set is_active = false, created_by = 'erased'
       where created_by in ({_ACCOUNTS})""",
    "own_changes": """update change_log set account_id = 'erased'
       where account_id in (select account_id from account where worker_id = %(worker)s)""",
    "own_steps": """update decision_event set actor = 'erased'
       where actor in (select account_id from account where worker_id = %(worker)s)""",
    # That something was done stays; where somebody was, and who it was, goes.
    "own_acts": f"""update work_order_event
       set account_id = null, worker_id = null,
           lat_e7 = case when kind = 'open' then lat_e7 end,
           lon_e7 = case when kind = 'open' then lon_e7 end
       where worker_id = %(worker)s or account_id in ({_ACCOUNTS})""",
    "own_openings": f"""update work_order_event
       set reporter_account = null, reporter_worker = null
       where order_id in (select order_id from work_order
                           where reporter_worker = %(worker)s or reporter_account in ({_ACCOUNTS}))
         and (reporter_account, reporter_worker) is distinct from (null, null)""",
    "own_orders": f"""update work_order
       set reporter_account = null, reporter_worker = null
       where reporter_worker = %(worker)s or reporter_account in ({_ACCOUNTS})""",
    "own_handling": f"""update work_order
       set handled_by_account = null, handled_by_worker = null
       where handled_by_worker = %(worker)s or handled_by_account in ({_ACCOUNTS})""",
    "accounts": "delete from account where worker_id = %(worker)s",
    "names": """update worker set name = 'erased'
       where worker_id = %(worker)s and name <> 'erased'""",
}
