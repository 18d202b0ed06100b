"""What is asked of reports."""

from typing import Final

REPORT: Final = """
-- a report, with what has become of its photos
select r.report_id, r.order_id,
       nullif(r.terminal_id, '@' || coalesce(r.account_id, '')) as terminal_id,
       r.worker_id, r.account_id, r.grid_id, r.taken_at, r.received_at, r.category,
       r.about as text, r.marks,
       (select coalesce(jsonb_agg(jsonb_build_object(
                   'sha256', a.sha256, 'bytes', a.bytes, 'media_type', a.media_type,
                   'width', a.width, 'height', a.height, 'stored_at', p.stored_at,
                   'state', case when p.digest is null then 'awaited'
                                 when p.dropped_at is not null then 'dropped'
                                 when p.missing_since is not null then 'missing'
                                 else 'stored' end) order by a.place), '[]')
          from v1_report_photos a
          left join v1_photo p on p.digest = a.digest
         where a.terminal_id = r.terminal_id and a.report_id = r.report_id) as photos,
       now() as now
  from v1_report r
 where r.report_id = %(report_id)s
   and (r.terminal_id, r.report_id) in (select terminal_id, report_id from v1_my_report)
 order by r.received_at
 limit 1
"""

CAMERAS: Final = """
-- what cameras wrote into the photos of a report
select a.sha256, a.exif as told, p.exif as found
  from v1_report_exif a
  left join v1_photo_exif p on p.digest = a.digest
 where a.report_id = %(report_id)s
   and (a.terminal_id, a.report_id) in (select terminal_id, report_id from v1_my_report)
 order by a.terminal_id, a.place
"""

IS_ON_DUTY: Final = """
-- whether a worker is on duty at a moment
select exists (select
                 from duty_window
                where worker_id = %(worker_id)s and start_at <= %(at)s and end_at > %(at)s)
"""
