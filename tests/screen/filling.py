"""A simulated day in a real database, and people to look at it with the screen."""

from datetime import date, datetime, timedelta
from pathlib import Path

import psycopg

from patrol.messages import Position
from patrol.registers.files import FILES
from runtime.registers.load import load
from simulator.files import save
from simulator.hazards.reports import reports_of
from simulator.scenario import Scenario, WorkerDay, build_city, build_days
from simulator.scoring.truth import fixes_of
from tests.accounts import Held, add_account
from tests.district import SHANGHAI, assess, letters, store

WORKERS = 3

_AREAS = """
insert into area (area_id, name, kind, parent_id) values
    ('C', 'City', 'city', null), ('D1', 'East', 'district', 'C'), ('D2', 'West', 'district', 'C');
update grid set area_id = case when grid_id = 'G01' then 'D1' else 'D2' end;
"""
_FINDINGS = """
insert into finding (worker_id, day, kind, start_at, end_at, evidence, found_at)
select 'W01', %(day)s, 'mock_location', %(noon)s + given.since, %(noon)s + given.until,
       '{"fixes": 60, "share_pct": 100}', %(noon)s + interval '8 hours'
  from (values (interval '-2 hours', interval '-110 minutes'),
               (interval '2 hours', interval '130 minutes')) given (since, until)
"""


def fill(dsn: str, folder: Path, day: date) -> None:
    """Simulate a day of a small city, and put it where the API finds it, judged."""
    scenario = Scenario(seed=1, workers=WORKERS, day=day)
    city = build_city(scenario)
    days = tuple(build_days(scenario, city))
    save(folder, scenario, city=city, days=days)
    paths = {kind: path for kind, name in FILES.items() if (path := folder / name).exists()}
    load(dsn, paths, zone=SHANGHAI)
    for one in days:
        store(dsn, letters(_positions(one), one.terminal_id), now=_after(day))
    assess(dsn)
    with psycopg.connect(dsn) as conn:
        conn.execute(_AREAS)
        noon = datetime.combine(day, datetime.min.time(), SHANGHAI) + timedelta(hours=12)
        conn.execute(_FINDINGS, {"day": day, "noon": noon})


def add_people(dsn: str) -> None:
    """Make accounts for those who look: a supervisor, the worker W01, an auditor."""
    add_account(dsn, "chen", Held("area_supervisor"))
    add_account(dsn, "ma", Held("area_supervisor"))
    add_account(dsn, "li", Held("worker"), worker_id="W01")
    add_account(dsn, "auditor", Held("auditor"))


def _after(day: date) -> datetime:
    return datetime.combine(day, datetime.max.time(), SHANGHAI)


def _positions(one: WorkerDay) -> list[Position]:
    fixes = fixes_of(reports_of(one.solutions))
    columns = (fixes.epoch_ms, fixes.lat_e7, fixes.lon_e7, fixes.accuracy_dm)
    return [
        Position(at_ms, lat_e7, lon_e7, accuracy_dm=accuracy_dm)
        for at_ms, lat_e7, lon_e7, accuracy_dm in zip(*(c.tolist() for c in columns), strict=True)
    ]
