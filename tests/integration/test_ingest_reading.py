"""What is stored comes back as columns, whatever is not known in it."""

from datetime import timedelta

import numpy as np
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.judging.facts import Areas, read_days, read_facts
from ingest.judging.reading.fixes import (
    FIXES_OF_STINT,
    read_fixes,
    read_fixes_of,
    read_newest_of,
    to_columns,
)
from ingest.judging.reading.spans import Asked
from ingest.judging.worklist import WorkerDay
from patrol.ids import WorkerId
from patrol.track import UNKNOWN
from runtime.registers.load import load
from tests.district import SHANGHAI, rows, write_registers
from tests.makers import DAY, at, span

W01, W02 = WorkerId("W01"), WorkerId("W02")
TERMINALS = (
    "terminal_id,model,worker_id,valid_from,valid_to\n"
    f"T01,m,W01,2026-01-01T00:00:00Z,{at(1000).isoformat()}\n"
    f"T01,m,W02,{at(1000).isoformat()},\n"
    f"T02,m,W01,{at(500).isoformat()},\n"
)
PUT = """
insert into position (terminal_id, epoch, lat_e7, lon_e7, speed_cmps, hdop_d, accuracy_dm, quality,
                      flags, received_at)
values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""
SMALL = st.integers(-32_767, 32_767) | st.none()
WIDE = st.integers(-(2**31) + 1, 2**31 - 1)


@pytest.fixture
def district(database, tmp_path):
    """Return a district in which a terminal changes hands while its worker has another one, too."""
    load(database, write_registers(tmp_path, terminals=TERMINALS), zone=SHANGHAI)
    return database


def put(dsn: str, *fixes: tuple) -> None:
    with psycopg.connect(dsn) as conn, conn.cursor() as cursor:
        cursor.executemany(PUT, fixes)


def fix(terminal: str, second: float, lat_e7: int = 1) -> tuple:
    return terminal, at(second), lat_e7, 2, None, None, None, None, 0, at(second + 1)


def told(fixes) -> list[tuple]:
    return sorted(zip(fixes.epoch_ms.tolist(), fixes.lat_e7.tolist(), strict=True))


def milliseconds(second: float) -> int:
    return round(at(second).timestamp() * 1000)


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    values=st.lists(st.tuples(WIDE, WIDE, SMALL, SMALL, WIDE | st.none(), SMALL, SMALL), max_size=8)
)
def test_every_value_comes_back_and_what_is_not_known_is_unknown(database, values):
    """In one database for all examples, each takes its fixes back."""
    with psycopg.connect(database) as conn:
        with conn.cursor() as cursor:
            for second, (lat, lon, speed, hdop, accuracy, quality, flags) in enumerate(values):
                others = (speed, hdop, accuracy, quality, flags or 0)
                cursor.execute(PUT, ("T01", at(second), lat, lon, *others, at(second + 9)))
        asked = {"terminal": "T01", "start": at(0), "end": at(100)}
        row = conn.cursor(binary=True).execute(FIXES_OF_STINT, asked).fetchone()
        conn.rollback()

    fixes = to_columns(row, terminal=7)

    names = ("lat_e7", "lon_e7", "speed_cmps", "hdop_d", "accuracy_dm", "quality", "flags")
    columns = [getattr(fixes, name).tolist() for name in names]
    known = [tuple(UNKNOWN if one is None else one for one in row) for row in values]
    assert sorted(zip(*columns, strict=True)) == sorted(
        (*row[:6], 0 if row[6] == UNKNOWN else row[6]) for row in known
    )
    assert np.array_equal(fixes.received_ms - fixes.epoch_ms, np.full(len(values), 9000))
    assert fixes.terminal.tolist() == [7] * len(values)


def test_fixes_are_of_whatever_terminals_a_worker_had_while_having_them(district):
    put(district, *(fix(name, second) for name in ("T01", "T02") for second in (400, 700, 1200)))

    with psycopg.connect(district) as conn:
        own = read_fixes(conn, W01, [span(0, 3600)])
        other = read_fixes(conn, W02, [span(0, 3600)])

    expected = sorted(milliseconds(second) for second in (400, 700, 700, 1200))
    assert sorted(own.epoch_ms.tolist()) == expected
    assert len(set(own.terminal.tolist())) == 2
    assert other.epoch_ms.tolist() == [milliseconds(1200)]


def test_many_short_spans_are_read_as_one_long_one_is(district):
    put(district, *(fix("T01", second, lat_e7=second) for second in range(0, 1000, 50)))
    asked = [Asked(4, W01, [span(0, 300)]), Asked(9, W01, [span(300, 900)]), Asked(2, W02, [])]

    with psycopg.connect(district) as conn:
        newest, whole = read_newest_of(conn, asked), read_fixes_of(conn, asked)

    assert {number: len(fixes) for number, fixes in newest.items()} == {4: 6, 9: 12, 2: 0}
    assert all(told(newest[number]) == told(whole[number]) for number in (4, 9, 2))


def test_days_are_read_together_as_they_are_alone(district):
    put(district, *(fix("T01", second) for second in range(0, 900, 10)))
    units = [WorkerDay(W02, DAY), WorkerDay(W01, DAY)]

    with psycopg.connect(district) as conn:
        none, together = read_days(conn, units, Areas(conn))
        alone = read_facts(conn, units[1], Areas(conn))

    assert none is None
    assert together is not None
    assert alone is not None
    assert told(together.fixes) == told(alone.fixes)
    assert together.windows == alone.windows


STRAY = """
insert into set_aside_fix (terminal_id, seq, kind, epoch, lat_e7, lon_e7, received_at)
values ('T01', %s, %s, %s, 1, 2, %s)
"""
ROUND = timedelta(weeks=1024)


@pytest.mark.parametrize(
    ("kind", "epoch", "received", "is_of_the_day"),
    [
        ("hours", at(-28_800), at(100), True),
        ("ahead", at(90_000), at(100), True),
        ("hours", at(-28_800), at(50_000), False),
        ("weeks", at(100) - ROUND, at(90_000), True),
        ("weeks", at(90_000) - ROUND, at(100), False),
        ("repeated", at(100), at(7000), True),
        ("repeated", at(-50_000), at(100), False),
    ],
)
def test_what_was_set_aside_is_of_the_duty_in_which_it_was_meant(
    district, kind, epoch, received, is_of_the_day
):
    with psycopg.connect(district) as conn:
        conn.execute(STRAY, (1, kind, epoch, received))
        # Another worker has the terminal then.
        conn.execute(STRAY, (2, "ahead", at(90_001), at(1500)))
        facts = read_facts(conn, WorkerDay(W01, DAY), Areas(conn))

    assert facts is not None
    assert facts.strays is not None
    assert len(facts.strays) == is_of_the_day
    assert rows(district, "select count(*) from set_aside_fix") == [(2,)]
