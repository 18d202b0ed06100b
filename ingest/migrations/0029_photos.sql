-- Photos that have come, photos that are announced beside reports, and reports told over HTTP.

-- Who told a report over HTTP: its `terminal_id` is then `@` and the account.
alter table photo_report
    add account_id  text,
    add worker_id   text;
create index photo_report_by_id on photo_report (report_id);
create index photo_report_by_worker on photo_report (worker_id, taken_at)
    where worker_id is not null;

-- A photo of which the object store has every byte. A row is written when the object is on the
-- disk; an object without one is taken up or away by `patrol api photos tidy`.
create table photo (
    sha256         bytea primary key check (octet_length(sha256) = 32),
    bytes          bigint not null check (bytes > 0),
    -- What its first bytes say, whatever was announced; null: nothing that is known.
    media_type     text,
    -- What the camera wrote into it; never part of what others are given.
    exif           jsonb,
    stored_at      timestamptz not null default now(),
    -- Its object was looked for and is not there.
    missing_since  timestamptz,
    -- Its time is over: the object goes next. The row tells of it as long as its report does.
    due_since      timestamptz,
    dropped_at     timestamptz,
    check (dropped_at is null or due_since is not null)
);
create index photo_by_time on photo (stored_at, sha256);
create index photo_due on photo (due_since) where due_since is not null and dropped_at is null;

-- Photos of acts, which no report announces.
create table announced_photo (
    -- `@` and the account, as of reports.
    announced_by  text not null,
    sha256        bytea not null check (octet_length(sha256) = 32),
    bytes         bigint not null check (bytes > 0),
    media_type    text not null,
    announced_at  timestamptz not null default now(),
    -- Some act names it: looked up once, when it would be time to forget it.
    is_named      boolean not null default false,
    primary key (announced_by, sha256)
);
create index announced_photo_by_digest on announced_photo (sha256);
create index announced_photo_by_time on announced_photo (announced_at) where not is_named;

create index work_order_event_by_photo on work_order_event using gin (photos)
    where kind <> 'open' and photos <> '{}';

create view v1_photo as
select encode(sha256, 'hex') as sha256,
       bytes,
       media_type,
       stored_at,
       missing_since is null and dropped_at is null as is_there,
       dropped_at,
       missing_since,
       sha256 as digest
  from photo;
comment on view v1_photo is 'Photos that have come, and whether they are there still.';

create view v1_photo_exif as
select sha256 as digest, exif from photo where exif is not null;
comment on view v1_photo_exif is 'What cameras wrote into photos; for those who may know where people were.';

create or replace view v1_report_photos as
select r.terminal_id,
       r.report_id,
       p.place,
       encode(p.sha256, 'hex') as sha256,
       p.bytes,
       p.media_type,
       r.received_at,
       p.sha256 as digest,
       p.width,
       p.height
  from photo_report r
  join report_photo p using (terminal_id, report_id);

create view v1_report_exif as
select terminal_id, report_id, place, encode(sha256, 'hex') as sha256, exif, sha256 as digest
  from report_photo;
comment on view v1_report_exif is
    'What terminals read of the photos that they announced; for those who may know where people were.';

-- `said_as` grows with the time: of several, the last one counts.
create view v1_announced_photo as
select terminal_id as announced_by, sha256 as digest, bytes, media_type, report_id::text as said_as
  from report_photo
union all
select announced_by, sha256, bytes, media_type, announced_at::text
  from announced_photo;
comment on view v1_announced_photo is 'Photos that are awaited or have come, by who announced them.';

create view v1_orphan_photo as
select p.sha256 as digest, p.stored_at
  from photo p
 where not exists (select from report_photo r where r.sha256 = p.sha256)
   and not exists (select from announced_photo a where a.sha256 = p.sha256);
comment on view v1_orphan_photo is 'Photos that neither a report nor an act names any longer.';

-- An order, those split off it, and those into which one of them was merged: whoever may read
-- one of these may read its report. The other way round of `order_family`.
create function orders_about(wanted uuid) returns setof uuid
language sql stable as $$
    with recursive part as (
        select wanted as order_id
        union
        select o.order_id from work_order o join part p on o.split_from = p.order_id
    ), absorber as (
        select order_id from part
        union
        select o.merged_into
          from work_order o
          join absorber a using (order_id)
         where o.merged_into is not null
    )
    select order_id from absorber
$$;

create view v1_report as
select r.terminal_id,
       r.report_id,
       o.order_id,
       r.taken_at,
       r.received_at,
       r.category,
       r.about,
       r.marks,
       coalesce(w.reporter_worker, r.worker_id)   as worker_id,
       coalesce(w.reporter_account, r.account_id) as account_id,
       w.grid_id
  from photo_report r
  left join work_order_report o using (terminal_id, report_id)
  left join work_order w on w.order_id = o.order_id;
comment on view v1_report is 'Photo reports, with the order that each opened.';

create view v1_my_report as
select r.terminal_id, r.report_id
  from photo_report r
  left join work_order_report o using (terminal_id, report_id)
 where exists (select
                 from orders_about(o.order_id) about (order_id)
                where about.order_id in (select order_id from v1_my_order))
    or (o.order_id is null
        and (r.account_id in (select account_id from v1_my_role) or (select sees_all from v1_my_reach)));
comment on view v1_my_report is 'Reports that whoever asks may read: those of orders that they may read.';

-- The reports and the acts of an order, and of those that belong to it, with their photos.
create function photos_of_order(wanted uuid)
returns table (digest bytea, worker_id text, account_id text, grid_id text)
language sql stable as $$
    select p.sha256, w.reporter_worker, w.reporter_account, w.grid_id
      from order_family(wanted) family (order_id)
      join work_order w on w.order_id = family.order_id
      join work_order_report o on o.order_id = w.order_id
      join report_photo p on p.terminal_id = o.terminal_id and p.report_id = o.report_id
    union all
    select decode(photo, 'hex'), e.worker_id, e.account_id, e.grid_id
      from order_family(wanted) family (order_id)
      join work_order_event e on e.order_id = family.order_id and e.kind <> 'open'
     cross join unnest(e.photos) photo
$$;

-- As before, and what a worker told over HTTP.
create or replace view v1_worker_report as
select a.worker_id, r.terminal_id, r.report_id, r.taken_at, r.category, r.about, r.marks,
       r.fix_epoch, r.fix_lat_e7 / 1e7::float8 as lat_deg, r.fix_lon_e7 / 1e7::float8 as lon_deg,
       (select coalesce(jsonb_agg(encode(p.sha256, 'hex') order by p.place), '[]')
          from report_photo p
         where p.terminal_id = r.terminal_id and p.report_id = r.report_id) as photos,
       r.received_at
  from assignment a
  join photo_report r
    on r.terminal_id = a.terminal_id
   and r.taken_at >= a.valid_from
   and r.taken_at < coalesce(a.valid_to, 'infinity')
union all
select r.worker_id, r.terminal_id, r.report_id, r.taken_at, r.category, r.about, r.marks,
       r.fix_epoch, r.fix_lat_e7 / 1e7::float8, r.fix_lon_e7 / 1e7::float8,
       (select coalesce(jsonb_agg(encode(p.sha256, 'hex') order by p.place), '[]')
          from report_photo p
         where p.terminal_id = r.terminal_id and p.report_id = r.report_id),
       r.received_at
  from photo_report r
 where r.worker_id is not null;
