"""Decisions: of findings, hours, months and appeals."""

from tests.asking import DAY
from tests.matrix.cast import Row, Rows

_WANG = f"/v1/workers/W2/days/{DAY}"

ROWS: Rows = {
    ("get", "/v1/reason-codes"): Row(path="/v1/reason-codes", needs=None),
    ("get", "/v1/findings/{finding_id}/history"): Row(
        path="/v1/findings/1/history", needs="decisions", to_strangers=404
    ),
    ("post", "/v1/findings/{finding_id}/explanation"): Row(
        path="/v1/findings/1/explanation", needs="answer", changes=True
    ),
    ("post", "/v1/findings/{finding_id}/decision"): Row(
        path="/v1/findings/1/decision", needs="decide", changes=True
    ),
    ("get", "/v1/workers/{worker_id}/days/{day}/corrections"): Row(
        path=f"{_WANG}/corrections", needs="decisions", shows="W2", to_strangers=404
    ),
    ("post", "/v1/workers/{worker_id}/days/{day}/corrections"): Row(
        path=f"{_WANG}/corrections", needs="decide", changes=True
    ),
    ("get", "/v1/corrections"): Row(path="/v1/corrections", needs="decisions"),
    ("get", "/v1/corrections/{correction_id}/history"): Row(
        path="/v1/corrections/1/history", needs="decisions", to_strangers=404, answers=404
    ),
    ("post", "/v1/corrections/{correction_id}/decision"): Row(
        path="/v1/corrections/1/decision", needs="decide", changes=True
    ),
    ("get", "/v1/months"): Row(path="/v1/months", needs="decisions"),
    ("post", "/v1/months/{month}/freeze"): Row(
        path="/v1/months/2026-10/freeze", needs="freeze", changes=True
    ),
    ("get", "/v1/unlockings"): Row(path="/v1/unlockings", needs="decisions"),
    ("post", "/v1/months/{month}/unlockings"): Row(
        path="/v1/months/2026-10/unlockings", needs="freeze", changes=True
    ),
    ("post", "/v1/unlockings/{unlocking_id}/decision"): Row(
        path="/v1/unlockings/1/decision", needs="freeze", changes=True
    ),
    ("get", "/v1/workers/{worker_id}/days/{day}/differences"): Row(
        path=f"{_WANG}/differences", needs="decisions", to_strangers=404
    ),
    ("get", "/v1/appeals"): Row(path="/v1/appeals", needs="decisions"),
    ("post", "/v1/appeals"): Row(path="/v1/appeals", needs="answer", changes=True),
    ("get", "/v1/appeals/{appeal_id}/history"): Row(
        path="/v1/appeals/1/history", needs="decisions", to_strangers=404, answers=404
    ),
    ("post", "/v1/appeals/{appeal_id}/hearing"): Row(
        path="/v1/appeals/1/hearing", needs="decide", changes=True
    ),
    ("post", "/v1/appeals/{appeal_id}/decision"): Row(
        path="/v1/appeals/1/decision", needs="decide", changes=True
    ),
}
