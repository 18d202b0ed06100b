"""The run from beginning to end: play, strike, wait until all is stored, and reckon."""

import asyncio
import random
import shutil
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from patrol.errors import InputError, StateError
from simulator import files
from simulator.custody.cast import Part, cast, write_register
from simulator.custody.reckoning import Account, reckon
from simulator.custody.stage import Stage
from simulator.scenario import Scenario, build_city, build_days
from simulator.services.brokers import LOOPBACK
from simulator.terminals.playing import Pace

_BEFORE_S, _AFTER_S = 2.0, 4.0
_A_KILL_EVERY_S = 60.0
_LEAST_KILLS = 2
_DRAINED_WITHIN_S = 180.0
_PLAYED_WITHIN = 4.0
_LOOK_S = 0.25
_QUIET_LOOKS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is played, and how long the broker is away."""

    folder: Path
    scenario: Scenario
    fixes: int
    outage_s: float
    dsn: str | None

    @property
    def lasts_s(self) -> float:
        """How long terminals take to tell their day, at least."""
        return _BEFORE_S + self.outage_s * 1.02 + _AFTER_S

    def kills_after_s(self) -> list[float]:
        """Return when the gateway is killed, in seconds from the beginning."""
        chance = random.Random(self.scenario.seed)  # noqa: S311 - the same seed, the same moments
        count = _LEAST_KILLS + int(self.lasts_s / _A_KILL_EVERY_S)
        share = self.lasts_s * 0.9 / count
        return [(number + chance.uniform(0.3, 1.0)) * share for number in range(count)]


def run_gateway_day(plan: Plan) -> int:
    """Play the day and return 0 when exactly what was answered is stored."""
    began_s = time.monotonic()
    folder = _clear(plan.folder)
    with ExitStack() as ends:
        city = build_city(plan.scenario)
        days = list(build_days(plan.scenario, city))
        files.save(folder / "registers", plan.scenario, city=city, days=days)
        parts = cast(days, fixes=plan.fixes, seed=plan.scenario.seed)
        stage = Stage(folder, dsn=plan.dsn, ends=ends)
        write_register(parts, stage.register)
        stage.load(folder / "registers")
        stage.start_gateway()
        asyncio.run(_play(plan, stage, parts))
        _wait_until_drained(stage)
        accounts, aside = reckon(stage.database.dsn, parts, stage.kills_s)
    _say("\n".join([*_table(accounts), *(line for one in accounts for line in one.examples)]))
    _say(
        f"The broker was away for {plan.outage_s:.0f} s, the gateway killed "
        f"{len(stage.kills_s)} times; set aside: {aside}; took {time.monotonic() - began_s:.0f} s."
    )
    is_exact = not aside and all(one.is_exact for one in accounts)
    _say("Exact." if is_exact else f"NOT exact: logs are in {folder}.")
    return 0 if is_exact else 1


async def _play(plan: Plan, stage: Stage, parts: Sequence[Part]) -> None:
    pace = Pace(time.monotonic(), plan.lasts_s)
    playing = [
        asyncio.create_task(one.player.play(LOOPBACK, stage.ports[one.protocol], pace))
        for one in parts
    ]
    striking = [
        asyncio.create_task(_take_broker_away(plan, stage)),
        asyncio.create_task(_kill_gateway(plan, stage)),
    ]
    try:
        async with asyncio.timeout(plan.lasts_s * _PLAYED_WITHIN + _DRAINED_WITHIN_S):
            await asyncio.gather(*playing, *striking)
    except TimeoutError:
        left = sum(not one.done() for one in playing)
        raise StateError(f"{left} terminals were not answered in time: see the logs") from None
    finally:
        for task in (*playing, *striking):
            task.cancel()


async def _take_broker_away(plan: Plan, stage: Stage) -> None:
    await asyncio.sleep(_BEFORE_S)
    if plan.outage_s:
        stage.broker.kill()
        await asyncio.sleep(plan.outage_s)
        stage.broker.start()


async def _kill_gateway(plan: Plan, stage: Stage) -> None:
    began_s = time.monotonic()
    for after_s in plan.kills_after_s():
        await asyncio.sleep(max(0.0, began_s + after_s - time.monotonic()))
        stage.kill_gateway()


def _wait_until_drained(stage: Stage) -> None:
    until_s = time.monotonic() + _DRAINED_WITHIN_S
    quiet = 0
    # What came last of a line that nobody answers may not be in the spool yet.
    while quiet < _QUIET_LOOKS:
        waiting = stage.waiting()
        quiet = quiet + 1 if waiting == 0 else 0
        stage.check()
        if time.monotonic() > until_s:
            raise StateError(f"the gateway still holds {waiting} after {_DRAINED_WITHIN_S:.0f} s")
        time.sleep(_LOOK_S)


def _table(accounts: Sequence[Account]) -> list[str]:
    words = "lines cut again repeated told owed stored missing extra twice wrong pictures bad"
    head = f"{'terminal':9}{'protocol':12}" + "".join(f"{one:>9}" for one in words.split())
    lines = [head]
    sums = [0] * len(words.split())
    for one in accounts:
        told = one.part.player.told
        counts = [told.lines, told.cut, told.sent_again, told.repeated, one.told, one.owed]
        counts += [one.stored, one.missing, one.extra, one.twice, one.wrong]
        counts += [one.pictures, one.pictures_wrong]
        sums = [first + second for first, second in zip(sums, counts, strict=True)]
        columns = "".join(f"{count:9}" for count in counts)
        lines.append(f"{one.part.terminal_id:9}{one.part.variety:12}{columns}")
    return [*lines, f"{'all':21}" + "".join(f"{count:9}" for count in sums)]


def _clear(folder: Path) -> Path:
    """Make the folder anew: what another run has left would be counted, too."""
    try:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    except OSError as error:
        raise InputError(
            f"folder {folder} cannot be made ({error.strerror}): choose another with --folder"
        ) from error
    return folder.resolve()


def _say(*words: object) -> None:
    print(*words, flush=True)  # noqa: T201 - the person at the terminal
