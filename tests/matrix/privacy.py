"""Purposes, retention, the own copy, holds and erasures."""

from tests.matrix.cast import Row, Rows

ROWS: Rows = {
    ("get", "/v1/retention"): Row(path="/v1/retention", needs=None),
    ("get", "/v1/purposes"): Row(path="/v1/purposes", needs=None),
    ("put", "/v1/purposes/{purpose_id}"): Row(
        path="/v1/purposes/visits", needs="operate", changes=True
    ),
    ("get", "/v1/me/export"): Row(path="/v1/me/export", needs="answer"),
    ("get", "/v1/holds"): Row(path="/v1/holds", needs="operate"),
    ("post", "/v1/holds"): Row(path="/v1/holds", needs="operate", changes=True),
    ("post", "/v1/holds/{hold_id}/end"): Row(path="/v1/holds/1/end", needs="operate", changes=True),
    ("get", "/v1/erasures"): Row(path="/v1/erasures", needs="operate"),
    ("post", "/v1/erasures"): Row(path="/v1/erasures", needs="operate", changes=True),
    ("post", "/v1/erasures/{erasure_id}/decision"): Row(
        path="/v1/erasures/1/decision", needs="operate", changes=True
    ),
}
