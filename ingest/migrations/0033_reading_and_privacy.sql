-- Worker-days counted faster, with what is decided; and what a review found of people's data.

-- Of a worker-day what is added up, as measured.
create view v1_counted_day as
select c.worker_id,
       c.day,
       c.duty_s,
       c.excused_s,
       c.inside_s,
       c.outside_s,
       c.unknown_s,
       c.inside_low_s       as presence_low_s,
       c.inside_high_s      as presence_high_s,
       c.presence_verdict,
       c.visit_s,
       c.visit_low_s,
       c.visit_high_s,
       c.visit_verdict,
       d.worker_id is null  as is_current
  from daily_compliance c
  left join (select worker_id, day from dirty_day group by worker_id, day) d
    on d.worker_id = c.worker_id and d.day = c.day;
comment on view v1_counted_day is 'Results of worker-days as they are added up, as measured.';

-- Few days are corrected; what corrections make of sums is found by those alone.
create view v1_corrected_count as
select v.worker_id, v.day, v.inside_s, v.presence_verdict, v.visit_s, v.visit_verdict,
       v.decided_inside_s, v.decided_presence_verdict, v.decided_visit_s, v.decided_visit_verdict
  from corrected_day k
  join v1_compliance v on v.worker_id = k.worker_id and v.day = k.day;
comment on view v1_corrected_count is
    'Worker-days with corrections: what was measured, and what holds now.';

-- Two who decide one thing are two people: neither has the account, or a role, from the other, not
-- by way of third ones either.
create view v1_made_by as
select account_id, granted_by as maker
  from account_role
 where granted_by <> ''
   and (valid_to is null or valid_to > now())
 union
select key, account_id from change_log where what = 'account' and before is null;
comment on view v1_made_by is 'Accounts, and those of whom they or a role of theirs come.';

-- A rule tells as long as whoever made it could make it.
create view v1_rule_in_force as
with recursive above as (
    select area_id as of_area, area_id from area
     union
    select b.of_area, a.parent_id
      from above b
      join area a using (area_id)
     where a.parent_id is not null
)
select r.rule_id
  from notice_rule r
 where r.is_active
   and (not exists (select from account a where a.account_id = r.created_by)
        or exists (
            select
              from account a
              join account_role o using (account_id)
              left join grid g on g.grid_id = r.grid_id
             where a.account_id = r.created_by
               and a.is_active
               and o.role = 'administrator'
               and o.valid_from <= now()
               and (o.valid_to is null or o.valid_to > now())
               and (o.area_id is null and o.grid_id is null
                    or o.grid_id = r.grid_id
                    or exists (select
                                 from above b
                                where b.of_area = coalesce(r.area_id, g.area_id)
                                  and b.area_id = o.area_id))));
comment on view v1_rule_in_force is
    'Rules of notices that are active, and whose maker still may make them.';

-- Notices go in their time, and those of somebody who is erased at once.
create index notice_by_time on notice (found_at);
create index notice_by_worker on notice (worker_id) where worker_id is not null;

-- Who watches says what for: another purpose, another row.
drop index access_log_once;
create unique index access_log_once
    on access_log (reader, what, coalesce(grid_id, ''), purpose, hour) where hour is not null;
