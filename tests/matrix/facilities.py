"""What was told of facilities."""

from tests.matrix.cast import Row, Rows

ROWS: Rows = {
    ("get", "/v1/facilities/{facility_id}/history"): Row(
        path="/v1/facilities/F2/history", needs="orders", shows='"F2"', to_strangers=404
    ),
}
