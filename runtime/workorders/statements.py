"""What is written and read of orders, events and workflows; by whom it may be asked is elsewhere."""

from typing import Final

# Two who open the first orders at once put in the same text.
ENSURE_DEFAULT: Final = """
-- the workflow that ships, where a deployment has loaded none
insert into workflow (version, toml, sha256, loaded_by)
select %(version)s, %(toml)s, %(sha256)s, 'shipped'
 where not exists (select from workflow)
on conflict do nothing
"""

NEWEST_WORKFLOW: Final = """
-- the workflow of orders that are opened now
select version, toml from workflow order by version desc limit 1
"""

WORKFLOW_OF: Final = """
-- one version of the workflow
select version, toml from workflow where version = %(version)s
"""

INSERT_ORDER: Final = """
insert into work_order (
    order_id, revision, workflow_version, category, severity, step, step_kind, level, holder,
    grid_id, department_id, reporter_account, reporter_worker, lat_e7, lon_e7, accuracy_dm, age_s,
    opened_at, entered_at, changed_at, due_soon_at, due_at, handle_due_at, close_due_at, paused_at,
    stood, handled_at, handled_by_account, handled_by_worker, is_settled, ended_at, rework,
    escalated, merged_into, split_from, escalates_at)
values (
    %(order_id)s, %(revision)s, %(workflow_version)s, %(category)s, %(severity)s, %(step)s,
    %(step_kind)s, %(level)s, %(holder)s, %(grid_id)s, %(department_id)s, %(reporter_account)s,
    %(reporter_worker)s, %(lat_e7)s, %(lon_e7)s, %(accuracy_dm)s, %(age_s)s, %(opened_at)s,
    %(entered_at)s, %(changed_at)s, %(due_soon_at)s, %(due_at)s, %(handle_due_at)s,
    %(close_due_at)s, %(paused_at)s, %(stood)s, %(handled_at)s, %(handled_by_account)s,
    %(handled_by_worker)s, %(is_settled)s, %(ended_at)s, %(rework)s, %(escalated)s,
    %(merged_into)s, %(split_from)s, %(escalates_at)s)
"""

# What never changes of an order is not among it.
UPDATE_ORDER: Final = """
update work_order
   set revision = %(revision)s, category = %(category)s, severity = %(severity)s, step = %(step)s,
       step_kind = %(step_kind)s, level = %(level)s, holder = %(holder)s, grid_id = %(grid_id)s,
       department_id = %(department_id)s, entered_at = %(entered_at)s,
       changed_at = %(changed_at)s, due_soon_at = %(due_soon_at)s, due_at = %(due_at)s,
       handle_due_at = %(handle_due_at)s, close_due_at = %(close_due_at)s,
       paused_at = %(paused_at)s, stood = %(stood)s, handled_at = %(handled_at)s,
       handled_by_account = %(handled_by_account)s, handled_by_worker = %(handled_by_worker)s,
       is_settled = %(is_settled)s, ended_at = %(ended_at)s, rework = %(rework)s,
       escalated = %(escalated)s, merged_into = %(merged_into)s, escalates_at = %(escalates_at)s
 where order_id = %(order_id)s
"""

INSERT_EVENT: Final = """
insert into work_order_event (
    order_id, revision, at, kind, act, account_id, worker_id, party, from_step, step, step_kind,
    category, severity, workflow_version, grid_id, department_id, due_soon_at, due_at,
    handle_due_at, close_due_at, reason, text, photos, lat_e7, lon_e7, accuracy_dm, age_s,
    distance_m, nearness, other_id, report_id, reporter_account, reporter_worker, tells)
values (
    %(order_id)s, %(revision)s, %(at)s, %(kind)s, %(act)s, %(account_id)s, %(worker_id)s,
    %(party)s, %(from_step)s, %(step)s, %(step_kind)s, %(category)s, %(severity)s,
    %(workflow_version)s, %(grid_id)s, %(department_id)s, %(due_soon_at)s, %(due_at)s,
    %(handle_due_at)s, %(close_due_at)s, %(reason)s, %(text)s, %(photos)s, %(lat_e7)s, %(lon_e7)s,
    %(accuracy_dm)s, %(age_s)s, %(distance_m)s, %(nearness)s, %(other_id)s, %(report_id)s,
    %(reporter_account)s, %(reporter_worker)s, %(tells)s)
"""

# Again, it finds that the report has its order.
INSERT_REPORT: Final = """
insert into work_order_report (terminal_id, report_id, order_id)
values (%(terminal_id)s, %(report_id)s, %(order_id)s)
on conflict (terminal_id, report_id) do nothing
"""

ORDER_OF_REPORT: Final = """
-- the order that a report opened
select order_id from work_order_report
 where terminal_id = %(terminal_id)s and report_id = %(report_id)s
"""

EVENTS_OF: Final = """
-- all that was done to an order, with what no view tells
select * from work_order_event where order_id = %(order_id)s order by revision
"""

ESCALATING: Final = """
-- orders to which time has something to do, one after the other and nobody else's
select * from work_order
 where escalates_at <= %(now)s
 order by escalates_at, order_id
 limit %(limit)s
   for update skip locked
"""
