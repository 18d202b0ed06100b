"""What is asked of facilities, within the reach of whoever asks."""

from typing import Final

FACILITY: Final = """
-- a facility of the own grids, of the grids worked in, kept by the own department, or in reports
-- that whoever asks may read
select facility_id, grid_id, name, kind, department_id, account_id
  from v1_facility
 where facility_id = %(facility_id)s
   and (grid_id in (select grid_id from v1_my_grid)
        or grid_id in (select grid_id from v1_my_work_grid)
        or department_id in (select department_id from v1_my_department)
        or exists (select from v1_facility_report f
                     join v1_my_report m on m.terminal_id = f.terminal_id
                                        and m.report_id = f.report_id
                    where f.facility_id = %(facility_id)s))
"""

REPORTS: Final = """
-- the reports that name it and that whoever asks may read, the newest first
select r.report_id, r.taken_at, r.category, r.about as text, o.order_id,
       o.category as category_now, o.severity, o.step, o.step_kind, o.department_id, o.opened_at,
       o.ended_at, o.rework
  from v1_facility_report f
  join v1_report r on r.terminal_id = f.terminal_id and r.report_id = f.report_id
  left join v1_work_order o on o.order_id = r.order_id
 where f.facility_id = %(facility_id)s
   and (%(before)s::timestamptz is null or f.taken_at < %(before)s)
   and exists (select from v1_my_report m
                where m.terminal_id = f.terminal_id and m.report_id = f.report_id)
 order by f.taken_at desc, f.report_id
 limit %(limit)s
"""
