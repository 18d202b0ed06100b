"""Work orders, the workflow and the departments."""

from tests.matrix.cast import ORDER, Row, Rows

_ONE = f"/v1/orders/{ORDER}"

ROWS: Rows = {
    ("get", "/v1/orders"): Row(path="/v1/orders", needs="orders", shows=ORDER),
    ("post", "/v1/orders"): Row(path="/v1/orders", needs="handle", changes=True),
    ("get", "/v1/orders/inbox"): Row(path="/v1/orders/inbox", needs="orders"),
    ("get", "/v1/orders/list.xlsx"): Row(path="/v1/orders/list.xlsx", needs="orders"),
    ("get", "/v1/orders/live"): Row(path="/v1/orders/live", needs="orders", streams=True),
    ("get", "/v1/orders/{order_id}"): Row(
        path=_ONE, needs="orders", shows='"reporter_worker":"W2"', to_strangers=404
    ),
    ("get", "/v1/orders/{order_id}/duplicates"): Row(
        path=f"{_ONE}/duplicates", needs="orders", to_strangers=404
    ),
    ("post", "/v1/orders/{order_id}/acts"): Row(path=f"{_ONE}/acts", needs="handle", changes=True),
    ("post", "/v1/orders/{order_id}/split"): Row(
        path=f"{_ONE}/split", needs="handle", changes=True
    ),
    ("post", "/v1/orders/merge"): Row(path="/v1/orders/merge", needs="handle", changes=True),
    ("post", "/v1/orders/acts"): Row(path="/v1/orders/acts", needs="handle", changes=True),
    ("get", "/v1/workflow"): Row(path="/v1/workflow", needs=None),
    ("put", "/v1/workflow"): Row(path="/v1/workflow", needs="operate", changes=True),
    ("get", "/v1/departments"): Row(path="/v1/departments", needs=None),
    ("put", "/v1/departments/{department_id}"): Row(
        path="/v1/departments/ROADS", needs="operate", changes=True
    ),
}
