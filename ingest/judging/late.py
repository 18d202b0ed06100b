"""Fixes that come after the filter of the live state has passed their time."""

from collections.abc import Sequence
from datetime import datetime

import numpy as np
import psycopg

from patrol.compliance import DayFacts
from patrol.fix import epoch_ms
from patrol.track import FixColumns

_COUNTED = """
select worker_id, grid_id, passed_at, passed_fixes from live_state
 where worker_id = any(%(workers)s) and passed_at is not null
"""

_RUN_ANEW = """
update live_state
   set newest_epoch = null, passed_at = null, passed_odds = null, leaning_at = null,
       unsure_at = null, passed_fixes = null
 where worker_id = any(%(workers)s)
"""


def notice_late(conn: psycopg.Connection, judged: Sequence[DayFacts]) -> None:
    """Let the filter be run anew for workers of whom there are fixes that it has not passed."""
    facts = {one.worker_id: one for one in judged}
    late = [
        worker
        for worker, grid, at, fixes in conn.execute(_COUNTED, {"workers": list(facts)})
        for window in facts[worker].windows
        if window.grid_id == grid and window.interval.start <= at < window.interval.end
        if fixes != _count(facts[worker].fixes, window.interval.start, at)
    ]
    if late:
        conn.execute(_RUN_ANEW, {"workers": sorted(late)})


def _count(fixes: FixColumns, start: datetime, last: datetime) -> int:
    is_passed = (fixes.epoch_ms >= epoch_ms(start)) & (fixes.epoch_ms <= epoch_ms(last))
    return int(np.count_nonzero(is_passed))
