"""Phones with Traccar Client or OwnTracks: the HTTP requests that they make."""

import json
from base64 import b64encode
from urllib.parse import urlencode

from patrol.fix import Fix

_KNOTS_A_MPS = 3600 / 1852
_KMH_A_MPS = 3.6


def osmand(fix: Fix, *, device: str) -> bytes:
    """Return a request of Traccar Client in its query form; speed is in knots."""
    query = urlencode(
        {
            "id": device,
            "timestamp": int(fix.epoch.timestamp()),
            "lat": f"{fix.lat_deg:.7f}",
            "lon": f"{fix.lon_deg:.7f}",
            "speed": f"{(fix.speed_mps or 0) * _KNOTS_A_MPS:.4f}",
            "bearing": f"{fix.course_deg or 0:.1f}",
            "altitude": f"{fix.altitude_m or 0:.1f}",
            "accuracy": f"{fix.accuracy_m or 0:.1f}",
        }
    )
    return f"POST /?{query} HTTP/1.1\r\nHost: gateway\r\nContent-Length: 0\r\n\r\n".encode()


def owntracks(fix: Fix, *, user: str, device: str, picture: bytes = b"") -> bytes:
    """Return a request of OwnTracks in HTTP mode, with a JPEG if there is one; speed is in km/h."""
    image = {"image": b64encode(picture).decode(), "imagename": "seen.jpg"} if picture else {}
    body = json.dumps(
        {
            "_type": "location",
            "tst": int(fix.epoch.timestamp()),
            "lat": round(fix.lat_deg, 7),
            "lon": round(fix.lon_deg, 7),
            "acc": round(fix.accuracy_m or 0),
            "alt": round(fix.altitude_m or 0),
            "vel": round((fix.speed_mps or 0) * _KMH_A_MPS),
            "cog": round(fix.course_deg or 0),
            "tid": device[-2:],
            "topic": f"owntracks/{user}/{device}",
            **image,
        }
    ).encode()
    head = (
        f"POST /pub HTTP/1.1\r\nHost: gateway\r\nX-Limit-U: {user}\r\nX-Limit-D: {device}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body
