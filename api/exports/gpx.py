"""A track as GPX 1.1 (Topografix, 2004), for whatever program somebody else trusts."""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from xml.sax.saxutils import escape

from api.reading.rows import FixRow

GPX = "application/gpx+xml"

_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<gpx version="1.1" creator="gridpatrol" xmlns="http://www.topografix.com/GPX/1/1">\n'
)


def gpx_of(name: str, fixes: Iterable[FixRow], *, max_gap: timedelta) -> str:
    """Return fixes as a track whose segments end where for longer than `max_gap` there is none.

    Elevation is as the receiver told it. Speed and course have no place in GPX 1.1.
    """
    parts = [_HEAD, f"<trk><name>{escape(name)}</name>\n"]
    for run in _runs(fixes, max_gap):
        parts.append("<trkseg>\n")
        parts += [_point(one) for one in run]
        parts.append("</trkseg>\n")
    parts.append("</trk>\n</gpx>\n")
    return "".join(parts)


def _runs(fixes: Iterable[FixRow], max_gap: timedelta) -> Iterator[list[FixRow]]:
    run: list[FixRow] = []
    for one in fixes:
        if run and (one.epoch - run[-1].epoch > max_gap or one.terminal_id != run[-1].terminal_id):
            yield run
            run = []
        run.append(one)
    if run:
        yield run


def _point(one: FixRow) -> str:
    # In the order that the schema wants.
    parts = [f'<trkpt lat="{one.lat_deg:.7f}" lon="{one.lon_deg:.7f}">']
    if one.altitude_m is not None:
        parts.append(f"<ele>{one.altitude_m}</ele>")
    parts.append(f"<time>{one.epoch.isoformat().replace('+00:00', 'Z')}</time>")
    if one.satellites is not None:
        parts.append(f"<sat>{one.satellites}</sat>")
    if one.hdop is not None:
        parts.append(f"<hdop>{one.hdop}</hdop>")
    parts.append("</trkpt>\n")
    return "".join(parts)
