"""A report with a photo, as a worker's own telephone would bring it."""

from datetime import datetime, timedelta

import httpx

from tests.accounts import PASSWORD
from tests.photos import name_of, picture

REPORT_ID = "019aa9f2-6c1e-7d3a-9b52-0a1b2c3d4e5f"


def report(url: str, account_id: str, *, at: datetime, grid: dict) -> None:
    """Tell of a dark lamp in the middle of `grid`, a GeoJSON feature, and bring its photo."""
    photo = picture()
    corners = grid["geometry"]["coordinates"][0]
    lon_deg, lat_deg = (sum(values) / len(corners) for values in zip(*corners, strict=True))
    with httpx.Client(base_url=url) as client:
        session = client.post("/v1/session", json={"account_id": account_id, "password": PASSWORD})
        client.headers["Authorization"] = f"Bearer {session.json()['token']}"
        told = {
            "report_id": REPORT_ID,
            "taken_at": (at - timedelta(minutes=1)).isoformat(),
            "category": "lamp",
            "text": "lamp 12 is dark",
            "place": {"lat_deg": lat_deg, "lon_deg": lon_deg, "accuracy_m": 5},
            "photos": [{"sha256": name_of(photo), "bytes": len(photo), "media_type": "image/jpeg"}],
        }
        client.post("/v1/reports", json=told).raise_for_status()
        headers = {"Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}
        client.patch(
            f"/v1/photos/{name_of(photo)}", content=photo, headers=headers
        ).raise_for_status()
