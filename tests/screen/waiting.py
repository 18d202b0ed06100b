"""What waits for somebody: findings to be decided, and work orders to be handled."""

from datetime import date, datetime, timedelta
from typing import Final

import psycopg

from tests.accounts import Held, add_account
from tests.district import SHANGHAI
from tests.orders import opened

_FINDINGS: Final = """
insert into finding (worker_id, day, kind, start_at, end_at, evidence, found_at)
select worker_id, %(day)s, 'mock_location', %(noon)s + since, %(noon)s + since + interval '10 min',
       '{"fixes": 60, "share_pct": 100}', %(noon)s + interval '8 hours'
  from (values ('W02'), ('W03')) worker (worker_id),
       (values (interval '-3 hours'), (interval '-2 hours'), (interval '2 hours')) given (since)
"""
_DEPARTMENTS: Final = """
insert into department (department_id, name) values ('LIGHTS', 'Lighting'), ('WATER', 'Water');
"""
_MATTERS: Final = ("lamp", "lamp", "road", "hygiene", "lamp")


def add_waiting(dsn: str, day: date) -> None:
    """Make findings of W02 and W03, orders of G01, departments, and people for them."""
    noon = datetime.combine(day, datetime.min.time(), SHANGHAI) + timedelta(hours=12)
    with psycopg.connect(dsn) as conn:
        conn.execute(_FINDINGS, {"day": day, "noon": noon})
        conn.execute(_DEPARTMENTS)
    for category in _MATTERS:
        opened(dsn, "G01", category=category, worker_id="W01", place=None)
    add_account(dsn, "g1", Held("grid_supervisor", None, "G01"))
    add_account(dsn, "lights", Held("department", department_id="LIGHTS"))
    add_account(dsn, "root", Held("administrator"))
