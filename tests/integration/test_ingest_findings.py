"""Findings in a real PostgreSQL: made with the day, kept when people have spoken of them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import psycopg
import pytest

from patrol.anomalies.clocks import ROUND_MS
from patrol.fix import epoch_ms
from patrol.messages import Flag
from runtime.registers.load import load
from tests import district as small
from tests.district import SHANGHAI, assess, count, letters, positions, rows, write_registers
from tests.makers import Interval, at, pick, without
from tests.unit.patrol.traces import rounds

# Duty lasts an hour, and the walk to and fro twice as long.
WALKED = rounds()
HOUR = np.arange(361)
LATER = at(97_200)
KINDS = "select kind, status, is_found from finding order by finding_id"
EXPLAIN = "update finding set status = 'explained', explanation = 'tried out another terminal'"


def roster(*duty: tuple[str, datetime]) -> str:
    lines = [
        f"{worker},G01,{start.isoformat()},{(start + timedelta(hours=1)).isoformat()}\n"
        for worker, start in duty
    ]
    return "".join(["worker_id,grid_id,start,end\n", *lines])


TERMINALS = (
    "terminal_id,model,worker_id,valid_from,valid_to\n"
    "T01,simulated,W01,2000-01-01T00:00:00Z,\nT02,simulated,W02,2000-01-01T00:00:00Z,\n"
)


@pytest.fixture
def district(database, tmp_path):
    """Return the DSN of a database with two workers on duty in one hour, one the day after."""
    duty = roster(("W01", at(0)), ("W02", at(0)), ("W01", at(86_400)))
    load(database, write_registers(tmp_path, roster=duty, terminals=TERMINALS), zone=SHANGHAI)
    return database


def mocked(fixes=WALKED):
    marked = fixes.flags.copy()
    marked[100:150] = Flag.MOCK
    return [
        one._replace(flags=flag)
        for one, flag in zip(positions(fixes), marked.tolist(), strict=True)
    ]


def store(dsn: str, messages, now: datetime = LATER):
    """Store messages after all that they tell of."""
    return small.store(dsn, messages, now)


def run(dsn: str, statement: str) -> None:
    with psycopg.connect(dsn) as conn:
        conn.execute(statement)


def mark(dsn: str) -> None:
    run(dsn, "insert into dirty_day (worker_id, day) values ('W01', '2026-03-02')")


def test_an_assessed_day_has_its_findings_with_evidence(district):
    store(district, letters(mocked()))

    assess(district)

    ((worker, kind, start, evidence, status),) = rows(
        district, "select worker_id, kind, start_at, evidence, status from finding"
    )
    assert (worker, kind, start, status) == ("W01", "mock_location", at(1000), "new")
    assert evidence == {"fixes": 50, "share_pct": 100}


def test_honest_days_have_no_findings(district):
    store(district, letters(positions(rounds(1))))
    store(district, letters(positions(replace(rounds(3), epoch_ms=WALKED.epoch_ms + 86_400_000))))

    assess(district)

    assert rows(district, KINDS) == []


def test_a_finding_that_is_there_still_keeps_its_row_and_what_was_said(district):
    store(district, letters(mocked(without(WALKED, 1200, 1250))))
    assess(district)
    before = rows(district, "select finding_id, evidence->'fixes' from finding")
    run(district, EXPLAIN)
    store(district, letters(mocked()))
    assess(district)

    ((finding_id, fixes, said),) = rows(
        district, "select finding_id, evidence->'fixes', explanation from finding"
    )
    assert before == [(finding_id, 50)]
    assert (fixes, said) == (55, "tried out another terminal")


def test_a_new_finding_that_later_facts_take_away_goes(district):
    store(district, letters(mocked()))
    assess(district)
    run(district, "update position set flags = 0")
    mark(district)
    assess(district)

    assert rows(district, KINDS) == []


def test_a_finding_that_somebody_has_spoken_of_stays_when_it_is_taken_away(district):
    store(district, letters(mocked()))
    assess(district)
    run(district, EXPLAIN)
    run(district, "update position set flags = 0")
    mark(district)
    assess(district)
    gone = rows(district, KINDS)
    run(district, "update position set flags = 1 where epoch < '2026-03-02 04:30Z'")
    mark(district)
    assess(district)

    assert gone == [("mock_location", "explained", False)]
    assert rows(district, KINDS) == [("mock_location", "explained", True)]


def test_a_day_taken_out_of_the_roster_loses_its_new_findings(district):
    store(district, letters(mocked()))
    assess(district)
    run(district, "delete from duty_window")
    mark(district)
    assess(district)

    assert rows(district, KINDS) == []
    assert count(district, "day_trace where worker_id = 'W01' and day = '2026-03-02'") == 0


def test_a_decision_needs_a_person_and_a_reason(district):
    store(district, letters(mocked()))
    assess(district)

    with pytest.raises(psycopg.errors.CheckViolation):
        run(district, "update finding set status = 'upheld', decided_by = 'Chen'")


def test_a_clock_that_has_lost_a_round_of_weeks_is_found_by_when_fixes_came(district):
    lost = pick(replace(WALKED, epoch_ms=WALKED.epoch_ms - ROUND_MS), HOUR)
    store(district, letters(positions(lost)))
    mark(district)

    assess(district)

    assert rows(district, KINDS) == [("clock_rollover", "new", True)]


def test_a_clock_that_is_wrong_by_hours_is_found_by_when_fixes_came(district):
    # A clock takes more than an hour to be told from a slow line.
    run(district, "update duty_window set end_at = end_at + interval '1 hour'")
    off_ms = -8 * 3_600_000
    for first in range(0, 721, 6):
        heard = pick(WALKED, np.arange(first, min(first + 6, 721)))
        late = replace(heard, epoch_ms=heard.epoch_ms + off_ms)
        store(district, letters(positions(late)), now=at(first * 10 + 61))
    mark(district)

    assess(district)

    ((kind, evidence),) = rows(district, "select kind, evidence from finding")
    assert (kind, evidence["hours"]) == ("clock_offset", -8)


def test_a_late_burst_is_no_finding(district):
    store(district, letters(positions(WALKED)), now=at(39 * 3600))

    assess(district)

    assert rows(district, KINDS) == []


def test_two_terminals_on_one_path_are_found_whoever_is_judged_first(district):
    store(district, letters(positions(rounds(2)), "T02"))
    assess(district)
    alone = rows(district, KINDS)
    store(district, letters(positions(rounds(1)), "T01"))
    assess(district)

    assert alone == []
    assert rows(
        district, "select worker_id, kind, evidence->>'other_worker_id' from finding order by 1"
    ) == [("W01", "same_path", "W02"), ("W02", "same_path", "W01")]


def test_one_path_that_late_facts_tell_apart_is_no_finding_any_more(district):
    for terminal, seed in (("T01", 1), ("T02", 2)):
        store(district, letters(positions(rounds(seed)), terminal))
    assess(district)
    run(district, "update position set lat_e7 = lat_e7 + 90000 where terminal_id = 'T02'")
    run(district, "insert into dirty_day (worker_id, day) values ('W02', '2026-03-02')")
    assess(district)

    assert rows(district, KINDS) == []


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_replayed_day_is_found_whichever_of_the_two_comes_first(district, order):
    shifts = [0, 86_400_000]
    for which in order:
        told = replace(WALKED, epoch_ms=WALKED.epoch_ms + shifts[which])
        store(district, letters(positions(told)), now=at(200_000))
        assess(district)
    assess(district)

    assert rows(district, "select day::text, kind, evidence->>'other_day' from finding") == [
        ("2026-03-03", "replayed_day", "2026-03-02")
    ]


@pytest.fixture
def half_over(database, tmp_path):
    """Return two workers with one path, both told of; the duty of the second is not over."""
    soon = datetime.now(UTC).replace(microsecond=0)
    starts = soon - timedelta(minutes=90), soon - timedelta(minutes=30)
    duty = roster(("W01", starts[0]), ("W02", starts[1]))
    load(database, write_registers(tmp_path, roster=duty, terminals=TERMINALS), zone=SHANGHAI)
    # Together from the beginning; all of one local day, whenever this runs.
    run(database, "update duty_window set start_at = (select min(start_at) from duty_window)")
    run(database, "update duty_window set day = (select min(day) from duty_window)")
    run(database, "delete from dirty_day")
    run(database, "insert into dirty_day (worker_id, day) select worker_id, day from duty_window")
    shift_ms = epoch_ms(starts[0]) - int(WALKED.epoch_ms[0])
    for terminal, seed in (("T01", 1), ("T02", 2)):
        told = rounds(seed)
        told = replace(told, epoch_ms=told.epoch_ms + shift_ms)
        store(database, letters(positions(told), terminal), now=soon + timedelta(hours=1))
    assess(database)
    return database


def test_a_trace_is_kept_and_marked_when_the_duty_of_its_worker_is_over(half_over):
    for table in ("day_trace", "uncompared_day"):
        assert rows(half_over, f"select worker_id from {table}") == [("W01",)]  # noqa: S608 - a test's own word


def test_days_are_compared_when_all_duty_of_them_is_over(half_over):
    before = rows(half_over, KINDS)
    run(half_over, "update duty_window set end_at = now() where worker_id = 'W02'")
    run(half_over, "update duty_window set start_at = start_at - interval '1 hour'")
    run(half_over, "insert into dirty_day (worker_id, day) select worker_id, day from duty_window")
    assess(half_over)

    assert before == []
    assert {kind for kind, _, _ in rows(half_over, KINDS)} == {"same_path"}
    assert count(half_over, "uncompared_day") == 0


def test_a_finding_that_was_decided_keeps_the_evidence_of_the_decision(district):
    store(district, letters(mocked(without(WALKED, 1200, 1250))))
    assess(district)
    run(district, "insert into account (account_id) values ('Chen')")
    run(
        district,
        "update finding set status = 'upheld', decided_by = 'Chen', decision_reason = 'seen', "
        "decided_at = now()",
    )
    decided = rows(district, "select finding_id, start_at, end_at, evidence from finding")
    store(district, letters(mocked()))
    assess(district)

    assert rows(district, "select finding_id, start_at, end_at, evidence from finding") == decided


def test_a_day_judged_before_its_end_is_judged_once_more_after_it(database, tmp_path):
    start = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=4)
    load(database, write_registers(tmp_path, roster=roster(("W01", start))), zone=SHANGHAI)
    assess(database)
    nothing_new = assess(database)
    run(database, "update daily_compliance set assessed_at = now() - interval '3 hours'")

    assert (nothing_new, assess(database), assess(database)) == (0, 1, 0)


def test_intervals_of_findings_are_those_of_the_evidence(district):
    store(district, letters(mocked()))
    assess(district)

    ((start, end),) = rows(district, "select start_at, end_at from v1_finding")
    assert Interval(start, end) == Interval(at(1000), at(1490.001))
