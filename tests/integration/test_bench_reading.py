"""`make bench-reading`, made small: the ways agree, and the figures are told."""

import json
from datetime import UTC, datetime, timedelta

import numpy as np
import psycopg

from benchmarks.reading.__main__ import main
from benchmarks.reading.district import fill
from benchmarks.reading.live import run_live
from benchmarks.reading.ways import Ways
from patrol.intervals import Interval

START = datetime(2026, 3, 2, tzinfo=UTC)
SPAN = Interval(START, START + timedelta(hours=1))


def test_every_way_reads_the_same_fixes(database):
    with psycopg.connect(database, autocommit=True) as conn:
        fill(conn, start=SPAN.start, end=SPAN.end, terminals=3, fixes=50)
        ways = Ways(conn, SPAN)
        ours, rows, copy = (way("W0002") for way in (ways.columns, ways.rows, ways.copy))

    lats = [np.sort(column).tolist() for column in (ours.lat_e7, rows[1], copy[2])]
    assert len(ours) == 50
    assert lats[0] == lats[1] == lats[2]


def test_the_benchmark_ends_with_one_line_of_figures(postgres, capsys):
    assert main(["--dsn", postgres.dsn, "--fixes", "20", "--live-s", "0"]) == 0

    last = json.loads(capsys.readouterr().out.splitlines()[-1])
    reached = {one["name"]: one["reached"] for one in last["figures"]}
    assert last["bench"] == "reading"
    assert isinstance(reached["rows.columns.positions_a_second"], bool)
    assert reached["rows.copy.positions_a_second"] is None


def test_fixes_of_a_small_district_are_in_the_live_state_within_seconds(database):
    now = datetime.now(UTC)
    with psycopg.connect(database, autocommit=True) as conn:
        start, end = now - timedelta(minutes=10), now + timedelta(hours=1)
        fill(conn, start=start, end=end, terminals=8, fixes=30)

    found = run_live(database, terminals=8, processes=1, lasting_s=5.0, warm_s=60.0)

    assert found.fixes >= 2
    assert len(found.day_ages_s) == 8
