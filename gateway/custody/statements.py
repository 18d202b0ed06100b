"""What the spool asks of its file. `{}` stands for as many rows as there are."""

PUT = """
insert into position (terminal_id, seq, source, epoch_ms, lat_e7, lon_e7, altitude_dm, speed_cmps,
                      course_ddeg, hdop_d, accuracy_dm, satellites, quality, battery_pct, flags)
values {}
"""
COUNT_UP = """
insert into terminal (terminal_id, last_seq) values {}
    on conflict (terminal_id) do update set last_seq = excluded.last_seq
"""
READ = """
select arrived, terminal_id, seq, source, epoch_ms, lat_e7, lon_e7, altitude_dm, speed_cmps,
       course_ddeg, hdop_d, accuracy_dm, satellites, quality, battery_pct, flags
  from position where arrived > ? order by arrived limit ?
"""
READ_NUMBERS = """
select arrived, terminal_id, seq, source, epoch_ms, lat_e7, lon_e7, altitude_dm, speed_cmps,
       course_ddeg, hdop_d, accuracy_dm, satellites, quality, battery_pct, flags
  from position where terminal_id = ? and seq between ? and ? order by seq
"""
PUT_LETTER = """
insert into letter (terminal_id, kind, id, payload) values (?, ?, ?, ?)
    on conflict (terminal_id, id) do nothing
"""
READ_LETTERS = """
select arrived, terminal_id, kind, id, payload from letter where arrived > ?
 order by arrived limit ?
"""
NOTE = """
insert into stranger (protocol, identity, peer, times, last_at) values (?, ?, ?, 1, ?)
    on conflict (protocol, identity) do update
   set times = times + 1, peer = excluded.peer, last_at = excluded.last_at
"""
FORGET_STRANGERS = """
delete from stranger where last_at < (
    select last_at from stranger order by last_at desc limit 1 offset 9999)
"""
STRANGERS = """
select protocol, identity, peer, times, last_at from stranger order by last_at desc
"""
