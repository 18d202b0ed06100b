"""What is known of workers on duty now: provisional, and kept for whoever asks who is where."""

from datetime import datetime, timedelta

import psycopg

from patrol.compliance import DayFacts, Rules
from patrol.whereabouts import find_live_state

_PUT = """
insert into live_state (worker_id, day, grid_id, state, inside_p, since_at, epoch, known_until,
    computed_at)
values (%(worker)s, %(day)s, %(grid)s, %(state)s, %(inside_p)s, %(since)s, %(epoch)s,
    %(known_until)s, %(now)s)
on conflict (worker_id) do update
   set day = excluded.day, grid_id = excluded.grid_id, state = excluded.state,
       inside_p = excluded.inside_p, since_at = excluded.since_at, epoch = excluded.epoch,
       known_until = excluded.known_until, computed_at = excluded.computed_at
"""


def store_live(conn: psycopg.Connection, facts: DayFacts, rules: Rules, *, now: datetime) -> None:
    """Keep the live state of a worker who is on duty now, in place of the one before."""
    found = find_live_state(facts, rules, now=now)
    if found is None:
        return
    silence = timedelta(seconds=rules.presence.longest_gap_s)
    conn.execute(
        _PUT,
        {
            "worker": facts.worker_id,
            "day": facts.day,
            "grid": found.grid_id,
            "state": str(found.state),
            "inside_p": found.inside_p,
            "since": found.since,
            "epoch": found.epoch,
            "known_until": (found.epoch or now) + silence,
            "now": now,
        },
    )
