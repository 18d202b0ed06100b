"""A part of the simulated month done over HTTP: by real accounts, now, one thing after the other.

Time cannot be simulated there, so matters to which time has done something, or that have met
others, are left out. What the rest comes to does not depend on when it happens.
"""

import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from simulator.loops.comparing import Difference
from simulator.loops.stage import Answer, Line
from simulator.loops.truth.deeds import Deed
from simulator.loops.truth.matters import Matter
from simulator.loops.truth.month import Month
from simulator.loops.truth.sums import untimed_counts

_E7: Final = 1e7
_ACCURACY_M: Final = 6.0
_PHOTO_BYTES: Final = 300_000
_OF_TIME: Final = frozenset({"escalate", "absorb", "merge", "split"})
_OK: Final = range(200, 300)
# What is counted alike whenever it happens.
UNTIMED: Final = ("reports", "valid_reports", "self_closed", "handled", "self_resolved", "reworked")


class Live:
    """Does the deeds of matters over HTTP, and looks at every answer."""

    def __init__(self, line_of: Callable[[str], Line]) -> None:
        self._line_of = line_of
        self._lines: dict[str, Line] = {}
        self.differences: list[Difference] = []
        self.acts = 0

    def play(self, month: Month, most: int) -> list[Matter]:
        """Do all deeds of at most so many matters; return the matters."""
        chosen = [one for one in month.matters if _is_timeless(one)][:most]
        deeds: dict[str, list[Deed]] = {one.order_id: [] for one in chosen}
        for deed in month.deeds:
            if deed.order_id in deeds:
                deeds[deed.order_id].append(deed)
        for matter in chosen:
            self._follow(matter, deeds[matter.order_id])
        return chosen

    def _follow(self, matter: Matter, deeds: Sequence[Deed]) -> None:
        order_id, revision = "", 0
        for deed, happened in zip(deeds, matter.story, strict=True):
            if deed.what == "report":
                answer = self._ask(deed, "/v1/reports", _report_of(deed))
                if answer.status in _OK:
                    order_id, revision = answer.body["order_id"], 1
                    continue
            else:
                body = {"revision": revision, **_act_of(deed)}
                answer = self._ask(deed, f"/v1/orders/{order_id}/acts", body)
                self.acts += 1
                if answer.status in _OK and answer.body["step"] == happened.step:
                    revision = answer.body["revision"]
                    continue
            self.differences.append(
                Difference(f"{deed.what} of", matter.order_id, happened.step, str(answer)[:400])
            )
            return

    def _ask(self, deed: Deed, path: str, body: dict[str, Any]) -> Answer:
        name = deed.who.account_id
        if name not in self._lines:
            self._lines[name] = self._line_of(name)
        return self._lines[name].ask("POST", path, body)


def compare_counts(
    matters: Sequence[Matter], before: Counter[str], after: Counter[str], *, names: Sequence[str]
) -> Iterator[Difference]:
    """Yield each count that has not grown by what was done."""
    truth = Counter(name for one in matters for name in untimed_counts(one))
    for name in names:
        if after[name] - before[name] != truth[name]:
            yield Difference("over HTTP,", name, truth[name], after[name] - before[name])


def _is_timeless(matter: Matter) -> bool:
    return matter.report_id is not None and _OF_TIME.isdisjoint(one.what for one in matter.story)


def _report_of(deed: Deed) -> dict[str, Any]:
    now = datetime.now(UTC)
    place = None
    if deed.lat_e7 is not None and deed.lon_e7 is not None:
        lat_deg, lon_deg = deed.lat_e7 / _E7, deed.lon_e7 / _E7
        place = {"lat_deg": lat_deg, "lon_deg": lon_deg, "accuracy_m": _ACCURACY_M}
    return {
        "report_id": _anew(deed.report_id or ""),
        "taken_at": now.isoformat(),
        "category": deed.category,
        "text": deed.text,
        "photos": [
            {"sha256": one, "bytes": _PHOTO_BYTES, "media_type": "image/jpeg"}
            for one in deed.photos
        ],
        "place": place,
    }


def _act_of(deed: Deed) -> dict[str, Any]:
    given = {
        "act": deed.what,
        "reason_code": deed.reason,
        "text": deed.text,
        "department_id": deed.department_id,
        "category": deed.category,
        "severity": deed.severity,
        "photos": list(deed.photos),
    }
    return {name: value for name, value in given.items() if value}


def _anew(report_id: str) -> str:
    """Return another UUIDv7 for a report that is there already from the month."""
    return str(uuid.UUID(int=uuid.UUID(report_id).int ^ 1))
