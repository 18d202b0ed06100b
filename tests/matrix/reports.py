"""Photo reports and their photos."""

from tests.matrix.cast import ORDER, REPORT, Row, Rows

_ONE = f"/v1/reports/{REPORT}"
_PHOTO = "ab" * 32

ROWS: Rows = {
    ("post", "/v1/reports"): Row(path="/v1/reports", needs="handle", changes=True),
    ("get", "/v1/reports/{report_id}"): Row(
        path=_ONE, needs="orders", shows='"worker_id":"W2"', to_strangers=404
    ),
    ("get", "/v1/reports/{report_id}/exif"): Row(
        path=f"{_ONE}/exif", needs="tracks", shows='"make":"Cam"', to_strangers=404
    ),
    # Announced, and never brought: nobody is given any of it.
    **{
        ("get", f"/v1/{of}/photos/{{sha256}}{small}"): Row(
            path=f"{path}/photos/{_PHOTO}{small}", needs="orders", answers=404, to_strangers=404
        )
        for of, path in (
            ("reports/{report_id}", _ONE),
            ("orders/{order_id}", f"/v1/orders/{ORDER}"),
        )
        for small in ("", "/thumbnail")
    },
}
