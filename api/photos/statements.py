"""What is asked and written of photos."""

from typing import Final

AWAITED: Final = """
-- how long a photo is that somebody has announced, as it was said last, and whether it has come
select a.bytes, coalesce(p.is_there or p.dropped_at is not null, false) as is_stored
  from v1_announced_photo a
  left join v1_photo p on p.digest = a.digest
 where a.announced_by = %(by)s and a.digest = decode(%(sha256)s, 'hex')
 order by a.said_as desc
 limit 1
"""

ANNOUNCE: Final = """
-- a photo that is to come beside an act; what was said of it before was wrong
insert into announced_photo (announced_by, sha256, bytes, media_type)
values (%(by)s, decode(%(sha256)s, 'hex'), %(bytes)s, %(media_type)s)
on conflict (announced_by, sha256) do update
   set bytes = excluded.bytes, media_type = excluded.media_type, announced_at = now()
"""

# In the order of their names, so that two who write the same ones never wait for one another.
RECORD: Final = """
-- photos that are kept now; one that was missing has come back
insert into photo (sha256, bytes, media_type, exif)
select decode(sha256, 'hex'), bytes, media_type, exif
  from jsonb_to_recordset(%(rows)s) as one (sha256 text, bytes bigint, media_type text, exif jsonb)
 order by sha256
on conflict (sha256) do update
   set missing_since = null, due_since = null, dropped_at = null, stored_at = now()
 where photo.missing_since is not null or photo.dropped_at is not null
"""

OF_ORDER: Final = """
-- a photo of an order, and whose report or act it is of
select o.worker_id, o.grid_id, p.media_type, p.bytes, coalesce(p.is_there, false) as is_there
  from photos_of_order(%(order_id)s) o
  left join v1_photo p on p.digest = o.digest
 where o.digest = decode(%(sha256)s, 'hex')
   and %(order_id)s in (select order_id from v1_my_order)
 order by o.worker_id nulls last
 limit 1
"""

OF_REPORT: Final = """
-- a photo of a report, and whose it is
select r.worker_id, r.grid_id, p.media_type, p.bytes, coalesce(p.is_there, false) as is_there
  from v1_report r
  join v1_report_photos a on a.terminal_id = r.terminal_id and a.report_id = r.report_id
  left join v1_photo p on p.digest = a.digest
 where r.report_id = %(report_id)s
   and a.digest = decode(%(sha256)s, 'hex')
   and (r.terminal_id, r.report_id) in (select terminal_id, report_id from v1_my_report)
 limit 1
"""

CAMERA: Final = """
-- what the camera wrote into a photo
select exif from v1_photo_exif where digest = decode(%(sha256)s, 'hex')
"""

ON_SHELF: Final = """
-- photos whose names begin alike, that are to be there
select sha256, missing_since is not null as is_missing
  from v1_photo
 where digest >= %(first)s and digest <= %(last)s and dropped_at is null
"""

ANNOUNCED: Final = """
-- which of these somebody has announced
select distinct encode(digest, 'hex') as sha256
  from v1_announced_photo
 where digest = any(%(digests)s)
"""

MISSING: Final = """
-- photos that are not where they should be, or are there again
update photo
   set missing_since = case when %(is_missing)s then coalesce(missing_since, now()) end
 where sha256 = any(%(digests)s) and (missing_since is not null) <> %(is_missing)s
"""

DUE: Final = """
-- photos whose time is over
select encode(sha256, 'hex') as sha256
  from photo
 where due_since is not null and dropped_at is null
 order by due_since
 limit %(most)s
"""

DROPPED: Final = """
-- the object of a photo whose time is over has gone
update photo set dropped_at = now() where sha256 = decode(%(sha256)s, 'hex')
"""

ORPHANS: Final = """
-- photos that nothing names any longer, for a while
select encode(digest, 'hex') as sha256
  from v1_orphan_photo
 where stored_at < now() - %(days)s * interval '1 day'
 order by stored_at
 limit %(most)s
"""

# Looked at once more: whoever names it in this moment keeps it.
FORGET: Final = """
-- a photo that nothing names any longer
delete from photo
 where sha256 = decode(%(sha256)s, 'hex')
   and sha256 in (select digest from v1_orphan_photo where digest = decode(%(sha256)s, 'hex'))
"""

NAMED: Final = """
-- photos of acts, once it is time: those that an act names stay as long as others
update announced_photo a
   set is_named = true
 where not is_named
   and announced_at < now() - %(days)s * interval '1 day'
   and exists (select
                 from v1_work_order_event e
                where e.kind <> 'open'
                  and e.photos <> '{}'
                  and e.photos @> array[encode(a.sha256, 'hex')])
"""

FORGET_ANNOUNCED: Final = """
-- photos of acts that no act has named
delete from announced_photo
 where not is_named and announced_at < now() - %(days)s * interval '1 day'
"""

TAKE_TURN: Final = "select pg_try_advisory_xact_lock(4722166884)"
