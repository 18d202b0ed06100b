"""Worker-days: judged by what is known now, and stored whole."""

from collections.abc import Sequence
from datetime import datetime
from traceback import walk_tb
from typing import NamedTuple, cast

import psycopg

from ingest.judging.facts import Areas, read_days
from ingest.judging.findings import OF_ONE_DAY, replace_findings
from ingest.judging.frozen import hold_frozen, put_beside
from ingest.judging.late import notice_late
from ingest.judging.likeness import store_trace
from ingest.judging.results import replace_results
from ingest.judging.silence import store_heard
from ingest.judging.worklist import WorkerDay
from patrol.compliance import DayFacts, DayResult, Rules, judge_day


class Judged(NamedTuple):
    """A worker-day, its facts, None without duty; its result, and the rules that made it."""

    unit: WorkerDay
    facts: DayFacts | None
    result: DayResult | None
    rules: Rules


def judge_unit(conn: psycopg.Connection, unit: WorkerDay, areas: Areas, *, rules: Rules) -> Judged:
    """Return a worker-day judged by `rules` and by the parameters in force."""
    return judge_units(conn, [unit], areas, rules=rules)[0]


def judge_units(
    conn: psycopg.Connection, units: Sequence[WorkerDay], areas: Areas, *, rules: Rules
) -> list[Judged]:
    """Return worker-days judged by `rules` and by the parameters in force, in their order."""
    parameters = areas.learned.parameters()
    judged = []
    for unit, facts in zip(units, read_days(conn, units, areas), strict=True):
        own, result = rules, None
        if facts is not None:
            own = parameters.rules_for(rules, areas.learned.model_of(facts.fixes))
            result = judge_day(facts, own)
        judged.append(Judged(unit, facts, result, own))
    return judged


def store_judged(conn: psycopg.Connection, judged: Sequence[Judged]) -> None:
    """Put what was judged in place of what was known of the worker-days.

    Of a frozen one all that was made stands, and what would be made now is put beside it.
    """
    now = _now(conn)
    frozen = hold_frozen(conn, [one.unit for one in judged])
    put_beside(conn, [(one.unit, one.result) for one in judged if one.unit in frozen], now=now)
    judged = [one for one in judged if one.unit not in frozen]
    replace_results(conn, [(one.unit, one.result) for one in judged], now=now)
    replace_findings(
        conn,
        {one.unit: one.result.findings if one.result else () for one in judged},
        kinds=OF_ONE_DAY,
    )
    store_heard(conn, {one.unit: one.facts for one in judged})
    for one in judged:
        store_trace(conn, one.unit, one.facts, rules=one.rules, now=now)
    notice_late(conn, [one.facts for one in judged if one.facts is not None])


def _now(conn: psycopg.Connection) -> datetime:
    """Return the time of the database's clock, by which it is asked what was judged before what."""
    ((now,),) = conn.execute("select now()").fetchall()
    return cast(datetime, now)


def cause_of(error: Exception) -> str:
    """Return where an error comes from and of which kind it is.

    Its text may quote positions, and is left out.
    """
    *_, frame = walk_tb(error.__traceback__)
    return f"{type(error).__name__} at {frame[0].f_code.co_filename}:{frame[1]}"
