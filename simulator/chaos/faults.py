"""What goes wrong in a chaos run: each fault strikes, lasts, and is put right again."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np

from patrol.errors import StateError
from simulator.chaos.lines import Line
from simulator.chaos.stage import Stage, family, signal_all
from simulator.chaos.terminals.fleet import Fleet
from simulator.chaos.terminals.walks import Clock
from simulator.services import EmbeddedPostgres

_TWIN = 1_000
_TWIN_UP_WITHIN_S = 30.0
_LOOK_S = 0.05
_CLOCK_STEPS_S = (-3600, -60, 60, 3600)
_WRONG_FOR_FIXES = 60
_REPEATS = 200
_BALLAST = "ballast"


@dataclass(frozen=True, slots=True)
class Scene:
    """What a fault strikes, and the chances it takes."""

    stage: Stage
    fleet: Fleet
    rng: np.random.Generator

    @property
    def postgres(self) -> EmbeddedPostgres:
        """The server, which must be ours."""
        if self.stage.postgres is None:
            raise StateError("a server that is not ours is not struck")
        return self.stage.postgres

    def any_ingest(self) -> int:
        """Return the number of one of the ingests."""
        return int(self.rng.integers(self.stage.settings.replicas))


Strike: TypeAlias = Callable[[Scene], AbstractContextManager[None]]


@contextmanager
def _ingest_killed(scene: Scene) -> Iterator[None]:
    number = scene.any_ingest()
    scene.stage.ingests.kill(number)
    yield
    scene.stage.ingests.start(number)


@contextmanager
def _ingest_stopped(scene: Scene) -> Iterator[None]:
    """Ask one to end amid the flow, as whoever installs a new version does."""
    number = scene.any_ingest()
    scene.stage.ingests.stop(number)
    yield
    scene.stage.ingests.start(number)


@contextmanager
def _ingest_paused(scene: Scene) -> Iterator[None]:
    number = scene.any_ingest()
    scene.stage.ingests.send(number, signal.SIGSTOP)
    yield
    scene.stage.ingests.send(number, signal.SIGCONT)


@contextmanager
def _ingest_twice(scene: Scene) -> Iterator[None]:
    """Run a second one that claims the same client id."""
    scene.stage.ingests.start(_TWIN, named=scene.any_ingest())
    until_s = time.monotonic() + _TWIN_UP_WITHIN_S
    while not scene.stage.ingests.has_connected(_TWIN) and time.monotonic() < until_s:
        time.sleep(_LOOK_S)
    yield
    scene.stage.ingests.kill(_TWIN)


@contextmanager
def _database_killed(scene: Scene) -> Iterator[None]:
    _kill_database(scene.postgres)
    yield
    scene.postgres.start()


@contextmanager
def _session_killed(scene: Scene) -> Iterator[None]:
    """Kill the processes that serve the ingest; the server then starts itself anew."""
    signal_all(scene.stage.database.backends(), signal.SIGKILL)
    yield


@contextmanager
def _database_paused(scene: Scene) -> Iterator[None]:
    pids = list(family(scene.postgres.pid or 0))
    signal_all(pids, signal.SIGSTOP)
    yield
    signal_all(pids, signal.SIGCONT)


@contextmanager
def _disk_full(scene: Scene) -> Iterator[None]:
    ballast = _disk(scene) / _BALLAST
    _fill(ballast)
    yield
    ballast.unlink()
    if scene.postgres.pid is None:
        scene.postgres.start()


@contextmanager
def _broker_killed(scene: Scene) -> Iterator[None]:
    scene.stage.broker.kill()
    yield
    scene.stage.broker.start()


@contextmanager
def _all_killed(scene: Scene) -> Iterator[None]:
    numbers = range(scene.stage.settings.replicas)
    for number in numbers:
        scene.stage.ingests.kill(number)
    scene.stage.broker.kill()
    if scene.stage.postgres is not None:
        _kill_database(scene.postgres)
    yield
    scene.stage.broker.start()
    for number in numbers:
        scene.stage.ingests.start(number)
    if scene.stage.postgres is not None:
        scene.postgres.start()


def _cut(pick: Callable[[Stage], Line]) -> Strike:
    @contextmanager
    def strike(scene: Scene) -> Iterator[None]:
        line = pick(scene.stage)
        line.cut()
        yield
        line.mend(forgets=True)

    return strike


def _silent(pick: Callable[[Stage], Line], *, forgets: bool) -> Strike:
    @contextmanager
    def strike(scene: Scene) -> Iterator[None]:
        line = pick(scene.stage)
        line.silence()
        yield
        line.mend(forgets=forgets)

    return strike


@contextmanager
def _terminals_clocks(scene: Scene) -> Iterator[None]:
    """Let the clocks of some terminals jump: ahead, 1,024 weeks back, or a few minutes back."""
    with scene.fleet as outboxes:
        terminals = len(outboxes.told)
        for terminal in scene.rng.permutation(terminals)[: max(3, terminals // 4)].tolist():
            clock = Clock(int(scene.rng.integers(Clock.AHEAD, Clock.BACK + 1)))
            outboxes.set_clock(terminal, clock, length=_WRONG_FOR_FIXES)
    yield


@contextmanager
def _server_clock(scene: Scene) -> Iterator[None]:
    scene.stage.set_clock(int(scene.rng.choice(_CLOCK_STEPS_S)))
    yield
    scene.stage.set_clock(0)


@contextmanager
def _delivered_again(scene: Scene) -> Iterator[None]:
    scene.fleet.send_again(count=_REPEATS)
    yield
    scene.fleet.send_again(count=_REPEATS)


def _kill_database(postgres: EmbeddedPostgres) -> None:
    signal_all(list(family(postgres.pid or 0)), signal.SIGKILL)
    postgres.kill()


def _disk(scene: Scene) -> Path:
    if scene.stage.disk is None:
        raise StateError("a disk that is not ours is not filled")
    return scene.stage.disk


def _fill(ballast: Path) -> None:
    """Take all that is left of a small disk."""
    with ballast.open("wb") as file, suppress(OSError):
        while True:
            state = os.statvfs(ballast.parent)
            free_bytes = state.f_bavail * state.f_frsize
            if not free_bytes:
                break
            os.posix_fallocate(file.fileno(), os.fstat(file.fileno()).st_size, free_bytes)


@dataclass(frozen=True, slots=True)
class Fault:
    """A kind of fault: how it strikes, and what of the stage must be ours for it."""

    strike: Strike
    needs: str = ""


FAULTS: dict[str, Fault] = {
    "ingest-killed": Fault(_ingest_killed),
    "ingest-stopped": Fault(_ingest_stopped),
    "ingest-paused": Fault(_ingest_paused),
    "ingest-twice": Fault(_ingest_twice),
    "ingest-line-cut": Fault(_cut(lambda stage: stage.ingest_line)),
    "ingest-line-silent": Fault(_silent(lambda stage: stage.ingest_line, forgets=False)),
    "database-killed": Fault(_database_killed, needs="postgres"),
    "database-session-killed": Fault(_session_killed, needs="postgres"),
    "database-paused": Fault(_database_paused, needs="postgres"),
    "database-line-cut": Fault(_cut(lambda stage: stage.database_line)),
    "database-line-silent": Fault(_silent(lambda stage: stage.database_line, forgets=True)),
    "disk-full": Fault(_disk_full, needs="disk"),
    "broker-killed": Fault(_broker_killed),
    "terminals-line-cut": Fault(_cut(lambda stage: stage.terminals_line)),
    "terminals-line-silent": Fault(_silent(lambda stage: stage.terminals_line, forgets=False)),
    "all-killed": Fault(_all_killed),
    "terminals-clocks": Fault(_terminals_clocks),
    "server-clock": Fault(_server_clock),
    "delivered-again": Fault(_delivered_again),
}


def left_out(stage: Stage) -> dict[str, str]:
    """Return the faults that cannot strike this stage, with the reason."""
    reasons = {}
    if stage.postgres is None:
        reasons["postgres"] = "the server is not ours"
    if stage.disk is None:
        reasons["disk"] = "only root can make a small disk, and only for a server of ours"
    return {name: reasons[fault.needs] for name, fault in FAULTS.items() if fault.needs in reasons}
