"""Files of tracks, months and worker-days."""

from tests.asking import DAY
from tests.matrix.cast import Row, Rows

_WANG = f"/v1/workers/W2/days/{DAY}"

ROWS: Rows = {
    ("get", "/v1/workers/{worker_id}/days/{day}/track.gpx"): Row(
        path=f"{_WANG}/track.gpx", needs="tracks", shows="trkpt", to_strangers=404
    ),
    ("get", "/v1/workers/{worker_id}/days/{day}/file"): Row(
        path=f"{_WANG}/file", needs="tracks", to_strangers=404
    ),
    ("get", "/v1/months/{month}/compliance.xlsx"): Row(
        path="/v1/months/2026-11/compliance.xlsx", needs="results"
    ),
    ("get", "/v1/months/{month}/compliance.pdf"): Row(
        path="/v1/months/2026-11/compliance.pdf", needs="results"
    ),
}
