-- What belongs to a worker-day beside results: the reports of the terminals that were carried.

create view v1_day_report as
select d.worker_id,
       d.day,
       r.terminal_id,
       r.report_id,
       r.taken_at,
       r.received_at,
       r.category,
       r.about,
       r.marks,
       r.fix_epoch,
       r.fix_lat_e7 / 1e7::float8      as lat_deg,
       r.fix_lon_e7 / 1e7::float8      as lon_deg,
       r.fix_accuracy_dm / 10::float8  as accuracy_m,
       p.place,
       encode(p.sha256, 'hex')         as sha256,
       p.bytes,
       p.media_type
  from duty_window d
  join assignment a
    on a.worker_id = d.worker_id
   and a.valid_from < d.end_at
   and (a.valid_to is null or a.valid_to > d.start_at)
  join photo_report r
    on r.terminal_id = a.terminal_id
   and r.taken_at >= greatest(d.start_at, a.valid_from)
   and r.taken_at < least(d.end_at, a.valid_to)
  left join report_photo p
    on p.terminal_id = r.terminal_id
   and p.report_id = r.report_id;
comment on view v1_day_report is
    'Photo reports of worker-days, a row a photo: taken on duty with a terminal that was carried.';
