"""Findings in check-ins: at a door, while all fixes around that time lie elsewhere."""

from collections.abc import Iterable, Iterator, Sequence

from patrol.anomalies.findings import Finding, FindingKind, spanning
from patrol.fix import epoch_ms
from patrol.intervals import Interval
from patrol.notices.checkins import Elsewhere


def find_checkins_elsewhere(
    elsewhere: Iterable[Elsewhere], duty: Sequence[Interval]
) -> Iterator[Finding]:
    """Yield the check-ins on duty that fixes contradict."""
    for one in elsewhere:
        at = one.checkin.at
        if any(span.start <= at < span.end for span in duty):
            yield Finding(
                kind=FindingKind.CHECKIN_ELSEWHERE,
                interval=spanning(epoch_ms(at), epoch_ms(at)),
                evidence={
                    "premises_id": str(one.checkin.premises_id),
                    "distance_m": round(one.distance_m),
                    "fixes": one.fixes,
                },
            )
