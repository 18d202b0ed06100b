"""What is counted of orders."""

from tests.matrix.cast import Row, Rows

_DAYS = "from=2026-11-01&to=2026-11-30"

ROWS: Rows = {
    ("get", "/v1/measures"): Row(path=f"/v1/measures?{_DAYS}", needs="measure"),
    ("get", "/v1/measures.xlsx"): Row(path=f"/v1/measures.xlsx?{_DAYS}", needs="measure"),
}
