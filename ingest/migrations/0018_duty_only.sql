-- What earlier versions stored of off duty goes: nobody has any business with it.

delete from position p
 where not exists (
       select
         from assignment a
         join duty_window w on w.worker_id = a.worker_id
        where a.terminal_id = p.terminal_id
          and a.valid_from <= p.epoch
          and (a.valid_to is null or a.valid_to > p.epoch)
          and w.start_at <= p.epoch
          and w.end_at > p.epoch);

delete from latest_position l
 where not exists (
       select from position p where p.terminal_id = l.terminal_id and p.epoch = l.epoch);

update checkin c
   set fix_epoch = null, fix_lat_e7 = null, fix_lon_e7 = null, fix_accuracy_dm = null
 where fix_epoch is not null
   and not exists (
       select
         from assignment a
         join duty_window w on w.worker_id = a.worker_id
        where a.terminal_id = c.terminal_id
          and a.valid_from <= c.fix_epoch
          and (a.valid_to is null or a.valid_to > c.fix_epoch)
          and w.start_at <= c.fix_epoch
          and w.end_at > c.fix_epoch);
