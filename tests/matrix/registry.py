"""Keeping the registers: entries, rosters, imports and changes."""

from tests.matrix.cast import Row

# Whether the entry of Wang's grid is told to strangers, and what it shows.
_READ = {
    "areas": ("area_id", "C", False),
    "premises": ("premises_id", "P3", True),
    "places": ("place_id", "O9", False),
    "checkpoints": ("checkpoint_id", "K2", True),
    "facilities": ("facility_id", "F2", True),
    "assignments": ("assignment_id", "3", True),
    "postings": ("posting_id", "9", False),
    "holidays": ("holiday_id", "9", False),
    "excuses": ("excuse_id", "9", False),
    "covers": ("cover_id", "9", False),
}
_ROSTER = {"excuses", "covers"}
_NUMBERED = {"assignments", "postings", "holidays", "excuses", "covers"}
_WHO_WRITES = {kind: "roster" if kind in _ROSTER else "write registry" for kind in _READ}
_DAY = "2026-11-20"

ROWS: dict[tuple[str, str], Row] = {
    ("get", "/v1/grids/checks"): Row(path="/v1/grids/checks", needs="registry"),
    ("get", "/v1/grids/{grid_id}"): Row(
        path="/v1/grids/G2", needs="registry", shows='"G2"', to_strangers=404
    ),
    ("get", "/v1/workers/{worker_id}"): Row(
        path="/v1/workers/W2", needs="registry", shows='"W2"', to_strangers=404
    ),
    ("get", "/v1/workers/{worker_id}/roster"): Row(
        path=f"/v1/workers/W2/roster?from={_DAY}&to={_DAY}",
        needs="registry",
        shows='"G2"',
        to_strangers=404,
    ),
    ("put", "/v1/workers/{worker_id}/roster"): Row(
        path="/v1/workers/W2/roster", needs="roster", changes=True
    ),
    ("put", "/v1/workers/{worker_id}/roster/pattern"): Row(
        path="/v1/workers/W2/roster/pattern", needs="roster", changes=True
    ),
    ("get", "/v1/changes"): Row(path="/v1/changes", needs="registry"),
    ("get", "/v1/changes/{change_id}"): Row(
        path="/v1/changes/1", needs="registry", to_strangers=404, answers=404
    ),
    # The table asks without a kind, and is told so before anything else.
    ("post", "/v1/imports"): Row(
        path="/v1/imports?kind=workers", needs="write registry", changes=True
    ),
}
for _kind, _key in (("grids", "grid_id"), ("workers", "worker_id"), ("terminals", "terminal_id")):
    for _method in ("put", "delete"):
        ROWS[_method, f"/v1/{_kind}/{{{_key}}}"] = Row(
            path=f"/v1/{_kind}/X2", needs="write registry", changes=True
        )
for _kind, (_key, _one, _is_wangs) in _READ.items():
    ROWS["get", f"/v1/{_kind}"] = Row(
        path=f"/v1/{_kind}",
        needs="registry",
        shows=f'"{_one}"' if _is_wangs and _key != "assignment_id" else "",
    )
    ROWS["get", f"/v1/{_kind}/{{{_key}}}"] = Row(
        path=f"/v1/{_kind}/{_one}",
        needs="registry",
        to_strangers=404,
        answers=200 if _is_wangs else 404,
    )
    for _method in ("put", "delete"):
        ROWS[_method, f"/v1/{_kind}/{{{_key}}}"] = Row(
            path=f"/v1/{_kind}/{_one}", needs=_WHO_WRITES[_kind], changes=True
        )
    if _kind in _NUMBERED:
        ROWS["post", f"/v1/{_kind}"] = Row(
            path=f"/v1/{_kind}", needs=_WHO_WRITES[_kind], changes=True
        )
# Not all who see Wang's grid see the whole city.
ROWS["get", "/v1/areas/{area_id}"] = Row(
    path="/v1/areas/X9", needs="registry", to_strangers=404, answers=404
)
