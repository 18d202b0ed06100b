"""What is written of a photo report, whoever brings it."""

from typing import Final

STORE_REPORT: Final = """
insert into photo_report (terminal_id, report_id, taken_at, category, about, marks, fix_epoch,
                          fix_lat_e7, fix_lon_e7, fix_accuracy_dm, received_at, account_id,
                          worker_id, facility_id)
values (%(terminal_id)s, %(report_id)s, %(taken_at)s, %(category)s, %(about)s, %(marks)s,
        %(fix_epoch)s, %(fix_lat_e7)s, %(fix_lon_e7)s, %(fix_accuracy_dm)s, %(received_at)s,
        %(account_id)s, %(worker_id)s, %(facility_id)s)
    on conflict (terminal_id, report_id) do nothing
returning true
"""

STORE_PHOTO: Final = """
insert into report_photo (terminal_id, report_id, place, sha256, bytes, media_type, width, height,
                          exif)
values (%(terminal_id)s, %(report_id)s, %(place)s, %(sha256)s, %(bytes)s, %(media_type)s,
        %(width)s, %(height)s, %(exif)s)
"""
