"""A chaos run: load, one fault after the other, and at the end the reckoning."""

import time
from collections.abc import Callable
from contextlib import ExitStack
from threading import Event

import numpy as np

from patrol.errors import InputError, StateError
from patrol.fix import epoch_ms
from runtime.clock import utc_now
from runtime.lifecycle import stop_on_signals
from simulator.chaos.building import build
from simulator.chaos.faults import FAULTS, Scene, left_out
from simulator.chaos.plan import Blow, Plan, schedule
from simulator.chaos.reckoning import Reckoner, Reckoning, missing_poison
from simulator.chaos.report import Struck, figures, heading, row, sums
from simulator.chaos.stage import Stage
from simulator.chaos.terminals.fleet import Fleet, Manners
from simulator.chaos.terminals.outboxes import Outboxes
from simulator.chaos.terminals.registers import write_registers
from simulator.chaos.terminals.walks import Walks

_UNANSWERED_BATCHES = 4
_POISON_SHARE = 0.1
_LOOK_S = 0.01
_GIVE_UP_AFTER_S = 120.0
# A terminal says what nobody answered again; poison is answered by nobody.
_POISON_AGAIN_S = 2.0
_POISON_ROUNDS = 30
_INTERRUPTED = 130


class _StoppedError(Exception):
    """Somebody asked the run to end."""


def run_chaos(plan: Plan) -> int:
    """Run it and return its exit code: 0 when exactly what was told to be forgotten is there."""
    stop = stop_on_signals()
    try:
        with ExitStack() as ends:
            return _Run(plan, build(plan, ends), stop).run()
    except _StoppedError:
        return _INTERRUPTED


class _Run:
    """One run on a stage that stands."""

    def __init__(self, plan: Plan, stage: Stage, stop: Event) -> None:
        self._plan = plan
        self._stage = stage
        self._stop = stop
        self._began_s = time.monotonic()
        self._walks = Walks(
            terminals=plan.terminals, fixes=plan.fixes_each, now_ms=epoch_ms(utc_now())
        )
        self._outboxes = Outboxes(self._walks, size=plan.batch)
        manners = Manners(
            resend_after_s=plan.resend_after_s,
            unanswered_batches=_UNANSWERED_BATCHES,
            poison_share=_POISON_SHARE,
        )
        self._fleet = Fleet(self._walks, self._outboxes, manners, seed=plan.seed)
        self._scene = Scene(stage, self._fleet, np.random.default_rng([plan.seed, 3]))

    def run(self) -> int:
        blows = self._blows()
        self._prepare()
        _say(f"\n{heading()}")
        self._fleet.start(self._stage.terminals_settings)
        try:
            struck = [self._strike(blow) for blow in blows]
            reckoning = self._settle()
        finally:
            self._fleet.stop()
        took_s = time.monotonic() - self._began_s
        memory_mib = self._stage.ingests.most_memory_mib
        _say("\n" + sums(self._fleet.tally, reckoning, took_s=took_s, memory_mib=memory_mib))
        _say(figures(struck, reckoning, memory_mib=memory_mib))
        return 1 if any(reckoning.differences.values()) else 0

    def _blows(self) -> list[Blow]:
        impossible = left_out(self._stage)
        names = [name for name in self._plan.kinds if name not in impossible]
        for name in self._plan.kinds:
            if name in impossible:
                _say(f"{name} is left out: {impossible[name]}")
        if self._plan.faults and not names:
            raise InputError("every kind of fault that was asked for is left out")
        return schedule(self._plan, names)

    def _prepare(self) -> None:
        self._stage.call("ingest", "migrate")
        registers = self._stage.folder / "registers"
        write_registers(registers, self._walks)
        self._stage.call("ingest", "load", str(registers))
        for number in range(self._plan.replicas):
            self._stage.ingests.start(number)
        _say(
            f"{self._stage.database.versions()}; {self._walks.terminals} terminals with "
            f"{self._walks.fixes:,} fixes each, {self._plan.batch} a message; "
            f"{self._plan.replicas} ingest; logs in {self._stage.folder}"
        )

    def _strike(self, blow: Blow) -> Struck:
        self._measure_until(blow.number + 1)
        awaited = blow.after * self._walks.total
        self._wait(lambda: self._outboxes.told_count >= awaited, f"the flow before {blow.name}")
        struck_s = time.monotonic()
        with FAULTS[blow.name].strike(self._scene):
            if self._stop.wait(blow.lasts_s):
                raise _StoppedError
        over_s = time.monotonic()
        self._measure_until(blow.number + 2)
        self._wait(
            lambda: self._fleet.tally.heard_at_s > over_s or self._outboxes.is_empty,
            f"the flow after {blow.name}",
        )
        flowed_s = max(0.0, self._fleet.tally.heard_at_s - over_s)
        struck = Struck(blow.name, struck_s - self._began_s, over_s - struck_s, flowed_s)
        _say(row(struck))
        return struck

    def _measure_until(self, share: int) -> None:
        """Let the terminals measure so many of the parts between faults."""
        self._fleet.limit = -(-self._walks.fixes * share // (self._plan.faults + 1))

    def _settle(self) -> Reckoning:
        """Wait until nothing waits any more, end the ingest, and compare."""
        self._fleet.limit = self._walks.fixes
        self._wait(lambda: self._outboxes.is_empty, "empty outboxes")
        missing, others = self._await_poison()
        self._fleet.stop()
        self._stage.ingests.stop_all()
        reckoning = Reckoner(self._walks, self._outboxes, self._stage.database).reckon()
        reckoning.note("poison_missing", [f"number {one}" for one in missing])
        reckoning.note("refused", others)
        reckoning.note("ended", self._stage.ingests.ended)
        return reckoning

    def _await_poison(self) -> tuple[list[int], list[str]]:
        """Send poison that was lost on its way again; nothing tells its sender that it arrived."""
        for _ in range(_POISON_ROUNDS):
            missing, others = missing_poison(
                self._stage.database,
                sent=self._fleet.tally.poison,
                terminals=self._walks.terminals,
            )
            if not missing:
                break
            for number in missing:
                self._fleet.send_poison(number)
            if self._stop.wait(_POISON_AGAIN_S):
                raise _StoppedError
        return missing, others

    def _wait(self, look: Callable[[], bool], what: str) -> None:
        """Wait until `look`; StateError when nothing is told to be forgotten for too long."""
        told, since_s = -1, time.monotonic()
        while not look():
            self._fleet.check()
            self._stage.ingests.look_after()
            if self._stop.wait(_LOOK_S):
                raise _StoppedError
            if self._outboxes.told_count != told:
                told, since_s = self._outboxes.told_count, time.monotonic()
            elif time.monotonic() - since_s > _GIVE_UP_AFTER_S:
                raise StateError(
                    f"waited {_GIVE_UP_AFTER_S:.0f} s for {what} and nothing was stored, "
                    f"{self._walks.total - told} of {self._walks.total} fixes wait: "
                    f"see the logs in {self._stage.folder}"
                )


def _say(*words: object) -> None:
    print(*words, flush=True)  # noqa: T201 - the person at the terminal
