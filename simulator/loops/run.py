"""A month of reports in minutes, and whether every measure is what it truly is."""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any, Final

import psycopg

from patrol.errors import StateError
from simulator.loops.comparing import Difference, compare_orders, compare_sums, underived
from simulator.loops.live import UNTIMED, Live, compare_counts
from simulator.loops.playing import Player
from simulator.loops.registers import fill
from simulator.loops.stage import Stage
from simulator.loops.truth.district import District
from simulator.loops.truth.hours import AHEAD_S, DAY_S
from simulator.loops.truth.month import Month, Plan, simulate
from simulator.loops.truth.sums import DISTRICT, Sums, sums_by

Ask = Callable[[str], Mapping[str, Any]]

BY: Final = ("grid", "area", "category", "department")
# Told in every answer; what stands beside a quota is compared in the facts themselves.
NAMES: Final = (
    *("reports", "valid_reports", "handled", "self_resolved", "reworked"),
    *("due_handled", "handled_in_time", "due_closed", "closed"),
)
_MEASURES: Final = {
    "valid reports": ("valid_reports", "reports"),
    "self-resolved": ("self_resolved", "handled"),
    "handled in time": ("handled_in_time", "due_handled"),
    "closed": ("closed", "due_closed"),
    "reworked": ("reworked", "handled"),
}
_SHOWN: Final = 20


def run_loop(plan: Plan, *, live: int, dsn: str | None) -> int:
    """Run it and print what came of it; 0 when all of it is as it truly is."""
    with ExitStack() as ends:
        stage = Stage(ends, dsn=dsn)
        began_s = time.monotonic()
        month = simulate(plan)
        _say(
            f"{plan.grids:,} grids, {plan.days} days from {day_of(plan.start_s)}: "
            f"{len(month.matters):,} orders, {len(month.deeds):,} acts; "
            f"known in {time.monotonic() - began_s:.0f} s"
        )
        conn = ends.enter_context(psycopg.connect(stage.dsn, autocommit=True))
        fill(conn, District(plan.grids))
        began_s = time.monotonic()
        player = Player(conn)
        count = player.play(month)
        took_s = time.monotonic() - began_s
        _say(f"played in {took_s:.0f} s, {count / took_s:,.0f} acts a second")
        conn.execute("vacuum analyze")
        differences = list(compare_orders(conn, month, player.names))
        stage.start_api()
        ask = _asker(stage, conn)
        differences += compare_measures(month, ask)
        differences += _play_live(month, live, stage, conn=conn, ask=ask)
        differences += facts_differ(conn)
        _say(table(month))
    for one in differences[:_SHOWN]:
        _say(str(one))
    _say("Exact." if not differences else f"{len(differences):,} differences.")
    return 1 if differences else 0


def compare_measures(month: Month, ask: Ask) -> Iterator[Difference]:
    """Yield what the API counts otherwise than it truly is."""
    span = f"from={day_of(month.plan.start_s)}&to={day_of(month.plan.end_s - 1)}"
    for by in BY:
        found = told(ask, f"by={by}&{span}")
        yield from compare_sums(f"by {by},", sums_by(month, by), found, names=NAMES)


def facts_differ(conn: psycopg.Connection) -> Iterator[Difference]:
    """Yield how many facts of measures are not what the events come to, if any."""
    count = underived(conn)
    if count:
        yield Difference("facts", "that differ from the events", 0, count)


def told(ask: Ask, query: str) -> Sums:
    """Return the counts of all pages of an answer."""
    found: dict[str | None, Mapping[str, int]] = {}
    cursor = None
    while True:
        more = "" if cursor is None else f"&cursor={cursor}"
        page = ask(f"/v1/measures?{query}{more}")
        found |= {row["key"]: {name: row[name] for name in NAMES} for row in page["measured"]}
        cursor = page["next_cursor"]
        if cursor is None:
            return {key: row for key, row in found.items() if any(row.values())}


def table(month: Month) -> str:
    """Return the measures of the district as they truly are."""
    sums = sums_by(month, "area").get(DISTRICT, {})
    lines = [f"{'measure':<18}{'of these':>10}{'of':>10}{'share':>9}"]
    for text, (numerator, denominator) in _MEASURES.items():
        one, all_of_them = sums.get(numerator, 0), sums.get(denominator, 0)
        share = f"{one / all_of_them:>8.1%}" if all_of_them else f"{'-':>8}"
        lines.append(f"{text:<18}{one:>10,}{all_of_them:>10,} {share}")
    return "\n".join(lines)


def day_of(at_s: int) -> str:
    """Return the local day of a moment."""
    return datetime.fromtimestamp(at_s + AHEAD_S, UTC).date().isoformat()


def _play_live(
    month: Month, most: int, stage: Stage, *, conn: psycopg.Connection, ask: Ask
) -> Iterator[Difference]:
    if not most:
        return
    # Midnight may pass meanwhile.
    today = f"from={day_of(month.plan.end_s)}&to={day_of(month.plan.end_s + DAY_S)}&by=area"
    before = Counter(told(ask, today).get(DISTRICT, {}))
    live = Live(lambda account_id: stage.line(conn, account_id))
    began_s = time.monotonic()
    matters = live.play(month, most)
    took_s = time.monotonic() - began_s
    after = Counter(told(ask, today).get(DISTRICT, {}))
    _say(f"{len(matters)} orders over HTTP, {live.acts} acts in {took_s:.0f} s")
    yield from live.differences
    names = [one for one in UNTIMED if one in NAMES]
    yield from compare_counts(matters, before, after, names=names)


def _asker(stage: Stage, conn: psycopg.Connection) -> Ask:
    line = stage.line(conn, District(1).district().account_id)

    def ask(path: str) -> Mapping[str, Any]:
        answer = line.ask("GET", path)
        if answer.status != 200:  # noqa: PLR2004 - OK
            raise StateError(f"GET {path}: {answer.status} {answer.body}")
        body: Mapping[str, Any] = answer.body
        return body

    return ask


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 - the command's answer
