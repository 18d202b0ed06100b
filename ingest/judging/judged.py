"""One worker-day: judged by what is known now, and stored whole."""

from datetime import datetime
from traceback import walk_tb
from typing import NamedTuple, cast

import psycopg

from ingest.judging.facts import Areas, read_facts
from ingest.judging.findings import OF_ONE_DAY, replace_findings
from ingest.judging.likeness import store_trace
from ingest.judging.live import store_live
from ingest.judging.results import replace_result
from ingest.judging.silence import store_heard
from ingest.judging.worklist import WorkerDay
from patrol.compliance import DayFacts, DayResult, Rules, judge_day


class Judged(NamedTuple):
    """The facts of a worker-day, None without duty; its result, and the rules that made it."""

    facts: DayFacts | None
    result: DayResult | None
    rules: Rules


def judge_unit(conn: psycopg.Connection, unit: WorkerDay, areas: Areas, *, rules: Rules) -> Judged:
    """Return a worker-day judged by `rules` and by the parameters in force."""
    facts = read_facts(conn, unit, areas)
    if facts is None:
        return Judged(None, None, rules)
    own = areas.learned.rules_for(facts.fixes, rules)
    return Judged(facts, judge_day(facts, own), own)


def store_judged(conn: psycopg.Connection, unit: WorkerDay, judged: Judged) -> None:
    """Put what was judged in place of what was known of a worker-day."""
    facts, result, rules = judged
    now = _now(conn)
    replace_result(conn, unit, result, now=now)
    if facts is not None:
        store_live(conn, facts, rules, now=now)
    findings = result.findings if result is not None else ()
    replace_findings(conn, unit, findings, kinds=OF_ONE_DAY)
    store_heard(conn, unit, facts)
    store_trace(conn, unit, facts, rules=rules, now=now)


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
