"""Lists of workers' days, and what supervisors ask for."""

from tests.asking import DAY
from tests.matrix.cast import Row, Rows

_LIST = f"/v1/daylists/W2/{DAY}"

ROWS: Rows = {
    ("get", "/v1/daylists/{worker_id}/{day}"): Row(
        path=_LIST, needs="results", shows='"W2"', to_strangers=404
    ),
    ("get", "/v1/daylists/{worker_id}/{day}/wishes"): Row(
        path=f"{_LIST}/wishes", needs="results", to_strangers=404
    ),
    ("post", "/v1/daylists/{worker_id}/{day}/wishes"): Row(
        path=f"{_LIST}/wishes", needs="roster", changes=True
    ),
    ("delete", "/v1/daylists/{worker_id}/{day}/wishes/{wish_id}"): Row(
        path=f"{_LIST}/wishes/1", needs="roster", changes=True
    ),
}
