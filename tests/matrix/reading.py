"""What is read: by single days, in lists, and added up."""

from tests.asking import DAY
from tests.matrix.cast import Row, Rows

_WANG = f"/v1/workers/W2/days/{DAY}"
_RANGE = f"from={DAY}&to={DAY}"

ROWS: Rows = {
    ("get", "/v1/health"): Row(path="/v1/health", needs=None, unknown=200),
    ("get", "/v1/workers"): Row(path="/v1/workers", needs="own registry", shows='"W2"'),
    ("get", "/v1/grids"): Row(
        path="/v1/grids",
        needs="own registry",
        shows='"grid_id":"G2"',
        # Li had duty there, too.
        known_to=frozenset({"another worker"}),
    ),
    ("get", "/v1/terminals"): Row(path="/v1/terminals", needs="own registry", shows='"T2"'),
    ("get", "/v1/terminals/{terminal_id}"): Row(
        path="/v1/terminals/T2", needs="own registry", shows='"W2"', to_strangers=404
    ),
    # Li carried the terminal that day, too; whoever may see that sees it, and not Wang's part.
    ("get", "/v1/terminals/{terminal_id}/losses"): Row(
        path=f"/v1/terminals/T2/losses?{_RANGE}", needs="results", shows='"W2"'
    ),
    ("get", "/v1/losses"): Row(path="/v1/losses", needs="own registry", shows='"T2"'),
    ("get", "/v1/positions/latest"): Row(path="/v1/positions/latest", needs="tracks", shows='"W2"'),
    ("get", "/v1/live"): Row(path="/v1/live", needs="tracks", streams=True),
    ("get", "/v1/workers/{worker_id}/days/{day}"): Row(
        path=_WANG, needs="results", shows='"W2"', to_strangers=404
    ),
    ("get", "/v1/workers/{worker_id}/days/{day}/track"): Row(
        path=f"{_WANG}/track", needs="tracks", shows='"W2"', to_strangers=404
    ),
    ("get", "/v1/workers/{worker_id}/days/{day}/presence"): Row(
        path=f"{_WANG}/presence", needs="results", shows='"W2"', to_strangers=404
    ),
    ("get", "/v1/workers/{worker_id}/days/{day}/visits"): Row(
        path=f"{_WANG}/visits", needs="results", shows='"W2"', to_strangers=404
    ),
    ("get", "/v1/compliance"): Row(path=f"/v1/compliance?{_RANGE}", needs="results", shows='"W2"'),
    ("get", "/v1/compliance/summary"): Row(
        path=f"/v1/compliance/summary?of=worker&{_RANGE}", needs="results", shows='"W2"'
    ),
    ("get", "/v1/coverage"): Row(path=f"/v1/coverage?{_RANGE}", needs="results", shows='"W2"'),
    ("get", "/v1/checkpoint-passes"): Row(
        path=f"/v1/checkpoint-passes?{_RANGE}", needs="results", shows='"W2"'
    ),
    ("get", "/v1/findings"): Row(path=f"/v1/findings?{_RANGE}", needs="results", shows='"W2"'),
    ("get", "/v1/access-log"): Row(path="/v1/access-log", needs="access log", shows='"W2"'),
}
