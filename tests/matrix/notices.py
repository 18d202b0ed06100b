"""Notices and the rules by which they are told."""

from tests.matrix.cast import Row, Rows

ROWS: Rows = {
    ("get", "/v1/notices"): Row(path="/v1/notices", needs="results"),
    ("get", "/v1/notices/live"): Row(path="/v1/notices/live", needs="results", streams=True),
    ("get", "/v1/notices/{notice_id}"): Row(
        path="/v1/notices/1", needs="results", to_strangers=404, answers=404
    ),
    ("post", "/v1/notices/{notice_id}/seen"): Row(
        path="/v1/notices/1/seen", needs="decide", changes=True
    ),
    ("get", "/v1/notice-rules"): Row(path="/v1/notice-rules", needs="operate"),
    ("put", "/v1/notice-rules/{rule_id}"): Row(
        path="/v1/notice-rules/desk", needs="operate", changes=True
    ),
    ("delete", "/v1/notice-rules/{rule_id}"): Row(
        path="/v1/notice-rules/desk", needs="operate", changes=True
    ),
    ("get", "/v1/notice-rules/{rule_id}/deliveries"): Row(
        path="/v1/notice-rules/desk/deliveries", needs="operate", answers=404
    ),
}
